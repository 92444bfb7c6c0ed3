"""The fields of a mutation's payload, which are read like those of a query, after the mutation."""

from dataclasses import dataclass
from typing import Final, LiteralString

from graphql import GraphQLNamedType, GraphQLObjectType, is_leaf_type

from db.sql import TRUE, Expression, Json, Sql, Text, concatenation, every, json_object, literal, nullable, sql
from db.tables.core.identity import company, credential
from resolvers.compilation.company_scope import VIEWER, CompanyScope, Position, enterable
from resolvers.compilation.context import LateralJoin, Row, StatementContext
from resolvers.compilation.cost import FOUND, ListSize, items_of
from resolvers.compilation.json_values import encode
from resolvers.compilation.object_writer import SelectionSets
from resolvers.compilation.objects import Objects
from resolvers.compilation.root_fields import RootFields
from resolvers.compilation.visible_rows import shown
from resolvers.gates.coordinates import id_prefix, is_list, named_type
from resolvers.gates.needs import type_need
from resolvers.operation.selection import SelectedField
from resolvers.request_limits import LIST_ITEMS

WRITTEN_TYPES: Final[dict[str, LiteralString]] = {
    "String": "text",
    "DateTime": "timestamptz",
    "Int": "int4",
    "Boolean": "bool",
    "ID": "text",
}
"""From a scalar of a payload to PostgreSQL's type."""


@dataclass(slots=True)
class PayloadFields:
    """Compiles the fields of a payload, from the mutation's results, which have the names of these fields.

    `items` is the number of those in a list of rows that it has written.
    """

    roots: RootFields
    items: int | ListSize = 1

    @property
    def ctx(self) -> StatementContext:
        """The statement that is compiled."""
        return self.roots.ctx

    @property
    def objects(self) -> Objects:
        """The compiler of objects."""
        return self.roots.objects

    def payload(self, payload: GraphQLObjectType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of a mutation's payload."""
        fields = self.ctx.collector.collect(payload, selection_sets)
        self.ctx.costs.charge(at.path, len(fields))
        return json_object(
            (selected.key, self._payload_field(payload, selected, at.under(selected.key))) for selected in fields
        )

    def _payload_field(self, payload: GraphQLObjectType, selected: SelectedField, at: Position) -> Json:
        if selected.name == "__typename":
            return (Text(f'"{payload.name}"'),)
        declared = payload.fields[selected.name]
        returned = named_type(declared)
        if selected.name in ("errors", "warnings"):
            with self.ctx.costs.times(self.items if "results" in payload.fields else 1):
                return self._errors(returned, selected, self.ctx.written(selected.name, "json"), at)
        if selected.name == "results":
            return self._results(returned, selected, at.in_rows())
        if is_leaf_type(returned):
            return encode(declared, self.ctx.written(selected.name, WRITTEN_TYPES[returned.name]))
        match returned.name:
            case "Viewer":
                return self.roots.viewer(returned, selected.selection_sets, at)
            case "ApiKey":
                return self._api_key(returned, selected, at)
            case "AppInfo":
                return self.roots.app_info(returned, selected, at)
            case _:
                return self._written(returned, selected, at, is_several=is_list(declared))

    def _api_key(self, returned: GraphQLNamedType, selected: SelectedField, at: Position) -> Json:
        """JSON of an API key of the viewer's own, by its id in the mutation's results."""
        found = self.ctx.rows(credential)
        conditions = [
            *self.objects.layout.placement(returned.name).conditions(found),
            sql("{} = {}", found["id"], self.ctx.written(selected.name, "uuid")),
            sql("{} = {}.account_id", found["account_id"], VIEWER),
        ]
        json = self.objects.object_of(Row(found, self.ctx), returned, selected.selection_sets, at)
        return nullable(sql("(select {} from {} where {})", concatenation(json), found.source, every(conditions)))

    def _written(self, returned: GraphQLNamedType, selected: SelectedField, at: Position, *, is_several: bool) -> Json:
        """JSON of one node or several by id in the mutation's results, or of the company or an object in its row."""
        node = isinstance(returned, GraphQLObjectType) and self.roots.node_type(id_prefix(returned)) is returned
        if node and self.objects.layout.placement(returned.name).table is not company:
            assert isinstance(returned, GraphQLObjectType)
            if is_several:
                return self._written_rows(returned, selected, at)
            key_, named = self.ctx.written(selected.name, "uuid"), self.ctx.written("company", "uuid")
            return self.roots.site(self.roots.found(returned, selected.selection_sets, at, key_, named=named))
        return self.roots.company(returned, selected.selection_sets, at, self.ctx.written("company", "uuid"))

    def _written_rows(self, returned: GraphQLObjectType, selected: SelectedField, at: Position) -> Json:
        """JSON of the nodes with these ids, in their order, of the company in the mutation's results; null without."""
        placement, need = self.objects.layout.placement(returned.name), type_need(returned)
        scope = self.ctx.enter(self.ctx.written("company", "uuid"))
        found = self.ctx.rows(placement.table, company=scope.company["id"])
        target, inside = Row(found, self.ctx, scope), at.holding(need).in_rows()
        with self.ctx.costs.times(LIST_ITEMS):
            json = self.objects.object_of(target, returned, selected.selection_sets, inside)
        visible = shown(self.objects.layout, target, returned, inside)
        keys = self.ctx.written(selected.name, "uuid[]")
        listed = sql(
            "select string_agg({}, ',' order by k.n) from unnest({}) with ordinality k(id, n) join {} on {}",
            concatenation(json),
            keys,
            found.source,
            every([*found.where, sql("{} = k.id", found["id"]), *placement.current(found), *visible]),
        )
        source, entered = enterable(scope)
        return self.roots.site(
            sql(
                "select '[' || coalesce(({}), '') || ']' j, {} h from {}{} where {}",
                listed,
                scope.closed_gates(),
                source,
                scope.relation(),
                every([entered, scope.passes(need) or TRUE, sql("{} is not null", keys)]),
            )
        )

    def _results(self, result: GraphQLNamedType, selected: SelectedField, at: Position) -> Json:
        """JSON of the results of a list of rows, which are of the payload's company."""
        assert isinstance(result, GraphQLObjectType)
        scope = self.ctx.enter(self.ctx.written("company", "uuid"))
        fields = self.ctx.collector.collect(result, selected.selection_sets)
        with self.ctx.costs.times(self.items):
            self.ctx.costs.charge(at.path, len(fields))
            json = json_object(
                (field.key, self._result_field(result, field, scope, at.under(field.key))) for field in fields
            )
        source, entered = enterable(scope)
        lateral = self.ctx.lateral(
            sql(
                "select (select '[' || coalesce(string_agg({}, ',' order by r.n), '') || ']' "
                "from json_array_elements({}) with ordinality r(item, n)) j, {} h from {}{} where {}",
                concatenation(json),
                self.ctx.written(selected.name, "json"),
                scope.closed_gates(),
                source,
                scope.relation(),
                entered,
            )
        )
        self.ctx.sites.append(LateralJoin(lateral))
        return (Expression(sql("coalesce({}.j, '[]')", lateral)),)

    def _result_field(
        self, result: GraphQLObjectType, selected: SelectedField, scope: CompanyScope, at: Position
    ) -> Json:
        if selected.name == "__typename":
            return (Text(f'"{result.name}"'),)
        if selected.name == "index":
            return (Expression(sql("(r.n - 1)::text")),)
        returned = named_type(result.fields[selected.name])
        if selected.name == "errors":
            return self._errors(returned, selected, sql("r.item -> 'errors'"), at)
        self.ctx.costs.charge(at.path, FOUND)
        need, placement = type_need(returned), self.objects.layout.placement(returned.name)
        inside, passes = at.holding(need), scope.passes(need) or TRUE
        found = self.ctx.rows(placement.table, company=scope.company["id"])
        row = Row(found, self.ctx, scope)
        json = self.objects.object_of(row, returned, selected.selection_sets, inside)
        visible = shown(self.objects.layout, row, returned, inside)
        named = [*found.where, sql("{} = (r.item ->> 'key')::uuid", found["id"])]
        return nullable(
            sql(
                "(select {} from {} where {})",
                concatenation(json),
                found.source,
                every([*named, *placement.current(found), passes, *visible]),
            )
        )

    def _errors(self, user_error: GraphQLNamedType, selected: SelectedField, errors: Sql, at: Position) -> Json:
        """JSON of a row's problems in some JSON, as many as it usually has at most."""
        assert isinstance(user_error, GraphQLObjectType)
        values = {
            "code": sql("""'"' || e.code || '"'"""),
            "message": sql("json_scalar(e.message)::text"),
            "field": sql("coalesce(e.field::text, 'null')"),
            "reason": sql("""coalesce('"' || e.reason || '"', 'null')"""),
            "app": sql("""coalesce('"' || e.app || '"', 'null')"""),
            "role": sql("""coalesce('"' || e.role || '"', 'null')"""),
            "__typename": literal(f'"{user_error.name}"'),
        }
        fields = self.ctx.collector.collect(user_error, selected.selection_sets)
        self.ctx.costs.charge(at.path, len(fields) * items_of(user_error))
        json = json_object(
            (
                field.key,
                self._about(named_type(user_error.fields["about"]), field)
                if field.name == "about"
                else (Expression(values[field.name]),),
            )
            for field in fields
        )
        items = sql(
            "coalesce((select string_agg({}, ',') "
            "from json_to_recordset({}) "
            "e(code text, message text, field json, reason text, app text, role text, about json)), '')",
            concatenation(json),
            errors,
        )
        return (Text("["), Expression(items), Text("]"))

    def _about(self, subject: GraphQLNamedType, selected: SelectedField) -> Json:
        """JSON of what an error is about, if anything."""
        assert isinstance(subject, GraphQLObjectType)
        values = {
            "id": sql("(e.about -> 'id')::text"),
            "path": sql("(e.about -> 'path')::text"),
            "__typename": literal(f'"{subject.name}"'),
        }
        fields = self.ctx.collector.collect(subject, selected.selection_sets)
        return nullable(
            sql(
                "case when e.about is not null then {} end",
                concatenation(json_object((field.key, (Expression(values[field.name]),)) for field in fields)),
            )
        )
