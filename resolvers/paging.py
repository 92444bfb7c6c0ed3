"""A Relay connection as SQL.

One page by keyset in either direction, its edges, cursors and counts, each only when selected.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import GraphQLNamedType, GraphQLObjectType, SelectionSetNode

from db.sql import NULL, Expression, Json, Sql, Text, concatenation, every, join, json_object, number, sql
from resolvers.compilation import Compilation, Row
from resolvers.coordinates import named_type
from resolvers.cost import COUNT, FILTER, LOOKUP, ROW, Size, size_of
from resolvers.inputs import ABSENT, Input, bad_input
from resolvers.ordering import Order, before, beyond
from resolvers.scopes import Position, Scope
from resolvers.selection import SelectedField

PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 100

EDGES: Final = frozenset({"startCursor", "endCursor"})

Item = Callable[[tuple[SelectionSetNode, ...], Position], Json]
"""JSON of the listed row for what is selected of it at a position."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a connection.

    `scope`: for rows that are companies, the scope of each; with `within` (its FROM and its WHERE) for rows that lie
    in companies, entered or not. `kinds`: for rows of several kinds the kinds that may be shown, as a SQL array; each
    is read apart, so that its own index gives the first rows.
    """

    row: Row
    source: Sql
    conditions: tuple[Sql, ...]
    order: Order
    item: Item
    scope: Scope | None = None
    within: tuple[Sql, Sql] | None = None
    kinds: Sql | None = None
    kind_column: str = "kind"


@dataclass(frozen=True, slots=True)
class Page:
    """SQL of a connection.

    Its JSON and its rows' closed gates are expressions over `source` (empty when no rows are read).
    """

    json: Sql
    closed: Sql | None
    source: Sql


def page_size(value: Any) -> int:
    """How many rows a page has; BAD_USER_INPUT out of 0 to `PAGE_MAX`."""
    if value is None:
        return PAGE_DEFAULT
    if not 0 <= value <= PAGE_MAX:
        raise bad_input(f"A page has 0 to {PAGE_MAX} rows.")
    return value


@dataclass(slots=True)
class _Paging:
    """One connection while it is compiled."""

    listed: Listed
    arguments: Mapping[str, Input]
    columns: list[Json] = field(default_factory=list[Json])
    sees_beyond: bool = False
    needs_cursor: bool = False
    backward: bool = False
    size: Sql = NULL
    items: int | Size = PAGE_DEFAULT
    between: tuple[Sql, ...] = ()

    @property
    def to(self) -> Compilation:
        return self.listed.row.to

    def collect(self, type_: GraphQLNamedType, selected: SelectedField) -> tuple[SelectedField, ...]:
        """The fields selected of a value of one of the connection's own types."""
        assert isinstance(type_, GraphQLObjectType)
        return self.to.collector.collect(type_, selected.selection_sets)

    def argument(self, name: str) -> Input:
        return self.arguments.get(name, ABSENT)

    def given(self, name: str) -> bool:
        return self.to.inputs.given(self.argument(name))

    def cursors(self) -> Iterator[Sql]:
        """The conditions of the cursors that were given; one that is none of the list's is refused, used or not."""
        for name, condition in (("after", beyond), ("before", before)):
            if self.given(name):
                yield condition(self.to, self.listed.row.rows, self.listed.order, self.argument(name))

    @contextmanager
    def each_row(self) -> Generator[None]:
        """What is compiled inside is there once for each row of the page; of companies each is judged."""
        with self.to.costs.times(self.items):
            if self.listed.scope is not None:
                self.listed.scope.times = self.to.costs.here
            yield

    # --- the connection's fields

    def rows(self, json: Json) -> Json:
        """A list with one item per row of the page."""
        self.columns.append(json)
        column = number(len(self.columns) - 1)
        return (
            Text("["),
            Expression(sql("coalesce(string_agg(r.j{}, ','{}){}, '')", column, self._sorted(), self._shown())),
            Text("]"),
        )

    @property
    def numbered(self) -> bool:
        """Whether the rows need numbers: to be turned around, cut off or picked.

        Else they come in the order of the page.
        """
        return self.backward or self.sees_beyond or self.needs_cursor

    def _sorted(self) -> Sql:
        if not self.numbered:
            return sql("")
        return sql(" order by r.rn desc") if self.backward else sql(" order by r.rn")

    def _shown(self) -> Sql:
        return sql(" filter (where r.rn <= {})", self.size) if self.sees_beyond else sql("")

    def more(self, ahead: bool) -> Json:
        """Whether rows follow (or precede) the page.

        Seen by reading one more row, or known by the cursor that the page starts from.
        """
        if ahead == self.backward:
            return (Text("true" if self.given("before" if self.backward else "after") else "false"),)
        return (Expression(sql("(count(*) > {})::text", self.size)),)

    def edge_cursor(self, first: bool) -> Json:
        """The cursor of the page's first or last row."""
        near = first != self.backward
        place = sql("r.rn") if near else sql("r.rn desc")
        return (
            Expression(
                sql("""coalesce('"' || (array_agg(r.k order by {}){})[1] || '"', 'null')""", place, self._shown())
            ),
        )

    def total(self) -> Json:
        """How many rows the whole list has."""
        conditions = [*self.listed.conditions]
        if self.listed.kinds is not None:
            conditions.append(sql("{} = any({})", self.listed.row[self.listed.kind_column], self.listed.kinds))
        return (Expression(sql("(select count(*)::text from {} where {})", self.listed.source, every(conditions))),)

    def closed(self) -> Sql | None:
        """The closed gates of the page's rows, `,` between them; null when all are open."""
        if self.listed.scope is None:
            return None
        shown = self._shown()
        listed = sql("string_agg(coalesce(r.h, ''), ','{}){}", self._sorted(), shown)
        return sql("case when count(r.h){} > 0 then {} end", shown, listed)

    # --- the rows

    def source(self) -> Sql:
        """The page's rows, numbered in the direction of reading where numbers are needed."""
        columns = [sql("{} j{}", concatenation(json), number(n)) for n, json in enumerate(self.columns)]
        if self.needs_cursor:
            columns.append(sql("{} k", self.listed.order.cursor(self.listed.row.rows)))
        if self.listed.scope is not None:
            columns.append(sql("{} h", self.listed.scope.closed()))
        inner = self._limited(join(", ", columns) or sql("1"))
        if not self.numbered:
            return sql(" from ({}) r", inner)
        return sql(" from (select row_number() over () rn, x.* from ({}) x) r", inner)

    def _limited(self, columns: Sql) -> Sql:
        rows = self.listed.row.rows
        order = self.listed.order.turned() if self.backward else self.listed.order
        conditions = [*self.listed.conditions, *self.between]
        tail = sql(
            "order by {} limit {}", order.clause(rows), sql("{} + 1", self.size) if self.sees_beyond else self.size
        )
        if self.listed.scope is not None:
            chosen = sql("from {} where {} {}", self.listed.source, every(conditions), tail)
            return self._judged(self.listed.scope, columns, chosen, order)
        if self.listed.kinds is None:
            return sql("select {} from {} where {} {}", columns, self.listed.source, every(conditions), tail)
        conditions.append(sql("{} = kk.k", rows[self.listed.kind_column]))
        each = sql("select * from {} where {} {}", self.listed.source, every(conditions), tail)
        return sql(
            "select {} from unnest({}) kk(k), lateral ({}) {} {}", columns, self.listed.kinds, each, rows.name, tail
        )

    def _judged(self, scope: Scope, columns: Sql, chosen: Sql, order: Order) -> Sql:
        """The rows of the page are chosen first, and only those are judged and read."""
        row, entered, member = self.listed.row.rows, scope.company.name, scope.membership.name
        company = sql("cross join lateral (select (p.c).*) {} cross join lateral (select (p.m).*) {}", entered, member)
        if self.listed.within is None:
            page = sql("(select {} c, {} m {}) p {}", entered, member, chosen, company)
        else:
            source, where = self.listed.within
            page = sql(
                "(select {} t {}) q cross join lateral (select (q.t).*) {} "
                "left join lateral (select {} c, {} m from {} where {}) p on true {}",
                row.name,
                chosen,
                row.name,
                entered,
                member,
                source,
                where,
                company,
            )
        return sql("select {} from {}{} order by {}", columns, page, scope.relation(), order.clause(row))


def page(
    listed: Listed,
    connection: GraphQLObjectType,
    selected: SelectedField,
    arguments: Mapping[str, Input],
    at: Position,
) -> Page:
    """Compile a connection. `at` is the connection's own position.

    Raises RequestError (BAD_USER_INPUT) for sizes and cursors that no client may send.
    """
    paging, costs = _Paging(listed, arguments), listed.row.to.costs
    paging.backward = paging.given("last")
    if paging.backward and paging.given("first"):
        raise bad_input("A page is either the first or the last rows, not both.")
    asked = paging.argument("last" if paging.backward else "first")
    paging.size, paging.items = listed.row.to.bind(asked, page_size, "int4"), size_of(asked, PAGE_DEFAULT, PAGE_MAX)
    paging.between = tuple(paging.cursors())
    fields = paging.collect(connection, selected)
    sought = paging.given("filter") + paging.given("orderBy")  # either may go through all rows of a company
    costs.charge(at.path, LOOKUP + len(fields) + FILTER * sought)
    _look_ahead(paging, connection, fields)
    json = concatenation(json_object((chosen.key, _field(paging, connection, chosen, at)) for chosen in fields))
    if not paging.columns and not paging.needs_cursor and not paging.sees_beyond:
        return Page(json, None, sql(""))
    return Page(json, paging.closed(), paging.source())


def _look_ahead(paging: _Paging, connection: GraphQLObjectType, fields: tuple[SelectedField, ...]) -> None:
    """Whether one row beyond the page must be read (the client asks whether more pages follow), and cursors."""
    ahead = "hasPreviousPage" if paging.backward else "hasNextPage"
    for chosen in fields:
        if chosen.name == "pageInfo":
            infos = paging.collect(named_type(connection.fields["pageInfo"]), chosen)
            paging.sees_beyond = paging.sees_beyond or any(info.name == ahead for info in infos)
            paging.needs_cursor = paging.needs_cursor or any(info.name in EDGES for info in infos)


def _field(paging: _Paging, connection: GraphQLObjectType, chosen: SelectedField, at: Position) -> Json:
    inside = at.under(chosen.key)
    are_companies = paging.listed.scope is not None and paging.listed.within is None
    inside = inside.in_indexed() if are_companies else inside.in_rows()
    costs = paging.to.costs
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
            costs.charge(inside.path, COUNT)
            paging.to.budget.read()
            return paging.total()
        case _:
            return (Text(f'"{connection.name}"'),)


def _edge(paging: _Paging, edge: GraphQLNamedType, chosen: SelectedField, at: Position) -> Json:
    members: list[tuple[str, Json]] = []
    fields = paging.collect(edge, chosen)
    paging.to.costs.charge(at.path, ROW + len(fields))
    for selected in fields:
        match selected.name:
            case "node":
                members.append((selected.key, paging.listed.item(selected.selection_sets, at.under(selected.key))))
            case "cursor":
                cursor = paging.listed.order.cursor(paging.listed.row.rows)
                members.append((selected.key, (Text('"'), Expression(cursor), Text('"'))))
            case _:
                members.append((selected.key, (Text(f'"{edge.name}"'),)))
    return json_object(members)


def _page_info(paging: _Paging, info: GraphQLNamedType, chosen: SelectedField) -> Json:
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
