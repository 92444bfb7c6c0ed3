"""The core of the compiler: from selected fields and the row at hand to JSON, each hidden part inside its gates."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType

from db.sql import (
    Expression,
    Json,
    Piece,
    Sql,
    Text,
    concatenation,
    every,
    join,
    json_members,
    length,
    nullable,
    only_if,
    sparse_object,
    sql,
)
from resolvers.compilation.company_scope import GatedSelection, Position
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.cost import DEAR, EXTRA, LOOKUP, ROW, leaf_cost, named
from resolvers.compilation.json_values import encode, encode_id
from resolvers.compilation.kinds import Fields, Part, Types, parts
from resolvers.compilation.lists.connections import across_companies, companies, connection
from resolvers.compilation.lists.plain_lists import list_json
from resolvers.compilation.object_writer import FieldSelection, SelectionSets
from resolvers.compilation.parameters import enum_name
from resolvers.compilation.resolution import (
    AcrossCompanies,
    Companies,
    Derived,
    EchoArgument,
    GlobalId,
    Leaf,
    Link,
    Listing,
    Paging,
    Pairs,
    RowOrDerived,
    RowSource,
    SameRow,
    ToOne,
)
from resolvers.compilation.table_mapping import TableMapping
from resolvers.compilation.visible_rows import passes, shown, shown_kinds, target_of
from resolvers.fair_use.budget import Work
from resolvers.gates.coordinates import id_prefix, type_of
from resolvers.gates.needs import type_need
from resolvers.operation.argument_gates import input_need
from resolvers.operation.arguments import read_arguments
from resolvers.operation.selection import SelectedField

Writes: TypeAlias = Callable[[Row, Types, Fields, Position], Json]
"""Writes JSON of fields that are alike for rows of some kinds."""


@dataclass(slots=True)
class Objects:
    """Compiles objects and their fields within one statement."""

    layout: TableMapping
    ctx: StatementContext

    # --- objects

    def object_of(self, row: Row, named: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the row as a value of a type; for an interface, by the kind of row."""
        collect = self.ctx.collector.collect
        if isinstance(named, GraphQLObjectType):
            return self._object(row, (named,), collect(named, selection_sets), at)
        assert isinstance(named, GraphQLInterfaceType)
        kinds = {type_: collect(type_, selection_sets) for type_ in self.layout.schema.get_possible_types(named)}
        found = parts(kinds, self._mark)
        if len(found) == 1:
            return self._by_kind(row, found[0], at, self._object)
        return self._parted(row, tuple(kinds), found, at)

    def _mark(self, type_: GraphQLObjectType, field: SelectedField) -> Hashable:
        """A mark that is equal for fields with the same JSON: plain leaves by name, other fields by their nodes."""
        declared, node = type_.fields.get(field.name), field.nodes[0]
        plain = node.selection_set is None and not node.arguments
        said = field.name if plain else tuple(map(id, field.nodes))
        needs = (str(type_of(declared)), self.layout.need(type_, field.name)) if declared is not None else ()
        return field.key, field.dropping, field.optional, said, needs

    def _parted(self, row: Row, types: Types, found: Iterable[Part], at: Position) -> Json:
        """JSON of a row of any kind: shared parts are written once, the parts between them by the kind of row."""
        self.ctx.costs.charge(at.path, ROW)
        inside, begun = self._inside(row, types, at), False
        pieces: list[Piece] = [Text("{")]
        for part in found:
            before, after = ("," if begun else ""), ("" if begun or part.is_shared else ",")
            write = partial(self._members, before=before, after=after)
            pieces += write(row, *part.groups[0], inside) if part.is_shared else self._by_kind(row, part, at, write)
            begun = begun or part.is_shared
        return (*pieces, Text("}"))

    def _by_kind(self, row: Row, part: Part, at: Position, write: Writes) -> Json:
        """JSON of the part's groups, chosen by the kind of row."""

        def written(types: Types, fields: Fields) -> tuple[Sql, Json]:
            return self._is_one_of(row, types), write(row, types, fields, self._inside(row, types, at))

        groups = sorted(part.groups, key=lambda group: (not group[1], len(group[0])))
        return _cases(self.ctx.costs.either([partial(written, *group) for group in groups]))

    def _inside(self, row: Row, types: Types, at: Position) -> Position:
        """The position below rows of some kinds: a selection there is noted only for a viewer of one of these kinds."""
        gates = [type_need(type_) for type_ in types]
        held = [gate for gate in gates[0] if all(gate in of for of in gates)]
        needs = [tuple(gate for gate in of if gate not in at.held) for of in gates]
        if row.scope is None or not all(needs):
            return at.holding(held)
        branches = tuple(row.scope.gate_columns(need) for need in needs)
        entry = GatedSelection(at, branches=branches, locations=self.ctx.locations)
        return self.ctx.add_selection(row.scope, entry, at).holding(held)

    def _is_one_of(self, row: Row, types: Types) -> Sql:
        kinds = [every(self.layout.placement(type_.name).conditions(row.rows)) for type_ in types]
        return kinds[0] if len(kinds) == 1 else sql("({})", join(" or ", kinds))

    def _object(self, row: Row, types: Types, fields: Fields, at: Position) -> Json:
        """JSON of the row as an object of one of the types, for which these fields are alike."""
        self.ctx.costs.charge(at.path, ROW)
        if any(selected.optional for selected in fields):
            self._charge(fields, at)
            return sparse_object((selected.key, *self._optional(row, types, selected, at)) for selected in fields)
        return (Text("{"), *self._members(row, types, fields, at), Text("}"))

    def _members(self, row: Row, types: Types, fields: Fields, at: Position, before: str = "", after: str = "") -> Json:
        """The members of an object as in `_object`; `before` and `after` surround them if there are any."""
        self._charge(fields, at)
        members = [(selected.key, self.field(row, types, selected, at)) for selected in fields]
        return (Text(before), *json_members(members), Text(after)) if members else ()

    def _charge(self, fields: Fields, at: Position) -> None:
        """Charge the values of an object; a long response key counts as several."""
        self.ctx.costs.charge(at.path, sum(named(selected.key) for selected in fields))

    # --- fields

    def _optional(self, row: Row, types: Types, selected: SelectedField, at: Position) -> tuple[Json, Sql | None]:
        """JSON of a selected field, and the condition under which an optional field is present (None: always)."""
        needs = self.layout.need(types[0], selected.name) if selected.name in types[0].fields else ()
        lacking = tuple(gate for gate in needs if gate not in at.held)
        json = self.field(row, types, selected, at)
        return json, passes(row, lacking) if selected.optional and lacking else None

    def field(self, row: Row, types: Types, selected: SelectedField, at: Position) -> Json:
        """JSON of a selected field; behind a closed gate it is `null`, and its value is not computed."""
        budget, inside = self.ctx.budget, at.under(selected.key)
        budget.path, began = inside.path, budget.text
        budget.charge(Work.FIELDS)
        json = self.ctx.at(inside.path, selected, partial(self._field, row, types, selected, inside))
        budget.write(began, length(json))
        return json

    def _field(self, row: Row, types: Types, selected: SelectedField, inside: Position) -> Json:
        if selected.name == "__typename":
            return self._by_type(row, types, [Text(f'"{type_.name}"') for type_ in types])
        declared = types[0].fields[selected.name]
        arguments = read_arguments(selected.nodes[0], declared.args)
        needs = tuple(gate for gate in self.layout.need(types[0], selected.name) if gate not in inside.held)
        used = input_need(self.ctx.inputs, arguments, declared)
        inputs = tuple(gate for gate in used if gate not in inside.held and gate not in needs)
        if not needs and not inputs:
            return self._value(row, types, FieldSelection(selected, declared, arguments, inside))
        assert row.scope is not None, "the boot check refuses gates outside a company"
        columns = row.scope.gate_columns(needs), row.scope.gate_columns(inputs)
        entry = GatedSelection(inside, *columns, silent=selected.optional, locations=self.ctx.locations)
        inside = self.ctx.add_selection(row.scope, entry, inside).holding((*needs, *inputs))
        value = self._value(row, types, FieldSelection(selected, declared, arguments, inside))
        return only_if(row.scope.passes(inputs if selected.optional else (*needs, *inputs)), value)

    def _leaf(self, row: Row, chosen: FieldSelection, leaf: Leaf) -> Json:
        found = leaf.value(row, chosen.arguments)
        if leaf.length is None:
            self.ctx.costs.charge_growing(chosen.at.path, leaf_cost(chosen.declared, found))
        else:
            with self.ctx.costs.times(leaf.length(row)):
                self.ctx.costs.charge(chosen.at.path, 1)
        return encode(chosen.declared, found)

    def _value(self, row: Row, types: Types, chosen: FieldSelection) -> Json:
        name = types[0].name
        dear = DEAR.get(f"{name}.{chosen.selected.name}", 0)
        self.ctx.costs.charge_growing(chosen.at.path, EXTRA.get(name, 0) + dear)
        match self.layout.resolution(types[0], chosen.selected.name):
            case Leaf() as leaf:
                return self._leaf(row, chosen, leaf)
            case GlobalId(key, of, mark, prefix_of):
                named = [self.layout.schema.type_map[of]] if of else types
                prefix = self._by_type(row, types[: len(named)], [_prefix(type_) for type_ in named])
                if prefix_of is not None:
                    prefix = (Expression(prefix_of(row)),)
                return encode_id(chosen.declared, prefix, key(row) if key else None, mark(row) if mark else None)
            case SameRow(rows_at, when):
                inline = Row(rows_at(row), self.ctx, row.scope, row, chosen.arguments)
                json = self.object_of(inline, chosen.returned, chosen.selection_sets, chosen.at)
                conditions = (*((when(row),) if when else ()), *shown(self.layout, inline, chosen.returned, chosen.at))
                return only_if(every(conditions) if conditions else None, json)
            case RowOrDerived(make):
                return self._made(row, chosen, make(row, chosen.arguments))
            case ToOne(link):
                return self._reference(row, chosen, link)
            case Listing() | Derived() | Pairs() as listed:
                return list_json(self, row, chosen, listed)
            case EchoArgument(argument):
                value = self.ctx.bind(row.arguments[argument], enum_name, "text")
                return encode(chosen.declared, value)
            case Paging() as paging:
                return connection(self, row, chosen, paging)
            case Companies():
                return companies(self, row, chosen)
            case AcrossCompanies(find):
                return across_companies(self, row, chosen, find(row))

    def _by_type(self, row: Row, types: Types, texts: list[Text]) -> Json:
        """One text for each type, chosen by the kind of row."""
        kinds = [self._is_one_of(row, (type_,)) for type_ in types] if len(types) > 1 else [sql("true")]
        return _cases([(kind, (text,)) for kind, text in zip(kinds, texts, strict=True)])

    def _made(self, row: Row, chosen: FieldSelection, made: RowSource | None) -> Json:
        target = Row(made.rows if made else row.rows, self.ctx, row.scope, row, chosen.arguments)
        json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at)
        if made is None:
            return json
        assert not made.conditions, "a row that is made is always there"
        return (Expression(sql("(select {} from {})", concatenation(json), made.source)),)

    def _reference(self, row: Row, chosen: FieldSelection, link: Link) -> Json:
        """JSON of the one row of another table that a field leads to."""
        self.ctx.costs.charge(chosen.at.path, LOOKUP)
        target = target_of(self.layout, row, chosen.returned, chosen.arguments)
        kind = (*self.layout.placement(chosen.returned.name).conditions(target.rows), *self._held(target, chosen))
        visible = shown(self.layout, target, chosen.returned, chosen.at)
        where = every([*target.rows.where, *kind, *visible, *link(row, target)])
        json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at)
        return nullable(sql("(select {} from {} where {})", concatenation(json), target.rows.source, where))

    def _held(self, target: Row, chosen: FieldSelection) -> tuple[Sql, ...]:
        """For an interface, the condition that the viewer may see the row's kind."""
        if not isinstance(chosen.returned, GraphQLInterfaceType):
            return ()
        return (sql("{} = any({})", target["kind"], shown_kinds(self.layout, target, chosen.returned, {})),)


def _prefix(type_: GraphQLNamedType) -> Text:
    return Text(str(id_prefix(type_)))


def _cases(branches: list[tuple[Sql, Json]]) -> Json:
    """JSON of the first branch whose condition holds; the last branch needs no condition."""
    if len(branches) == 1:
        return branches[0][1]
    cases = [sql("when {} then {}", condition, concatenation(json)) for condition, json in branches[:-1]]
    return (Expression(sql("case {} else {} end", join(" ", cases), concatenation(branches[-1][1]))),)
