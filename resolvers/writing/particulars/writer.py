"""Mutations of one statement on a row that has no version: what is written last stands, so they take no key."""

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
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import Need
from resolvers.operation.selection import SelectedField
from resolvers.writing.particulars import company, profile
from resolvers.writing.particulars.reading import ParticularsIntent
from resolvers.writing.payload import finish_write


@dataclass(frozen=True, slots=True)
class Particulars:
    """How one of them is read and written; `shown` is the payload's field that is read after the commit."""

    read: Callable[[Mapping[str, Any]], ParticularsIntent]
    add: Callable[[StatementContext], Sql]
    shown: str


PARTICULARS: Final[Mapping[str, Particulars]] = {
    "updateCompany": Particulars(company.read, company.add, "company"),
    "updateProfile": Particulars(profile.read, profile.add, "viewer"),
}
"""By their root fields."""


@dataclass(frozen=True, slots=True)
class ParticularsWriter:
    """Reads the inputs of one of them and compiles its statements."""

    changes_access: ClassVar[bool] = False
    has_trial: ClassVar[bool] = False
    takes_list: ClassVar[bool] = False
    takes_key: ClassVar[bool] = False

    particulars: Particulars
    payload: GraphQLObjectType

    @property
    def for_sessions(self) -> bool:
        """True."""
        return True

    @property
    def need(self) -> Need:
        """No gates: it is for owners, or for who is signed in."""
        return ()

    def rows(self, input_: Mapping[str, Any]) -> int:
        """One row."""
        return 1

    def read(self, input_: Mapping[str, Any], key: str | None) -> ParticularsIntent:
        """Read an input; there is no idempotency key, since twice is as once."""
        return self.particulars.read(input_)

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges and writes; the payload is null if what it shows is read after it."""

        def is_written(field: SelectedField) -> bool:
            return field.name != self.particulars.shown

        def nothing(field: SelectedField, at: Position) -> Json:
            return NULL

        roots.ctx.writes = roots.ctx.speaks = True
        return finish_write(roots, selected, self.payload, self.particulars.add(roots.ctx), is_written, nothing)


def particulars_writers(layout: TableMapping) -> Mapping[str, ParticularsWriter]:
    """Those of a schema, by their root fields."""
    mutation = layout.schema.mutation_type
    fields: Mapping[str, Any] = mutation.fields if mutation is not None else {}
    payloads = {name: named_type(fields[name]) for name in PARTICULARS if name in fields}
    return {
        name: ParticularsWriter(PARTICULARS[name], payload)
        for name, payload in payloads.items()
        if isinstance(payload, GraphQLObjectType)
    }
