"""The core of the compiler: from selected fields and the row at hand to JSON, each hidden part inside its gates."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import ExitStack
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
from resolvers.compilation.catalogue_lists import prepared_list
from resolvers.compilation.company_scope import GatedSelection, Position, enterable, is_owner
from resolvers.compilation.connections import SUMS, ConnectionSource, Item, Page, page
from resolvers.compilation.context import LateralJoin, Row, StatementContext
from resolvers.compilation.cost import (
    COMPUTED_CRITERION,
    CRITERION,
    DEAR,
    EXTRA,
    FEW,
    FILTER,
    LOOKUP,
    ROW,
    SIZED,
    SUM,
    USUAL_CRITERIA,
    is_computed,
    items_of,
    leaf_cost,
    named,
    size_of,
)
from resolvers.compilation.filters import Filter, lists_deleted
from resolvers.compilation.json_values import encode, encode_id
from resolvers.compilation.kinds import Fields, Part, Types, parts
from resolvers.compilation.ordering import Order, OrderKey
from resolvers.compilation.parameters import enum_name, enum_names
from resolvers.compilation.resolution import (
    AcrossCompanies,
    Arguments,
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
from resolvers.fair_use.budget import Work
from resolvers.gates.coordinates import Fields as Listable
from resolvers.gates.coordinates import id_prefix, named_type, node_type, type_of
from resolvers.gates.needs import Need, type_need
from resolvers.operation.argument_gates import enum_values, input_need
from resolvers.operation.arguments import NOT_GIVEN, read_arguments
from resolvers.operation.selection import SelectedField
from resolvers.request import bad_input

SelectionSets: TypeAlias = tuple[SelectionSetNode, ...]
RowCondition: TypeAlias = Callable[[Row], tuple[Sql, ...]]
"""Returns the conditions that select rows of a table."""

Writes: TypeAlias = Callable[[Row, Types, Fields, Position], Json]
"""Writes JSON of fields that are alike for rows of some kinds."""


class FieldSelection(NamedTuple):
    """A selected field of a concrete type with its declaration, its arguments and its position in the response."""

    selected: SelectedField
    declared: GraphQLField
    arguments: Arguments
    at: Position

    @property
    def returned(self) -> GraphQLNamedType:
        """The named type of the field."""
        return named_type(self.declared)

    @property
    def selection_sets(self) -> SelectionSets:
        """The selection sets of its value."""
        return self.selected.selection_sets


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
        return self.ctx.add_selection(row.scope, GatedSelection(at, branches=branches), at).holding(held)

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
        return json, _passes(row, lacking) if selected.optional and lacking else None

    def field(self, row: Row, types: Types, selected: SelectedField, at: Position) -> Json:
        """JSON of a selected field; behind a closed gate it is `null`, and its value is not computed."""
        budget, inside = self.ctx.budget, at.under(selected.key)
        budget.path, began = inside.path, budget.text
        budget.charge(Work.FIELDS)
        with self.ctx.at(inside.path, selected):
            json = self._field(row, types, selected, inside)
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
        entry = GatedSelection(inside, *columns, silent=selected.optional)
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
                conditions = (*((when(row),) if when else ()), *self.shown(inline, chosen.returned, chosen.at))
                return only_if(every(conditions) if conditions else None, json)
            case RowOrDerived(make):
                return self._made(row, chosen, make(row, chosen.arguments))
            case ToOne(link):
                return self._reference(row, chosen, lambda target: link(row, target))
            case Listing() | Derived() | Pairs() as listed:
                return self._list(row, chosen, listed)
            case EchoArgument(argument):
                value = self.ctx.bind(row.arguments[argument], enum_name, "text")
                return encode(chosen.declared, value)
            case Paging(link, ranks):
                return self._paging(row, chosen, lambda target: link(row, target), ranks)
            case Companies():
                return self._companies(row, chosen)
            case AcrossCompanies(find):
                return self._scattered(row, chosen, find(row))

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

    # --- other rows

    def _target(self, row: Row, named: GraphQLNamedType, arguments: Arguments) -> Row:
        """A row of the table that holds a type; in a tenant table, of the same company."""
        table = self.layout.placement(named.name).table
        company = row.company if table.info.get("tenant") else None
        return row.child(self.ctx.rows(table, company=company), arguments)

    def shown(self, row: Row, named: GraphQLNamedType, at: Position) -> tuple[Sql, ...]:
        """The conditions under which the viewer may see a row.

        A row with a gated enum value needs that value's gates; a private row is only for the membership with whose
        rights it was made, or also for owners.
        """
        conditions: list[Sql] = []
        placement = self.layout.placement(named.name) if self.layout.is_placed(named.name) else None
        if placement is not None and placement.private is not None:
            assert row.scope is not None, "the layout refuses private rows outside of any company"
            mine = sql("{} = {}", row[placement.private], row.scope.membership["id"])
            owns = is_owner(row.scope.membership)
            conditions.append(sql("({} or {})", owns, mine) if placement.is_for_owners else mine)
        for column, values in self.layout.carried(named).items():
            branches = [
                sql("when {} = {} then {}", row[column], literal(value), _passes(row, lacking))
                for value, need in values.items()
                if (lacking := tuple(gate for gate in need if gate not in at.held))
            ]
            if branches:
                conditions.append(sql("case {} else true end", join(" ", branches)))
        return tuple(conditions)

    def _reference(self, row: Row, chosen: FieldSelection, meant: RowCondition) -> Json:
        self.ctx.costs.charge(chosen.at.path, LOOKUP)
        target = self._target(row, chosen.returned, chosen.arguments)
        kind = (*self.layout.placement(chosen.returned.name).conditions(target.rows), *self._held(target, chosen))
        shown = self.shown(target, chosen.returned, chosen.at)
        where = every([*target.rows.where, *kind, *shown, *meant(target)])
        json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at)
        return nullable(sql("(select {} from {} where {})", concatenation(json), target.rows.source, where))

    def _held(self, target: Row, chosen: FieldSelection) -> tuple[Sql, ...]:
        """For an interface, the condition that the viewer may see the row's kind."""
        if not isinstance(chosen.returned, GraphQLInterfaceType):
            return ()
        return (sql("{} = any({})", target["kind"], self._kinds(target, chosen.returned, {})),)

    def _list(self, row: Row, chosen: FieldSelection, listed: Listing | Derived | Pairs) -> Json:
        match listed:
            case Listing(link):
                return self._listing(row, chosen, lambda target: link(row, target), listed)
            case Derived(_, _, when):
                json = self._derived(row, chosen, listed)
                return only_if(when(row, chosen.arguments) if when else None, json)
            case Pairs():
                return self._pairs(row, chosen, listed)

    def _listing(self, row: Row, chosen: FieldSelection, meant: RowCondition, listing: Listing) -> Json:
        target = self._target(row, chosen.returned, chosen.arguments)
        placement = self.layout.placement(chosen.returned.name)
        shown = self.shown(target, chosen.returned, chosen.at)
        of_type = placement.conditions(target.rows) if listing.past else placement.current(target.rows)
        always = (*target.rows.where, *of_type, *shown, *meant(target))
        where = every([*always, *self._filter(target, chosen)])
        keys = self._order(chosen.returned, chosen.arguments, listing.order)
        sorted_by = keys.among(target.rows, always).clause(target.rows)
        given = sum(self.ctx.inputs.given(chosen.arguments.get(name, NOT_GIVEN)) for name in ("filter", "orderBy"))
        usual = items_of(chosen.returned)
        charge = self.ctx.costs.charge if usual <= FEW and not given else self.ctx.costs.charge_growing
        charge(chosen.at.path, LOOKUP + FILTER * given)
        with self.ctx.costs.times(size_of(listing.narrowed(row) if listing.narrowed else NOT_GIVEN, usual, usual)):
            json = self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows())
        source = (listing.instead(row, target) if listing.instead else None) or target.rows.source
        if placement.table.info["catalogue"]:
            catalogue = prepared_list(self.ctx, target.rows, sorted_by, json, where)
            listed = sql("string_agg({}, ',') from {}", concatenation(catalogue.json), catalogue.source)
        else:
            listed = sql("string_agg({}, ',' order by {}) from {}", concatenation(json), sorted_by, source)
        items = sql("coalesce((select {} where {}), '')", listed, where)
        return (Text("["), Expression(items), Text("]"))

    def _derived(self, row: Row, chosen: FieldSelection, derived: Derived) -> Json:
        relation, order = derived.relation(row, chosen.arguments), derived.order
        target = row.child(relation, chosen.arguments)
        self.ctx.costs.charge_growing(chosen.at.path, SIZED if derived.sizes else SUM)
        sizes = derived.sizes(row, chosen.arguments) if derived.sizes else (items_of(chosen.returned),)
        with ExitStack() as inside:
            for size in sizes:
                inside.enter_context(self.ctx.costs.times(size))
            json = concatenation(self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows()))
        listed = sql("string_agg({}, ',' order by {}) from {}", json, relation[order], relation.source)
        return (Text("["), Expression(sql("coalesce((select {}), '')", listed)), Text("]"))

    def _pairs(self, row: Row, chosen: FieldSelection, pairs: Pairs) -> Json:
        between = row.child(self.ctx.rows(self.layout.placement(pairs.between).table, company=row.company), {})
        target = self._target(between, chosen.returned, {})
        found = pairs.choose(row, between, target, chosen.arguments)
        self.ctx.costs.charge_growing(chosen.at.path, SUM)
        with self.ctx.costs.times(pairs.most):
            json = concatenation(self.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows()))
        orders = ((pairs.order, between), (self.layout.placement(chosen.returned.name).order, target))
        sorted_by = join(", ", [Order.by([OrderKey.parse(key) for key in of]).clause(at.rows) for of, at in orders])
        current = [
            *self.layout.placement(pairs.between).current(between.rows),
            *self.layout.placement(chosen.returned.name).current(target.rows),
            *self.shown(between, self.layout.schema.type_map[pairs.between], chosen.at),
            *self.shown(target, chosen.returned, chosen.at),
        ]
        where = every([*between.rows.where, *target.rows.where, *current, *found.conditions])
        listed = sql("select string_agg({}, ',' order by {}) from", json, sorted_by)
        items = sql("{} {} cross join {} where {}", listed, between.rows.source, target.rows.source, where)
        whole = sql("case when {} then '[' || coalesce(({}), '') || ']' end", found.is_known, items)
        return nullable(sql("(select {} from {})", whole, found.source))

    # --- connections

    def _paging(self, row: Row, chosen: FieldSelection, meant: RowCondition, ranks: Link | None = None) -> Json:
        nodes = node_type(chosen.returned)
        assert nodes is not None
        target = self._target(row, nodes, chosen.arguments)
        placement = self.layout.placement(nodes.name)
        listed = placement.conditions if self._lists_deleted(chosen) else placement.current
        kind = (*listed(target.rows), *self.shown(target, nodes, chosen.at))
        linked = meant(target)
        self.ctx.costs.charge_growing(chosen.at.path, FILTER * any(is_computed(condition) for condition in linked))
        conditions = (*target.rows.where, *kind, *linked, *self._filter(target, chosen))
        kinds = self._kinds(target, nodes, chosen.arguments) if isinstance(nodes, GraphQLInterfaceType) else None
        source = ConnectionSource(
            row=target,
            source=target.rows.source,
            conditions=conditions,
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            sums=self._sums(target, chosen),
            kinds=kinds,
            ranks=ranks(row, target) if ranks is not None else (),
        )
        found = self._page(source, chosen)
        return (Expression(sql("(select {}{})", found.json, found.source)),)

    def _sums(self, target: Row, chosen: FieldSelection) -> dict[str, Item]:
        """The sums over the rows of a connection, those that its type has."""
        connection = chosen.returned
        assert isinstance(connection, GraphQLObjectType)
        types = {name: named_type(connection.fields[name]) for name in SUMS if name in connection.fields}
        return {name: partial(self.object_of, target, sums) for name, sums in types.items()}

    def _companies(self, row: Row, chosen: FieldSelection) -> Json:
        """The connection over the companies that the viewer may enter; each row is a scope of its own."""
        nodes, scope = node_type(chosen.returned), self.ctx.enter()
        assert nodes is not None
        target = Row(scope.company, self.ctx, scope, row, chosen.arguments)
        filtered, (source, entered) = self._filter(target, chosen), enterable(scope)
        listed = ConnectionSource(
            row=target,
            source=source,
            conditions=(entered, *filtered),
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            scope=scope,
        )
        return self._judged(listed, chosen)

    def _scattered(self, row: Row, chosen: FieldSelection, found: RowSource) -> Json:
        """A connection over rows of several companies; a row is judged in its company if the viewer enters it.

        Of a company that the viewer does not enter no gate is open and no row is read: the answer has only columns of
        the listed row itself.
        """
        nodes, scope = node_type(chosen.returned), self.ctx.enter(of=found.rows["company_id"])
        assert nodes is not None
        assert not self.layout.carried(nodes), "rows are chosen before their companies are judged"
        target = Row(found.rows, self.ctx, scope, row, chosen.arguments)
        listed = ConnectionSource(
            row=target,
            source=found.source,
            conditions=found.conditions,
            order=self._order(nodes, chosen.arguments),
            item=lambda selection_sets, at: self.object_of(target, nodes, selection_sets, at),
            scope=scope,
            within=enterable(scope),
        )
        return self._judged(listed, chosen)

    def _judged(self, listed: ConnectionSource, chosen: FieldSelection) -> Json:
        """A connection whose rows are, or lie in, companies: a lateral join with the closed gates of each row."""
        found = self._page(listed, chosen)
        closed = found.closed or sql("null::text")
        lateral = self.ctx.lateral(sql("select {} j, {} h{}", found.json, closed, found.source))
        self.ctx.sites.append(LateralJoin(lateral))
        return (Expression(sql("{}.j", lateral)),)

    def _page(self, listed: ConnectionSource, chosen: FieldSelection) -> Page:
        assert isinstance(chosen.returned, GraphQLObjectType)
        return page(listed, chosen.returned, chosen.selected, chosen.arguments, chosen.at)

    def _filter(self, target: Row, chosen: FieldSelection) -> tuple[Sql, ...]:
        if "filter" not in chosen.arguments:
            return ()
        type_ = named_type(chosen.declared.args["filter"])
        assert isinstance(type_, GraphQLInputObjectType)
        nodes = node_type(chosen.returned) or chosen.returned
        assert isinstance(nodes, Listable)
        found = Filter(target, nodes, self.layout)
        conditions = tuple(found.conditions(chosen.arguments["filter"], type_))
        usual = CRITERION * max(0, found.counted[0] - USUAL_CRITERIA)
        self.ctx.costs.charge_growing(chosen.at.path, usual + COMPUTED_CRITERION * found.computed[0])
        return conditions

    def _lists_deleted(self, chosen: FieldSelection) -> bool:
        """True if the filter of a connection asks for deleted rows."""
        given, declared = chosen.arguments.get("filter", NOT_GIVEN), chosen.declared.args.get("filter")
        type_ = named_type(declared) if declared is not None else None
        return isinstance(type_, GraphQLInputObjectType) and lists_deleted(self.ctx.inputs, given, type_)

    def _order(self, nodes: GraphQLNamedType, arguments: Arguments, usual: Sequence[str] = ()) -> Order:
        """The order that is asked for, else the usual one of the list or of its type."""
        names = enum_values(self.ctx.inputs, arguments.get("orderBy", NOT_GIVEN))
        if names:
            return Order.by(_consistent([OrderKey.of_enum(name) for name in names]))
        return Order.by([OrderKey.parse(key) for key in usual or self.layout.placement(nodes.name).order])

    def _kinds(self, target: Row, nodes: GraphQLInterfaceType, arguments: Arguments) -> Sql:
        """The kinds of row that the viewer may see, narrowed by the argument `kinds`, as a SQL array."""
        held: list[Sql] = []
        for type_ in self.layout.schema.get_possible_types(nodes):
            (kind,) = self.layout.placement(type_.name).where.values()
            held.append(sql("case when {} then {} end", _passes(target, type_need(type_)), literal(str(kind))))
        kinds = sql("array_remove(array[{}], null)", join(", ", held))
        if not self.ctx.inputs.given(arguments.get("kinds", NOT_GIVEN)):
            return kinds
        asked = self.ctx.bind(arguments["kinds"], enum_names, "text[]")
        return sql("array(select k from unnest({}) k where k = any({}))", kinds, asked)


def _consistent(keys: list[OrderKey]) -> list[OrderKey]:
    """The keys of an order. Raises RequestError (BAD_USER_INPUT) when one comes both up and down."""
    if len({key.column for key in keys}) < len(keys):
        raise bad_input('The argument "orderBy" has the same value in both directions.')
    return keys


def _passes(row: Row, need: Need) -> Sql:
    """The condition that the viewer passes these gates in the row's company."""
    assert row.scope is not None, "gates are judged in a company"
    return row.scope.passes(need) or TRUE


def _prefix(type_: GraphQLNamedType) -> Text:
    return Text(str(id_prefix(type_)))


def _cases(branches: list[tuple[Sql, Json]]) -> Json:
    """JSON of the first branch whose condition holds; the last branch needs no condition."""
    if len(branches) == 1:
        return branches[0][1]
    cases = [sql("when {} then {}", condition, concatenation(json)) for condition, json in branches[:-1]]
    return (Expression(sql("case {} else {} end", join(" ", cases), concatenation(branches[-1][1]))),)
