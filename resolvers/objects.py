"""The heart of the compiler: from selected fields and the row at hand to JSON, with every gate around what it hides."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    SelectionSetNode,
)

from db.sql import (
    TRUE,
    Expression,
    Json,
    Piece,
    Rows,
    Sql,
    Text,
    concatenation,
    every,
    join,
    json_members,
    length,
    literal,
    nullable,
    only_if,
    sparse_object,
    sql,
)
from resolvers.budget import Work
from resolvers.catalogues import prepared
from resolvers.compilation import Compilation, Row, Site
from resolvers.convert import enum_name, enum_names
from resolvers.coordinates import Fields as Listable
from resolvers.coordinates import id_prefix, named_type, node_type, type_of
from resolvers.cost import EXTRA, LOOKUP, ROW, SUM, items_of, leaf_cost, named, size_of
from resolvers.criteria import criteria
from resolvers.encoding import encode, encode_id
from resolvers.gates import Need, type_need
from resolvers.inputs import ABSENT, read_arguments
from resolvers.kinds import Fields, Part, Types, parts
from resolvers.layout import Layout
from resolvers.ordering import Order, OrderKey
from resolvers.paging import Listed, Page, page
from resolvers.resolution import (
    Arguments,
    Companies,
    Derived,
    Found,
    Given,
    Identity,
    Inline,
    Leaf,
    Listing,
    Made,
    Paging,
    Reference,
    Scattered,
)
from resolvers.scopes import Entry, Position, entrance
from resolvers.selection import SelectedField
from resolvers.usage import enum_values, input_need

SelectionSets: TypeAlias = tuple[SelectionSetNode, ...]
Meant: TypeAlias = Callable[[Row], tuple[Sql, ...]]
"""The conditions under which a row of a table is meant."""

Writes: TypeAlias = Callable[[Row, Types, Fields, Position], Json]
"""What writes the fields of rows of some kinds, which give them alike."""


class Chosen(NamedTuple):
    """A selected field of a concrete type with its declaration, its arguments and its position in the response."""

    selected: SelectedField
    declared: GraphQLField
    arguments: Arguments
    at: Position

    @property
    def returned(self) -> GraphQLNamedType:
        """The type that it gives."""
        return named_type(self.declared)

    @property
    def selection_sets(self) -> SelectionSets:
        """What is selected of its value."""
        return self.selected.selection_sets


@dataclass(slots=True)
class Objects:
    """Compiles objects and their fields within one statement."""

    layout: Layout
    to: Compilation

    # --- objects

    def object_of(self, row: Row, named: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the row as a value of a type; of an interface, by the kind of row."""
        collect = self.to.collector.collect
        if isinstance(named, GraphQLObjectType):
            return self._object(row, (named,), collect(named, selection_sets), at)
        assert isinstance(named, GraphQLInterfaceType)
        kinds = {type_: collect(type_, selection_sets) for type_ in self.layout.schema.get_possible_types(named)}
        found = parts(kinds, self._mark)
        if len(found) == 1:
            return self._by_kind(row, found[0], at, self._object)
        return self._parted(row, tuple(kinds), found, at)

    def _mark(self, type_: GraphQLObjectType, field: SelectedField) -> Hashable:
        """What is equal for fields that give the same JSON: of plain leaves the name, of all else the very nodes."""
        declared, node = type_.fields.get(field.name), field.nodes[0]
        plain = node.selection_set is None and not node.arguments
        said = field.name if plain else tuple(map(id, field.nodes))
        needs = (str(type_of(declared)), self.layout.need(type_, field.name)) if declared is not None else ()
        return field.key, field.dropping, field.optional, said, needs

    def _parted(self, row: Row, types: Types, found: Iterable[Part], at: Position) -> Json:
        """JSON of a row of any kind: what all kinds share, once, and between it what some have of their own."""
        self.to.costs.charge(at.path, ROW)
        inside, begun = self._inside(row, types, at), False
        pieces: list[Piece] = [Text("{")]
        for part in found:
            before, after = ("," if begun else ""), ("" if begun or part.is_shared else ",")
            write = partial(self._members, before=before, after=after)
            pieces += write(row, *part.groups[0], inside) if part.is_shared else self._by_kind(row, part, at, write)
            begun = begun or part.is_shared
        return (*pieces, Text("}"))

    def _by_kind(self, row: Row, part: Part, at: Position, write: Writes) -> Json:
        """What is written of each group of kinds, by the kind of row."""

        def written(types: Types, fields: Fields) -> tuple[Sql, Json]:
            return self._is_one_of(row, types), write(row, types, fields, self._inside(row, types, at))

        groups = sorted(part.groups, key=lambda group: (not group[1], len(group[0])))
        return _cases(self.to.costs.either([partial(written, *group) for group in groups]))

    def _inside(self, row: Row, types: Types, at: Position) -> Position:
        """The position below rows of some kinds: what is selected there is noted only for who holds one of them."""
        gates = [type_need(type_) for type_ in types]
        held = [gate for gate in gates[0] if all(gate in of for of in gates)]
        needs = [tuple(gate for gate in of if gate not in at.held) for of in gates]
        if row.scope is None or not all(needs):
            return at.holding(held)
        branches = tuple(row.scope.places(need) for need in needs)
        return self.to.behind(row.scope, Entry(at, branches=branches), at).holding(held)

    def _is_one_of(self, row: Row, types: Types) -> Sql:
        kinds = [every(self.layout.placement(type_.name).conditions(row.rows)) for type_ in types]
        return kinds[0] if len(kinds) == 1 else sql("({})", join(" or ", kinds))

    def _object(self, row: Row, types: Types, fields: Fields, at: Position) -> Json:
        """JSON of the row as an object of one of the types, of which these fields are selected alike."""
        self.to.costs.charge(at.path, ROW)
        if any(selected.optional for selected in fields):
            self._charge(fields, at)
            return sparse_object((selected.key, *self._optional(row, types, selected, at)) for selected in fields)
        return (Text("{"), *self._members(row, types, fields, at), Text("}"))

    def _members(self, row: Row, types: Types, fields: Fields, at: Position, before: str = "", after: str = "") -> Json:
        """The members of such an object; around them, if there are any, `before` and `after`."""
        self._charge(fields, at)
        members = [(selected.key, self.field(row, types, selected, at)) for selected in fields]
        return (Text(before), *json_members(members), Text(after)) if members else ()

    def _charge(self, fields: Fields, at: Position) -> None:
        """Charge the values of an object, long names as several."""
        self.to.costs.charge(at.path, sum(named(selected.key) for selected in fields))

    # --- fields

    def _optional(self, row: Row, types: Types, selected: SelectedField, at: Position) -> tuple[Json, Sql | None]:
        """JSON of a selected field, and the condition under which an optional one is there at all."""
        needs = self.layout.need(types[0], selected.name) if selected.name in types[0].fields else ()
        lacking = tuple(gate for gate in needs if gate not in at.held)
        json = self.field(row, types, selected, at)
        return json, _passes(row, lacking) if selected.optional and lacking else None

    def field(self, row: Row, types: Types, selected: SelectedField, at: Position) -> Json:
        """JSON of a selected field: `null` where a gate is closed, and then nothing of it is computed."""
        budget, began = self.to.budget, self.to.budget.text
        budget.path = (*at.path, selected.key)
        budget.charge(Work.FIELDS)
        json = self._field(row, types, selected, at)
        budget.write(began, length(json))
        return json

    def _field(self, row: Row, types: Types, selected: SelectedField, at: Position) -> Json:
        if selected.name == "__typename":
            return self._by_type(row, types, [Text(f'"{type_.name}"') for type_ in types])
        declared = types[0].fields[selected.name]
        arguments = read_arguments(selected.nodes[0], declared.args)
        needs = tuple(gate for gate in self.layout.need(types[0], selected.name) if gate not in at.held)
        used = input_need(self.to.inputs, arguments, declared)
        inputs = tuple(gate for gate in used if gate not in at.held and gate not in needs)
        inside = at.under(selected.key)
        if not needs and not inputs:
            return self._value(row, types, Chosen(selected, declared, arguments, inside))
        assert row.scope is not None, "the boot check refuses gates outside a company"
        entry = Entry(inside, row.scope.places(needs), row.scope.places(inputs), silent=selected.optional)
        inside = self.to.behind(row.scope, entry, inside).holding((*needs, *inputs))
        value = self._value(row, types, Chosen(selected, declared, arguments, inside))
        return only_if(row.scope.passes(inputs if selected.optional else (*needs, *inputs)), value)

    def _value(self, row: Row, types: Types, chosen: Chosen) -> Json:
        self.to.costs.charge(chosen.at.path, EXTRA.get(types[0].name, 0))
        match self.layout.resolution(types[0], chosen.selected.name):
            case Leaf(value):
                found = value(row, chosen.arguments)
                self.to.costs.charge(chosen.at.path, leaf_cost(chosen.declared, found))
                return encode(chosen.declared, found)
            case Identity(key, of, mark):
                named = [self.layout.schema.type_map[of]] if of else types
                prefix = self._by_type(row, types[: len(named)], [_prefix(type_) for type_ in named])
                return encode_id(chosen.declared, prefix, key(row), mark(row) if mark else None)
            case Inline(rows_at, when):
                inline = Row(rows_at(row), self.to, row.scope, row, chosen.arguments)
                json = self.object_of(inline, chosen.returned, chosen.selection_sets, chosen.at)
                conditions = (*((when(row),) if when else ()), *self.shown(inline, chosen.returned, chosen.at))
                return only_if(every(conditions) if conditions else None, json)
            case Made(make):
                return self._made(row, chosen, make(row, chosen.arguments))
            case Reference(link):
                return self._reference(row, chosen, lambda target: link(row, target))
            case Listing(link) as listing:
                return self._listing(row, chosen, lambda target: link(row, target), listing)
            case Derived(relation, order, when):
                listed = self._derived(row, chosen, relation(row, chosen.arguments), order)
                return only_if(when(row, chosen.arguments) if when else None, listed)
            case Given(argument):
                value = self.to.bind(row.arguments[argument], enum_name, "text")
                return encode(chosen.declared, value)
            case Paging(link):
                return self._paging(row, chosen, lambda target: link(row, target))
            case Companies():
                return self._companies(row, chosen)
            case Scattered(find):
                return self._scattered(row, chosen, find(row))

    def _by_type(self, row: Row, types: Types, texts: list[Text]) -> Json:
        """One text per type, chosen by the kind of row."""
        kinds = [self._is_one_of(row, (type_,)) for type_ in types] if len(types) > 1 else [sql("true")]
        return _cases([(kind, (text,)) for kind, text in zip(kinds, texts, strict=True)])

    def _made(self, row: Row, chosen: Chosen, made: Found | None) -> Json:
        target = Row(made.rows if made else row.rows, self.to, row.scope, row, chosen.arguments)
        json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at)
        if made is None:
            return json
        assert not made.conditions, "a row that is made is always there"
        return (Expression(sql("(select {} from {})", concatenation(json), made.source)),)

    # --- other rows

    def _target(self, row: Row, named: GraphQLNamedType, arguments: Arguments) -> Row:
        """A row of the table that holds a type; of a tenant table, one of the same company."""
        table = self.layout.placement(named.name).table
        company = row.company if table.info.get("tenant") else None
        return row.child(self.to.rows(table, company=company), arguments)

    def shown(self, row: Row, named: GraphQLNamedType, at: Position) -> tuple[Sql, ...]:
        """The conditions under which a row of a type carries no enum value that the viewer does not hold."""
        conditions: list[Sql] = []
        for column, values in self.layout.carried(named).items():
            branches = [
                sql("when {} = {} then {}", row[column], literal(value), _passes(row, lacking))
                for value, need in values.items()
                if (lacking := tuple(gate for gate in need if gate not in at.held))
            ]
            if branches:
                conditions.append(sql("case {} else true end", join(" ", branches)))
        return tuple(conditions)

    def _reference(self, row: Row, chosen: Chosen, meant: Meant) -> Json:
        self.to.costs.charge(chosen.at.path, LOOKUP)
        target = self._target(row, chosen.returned, chosen.arguments)
        kind = (*self.layout.placement(chosen.returned.name).conditions(target.rows), *self._held(target, chosen))
        shown = self.shown(target, chosen.returned, chosen.at)
        where = every([*target.rows.where, *kind, *shown, *meant(target)])
        json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at)
        return nullable(sql("(select {} from {} where {})", concatenation(json), target.rows.source, where))

    def _held(self, target: Row, chosen: Chosen) -> tuple[Sql, ...]:
        """Of an interface: that the row is of a kind that the viewer holds."""
        if not isinstance(chosen.returned, GraphQLInterfaceType):
            return ()
        return (sql("{} = any({})", target["kind"], self._kinds(target, chosen.returned, {})),)

    def _listing(self, row: Row, chosen: Chosen, meant: Meant, listing: Listing) -> Json:
        target = self._target(row, chosen.returned, chosen.arguments)
        placement = self.layout.placement(chosen.returned.name)
        shown = self.shown(target, chosen.returned, chosen.at)
        of_type = placement.conditions(target.rows) if listing.past else placement.current(target.rows)
        where = every([*target.rows.where, *of_type, *shown, *meant(target)])
        keys = Order.by([OrderKey.parse(key) for key in listing.order or placement.order])
        sorted_by = keys.clause(target.rows)
        self.to.costs.charge(chosen.at.path, LOOKUP)
        usual = items_of(chosen.returned)
        with self.to.costs.times(size_of(listing.narrowed(row) if listing.narrowed else ABSENT, usual, usual)):
            json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows())
        source = (listing.instead(row, target) if listing.instead else None) or target.rows.source
        if placement.table.info["catalogue"]:
            catalogue = prepared(self.to, target.rows, sorted_by, json, where)
            listed = sql("string_agg({}, ',') from {}", concatenation(catalogue.json), catalogue.source)
        else:
            listed = sql("string_agg({}, ',' order by {}) from {}", concatenation(json), sorted_by, source)
        items = sql("coalesce((select {} where {}), '')", listed, where)
        return (Text("["), Expression(items), Text("]"))

    def _derived(self, row: Row, chosen: Chosen, relation: Rows, order: str) -> Json:
        target = row.child(relation, chosen.arguments)
        self.to.costs.charge(chosen.at.path, SUM)
        with self.to.costs.times(items_of(chosen.returned)):
            json = concatenation(self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows()))
        listed = sql("string_agg({}, ',' order by {}) from {}", json, relation[order], relation.source)
        return (Text("["), Expression(sql("coalesce((select {}), '')", listed)), Text("]"))

    # --- connections

    def _paging(self, row: Row, chosen: Chosen, meant: Meant) -> Json:
        nodes = node_type(chosen.returned)
        assert nodes is not None
        target = self._target(row, nodes, chosen.arguments)
        kind = (*self.layout.placement(nodes.name).current(target.rows), *self.shown(target, nodes, chosen.at))
        conditions = (*target.rows.where, *kind, *meant(target), *self._filter(target, chosen))
        kinds = self._kinds(target, nodes, chosen.arguments) if isinstance(nodes, GraphQLInterfaceType) else None
        listed = Listed(
            row=target,
            source=target.rows.source,
            conditions=conditions,
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            kinds=kinds,
        )
        found = self._page(listed, chosen)
        return (Expression(sql("(select {}{})", found.json, found.source)),)

    def _companies(self, row: Row, chosen: Chosen) -> Json:
        """The connection over the companies that the viewer may enter: each row is a scope of its own."""
        nodes, scope = node_type(chosen.returned), self.to.enter(None)
        assert nodes is not None
        target = Row(scope.company, self.to, scope, row, chosen.arguments)
        filtered, (source, entered) = self._filter(target, chosen), entrance(scope)
        listed = Listed(
            row=target,
            source=source,
            conditions=(entered, *filtered),
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            scope=scope,
        )
        return self._judged(listed, chosen)

    def _scattered(self, row: Row, chosen: Chosen, found: Found) -> Json:
        """A connection over rows that each lie in a company of their own, which judges it if the viewer enters it.

        A company that the viewer does not enter has neither gates nor rows: only columns of the row itself are told.
        """
        nodes, scope = node_type(chosen.returned), self.to.enter(found.rows["company_id"])
        assert nodes is not None
        assert not self.layout.carried(nodes), "rows are chosen before their companies are judged"
        target = Row(found.rows, self.to, scope, row, chosen.arguments)
        listed = Listed(
            row=target,
            source=found.source,
            conditions=found.conditions,
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            scope=scope,
            within=entrance(scope),
        )
        return self._judged(listed, chosen)

    def _judged(self, listed: Listed, chosen: Chosen) -> Json:
        """A connection whose rows are, or lie in, companies: a site that tells the closed gates of each."""
        found = self._page(listed, chosen)
        closed = found.closed or sql("null::text")
        lateral = self.to.lateral(sql("select {} j, {} h{}", found.json, closed, found.source))
        self.to.sites.append(Site(lateral))
        return (Expression(sql("{}.j", lateral)),)

    def _page(self, listed: Listed, chosen: Chosen) -> Page:
        assert isinstance(chosen.returned, GraphQLObjectType)
        return page(listed, chosen.returned, chosen.selected, chosen.arguments, chosen.at)

    def _filter(self, target: Row, chosen: Chosen) -> tuple[Sql, ...]:
        if "filter" not in chosen.arguments:
            return ()
        type_ = named_type(chosen.declared.args["filter"])
        assert isinstance(type_, GraphQLInputObjectType)
        nodes = node_type(chosen.returned)
        assert isinstance(nodes, Listable)
        return tuple(criteria(target, chosen.arguments["filter"], type_, nodes))

    def _order(self, nodes: GraphQLNamedType, arguments: Arguments) -> Order:
        names = enum_values(self.to.inputs, arguments.get("orderBy", ABSENT))
        if names:
            return Order.by([OrderKey.of_enum(name) for name in names])
        return Order.by([OrderKey.parse(key) for key in self.layout.placement(nodes.name).order])

    def _kinds(self, target: Row, nodes: GraphQLInterfaceType, arguments: Arguments) -> Sql:
        """The kinds of row that the viewer holds, and of them those asked for, as a SQL array."""
        held: list[Sql] = []
        for type_ in self.layout.schema.get_possible_types(nodes):
            (kind,) = self.layout.placement(type_.name).where.values()
            held.append(sql("case when {} then {} end", _passes(target, type_need(type_)), literal(str(kind))))
        kinds = sql("array_remove(array[{}], null)", join(", ", held))
        if not self.to.inputs.given(arguments.get("kinds", ABSENT)):
            return kinds
        asked = self.to.bind(arguments["kinds"], enum_names, "text[]")
        return sql("array(select k from unnest({}) k where k = any({}))", kinds, asked)


def _passes(row: Row, need: Need) -> Sql:
    """The condition that the viewer passes gates in the company of a row."""
    assert row.scope is not None, "gates are judged in a company"
    return row.scope.passes(need) or TRUE


def _prefix(type_: GraphQLNamedType) -> Text:
    return Text(str(id_prefix(type_)))


def _cases(branches: list[tuple[Sql, Json]]) -> Json:
    """JSON by the first condition that holds; the last branch needs none."""
    if len(branches) == 1:
        return branches[0][1]
    cases = [sql("when {} then {}", condition, concatenation(json)) for condition, json in branches[:-1]]
    return (Expression(sql("case {} else {} end", join(" ", cases), concatenation(branches[-1][1]))),)
