"""A declared mutation: its reader, and its statement, with the payload as far as it consists of the written row.

A statement holds its locks until it ends, so it reads nothing of the client's choice but the row that it wrote, and
plain columns of the rows to which its keys point. Everything else is read after the commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from graphql import GraphQLObjectType

from db.sql import Expression, Json, Rows, Sql, Text, alias, concatenation, json_object, nullable, sql
from resolvers.compilation.company_scope import CompanyScope, Position
from resolvers.compilation.context import LateralJoin, Row
from resolvers.compilation.cost import ListSize, length_of
from resolvers.compilation.object_writer import SelectionSets
from resolvers.compilation.resolution import GlobalId, Leaf, ToOne
from resolvers.compilation.root_fields import NULL, RootFields
from resolvers.compilation.statement import Statement
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import Need
from resolvers.operation.arguments import ArgumentValue, Inputs
from resolvers.operation.selection import Collector, SelectedField
from resolvers.request_limits import LIST_ITEMS
from resolvers.writing.declaration import EntityWrite, entity_writes
from resolvers.writing.entity_intent import EntityIntent, ListIntent
from resolvers.writing.intent import Intent
from resolvers.writing.list_reading import ListInputReader
from resolvers.writing.list_statement import ListSql
from resolvers.writing.new_row import NUMBER
from resolvers.writing.payload import finish_write
from resolvers.writing.reading import InputReader
from resolvers.writing.stated import input_of, stated_in_items, stated_members
from resolvers.writing.statement import WriteSql
from schema.declarations.writing import WriteAction


@dataclass(frozen=True, slots=True)
class EntityWriter:
    """Reads the inputs of a declared mutation and compiles its statements."""

    changes_access: ClassVar[bool] = False
    has_trial: ClassVar[bool] = True  # the statement of a usual input leaves out what seldom matters
    takes_list: ClassVar[bool] = False
    takes_key: ClassVar[bool] = True

    write: EntityWrite
    layout: TableMapping
    reader: InputReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", InputReader(self.write))

    @property
    def for_sessions(self) -> bool:
        """True if only owners write it."""
        return self.write.for_owners

    @property
    def need(self) -> Need:
        """The gates of the type that is written."""
        return self.write.need

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The approximate number of rows that an input writes."""
        return self.reader.rows(input_)

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input; `key` is the idempotency key that came beside it."""
        return EntityIntent(self.write, self.reader, input_, self.reader.read(input_, key))

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges, writes, and reads the selected payload if that needs only the written row."""
        statement = self._statement(roots, selected, in_full=in_full)
        with roots.ctx.costs.times(self._times(selected)):
            return finish_write(
                roots,
                selected,
                self.write.payload,
                statement.add,
                lambda field: self._is_of_row(roots.ctx.collector, field),
                lambda field, at: self._payload_field(roots, statement, field, at),
            )

    def _statement(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> WriteSql:
        given = self._input(selected)
        is_usual = not in_full and self.reader.usual.of_argument(given, roots.ctx.inputs)
        stated = self._stated(roots.ctx.inputs, given)
        return WriteSql(self.write, roots.ctx, is_usual, stated, self._warns(roots.ctx.collector, selected))

    def _warns(self, collector: Collector, selected: SelectedField) -> bool:
        """True if the payload shows the warnings for the written rows."""
        fields = collector.collect(self.write.payload, selected.selection_sets)
        return any(field.name == "warnings" for field in fields)

    def _input(self, selected: SelectedField) -> ArgumentValue:
        return input_of(self.layout.schema, selected)

    def _times(self, selected: SelectedField) -> int | ListSize:
        """The number of rows that are written, for the cost."""
        return 1

    def _stated(self, inputs: Inputs, given: ArgumentValue) -> frozenset[str]:
        """The lists, the number and the reasons of effects that the input states; each has expressions of its own."""
        rules, lists = self.write.rules, (owned.member for owned in self.write.lists)
        numbers, effects = (NUMBER,) if rules.numbering else (), (effect.reads for effect in rules.effects)
        return stated_members(inputs, given, (*lists, *numbers, *effects))

    # --- reads of the payload

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
        resolution = self.layout.resolution(type_, selected.name)
        if any(f"{owner.name}.{selected.name}" in self.layout.resolvers for owner in (type_, *type_.interfaces)):
            return isinstance(resolution, Leaf) and resolution.alone
        returned = named_type(type_.fields[selected.name])
        match resolution:
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
                return self._written(roots, statement, selected, at.under(selected.key))

    def _deleted_id(self) -> Json:
        begin = (Text(f'"{self.write.prefix}_'), Expression(sql("encode(uuid_send(w.id), 'hex')")), Text('"'))
        return nullable(sql("(select {} from written w)", concatenation(begin)))

    def _written(self, roots: RootFields, statement: WriteSql, selected: SelectedField, at: Position) -> Json:
        """JSON of the written row, in the company that was judged."""
        ctx = roots.ctx
        judged, scope = self._judged(roots, statement)
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

    def _judged(self, roots: RootFields, statement: WriteSql) -> tuple[Sql, CompanyScope]:
        """The alias of the company that was judged, and its scope."""
        ctx = roots.ctx
        judged = alias("j", len(ctx.scopes))
        scope = statement.judged_scope(len(ctx.scopes), judged)
        ctx.scopes.append(scope)
        ctx.budget.read()
        return judged, scope


@dataclass(frozen=True, slots=True)
class ListWriter(EntityWriter):
    """Reads the inputs of a list verb and compiles its statements; the payload has a result for each item."""

    has_trial: ClassVar[bool] = False  # the statement finds by itself the row that was first
    takes_list: ClassVar[bool] = True

    reader: ListInputReader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", ListInputReader(self.write))

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input; `key` is the idempotency key that came beside it."""
        return ListIntent(self.write, self.reader, input_, self.reader.read(input_, key))

    def _statement(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> WriteSql:
        fields = roots.ctx.collector.collect(self.write.payload, selected.selection_sets)
        is_whole = all(self._is_of_row(roots.ctx.collector, field) for field in fields)
        lists = tuple(owned.member for owned in self.write.lists)
        stated = {NUMBER, *(effect.reads for effect in self.write.rules.effects)}
        if lists:
            stated |= stated_in_items(roots.ctx.inputs, self._input(selected), lists)
        warns = self._warns(roots.ctx.collector, selected)
        return ListSql(self.write, roots.ctx, is_usual=False, stated=frozenset(stated), warns=warns, is_whole=is_whole)

    def _is_of_row(self, collector: Collector, selected: SelectedField) -> bool:
        if selected.name != "results":
            return selected.name != "company"
        return all(
            one.name != self.write.member or self._is_plain(collector, self.write.type_, one.selection_sets)
            for one in collector.collect(self._result, selected.selection_sets)
        )

    def _times(self, selected: SelectedField) -> int | ListSize:
        return length_of(self._input(selected), "items", LIST_ITEMS)

    @property
    def _result(self) -> GraphQLObjectType:
        """The type of an item's result."""
        result = named_type(self.write.payload.fields["results"])
        assert isinstance(result, GraphQLObjectType)
        return result

    def _written(self, roots: RootFields, statement: WriteSql, selected: SelectedField, at: Position) -> Json:
        """JSON of the results where all items were written, in the company that was judged."""
        ctx, at = roots.ctx, at.in_rows()
        judged, scope = self._judged(roots, statement)
        both = sql("select w.*, g.n nth from written w join good g on g.id = w.id")
        row = Row(Rows(self.write.table, alias("w", scope.n), relation=both), ctx, scope)
        nth = sql("{}.nth", row.rows.name)
        values: dict[str, Json] = {
            "__typename": (Text(f'"{self._result.name}"'),),
            "index": (Expression(sql("({} - 1)::text", nth)),),
            "errors": (Text("[]"),),
        }
        fields = ctx.collector.collect(self._result, selected.selection_sets)
        ctx.costs.charge(at.path, len(fields))
        json = json_object(
            (one.key, values.get(one.name) or self._entity(roots, row, one, at.under(one.key))) for one in fields
        )
        lateral = ctx.lateral(
            sql(
                "select (select '[' || coalesce(string_agg({}, ',' order by {}), '') || ']' from {}) j, {} h "
                "from judged {}{}",
                concatenation(json),
                nth,
                row.rows.source,
                scope.closed_gates(),
                judged,
                scope.relation(),
            )
        )
        ctx.sites.append(LateralJoin(lateral))
        return (Expression(sql("{}.j", lateral)),)

    def _entity(self, roots: RootFields, row: Row, selected: SelectedField, at: Position) -> Json:
        return roots.objects.object_of(row, self.write.type_, selected.selection_sets, at.holding(self.write.need))


def entity_writers(layout: TableMapping) -> Mapping[str, EntityWriter]:
    """The declared mutations by their root field. Raises TableMappingError for a column that is not there."""
    writes = entity_writes(layout).items()
    return {name: (ListWriter if write.listed else EntityWriter)(write, layout) for name, write in writes}
