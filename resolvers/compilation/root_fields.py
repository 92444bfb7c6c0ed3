"""The root fields of an operation: those of Query and Subscription."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from graphql import GraphQLNamedType, GraphQLObjectType

from db.sql import (
    TRUE,
    Expression,
    Json,
    Rows,
    Sql,
    Text,
    concatenation,
    every,
    join,
    json_object,
    literal,
    nullable,
    only_if,
    sql,
)
from db.tables.core.apps import app
from db.tables.core.identity import company, credential, membership
from resolvers.compilation.company_scope import VIEWER, GatedSelection, Position, enterable
from resolvers.compilation.context import LateralJoin, Row, StatementContext
from resolvers.compilation.cost import APPS, FOUND, NAME, size_of
from resolvers.compilation.object_writer import SelectionSets
from resolvers.compilation.objects import Objects
from resolvers.compilation.parameters import Keys, bounded, enum_name
from resolvers.compilation.resolution import Arguments
from resolvers.compilation.visible_rows import shown
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import Need, own_gates, type_need
from resolvers.global_ids import Key, KnownPrefix, prefix
from resolvers.operation.argument_gates import input_need
from resolvers.operation.arguments import ArgumentValue, Distinct, read_arguments
from resolvers.operation.selection import SelectedField
from resolvers.request import bad_input
from resolvers.request_limits import LIST_ITEMS

NULL: Final[Json] = (Text("null"),)

Introspect = Callable[[SelectedField], str]
"""Returns the JSON of a `__schema` or `__type` field."""


def _prefixes(value: object) -> list[str | None]:
    return [prefix(item) for item in bounded(value)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A root field that enters a company: its own gates, those of the inputs that it uses, and its arguments."""

    own: Need = ()
    inputs: Need = ()
    arguments: Arguments = field(default_factory=dict[str, ArgumentValue])


@dataclass(slots=True)
class RootFields:
    """Compiles root fields within one statement."""

    objects: Objects
    introspect: Introspect
    schemas: int = 0

    @property
    def ctx(self) -> StatementContext:
        """The statement that is compiled."""
        return self.objects.ctx

    def query(self, query: GraphQLObjectType, selection_sets: SelectionSets) -> Json:
        """JSON of a query's `data`."""
        fields = self.ctx.collector.collect(query, selection_sets)
        self.ctx.costs.charge((), len(fields))
        return json_object((selected.key, self._query_field(query, selected)) for selected in fields)

    def _query_field(self, query: GraphQLObjectType, selected: SelectedField) -> Json:
        return self.ctx.at((selected.key,), selected, partial(self._root_field, query, selected))

    def _root_field(self, query: GraphQLObjectType, selected: SelectedField) -> Json:
        at = Position().under(selected.key)
        if selected.name in ("__schema", "__type"):
            return (Expression(self._introspected(selected)),)
        if selected.name == "__typename":
            return (Text(f'"{query.name}"'),)
        declared = query.fields[selected.name]
        arguments = read_arguments(selected.nodes[0], declared.args)
        returned = named_type(declared)
        match selected.name:
            case "viewer":
                return self.viewer(returned, selected.selection_sets, at)
            case "company":
                only = self.ctx.bind(arguments["id"], Key(("com",)), "uuid")
                return self.company(returned, selected.selection_sets, at, only)
            case "node":
                return self._node(arguments["id"], selected.selection_sets, at)
            case "nodes":
                return self._nodes(arguments["ids"], selected.selection_sets, at.in_indexed())
            case "apps":
                return self._apps(returned, selected.selection_sets, arguments, at)
            case name:
                raise LookupError(f"no way to read Query.{name}")

    def _introspected(self, selected: SelectedField) -> Sql:
        self.schemas += selected.name == "__schema"
        if self.schemas > 1:
            raise bad_input("One __schema field in an operation is enough.")
        described = self.introspect(selected)
        self.ctx.costs.charge((selected.key,), len(described) // NAME)
        return self.ctx.carry(described)

    # --- the viewer, companies and apps

    def viewer(self, returned: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the viewer; null for an anonymous client."""
        row = Row(Rows(credential, VIEWER), self.ctx)
        signed_in = sql("{}.account_id is not null", VIEWER)
        return only_if(signed_in, self.objects.object_of(row, returned, selection_sets, at))

    def company(
        self,
        returned: GraphQLNamedType,
        selection_sets: SelectionSets,
        at: Position,
        only: Sql,
        by: "Entry | None" = None,
        *,
        live: bool = False,
    ) -> Json:
        """JSON of the company with the id `only`, or of an object in its row, if the viewer may enter it.

        `by` is the field that enters it. An object in a membership's row is that of the viewer's own membership.
        `live`: the join also has the next moment at which the JSON may change by itself.
        """
        by = by or Entry()
        scope = self.ctx.enter(only)
        need = tuple(dict.fromkeys((*by.own, *type_need(returned))))
        if need or by.inputs:
            columns = scope.gate_columns(need), scope.gate_columns(by.inputs)
            need = (*need, *by.inputs)
            entry = GatedSelection(at, *columns, locations=self.ctx.locations)
            at = self.ctx.add_selection(scope, entry, at).holding(need)
        row = Row(scope.company, self.ctx, scope, arguments=by.arguments)
        if self.objects.layout.placement(returned.name).table is membership:
            row = row.child(scope.membership, {})
        json = only_if(scope.passes(need), self.objects.object_of(row, returned, selection_sets, at))
        source, entered = enterable(scope)
        return self.site(
            sql(
                "select {} j, {} h{} from {}{} where {}",
                concatenation(json),
                scope.closed_gates(),
                sql(", {} term", scope.term) if live else sql(""),
                source,
                scope.relation(),
                entered,
            )
        )

    def site(self, select: Sql) -> Json:
        """JSON of a select of one row, as a lateral join with its closed gates."""
        lateral = self.ctx.lateral(select)
        self.ctx.sites.append(LateralJoin(lateral))
        return nullable(sql("{}.j", lateral))

    def _apps(
        self, returned: GraphQLNamedType, selection_sets: SelectionSets, arguments: Arguments, at: Position
    ) -> Json:
        listed = self.ctx.rows(app)
        kind = arguments.get("kind")
        conditions = TRUE
        if kind is not None and self.ctx.inputs.given(kind):
            conditions = sql("{} = {}", listed["kind"], self.ctx.bind(kind, enum_name, "text"))
        with self.ctx.costs.times(APPS):
            json = self.objects.object_of(Row(listed, self.ctx), returned, selection_sets, at)
        items = sql(
            "coalesce((select string_agg({}, ',' order by {}) from {} where {}), '')",
            concatenation(json),
            listed["rank"],
            listed.source,
            conditions,
        )
        return (Text("["), Expression(items), Text("]"))

    def app_info(self, returned: GraphQLNamedType, selected: SelectedField, at: Position) -> Json:
        """JSON of an app of the catalogue by its name in the mutation's results."""
        found = self.ctx.rows(app)
        json = self.objects.object_of(Row(found, self.ctx), returned, selected.selection_sets, at)
        key_ = self.ctx.written(selected.name, "text")
        return nullable(sql("(select {} from {} where {} = {})", concatenation(json), found.source, found["id"], key_))

    # --- nodes

    def _node(self, given: ArgumentValue, selection_sets: SelectionSets, at: Position) -> Json:
        type_ = self.node_type(self.ctx.inputs.probe(given, self._known_prefix()))
        if type_ is None:
            return NULL
        key_ = self.ctx.bind(given, Key(), "uuid")
        named = key_ if self.objects.layout.placement(type_.name).table is company else None
        return self.site(self.found(type_, selection_sets, at, key_, named=named))

    def _nodes(self, given: ArgumentValue, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of a list of nodes in the order of their ids, by one branch for each type of id."""
        ids = self.ctx.bind(given, Keys(), "uuid[]")
        kinds = self.ctx.bind(given, _prefixes, "text[]")
        prefixes = self.ctx.inputs.probe(given, Distinct(self._known_prefix()))
        types = {found: type_ for found in prefixes if (type_ := self.node_type(found)) is not None}
        for _ in types:
            self.ctx.budget.read()  # its membership: PostgreSQL plans all branches together
        with self.ctx.costs.times(size_of(given, LIST_ITEMS, LIST_ITEMS)):
            branches = self.ctx.costs.either(
                [
                    partial(self.found, type_, selection_sets, at, sql("p.id"), sql("p.kind = {}", literal(found)))
                    for found, type_ in types.items()
                ]
            )
        union = join(" union all ", branches) or sql("select null::text j, null::text h")
        return self.site(
            sql(
                "select '[' || coalesce(string_agg(coalesce(x.j, 'null'), ',' order by p.n), '') || ']' j, "
                "case when count(x.h) > 0 then string_agg(coalesce(x.h, ''), ',' order by p.n) end h "
                "from unnest({}, {}) with ordinality p(id, kind, n) left join lateral ({}) x on true",
                ids,
                kinds,
                union,
            )
        )

    def _known_prefix(self) -> KnownPrefix:
        return KnownPrefix(self.objects.layout.prefixes)

    def node_type(self, found: str | None) -> GraphQLObjectType | None:
        """The type of the ids with a prefix; None if it is no node."""
        type_ = self.objects.layout.type_of(found)
        return type_ if type_ is not None and any(interface.name == "Node" for interface in type_.interfaces) else None

    def found(
        self,
        type_: GraphQLObjectType,
        selection_sets: SelectionSets,
        at: Position,
        id_: Sql,
        when: Sql = TRUE,
        named: Sql | None = None,
    ) -> Sql:
        """The select of the row with this id, if the viewer enters its company and passes the gates of its type.

        Without these gates the row seems not to exist. The row tells its company, unless a parameter has `named` it.
        """
        self.ctx.costs.charge(at.path, FOUND)
        placement = self.objects.layout.placement(type_.name)
        need = type_need(type_)
        scope = self.ctx.enter(named)
        if placement.table is scope.company.table:
            target = Row(scope.company, self.ctx, scope)
        else:
            rows = self.ctx.rows(placement.table, company=scope.company["id"])
            target = Row(rows, self.ctx, scope)
        json = self.objects.object_of(target, type_, selection_sets, at.holding(need))
        passes = scope.passes(need) or TRUE
        visible = shown(self.objects.layout, target, type_, at.holding(need))
        source, entered = enterable(scope)
        is_it = [] if named is not None and target.rows is scope.company else [sql("{} = {}", target["id"], id_)]
        if target.rows is not scope.company:
            source = sql("{} join {} on {}", target.rows.source, source, every(target.rows.where))
        return sql(
            "select {} j, {} h from {}{} where {}",
            concatenation(json),
            scope.closed_gates(),
            source,
            scope.relation(),
            every([*is_it, when, *placement.current(target.rows), entered, passes, *visible]),
        )

    # --- subscriptions

    def live(self, root: GraphQLObjectType, selection_sets: SelectionSets) -> Json:
        """JSON of a subscription's `data`: its only field, read from the company that it names."""
        fields = self.ctx.collector.collect(root, selection_sets)
        return json_object((selected.key, self._live_field(root, selected)) for selected in fields)

    def _live_field(self, root: GraphQLObjectType, selected: SelectedField) -> Json:
        declared = root.fields[selected.name]
        arguments = read_arguments(selected.nodes[0], declared.args)
        only = self.ctx.bind(arguments["companyId"], Key(("com",)), "uuid")
        entry = Entry(own_gates(declared), input_need(self.ctx.inputs, arguments, declared), arguments)
        at = Position().under(selected.key)
        return self.company(named_type(declared), selected.selection_sets, at, only, entry, live=True)
