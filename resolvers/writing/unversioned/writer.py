"""Mutations of one statement on rows without a version; no key, since a repetition does nothing or is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from graphql import GraphQLObjectType

from db.sql import Json, Sql
from resolvers.compilation.company_scope import Position
from resolvers.compilation.context import StatementContext
from resolvers.compilation.root_fields import NULL, RootFields
from resolvers.compilation.statement import Statement
from resolvers.compilation.table_mapping import TableMapping
from resolvers.operation.selection import SelectedField
from resolvers.writing.intent import Intent, SessionWriter
from resolvers.writing.payload import finish_write, payloads
from resolvers.writing.unversioned import access_request, company, profile, service


@dataclass(frozen=True, slots=True)
class Unversioned:
    """The reader and the SQL of one of these mutations; `shown` are the payload's fields to read after the commit."""

    read: Callable[[Mapping[str, Any]], Intent]
    add: Callable[[StatementContext], Sql]
    shown: tuple[str, ...]


UNVERSIONED: Final[Mapping[str, Unversioned]] = {
    "disconnectService": Unversioned(service.read_input, service.add_write, ("company",)),
    "requestAccess": Unversioned(access_request.read_input, access_request.add_write, ("accessRequest", "company")),
    "updateCompany": Unversioned(company.read_input, company.add_write, ("company",)),
    "updateProfile": Unversioned(profile.read_input, profile.add_write, ("viewer",)),
}
"""These mutations by their root fields."""


@dataclass(frozen=True, slots=True)
class UnversionedWriter(SessionWriter):
    """Reads the inputs of one of these mutations and compiles its statements."""

    changes_access: ClassVar[bool] = False

    kind: Unversioned
    payload: GraphQLObjectType

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The number of rows that an input writes: one."""
        return 1

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input; it has no idempotency key, since a repetition changes nothing or is refused."""
        return self.kind.read(input_)

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges and writes; the payload is null if it is read after the statement."""

        def is_written(field: SelectedField) -> bool:
            return field.name not in self.kind.shown

        def nothing(field: SelectedField, at: Position) -> Json:
            return NULL

        roots.ctx.writes = roots.ctx.speaks = True
        return finish_write(roots, selected, self.payload, lambda _: self.kind.add(roots.ctx), is_written, nothing)


def unversioned_writers(layout: TableMapping) -> Mapping[str, UnversionedWriter]:
    """The mutations of this kind in a schema, by their root fields."""
    return {
        name: UnversionedWriter(UNVERSIONED[name], payload) for name, payload in payloads(layout, UNVERSIONED).items()
    }
