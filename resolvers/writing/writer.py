"""A declared mutation: its reader, and its statement, with the payload as far as that is of the written row.

A statement holds its locks until it ends, so it reads nothing of the client's choice but the row that it wrote, and
plain columns of the rows to which its keys point. Everything else is read after the commit.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType

from db.sql import Expression, Json, Rows, Text, alias, concatenation, nullable, sql
from resolvers.compilation.company_scope import Position
from resolvers.compilation.context import LateralJoin, Row
from resolvers.compilation.objects import SelectionSets
from resolvers.compilation.resolution import GlobalId, Leaf, ToOne
from resolvers.compilation.root_fields import NULL, RootFields
from resolvers.compilation.statement import Statement
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import Need
from resolvers.operation.arguments import ArgumentValue, Inputs, ObjectArgument, read_arguments
from resolvers.operation.selection import Collector, SelectedField
from resolvers.user_problems import UserProblem
from resolvers.writing.declaration import EntityWrite, entity_writes
from resolvers.writing.outcome import SHOWN, Outcome, Refusal, problems_of
from resolvers.writing.payload import finish_write
from resolvers.writing.reading import Given, InputReader
from resolvers.writing.statement import NUMBER, WriteSql, bindings_of
from schema.declarations.writing import WriteAction


@dataclass(frozen=True, slots=True)
class Stated:
    """The probe for an input object: those of some members that it has, null included."""

    names: tuple[str, ...]

    def __call__(self, value: object) -> tuple[str, ...]:
        """The members; none in what is no object."""
        return tuple(name for name in self.names if name in value) if isinstance(value, Mapping) else ()


@dataclass(frozen=True, slots=True)
class EntityIntent:
    """The input of a declared mutation."""

    write: EntityWrite
    reader: InputReader
    input: Mapping[str, Any]
    given: Given

    @property
    def rows(self) -> int:
        """The number of rows that it writes."""
        return self.given.rows

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return bindings_of(self.given, spent)

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of a refusal."""
        return problems_of(outcome, self.write, self.reader, self.input, self.given)

    def values(self, outcome: Outcome) -> dict[str, object]:
        """What the payload shows: of a refusal what the caller may see, and nothing of a row that is deleted."""
        write, was_done = self.write, outcome.refused in (None, Refusal.REPLAYED)
        is_gone = was_done and write.action is WriteAction.DELETE
        values: dict[str, object] = {
            "company": outcome.company,
            write.member: outcome.row if outcome.refused in SHOWN and not is_gone else None,
            "replayed": outcome.refused is Refusal.REPLAYED,
        }
        if write.whole is not None:
            values[write.whole.member] = outcome.whole
        if is_gone and outcome.row is not None:
            values["deletedId"] = f"{write.prefix}_{outcome.row.hex}"
        return values


@dataclass(frozen=True, slots=True)
class EntityWriter:
    """Reads the inputs of a declared mutation and compiles its statements."""

    write: EntityWrite
    layout: TableMapping
    reader: InputReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", InputReader(self.write))

    @property
    def changes_access(self) -> bool:
        """False: it writes business data."""
        return False

    @property
    def need(self) -> Need:
        """The gates of the type that is written."""
        return self.write.need

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The approximate number of rows that an input writes."""
        return self.reader.rows(input_)

    def read(self, input_: Mapping[str, Any], key: str | None) -> EntityIntent:
        """Read an input; `key` is the idempotency key that came beside it."""
        return EntityIntent(self.write, self.reader, input_, self.reader.read(input_, key))

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges, writes, and reads the selected payload where that is of the written row alone."""
        is_usual = not in_full and self._is_usual(roots, selected)
        statement = WriteSql(self.write, roots.ctx, is_usual, self._stated(roots.ctx.inputs, selected))
        outcome = statement.add()
        return finish_write(
            roots,
            selected,
            self.write.payload,
            outcome,
            lambda field: self._is_of_row(roots.ctx.collector, field),
            lambda field, at: self._payload_field(roots, statement, field, at),
        )

    def _input(self, selected: SelectedField) -> ArgumentValue:
        mutation = self.layout.schema.mutation_type
        assert mutation is not None
        return read_arguments(selected.nodes[0], mutation.fields[selected.name].args)["input"]

    def _is_usual(self, roots: RootFields, selected: SelectedField) -> bool:
        return self.reader.usual.of_argument(self._input(selected), roots.ctx.inputs)

    def _stated(self, inputs: Inputs, selected: SelectedField) -> frozenset[str]:
        """The lists, the number and the reasons of effects that the input states; each has expressions of its own."""
        rules, lists = self.write.rules, (owned.member for owned in self.write.lists)
        numbers, effects = (NUMBER,) if rules.numbering else (), (effect.reads for effect in rules.effects)
        names = (*lists, *numbers, *effects)
        match self._input(selected):
            case ObjectArgument(members):
                return frozenset(names) & members.keys()
            case given:
                return frozenset(inputs.probe(given, Stated(names)))

    # --- what the payload reads

    def _is_of_row(self, collector: Collector, selected: SelectedField) -> bool:
        if selected.name == self.write.member and self.write.action is not WriteAction.DELETE:
            return self._is_plain(collector, self.write.type_, selected.selection_sets)
        return selected.name not in ("company", self.write.whole.member if self.write.whole is not None else None)

    def _is_plain(
        self, collector: Collector, type_: GraphQLObjectType, selection_sets: SelectionSets, *, below: bool = False
    ) -> bool:
        """True if only columns of a row, or of those to which its keys point, are selected."""
        return all(
            selected.name == "__typename" or self._is_column(collector, type_, selected, below=below)
            for selected in collector.collect(type_, selection_sets)
        )

    def _is_column(
        self, collector: Collector, type_: GraphQLObjectType, selected: SelectedField, *, below: bool
    ) -> bool:
        if any(f"{owner.name}.{selected.name}" in self.layout.resolvers for owner in (type_, *type_.interfaces)):
            return False
        returned = named_type(type_.fields[selected.name])
        match self.layout.resolution(type_, selected.name):
            case Leaf() | GlobalId():
                return True
            case ToOne() if not below and isinstance(returned, GraphQLObjectType):
                return self._is_plain(collector, returned, selected.selection_sets, below=True)
            case _:
                return False

    # --- the payload

    def _payload_field(self, roots: RootFields, statement: WriteSql, selected: SelectedField, at: Position) -> Json:
        match selected.name:
            case "replayed":
                return (Text("false"),)
            case "deletedId":
                return self._deleted_id()
            case _ if self.write.action is WriteAction.DELETE:
                return NULL
            case _:
                return self._row(roots, statement, selected, at.under(selected.key))

    def _deleted_id(self) -> Json:
        begin = (Text(f'"{self.write.prefix}_'), Expression(sql("encode(uuid_send(w.id), 'hex')")), Text('"'))
        return nullable(sql("(select {} from written w)", concatenation(begin)))

    def _row(self, roots: RootFields, statement: WriteSql, selected: SelectedField, at: Position) -> Json:
        """JSON of the written row, in the company that was judged."""
        ctx = roots.ctx
        judged = alias("j", len(ctx.scopes))
        scope = statement.judged_scope(len(ctx.scopes), judged)
        ctx.scopes.append(scope)
        ctx.budget.read()
        rows = Rows(self.write.table, alias("w", scope.n), relation=sql("select * from written"))
        inside = at.holding(self.write.need)
        json = roots.objects.object_of(Row(rows, ctx, scope), self.write.type_, selected.selection_sets, inside)
        lateral = ctx.lateral(
            sql(
                "select {} j, {} h from {} cross join judged {}{}",
                concatenation(json),
                scope.closed_gates(),
                rows.source,
                judged,
                scope.relation(),
            )
        )
        ctx.sites.append(LateralJoin(lateral))
        return nullable(sql("{}.j", lateral))


def entity_writers(layout: TableMapping) -> Mapping[str, EntityWriter]:
    """The declared mutations by their root field. Raises TableMappingError for a column that is not there."""
    return {name: EntityWriter(write, layout) for name, write in entity_writes(layout).items()}
