"""The roots of an operation.

The fields of Query, and the fields of a mutation's payload, which are read like a query of what was written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, LiteralString

from graphql import GraphQLNamedType, GraphQLObjectType, is_leaf_type

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
from db.tables.apps import app
from db.tables.identity import company, credential, membership
from resolvers.compilation import Compilation, Row, Site
from resolvers.convert import MANY, Key, Keys, KnownPrefix, bounded, enum_name, prefix
from resolvers.coordinates import id_prefix, named_type
from resolvers.cost import CATALOGUE, FOUND, NAME, size_of
from resolvers.encoding import encode
from resolvers.gates import Need, own_gates, type_need
from resolvers.inputs import Distinct, Input, bad_input, read_arguments
from resolvers.objects import Objects, SelectionSets
from resolvers.resolution import Arguments
from resolvers.scopes import VIEWER, Entry, Position, entrance
from resolvers.selection import SelectedField

NULL: Final[Json] = (Text("null"),)

Introspect = Callable[[SelectedField], str]
"""The JSON of a `__schema` or `__type` field."""


def _prefixes(value: object) -> list[str | None]:
    return [prefix(item) for item in bounded(value)]


@dataclass(slots=True)
class Roots:
    """Compiles root fields within one statement."""

    objects: Objects
    introspect: Introspect
    schemas: int = 0

    @property
    def to(self) -> Compilation:
        """The statement that is compiled."""
        return self.objects.to

    def query(self, query: GraphQLObjectType, selection_sets: SelectionSets) -> Json:
        """JSON of `data` of a query."""
        fields = self.to.collector.collect(query, selection_sets)
        self.to.costs.charge((), len(fields))
        return json_object((selected.key, self._query_field(query, selected)) for selected in fields)

    def _query_field(self, query: GraphQLObjectType, selected: SelectedField) -> Json:
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
                only = self.to.bind(arguments["id"], Key(("com",)), "uuid")
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
        self.to.costs.charge((selected.key,), len(described) // NAME)
        return self.to.carry(described)

    # --- what roots lead to

    def viewer(self, returned: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """The caller; null when nobody is signed in."""
        row = Row(Rows(credential, VIEWER), self.to)
        signed_in = sql("{}.account_id is not null", VIEWER)
        return only_if(signed_in, self.objects.object_of(row, returned, selection_sets, at))

    def company(
        self, returned: GraphQLNamedType, selection_sets: SelectionSets, at: Position, only: Sql, own: Need = ()
    ) -> Json:
        """The company with the id `only`, or what hangs on it, if the viewer may enter it; behind the gates `own`, too.

        What is kept with a membership is of the viewer's own.
        """
        scope = self.to.enter(only)
        need = tuple(dict.fromkeys((*own, *type_need(returned))))
        if need:
            at = self.to.behind(scope, Entry(at, scope.places(need)), at).holding(need)
        row = Row(scope.company, self.to, scope)
        if self.objects.layout.placement(returned.name).table is membership:
            row = row.child(scope.membership, {})
        json = only_if(scope.passes(need), self.objects.object_of(row, returned, selection_sets, at))
        source, entered = entrance(scope)
        return self._site(
            sql(
                "select {} j, {} h from {}{} where {}",
                concatenation(json),
                scope.closed(),
                source,
                scope.relation(),
                entered,
            )
        )

    def _site(self, select: Sql) -> Json:
        lateral = self.to.lateral(select)
        self.to.sites.append(Site(lateral))
        return nullable(sql("{}.j", lateral))

    def _apps(
        self, returned: GraphQLNamedType, selection_sets: SelectionSets, arguments: Arguments, at: Position
    ) -> Json:
        listed = self.to.rows(app)
        kind = arguments.get("kind")
        conditions = TRUE
        if kind is not None and self.to.inputs.given(kind):
            conditions = sql("{} = {}", listed["kind"], self.to.bind(kind, enum_name, "text"))
        with self.to.costs.times(CATALOGUE):
            json = self.objects.object_of(Row(listed, self.to), returned, selection_sets, at)
        items = sql(
            "coalesce((select string_agg({}, ',' order by {}) from {} where {}), '')",
            concatenation(json),
            listed["rank"],
            listed.source,
            conditions,
        )
        return (Text("["), Expression(items), Text("]"))

    # --- nodes

    def _node(self, given: Input, selection_sets: SelectionSets, at: Position) -> Json:
        type_ = self._node_type(self.to.inputs.look(given, self._known_prefix()))
        if type_ is None:
            return NULL
        return self._site(self._found(type_, selection_sets, at, self.to.bind(given, Key(), "uuid"), TRUE))

    def _nodes(self, given: Input, selection_sets: SelectionSets, at: Position) -> Json:
        """One branch per type of id, each only for its own ids, in the order of the ids."""
        ids = self.to.bind(given, Keys(), "uuid[]")
        kinds = self.to.bind(given, _prefixes, "text[]")
        types = {found: self._node_type(found) for found in self.to.inputs.look(given, Distinct(self._known_prefix()))}
        with self.to.costs.times(size_of(given, MANY, MANY)):
            branches = self.to.costs.either(
                [
                    partial(self._found, type_, selection_sets, at, sql("p.id"), sql("p.kind = {}", literal(found)))
                    for found, type_ in types.items()
                    if type_ is not None
                ]
            )
        union = join(" union all ", branches) or sql("select null::text j, null::text h")
        return self._site(
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

    def _node_type(self, found: str | None) -> GraphQLObjectType | None:
        type_ = self.objects.layout.type_of(found)
        return type_ if type_ is not None and any(interface.name == "Node" for interface in type_.interfaces) else None

    def _found(self, type_: GraphQLObjectType, selection_sets: SelectionSets, at: Position, id_: Sql, when: Sql) -> Sql:
        """The row with that id, if the viewer enters its company and holds its type.

        A kind not held is as if it did not exist.
        """
        self.to.costs.charge(at.path, FOUND)
        placement = self.objects.layout.placement(type_.name)
        need = type_need(type_)
        scope = self.to.enter(None)
        if placement.table is scope.company.table:
            target = Row(scope.company, self.to, scope)
        else:
            rows = self.to.rows(placement.table, company=scope.membership["company_id"])
            target = Row(rows, self.to, scope)
        json = self.objects.object_of(target, type_, selection_sets, at.holding(need))
        passes = scope.passes(need) or TRUE
        shown = self.objects.shown(target, type_, at.holding(need))
        source, entered = entrance(scope)
        if target.rows is not scope.company:
            source = sql("{} join {} on {}", target.rows.source, source, every(target.rows.where))
        return sql(
            "select {} j, {} h from {}{} where {}",
            concatenation(json),
            scope.closed(),
            source,
            scope.relation(),
            every([sql("{} = {}", target["id"], id_), when, *placement.current(target.rows), entered, passes, *shown]),
        )

    # --- subscriptions

    def live(self, root: GraphQLObjectType, selection_sets: SelectionSets) -> Json:
        """JSON of `data` of a subscription: of its only field, read from the company that it names."""
        fields = self.to.collector.collect(root, selection_sets)
        return json_object((selected.key, self._live_field(root, selected)) for selected in fields)

    def _live_field(self, root: GraphQLObjectType, selected: SelectedField) -> Json:
        declared = root.fields[selected.name]
        only = self.to.bind(read_arguments(selected.nodes[0], declared.args)["companyId"], Key(("com",)), "uuid")
        at = Position().under(selected.key)
        return self.company(named_type(declared), selected.selection_sets, at, only, own_gates(declared))

    # --- payloads

    def payload(self, payload: GraphQLObjectType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of a mutation's payload, read from what the mutation wrote under the payload's field names."""
        fields = self.to.collector.collect(payload, selection_sets)
        self.to.costs.charge(at.path, len(fields))
        return json_object(
            (selected.key, self._payload_field(payload, selected, at.under(selected.key))) for selected in fields
        )

    def _payload_field(self, payload: GraphQLObjectType, selected: SelectedField, at: Position) -> Json:
        if selected.name == "__typename":
            return (Text(f'"{payload.name}"'),)
        declared = payload.fields[selected.name]
        returned = named_type(declared)
        if selected.name == "errors":
            return self._errors(returned, selected)
        if is_leaf_type(returned):
            return encode(declared, self.to.written(selected.name, WRITTEN_TYPES[returned.name]))
        match returned.name:
            case "Viewer":
                return self.viewer(returned, selected.selection_sets, at)
            case "ApiKey":
                return self._api_key(returned, selected, at)
            case "AppInfo":
                found = self.to.rows(app)
                json = self.objects.object_of(Row(found, self.to), returned, selected.selection_sets, at)
                key_ = self.to.written(selected.name, "text")
                return nullable(
                    sql("(select {} from {} where {} = {})", concatenation(json), found.source, found["id"], key_)
                )
            case _:
                return self._written(returned, selected, at)

    def _api_key(self, returned: GraphQLNamedType, selected: SelectedField, at: Position) -> Json:
        """A key of the caller's own by its key."""
        found = self.to.rows(credential)
        conditions = [
            *self.objects.layout.placement(returned.name).conditions(found),
            sql("{} = {}", found["id"], self.to.written(selected.name, "uuid")),
            sql("{} = {}.account_id", found["account_id"], VIEWER),
        ]
        json = self.objects.object_of(Row(found, self.to), returned, selected.selection_sets, at)
        return nullable(sql("(select {} from {} where {})", concatenation(json), found.source, every(conditions)))

    def _written(self, returned: GraphQLNamedType, selected: SelectedField, at: Position) -> Json:
        """What hangs on the company that was written, or another node by its key, each as the viewer may see it."""
        node = isinstance(returned, GraphQLObjectType) and self._node_type(id_prefix(returned)) is returned
        if node and self.objects.layout.placement(returned.name).table is not company:
            assert isinstance(returned, GraphQLObjectType)
            key_ = self.to.written(selected.name, "uuid")
            return self._site(self._found(returned, selected.selection_sets, at, key_, TRUE))
        return self.company(returned, selected.selection_sets, at, self.to.written("company", "uuid"))

    def _errors(self, user_error: GraphQLNamedType, selected: SelectedField) -> Json:
        assert isinstance(user_error, GraphQLObjectType)
        values = {
            "code": sql("""'"' || e.code || '"'"""),
            "message": sql("json_scalar(e.message)::text"),
            "field": sql("coalesce(e.field::text, 'null')"),
            "__typename": literal(f'"{user_error.name}"'),
        }
        fields = self.to.collector.collect(user_error, selected.selection_sets)
        json = json_object((field.key, (Expression(values[field.name]),)) for field in fields)
        errors = self.to.written("errors", "json")
        items = sql(
            "coalesce((select string_agg({}, ',') "
            "from json_to_recordset({}) e(code text, message text, field json)), '')",
            concatenation(json),
            errors,
        )
        return (Text("["), Expression(items), Text("]"))


WRITTEN_TYPES: Final[dict[str, LiteralString]] = {
    "String": "text",
    "DateTime": "timestamptz",
    "Int": "int4",
    "Boolean": "bool",
}
"""GraphQL scalar of a payload -> PostgreSQL's type."""
