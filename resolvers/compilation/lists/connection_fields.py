"""The fields of a Relay connection as SQL, as far as they are selected: nodes, edges, pageInfo, totalCount, totals."""

from collections.abc import Mapping

from graphql import GraphQLNamedType, GraphQLObjectType

from db.sql import Expression, Json, Text, concatenation, json_object, sql
from resolvers.compilation.company_scope import Position
from resolvers.compilation.cost import COUNT, FILTER, LOOKUP, ROW, size_of
from resolvers.compilation.lists.paging import EDGES, SUMS, ConnectionSource, Page, PageCompiler, page_size
from resolvers.gates.coordinates import named_type
from resolvers.operation.arguments import ArgumentValue
from resolvers.operation.selection import SelectedField
from resolvers.request import bad_input
from resolvers.request_limits import PAGE_DEFAULT, PAGE_MAX


def page(
    listed: ConnectionSource,
    connection: GraphQLObjectType,
    selected: SelectedField,
    arguments: Mapping[str, ArgumentValue],
    at: Position,
) -> Page:
    """Compile a connection. `at` is the connection's own position.

    Raises RequestError (BAD_USER_INPUT) for sizes and cursors that no client may send.
    """
    paging, costs = PageCompiler(listed, arguments), listed.row.ctx.costs
    paging.backward = paging.given("last")
    if paging.backward and paging.given("first"):
        raise bad_input("A page is either the first or the last rows, not both.")
    asked = paging.argument("last" if paging.backward else "first")
    paging.size, paging.items = listed.row.ctx.bind(asked, page_size, "int4"), size_of(asked, PAGE_DEFAULT, PAGE_MAX)
    paging.choose()
    fields = paging.collect(connection, selected)
    sought = paging.given("filter") + paging.given("orderBy")  # each may read all rows of a company
    costs.charge(at.path, LOOKUP + len(fields))
    costs.charge_growing(at.path, FILTER * sought)
    _look_ahead(paging, connection, fields)
    json = concatenation(json_object((chosen.key, _field(paging, connection, chosen, at)) for chosen in fields))
    if not paging.columns and not paging.needs_cursor and not paging.sees_beyond:
        return Page(json, None, sql(""))
    return Page(json, paging.closed(), paging.source())


def _look_ahead(paging: PageCompiler, connection: GraphQLObjectType, fields: tuple[SelectedField, ...]) -> None:
    """Set `sees_beyond` if the client asks for another page in the direction of reading, `needs_cursor` for cursors."""
    ahead = "hasPreviousPage" if paging.backward else "hasNextPage"
    for chosen in fields:
        if chosen.name == "pageInfo":
            infos = paging.collect(named_type(connection.fields["pageInfo"]), chosen)
            paging.sees_beyond = paging.sees_beyond or any(info.name == ahead for info in infos)
            paging.needs_cursor = paging.needs_cursor or any(info.name in EDGES for info in infos)


def _field(paging: PageCompiler, connection: GraphQLObjectType, chosen: SelectedField, at: Position) -> Json:
    inside = at.under(chosen.key)
    are_companies = paging.listed.scope is not None and paging.listed.within is None
    inside = inside.in_indexed() if are_companies else inside.in_rows()
    costs = paging.ctx.costs
    match chosen.name:
        case "nodes":
            with paging.each_row():
                return paging.rows(paging.listed.item(chosen.selection_sets, inside))
        case "edges":
            with paging.each_row():
                return paging.rows(_edge(paging, named_type(connection.fields["edges"]), chosen, inside))
        case "pageInfo":
            return _page_info(paging, named_type(connection.fields["pageInfo"]), chosen)
        case "totalCount":
            costs.charge_growing(inside.path, COUNT)
            paging.ctx.budget.read()
            return paging.total()
        case name if name in SUMS:
            paging.ctx.budget.read()
            costs.charge_growing(inside.path, COUNT)
            return _sums(paging, chosen, at.under(chosen.key))
        case _:
            return (Text(f'"{connection.name}"'),)


def _sums(paging: PageCompiler, chosen: SelectedField, at: Position) -> Json:
    """JSON of sums; aggregates even if no sum is selected."""
    write = paging.listed.sums[chosen.name]  # only lists of one company are summed up
    of_all = chosen.name == "totals"
    json = concatenation(write(chosen.selection_sets, at if of_all else at.in_rows()))
    sums = sql("{} || left(count(*)::text, 0)", json)
    return paging.over_all(sums) if of_all else paging.over_each("currency", sums)


def _edge(paging: PageCompiler, edge: GraphQLNamedType, chosen: SelectedField, at: Position) -> Json:
    members: list[tuple[str, Json]] = []
    fields = paging.collect(edge, chosen)
    paging.ctx.costs.charge(at.path, ROW + len(fields))
    for selected in fields:
        match selected.name:
            case "node":
                members.append((selected.key, paging.listed.item(selected.selection_sets, at.under(selected.key))))
            case "cursor":
                cursor = paging.shown.order.cursor(paging.shown.order.values(paging.shown.rows))
                members.append((selected.key, (Text('"'), Expression(cursor), Text('"'))))
            case _:
                members.append((selected.key, (Text(f'"{edge.name}"'),)))
    return json_object(members)


def _page_info(paging: PageCompiler, info: GraphQLNamedType, chosen: SelectedField) -> Json:
    members: list[tuple[str, Json]] = []
    for selected in paging.collect(info, chosen):
        match selected.name:
            case "hasNextPage":
                members.append((selected.key, paging.more(ahead=True)))
            case "hasPreviousPage":
                members.append((selected.key, paging.more(ahead=False)))
            case name if name in EDGES:
                members.append((selected.key, paging.edge_cursor(first=name == "startCursor")))
            case _:
                members.append((selected.key, (Text(f'"{info.name}"'),)))
    return json_object(members)
