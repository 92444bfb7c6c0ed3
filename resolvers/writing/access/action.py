"""Changes of access as mutations of one statement: their kinds, and the payload of the written rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, LiteralString, NamedTuple

from graphql import GraphQLObjectType, GraphQLSchema

from db.declarations import Table
from db.sql import Json, Rows, alias, concatenation, nullable, sql
from db.tables.core.access_requests import access_request
from db.tables.core.identity import company
from resolvers.compilation.company_scope import Position
from resolvers.compilation.context import Row
from resolvers.compilation.root_fields import RootFields
from resolvers.compilation.statement import Statement
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import type_need
from resolvers.operation.selection import SelectedField
from resolvers.writing.access.apps import (
    ACTIVATE_APP,
    DEACTIVATE_APP,
    activations,
    deactivations,
    read_activation,
    read_deactivation,
)
from resolvers.writing.access.decisions import DECIDE_REQUEST, one_toggle, read_decision
from resolvers.writing.access.models import MEMBERS
from resolvers.writing.access.statement import AccessSql
from resolvers.writing.access.toggles import FOLLOW_MODELS, SET_TOGGLES, read_toggles, toggles
from resolvers.writing.intent import Intent, SessionWriter
from resolvers.writing.payload import finish_write, payloads
from resolvers.writing.stated import input_of, stated_members


class Shown(NamedTuple):
    """A payload's object that the statement itself reads: its table, the select of its row, and its fields there."""

    table: Table
    row: LiteralString
    fields: frozenset[str]


SHOWN: Final[Mapping[str, Shown]] = {
    "permissionMatrix": Shown(company, "select * from standing", frozenset({"__typename", "id", "version"})),
    "accessRequest": Shown(
        access_request,
        "select * from decided",
        frozenset({"__typename", "id", "app", "reason", "state", "createdAt", "decidedAt", "until"}),
    ),
}
"""These objects by the names of their fields. The caller is an owner, so no gate is closed."""


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of change of access: its statement, its reader, and the approximate number of rows of an input.

    `wide` is the statement of an input that states one of `members`.
    """

    sql: AccessSql
    read: Callable[[Mapping[str, Any]], Intent]
    rows: Callable[[Mapping[str, Any]], int]
    wide: AccessSql | None = None
    members: tuple[str, ...] = ()

    def sql_of(self, stated: frozenset[str]) -> AccessSql:
        """The statement of an input that states these members."""
        return self.wide if self.wide is not None and stated else self.sql


ACTIONS: Final[Mapping[str, Action]] = {
    "setAppAccess": Action(SET_TOGGLES, read_toggles, toggles, FOLLOW_MODELS, MEMBERS),
    "activateApp": Action(ACTIVATE_APP, read_activation, activations),
    "deactivateApp": Action(DEACTIVATE_APP, read_deactivation, deactivations),
    "decideAccessRequest": Action(DECIDE_REQUEST, read_decision, one_toggle),
}
"""The changes of access by their root fields."""


@dataclass(frozen=True, slots=True)
class AccessWriter(SessionWriter):
    """Reads the inputs of a change of access and compiles its statements."""

    changes_access: ClassVar[bool] = True

    action: Action
    payload: GraphQLObjectType
    schema: GraphQLSchema

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The approximate number of rows that an input writes."""
        return self.action.rows(input_)

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input. It has no idempotency key: a version, or an app's or request's state, shows a repetition."""
        return self.action.read(input_)

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges, writes, and reads the selected payload if that needs only written rows."""

        def is_written(field: SelectedField) -> bool:
            if field.name not in SHOWN:
                return field.name != "company"
            chosen = roots.ctx.collector.collect(self._shown(field), field.selection_sets)
            return SHOWN[field.name].fields.issuperset(one.name for one in chosen)

        def field_of(field: SelectedField, at: Position) -> Json:
            if field.name == "app":
                return roots.app_info(named_type(self.payload.fields["app"]), field, at.under(field.key))
            return self._json(roots, field, at.under(field.key))

        given = input_of(self.schema, selected)
        sql_ = self.action.sql_of(stated_members(roots.ctx.inputs, given, self.action.members))
        return finish_write(roots, selected, self.payload, lambda _: sql_.add(roots.ctx), is_written, field_of)

    def _shown(self, field: SelectedField) -> GraphQLObjectType:
        type_ = named_type(self.payload.fields[field.name])
        assert isinstance(type_, GraphQLObjectType)
        return type_

    def _json(self, roots: RootFields, field: SelectedField, at: Position) -> Json:
        """JSON of a field from the row as it is now."""
        roots.ctx.budget.read()
        shown, type_ = SHOWN[field.name], self._shown(field)
        rows = Rows(shown.table, alias("w", 0), relation=sql(shown.row))
        json = roots.objects.object_of(Row(rows, roots.ctx), type_, field.selection_sets, at.holding(type_need(type_)))
        return nullable(sql("(select {} from {})", concatenation(json), rows.source))


def access_actions(layout: TableMapping) -> Mapping[str, AccessWriter]:
    """The changes of access of a schema, by their root fields."""
    return {
        name: AccessWriter(ACTIONS[name], payload, layout.schema) for name, payload in payloads(layout, ACTIONS).items()
    }
