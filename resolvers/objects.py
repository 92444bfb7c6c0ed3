"""The heart of the compiler: from selected fields and the row at hand to JSON, with every gate around what it hides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
)

from db.sql import Expression, Json, Rows, Sql, Text, concatenation, every, join, json_object, literal, nullable, only_if, sql
from resolvers.compilation import Compilation, Entry, Position, Row, Scope, Site, entrance
from resolvers.convert import enum_names
from resolvers.criteria import criteria
from resolvers.encoding import encode, global_id
from resolvers.gates import Need, definition, field_need, node_type, own_gates, type_need
from resolvers.inputs import ABSENT, Input, plain, read_arguments
from resolvers.layout import Layout, id_prefix
from resolvers.ordering import Order, OrderKey
from resolvers.paging import Listed, page
from resolvers.resolution import Arguments, Companies, Identity, Inline, Leaf, Listing, Paging, Reference
from resolvers.selection import SelectedField

Types: TypeAlias = tuple[GraphQLObjectType, ...]
SelectionSets: TypeAlias = tuple[SelectionSetNode, ...]


def input_need(to: Compilation, arguments: Arguments, declared: GraphQLField) -> Need:
    """The gates of the arguments, input fields and enum values that a field uses."""
    gates = [gate for name, given in arguments.items() for gate in _used(to, given, declared.args[name])]
    return tuple(dict.fromkeys(gates))


def _used(to: Compilation, given: Input, declared: object) -> Iterator[object]:
    yield from own_gates(declared)
    named = get_named_type(declared.type)  # type: ignore[attr-defined]
    match named:
        case GraphQLInputObjectType():
            for _, member, value in to.inputs.members(given, named):
                yield from _used(to, value, member)
        case GraphQLEnumType() if any(own_gates(value) for value in named.values.values()):
            for name in _names(to.inputs.look(given, plain)):
                yield from own_gates(named.values[name])
        case _:
            pass


def _names(looked: object) -> tuple[str, ...]:
    """One or several enum values as names."""
    match looked:
        case None:
            return ()
        case tuple():
            return tuple(dict.fromkeys(name for name in looked if name is not None))
        case _:
            return (str(looked),)


@dataclass(slots=True)
class Objects:
    """Compiles objects and their fields within one statement."""

    layout: Layout
    to: Compilation

    # --- objects

    def object_of(self, row: Row, named: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the row as a value of a type; of an abstract type, by the kind of row."""
        if isinstance(named, GraphQLObjectType):
            return self.members(row, (named,), selection_sets, at)
        assert is_abstract_type(named)
        groups = self._groups(row, self.layout.schema.get_possible_types(named), selection_sets)
        branches: list[tuple[Sql, Json]] = []
        for types in groups:
            shared = frozenset.intersection(*(frozenset(type_need(type_)) for type_ in types))
            inside = self._branch(row, types, at).holding(shared)
            branches.append((self._is_one_of(row, types), self.members(row, types, selection_sets, inside)))
        return _cases(branches)

    def _groups(self, row: Row, types: list[GraphQLObjectType], selection_sets: SelectionSets) -> list[Types]:
        """The possible types, those together that give the same fields behind the same gates."""
        groups: dict[object, list[GraphQLObjectType]] = {}
        for type_ in types:
            fields = self.to.collector.collect(type_, selection_sets)
            needs = tuple(field_need(type_.fields[field.name]) for field in fields if field.name in type_.fields)
            groups.setdefault((tuple((field.key, *map(id, field.nodes)) for field in fields), needs), []).append(type_)
        return [tuple(group) for group in groups.values()]

    def _branch(self, row: Row, types: Types, at: Position) -> Position:
        """The position below rows of some kinds: what is selected there is worth a note only to who holds one of them."""
        needs = [tuple(gate for gate in type_need(type_) if gate not in at.held) for type_ in types]
        if row.scope is None or not all(needs):
            return at
        return at.behind(row.scope.note(Entry(at, branches=tuple(row.scope.places(need) for need in needs))))

    def _is_one_of(self, row: Row, types: Types) -> Sql:
        kinds = [every(self.layout.placement(type_.name).conditions(row.rows)) for type_ in types]
        return kinds[0] if len(kinds) == 1 else sql("({})", join(" or ", kinds))

    def members(self, row: Row, types: Types, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the row as an object of one of the types, which all give the same fields."""
        fields = self.to.collector.collect(types[0], selection_sets)
        return json_object((selected.key, self.field(row, types, selected, at)) for selected in fields)

    # --- fields

    def field(self, row: Row, types: Types, selected: SelectedField, at: Position) -> Json:
        """JSON of a selected field: `null` where a gate is closed, and then nothing of it is computed."""
        if selected.name == "__typename":
            return self._by_type(row, types, [Text(f'"{type_.name}"') for type_ in types])
        declared = types[0].fields[selected.name]
        arguments = read_arguments(selected.nodes[0], declared.args)
        needs = tuple(gate for gate in field_need(declared) if gate not in at.held)
        inputs = tuple(gate for gate in input_need(self.to, arguments, declared) if gate not in at.held and gate not in needs)
        inside = at.under(selected.key)
        if needs or inputs:
            assert row.scope is not None, "the boot check refuses gates outside a company"
            entry = Entry(inside, row.scope.places(needs), row.scope.places(inputs))
            inside = inside.behind(row.scope.note(entry)).holding((*needs, *inputs))
        condition = row.scope.passes((*needs, *inputs)) if row.scope is not None else None
        return only_if(condition, self._value(row, types, selected, declared, arguments, inside))

    def _value(
        self, row: Row, types: Types, selected: SelectedField, declared: GraphQLField, arguments: Arguments, at: Position
    ) -> Json:
        returned = get_named_type(declared.type)
        match self.layout.resolution(types[0], selected.name):
            case Leaf(value):
                return encode(declared.type, value(row, arguments))
            case Identity(key, of):
                return self._identity(row, types, key(row), of, declared.type)
            case Inline(rows_at, when):
                inline = Row(rows_at(row), self.to, row.scope, row, arguments)
                return only_if(when(row) if when else None, self.object_of(inline, returned, selected.selection_sets, at))
            case Reference(link):
                target, conditions = self._target(row, returned, arguments, lambda rows: link(row, rows), listed=False)
                json = self.object_of(target, returned, selected.selection_sets, at)
                return nullable(sql("(select {} from {} where {})", concatenation(json), target.rows.source, every(conditions)))
            case Listing(link, order, listed):
                return self._listing(row, returned, selected, arguments, at.in_rows(), link, order, listed)
            case Paging(link):
                return self._paging(row, returned, selected, declared, arguments, at, link)
            case Companies():
                return self.companies(row, selected, declared, arguments, at)

    def _identity(self, row: Row, types: Types, key: Sql, of: str | None, type_: GraphQLOutputType) -> Json:
        named = [self.layout.schema.type_map[of]] if of is not None else list(types)
        prefixes = [Text(str(id_prefix(type_))) for type_ in named]
        prefix = concatenation(self._by_type(row, types, prefixes) if of is None else (prefixes[0],))
        text = global_id(prefix, key)
        return (Expression(text),) if get_nullable_type(type_) is not type_ else nullable(text)

    def _by_type(self, row: Row, types: Types, texts: list[Text]) -> Json:
        """One text per type, chosen by the kind of row."""
        if len(types) == 1:
            return (texts[0],)
        return _cases([(self._is_one_of(row, (type_,)), (text,)) for type_, text in zip(types, texts, strict=True)])

    def _target(
        self, row: Row, returned: GraphQLNamedType, arguments: Arguments, link: object, *, listed: bool
    ) -> tuple[Row, tuple[Sql, ...]]:
        """A row of the table that holds a type, and the conditions under which it is meant."""
        placement = self.layout.placement(returned.name)
        tenant = placement.table.info.get("tenant")
        rows = self.to.rows(placement.table, company=row.company if tenant else None)
        kind = placement.current(rows) if listed else placement.conditions(rows)
        return row.child(rows, arguments), (*rows.where, *kind, *link(rows))  # type: ignore[operator]

    def _listing(
        self,
        row: Row,
        returned: GraphQLNamedType,
        selected: SelectedField,
        arguments: Arguments,
        at: Position,
        link: object,
        order: tuple[str, ...],
        listed: bool,
    ) -> Json:
        target, conditions = self._target(row, returned, arguments, lambda rows: link(row, rows), listed=listed)  # type: ignore[operator]
        keys = order or self.layout.placement(returned.name).order
        clause = Order.by([OrderKey.parse(key) for key in keys]).clause(target.rows)
        json = self.object_of(target, returned, selected.selection_sets, at)
        items = sql(
            "coalesce((select string_agg({}, ',' order by {}) from {} where {}), '')",
            concatenation(json), clause, target.rows.source, every(conditions),
        )
        return (Text("["), Expression(items), Text("]"))

    # --- connections

    def _paging(
        self,
        row: Row,
        returned: GraphQLNamedType,
        selected: SelectedField,
        declared: GraphQLField,
        arguments: Arguments,
        at: Position,
        link: object,
    ) -> Json:
        nodes = node_type(returned)
        assert nodes is not None and isinstance(returned, GraphQLObjectType)
        target, conditions = self._target(row, nodes, arguments, lambda rows: link(row, rows), listed=True)  # type: ignore[operator]
        filtered = (*conditions, *self._filter(target, declared, arguments))
        listed = Listed(
            row=target,
            source=lambda: target.rows.source,
            conditions=lambda: filtered,
            order=self._order(nodes, declared, arguments),
            item=lambda selection_sets, place: self.object_of(target, nodes, selection_sets, place),
            kinds=self._kinds(target, nodes, arguments) if isinstance(nodes, GraphQLInterfaceType) else None,
        )
        found = page(listed, returned, selected, arguments, at, self._collect)
        return (Expression(sql("(select {}{})", found.json, found.source)),)

    def _collect(self, type_: GraphQLObjectType, selected: SelectedField) -> tuple[SelectedField, ...]:
        return self.to.collector.collect(type_, selected.selection_sets)

    def _filter(self, target: Row, declared: GraphQLField, arguments: Arguments) -> tuple[Sql, ...]:
        if "filter" not in arguments:
            return ()
        type_ = get_named_type(declared.args["filter"].type)
        assert isinstance(type_, GraphQLInputObjectType)
        return tuple(criteria(target, arguments["filter"], type_))

    def _order(self, nodes: GraphQLNamedType, declared: GraphQLField, arguments: Arguments) -> Order:
        names = _names(self.to.inputs.look(arguments.get("orderBy", ABSENT), plain))
        if names:
            return Order.by([OrderKey.of_enum(name) for name in names])
        return Order.by([OrderKey.parse(key) for key in self.layout.placement(nodes.name).order])

    def _kinds(self, target: Row, nodes: GraphQLInterfaceType, arguments: Arguments) -> Sql:
        """The kinds of row that the viewer holds, and of them those asked for, as a SQL array."""
        assert target.scope is not None
        held: list[Sql] = []
        for type_ in self.layout.schema.get_possible_types(nodes):
            (kind,) = self.layout.placement(type_.name).where.values()
            passes = target.scope.passes(type_need(type_))
            name = literal(str(kind))
            held.append(sql("case when {} then {} end", passes, name) if passes else name)
        kinds = sql("array_remove(array[{}], null)", join(", ", held))
        if not self.to.inputs.given(arguments.get("kinds", ABSENT)):
            return kinds
        asked = self.to.bind(arguments["kinds"], enum_names, "text[]")
        return sql("array(select k from unnest({}) k where k = any({}))", kinds, asked)

    def companies(self, row: Row, selected: SelectedField, declared: GraphQLField, arguments: Arguments, at: Position) -> Json:
        """The connection over the companies that the viewer may enter: each row is a scope of its own."""
        returned, scope = get_named_type(declared.type), self.to.enter(None)
        nodes = node_type(returned)
        assert nodes is not None and isinstance(returned, GraphQLObjectType)
        target = Row(scope.company, self.to, scope, row, arguments)
        filtered = self._filter(target, declared, arguments)
        listed = Listed(
            row=target,
            source=lambda: entrance(scope)[0],
            conditions=lambda: (entrance(scope)[1], *filtered),
            order=self._order(nodes, declared, arguments),
            item=lambda selection_sets, place: self.object_of(target, nodes, selection_sets, place),
            closed=scope.closed,
        )
        found = page(listed, returned, selected, arguments, at, self._collect)
        closed = found.closed or sql("null::text")
        lateral = self.to.lateral(sql("select {} j, {} h{}", found.json, closed, found.source))
        self.to.sites.append(Site(lateral))
        return (Expression(sql("{}.j", lateral)),)


def _cases(branches: list[tuple[Sql, Json]]) -> Json:
    """JSON by the first condition that holds; the last branch needs none."""
    if len(branches) == 1:
        return branches[0][1]
    cases = [sql("when {} then {}", condition, concatenation(json)) for condition, json in branches[:-1]]
    return (Expression(sql("case {} else {} end", join(" ", cases), concatenation(branches[-1][1]))),)
