"""A keyset page in either direction as SQL: the rows of a connection, their cursors, what is counted and summed up."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import GraphQLNamedType, GraphQLObjectType, SelectionSetNode

from db.sql import NULL, Expression, Json, Rows, Sql, Text, concatenation, every, join, number, sql
from resolvers.compilation.company_scope import CompanyScope, Position
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.cost import ListSize
from resolvers.compilation.lists.cursors import before, beyond, is_cursor
from resolvers.compilation.lists.ordering import RANK, Order
from resolvers.compilation.lists.ranks import NEWEST, Branch, branches, found, in_turn, shown
from resolvers.compilation.texts import is_text
from resolvers.operation.arguments import NOT_GIVEN, ArgumentValue
from resolvers.operation.selection import SelectedField
from resolvers.request import bad_input
from resolvers.request_limits import PAGE_DEFAULT, PAGE_MAX

EDGES: Final = frozenset({"startCursor", "endCursor"})
SUMS: Final = ("totals", "totalsByCurrency")
"""Fields with the sums of all rows, and of those of each currency."""

Item = Callable[[tuple[SelectionSetNode, ...], Position], Json]
"""From the selection sets of a listed row and its position to its JSON."""


@dataclass(frozen=True, slots=True)
class ConnectionSource:
    """The rows of a connection.

    `scope`: for rows that are companies, the scope of each. `within`: for rows that lie in companies, entered or not,
    the FROM and the WHERE of the scope. `kinds`: for rows of several kinds, the kinds that may be shown, as a SQL
    array; each kind is read on its own, so that an index finds its first rows. `ranks`: for rows that are found more or
    less exactly, a condition for each rank, best first; a rank is read only when those before it do not fill the page.
    `sums`: for rows that are summed up, the JSON of each field of `SUMS`, made of aggregates over the rows.
    """

    row: Row
    source: Sql
    conditions: tuple[Sql, ...]
    order: Order
    item: Item
    sums: Mapping[str, Item] = field(default_factory=dict[str, Item])
    scope: CompanyScope | None = None
    within: tuple[Sql, Sql] | None = None
    kinds: Sql | None = None
    kind_column: str = "kind"
    ranks: tuple[Sql, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The SQL of a connection: its JSON and its rows' closed gates, both over `source` (empty if no rows are read)."""

    json: Sql
    closed: Sql | None
    source: Sql


def page_size(value: Any) -> int:
    """The number of rows of a page. Raises RequestError (BAD_USER_INPUT) outside 0 to `PAGE_MAX`."""
    if value is None:
        return PAGE_DEFAULT
    if not 0 <= value <= PAGE_MAX:
        raise bad_input(f"A page has 0 to {PAGE_MAX} rows.")
    return value


@dataclass(slots=True)
class PageCompiler:
    """One connection while it is compiled.

    `sees_beyond`: one row beyond the page is read. `chosen` and `between`: what is chosen from, and the conditions of
    the cursors there.
    """

    listed: ConnectionSource
    arguments: Mapping[str, ArgumentValue]
    columns: list[Json] = field(default_factory=list[Json])
    sees_beyond: bool = False
    needs_cursor: bool = False
    backward: bool = False
    size: Sql = NULL
    items: int | ListSize = PAGE_DEFAULT
    chosen: tuple[Branch, ...] = ()
    between: tuple[tuple[Sql, ...], ...] = ()

    @property
    def shown(self) -> Branch:
        """The rows of the page, with their order."""
        return shown(self.listed.row.rows, self.listed.order, self.listed.ranks)

    @property
    def ctx(self) -> StatementContext:
        """The statement that is compiled."""
        return self.listed.row.ctx

    def collect(self, type_: GraphQLNamedType, selected: SelectedField) -> tuple[SelectedField, ...]:
        """The fields selected on one of the connection's own types."""
        assert isinstance(type_, GraphQLObjectType)
        return self.ctx.collector.collect(type_, selected.selection_sets)

    def argument(self, name: str) -> ArgumentValue:
        """The argument of the connection with this name."""
        return self.arguments.get(name, NOT_GIVEN)

    def given(self, name: str) -> bool:
        """True if the argument is given and not null."""
        return self.ctx.inputs.given(self.argument(name))

    def bounded(self, name: str) -> bool:
        """True if a cursor is given; an empty text, with which some clients begin a list, is none."""
        return self.ctx.inputs.probe(self.argument(name), is_cursor)

    def choose(self) -> None:
        """Set what the rows are chosen from. Raises RequestError for a cursor of another list, even if unused."""
        self.chosen = branches(self.listed.row.rows, self.listed.order, self.listed.ranks)
        self.between = tuple(tuple(self._cursors(branch)) for branch in self.chosen)

    def _cursors(self, branch: Branch) -> Iterator[Sql]:
        for name, condition in (("after", beyond), ("before", before)):
            if self.bounded(name):
                yield condition(self.ctx, branch.rows, branch.order, self.argument(name))

    @contextmanager
    def each_row(self) -> Generator[None]:
        """A context for SQL that runs once for each row of the page; its costs, and those of scopes, are multiplied."""
        with self.ctx.costs.times(self.items):
            if self.listed.scope is not None:
                self.listed.scope.times = self.ctx.costs.here
            yield

    # --- the connection's fields

    def rows(self, json: Json) -> Json:
        """JSON of a list with one item for each row of the page."""
        self.columns.append(json)
        column = number(len(self.columns) - 1)
        return (
            Text("["),
            Expression(sql("coalesce(string_agg(r.j{}, ','{}){}, '')", column, self._sorted(), self._shown())),
            Text("]"),
        )

    @property
    def numbered(self) -> bool:
        """True if the rows need numbers: to turn them around, to cut one off or to pick one.

        Without numbers the rows come in the order of the page.
        """
        return self.backward or self.sees_beyond or self.needs_cursor

    def _sorted(self) -> Sql:
        if not self.numbered:
            return sql("")
        return sql(" order by r.rn desc") if self.backward else sql(" order by r.rn")

    def _shown(self) -> Sql:
        return sql(" filter (where r.rn <= {})", self.size) if self.sees_beyond else sql("")

    def more(self, ahead: bool) -> Json:
        """JSON of `hasNextPage` (`ahead`) or `hasPreviousPage`.

        In the direction of reading it depends on the row beyond the page, in the other on the cursor before the page.
        """
        if ahead == self.backward:
            return (Text("true" if self.bounded("before" if self.backward else "after") else "false"),)
        return (Expression(sql("(count(*) > {})::text", self.size)),)

    def edge_cursor(self, first: bool) -> Json:
        """JSON of the cursor of the page's first or last row, which is made of that row's values only."""
        near, shown, order = first != self.backward, self._shown(), self.shown.order
        place = sql("r.rn") if near else sql("r.rn desc")
        values = [sql("(array_agg(r.k{} order by {}){})[1]", number(n), place, shown) for n in range(len(order.keys))]
        cursor = order.cursor(values)
        return (Expression(sql("""case when count(*){} > 0 then '"' || {} || '"' else 'null' end""", shown, cursor)),)

    def total(self) -> Json:
        """JSON of the number of rows in the whole list."""
        return self.over_all(sql("count(*)::text"))

    def over_all(self, aggregates: Sql) -> Json:
        """JSON of aggregates over the whole list."""
        return (Expression(sql("(select {} from {})", aggregates, self._whole())),)

    def over_each(self, column: str, aggregates: Sql) -> Json:
        """JSON of a list of aggregates over the rows with each value of a column, the most rows first.

        Of as many rows those with the first key come first: the order tells nothing of the value, which may be hidden.
        """
        key, value = (self.listed.row[name] for name in ("id", column))
        selected = sql("{} j, count(*) n, min(uuid_send({})) first", aggregates, key)
        grouped = sql("select {} from {} group by {}", selected, self._whole(), value)
        items = sql("(select coalesce(string_agg(g.j, ',' order by g.n desc, g.first), '') from ({}) g)", grouped)
        return (Text("["), Expression(items), Text("]"))

    def _whole(self) -> Sql:
        """All rows of the list, as text from FROM on."""
        if not self.listed.ranks:
            return sql("{} where {}", self.listed.source, every(self._conditions()))
        name = self.listed.row.rows.name
        each = [sql("select {}.* from {} where {}", name, self._found(of), every(of.conditions)) for of in self.chosen]
        return sql("({}) {}", in_turn(each, self._newest()), name)

    def _conditions(self) -> tuple[Sql, ...]:
        """The conditions of all rows of the list."""
        if self.listed.kinds is None:
            return self.listed.conditions
        of_kinds = sql("{} = any({})", self.listed.row[self.listed.kind_column], self.listed.kinds)
        return (*self.listed.conditions, of_kinds)

    def closed(self) -> Sql | None:
        """The closed gates of the page's rows, joined by `,`; null if all are open. None without a scope."""
        if self.listed.scope is None:
            return None
        shown = self._shown()
        listed = sql("string_agg(coalesce(r.h, ''), ','{}){}", self._sorted(), shown)
        return sql("case when count(r.h){} > 0 then {} end", shown, listed)

    # --- the rows

    def source(self) -> Sql:
        """The page's rows as text from FROM on, numbered in the direction of reading where numbers are needed."""
        written, closed = [concatenation(json) for json in self.columns], NULL
        if self.listed.scope is not None:
            closed = self.listed.scope.closed_gates()
            if self.ctx.apart is not None:
                written, closed = self.ctx.apart.leave(self.listed.scope, written, closed)
        columns = [sql("{} j{}", json, number(n)) for n, json in enumerate(written)]
        if self.needs_cursor:
            values = self.shown.order.values(self.shown.rows)
            columns += [sql("{} k{}", value, number(n)) for n, value in enumerate(values)]
        if self.listed.scope is not None:
            columns.append(sql("{} h", closed))
        inner = self._limited(join(", ", columns) or sql("1"))
        if not self.numbered:
            return sql(" from ({}) r", inner)
        return sql(" from (select row_number() over () rn, x.* from ({}) x) r", inner)

    def _limited(self, columns: Sql) -> Sql:
        """The select of the page's rows; where they need cursors, it chooses them first and then reads them.

        PostgreSQL sorts before it makes a row's JSON, but not before it makes a cursor, which looks cheap.
        """
        name = self.listed.row.rows.name
        tails = [self._tail(branch, between) for branch, between in zip(self.chosen, self.between, strict=True)]
        if self.listed.scope is not None:
            return self._judged(self.listed.scope, columns, *tails)
        if self.listed.ranks:
            each = [
                sql("select {}.*, {} found_rank {}", name, branch.rows[RANK], tail)
                for branch, tail in zip(self.chosen, tails, strict=True)
            ]
            some = in_turn(each[::-1] if self.backward else each, self._newest())
            return sql("select {} from (select * from ({}) f limit {}) {}", columns, some, self._limit(), name)
        tail = tails[0]
        if self.needs_cursor:
            return sql("select {} from (select {}.* {}) {}", columns, name, tail, name)
        return sql("select {} {}", columns, tail)

    def _tail(self, branch: Branch, between: tuple[Sql, ...]) -> Sql:
        """The first rows of a branch between the cursors, as text from FROM on."""
        order = self.listed.order.turned() if self.backward else self.listed.order
        if branch.rank is None:
            return self._first(branch.rows, between, order, self._limit())
        where, clause = every([*branch.conditions, *between]), order.clause(branch.rows)
        return sql("from {} where {} order by {} limit {}", self._found(branch), where, clause, self._limit())

    def _limit(self) -> Sql:
        return sql("{} + 1", self.size) if self.sees_beyond else self.size

    def _first(self, rows: Rows, between: tuple[Sql, ...], order: Order, limit: Sql) -> Sql:
        """The first rows of the list, as text from FROM on; each kind is read on its own."""
        ends = sql("order by {} limit {}", order.clause(rows), limit)
        where = [*self.listed.conditions, *between]
        if self.listed.kinds is None:
            return sql("from {} where {} {}", self.listed.source, every(where), ends)
        where.append(sql("{} = kk.k", rows[self.listed.kind_column]))
        each = sql("select * from {} where {} {}", self.listed.source, every(where), ends)
        return sql("from unnest({}) kk(k), lateral ({}) {} {}", self.listed.kinds, each, rows.name, ends)

    def _found(self, branch: Branch) -> Sql:
        """The item for FROM with the rows of a rank."""
        return found(branch, self.listed.source, self._conditions(), self._by_date)

    @property
    def _by_date(self) -> bool:
        """True for a list that is not sorted by a text."""
        return not is_text(self.listed.row.rows.table.columns[self.listed.order.keys[0].column])

    def _newest(self) -> Sql | None:
        """The select of the first rows of a list by date, among which its ranks look for more."""
        if not self._by_date:
            return None
        rows = self.listed.row.rows
        return sql("select {}.* {}", rows.name, self._first(rows, (), self.listed.order, number(NEWEST)))

    def _judged(self, scope: CompanyScope, columns: Sql, chosen: Sql) -> Sql:
        """The select of rows with scopes: the rows of the page are chosen and numbered, then judged and read."""
        gates = scope.relation() if self.ctx.apart is None else sql("")
        p, q = sql("p"), sql("q")
        named = columns + gates
        (company, entered), (membership, member) = (
            rows.handed_on(p, named) for rows in (scope.company, scope.membership)
        )
        scoped = join(", ", filter(None, (company, membership)))
        if self.listed.within is None:
            page = sql(
                "(select row_number() over () n, x.* from (select {} {}) x) p {} {}", scoped, chosen, entered, member
            )
            place = sql("p.n")
        else:
            source, where = self.listed.within
            own, row = self.listed.row.rows.handed_on(q, named + source + where)
            page = sql(
                "(select row_number() over () n, x.* from (select {} {}) x) q {} "
                "left join lateral (select {} from {} where {}) p on true {} {}",
                own, chosen, row, scoped, source, where, entered, member,
            )  # fmt: skip
            place = sql("q.n")
        return sql("select {} from {}{} order by {}", columns, page, gates, place)
