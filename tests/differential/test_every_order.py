"""A cursor leads through every list in every order to its end, in both directions, over the most extreme values."""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, Final

import asyncpg
import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, is_required_argument

from db.declarations import Column, Date, Integer, Moment, Numeric, Table, Text
from resolvers.compilation.lists.ordering import OrderKey
from resolvers.execution.product import default_compiler
from resolvers.gates.coordinates import named_type, node_type
from tests.differential.checks.comparison import Bench, execute
from tests.differential.checks.interference import Laboratory
from tests.differential.data.dataset import key
from tests.differential.data.filling import choices
from tests.differential.operations.drawn import Case

PAGES: Final = 5
"""Pages in which a list is read."""

COMPANY: Final = f"com_{key('company A').hex}"
WALK: Final = """
query ($order: [%s!], $first: Int, $last: Int, $after: String, $before: String) { company(id: "%s") {
  list: %s(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
    totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }
"""
FORWARD: Final = ("first", "after", "hasNextPage", "endCursor")
BACKWARD: Final = ("last", "before", "hasPreviousPage", "startCursor")
TEXTS: Final[tuple[str, ...]] = (
    "", "0", "00", "9" * 300, "a" * 2_000, "\U0001f468\u200d\U0001f469" * 300, "é" * 500, "e\u0301", '"\\' * 300,
    "\u00ad", "Éric", "eric", "van den Berg", "\x01\x7f\u2028", "F2026-9", "F2026-10", "\U0010ffff", "한국",
)  # fmt: skip
MOMENTS: Final[tuple[str, ...]] = (
    "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "2026-03-29 01:00:00.000001+00",
    "2026-03-29 01:00:00+00",
)  # fmt: skip
STRETCH: Final = """
update {table} t set {column} = nullif(($2::text[])[1 + (n * 7) % cardinality($2)], '#')::{type}
from (select id, row_number() over (order by id) n from {table} where company_id = $1) x
where t.company_id = $1 and t.id = x.id
"""


def lists() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every list of a company that can be sorted, the type of its rows, and its order keys."""
    company = default_compiler().schema.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    for name, field in company.fields.items():
        rows = node_type(named_type(field))
        others = [argument for called, argument in field.args.items() if called != "orderBy"]
        if rows is None or "orderBy" not in field.args or any(map(is_required_argument, others)):
            continue
        order = named_type(field.args["orderBy"])
        assert isinstance(order, GraphQLEnumType)
        yield name, rows.name, tuple(order.values)


LISTS: Final = list(lists())
ONE_OF: Final = 5
"""Of so many lists a sample walks through one."""


def extremes(column: Column) -> tuple[Sequence[str], str] | None:
    """The most extreme values of a column, `#` for null, and its type; None for one that takes only some values."""
    values: Sequence[str]
    match column.type:
        case Text():
            values, name = [*map(str, TEXTS)], "text"
        case Numeric(precision=precision, scale=scale):
            most = "9" * (int(precision or 0) - int(scale or 0)) + "." + "9" * int(scale or 0)
            values, name = ["0", most, f"-{most}", "0.01", "-0.01"], "numeric"
        case Integer():
            values, name = ["0", "2147483647", "-2147483648", "1"], "integer"
        case Moment():
            values, name = [*map(str, MOMENTS)], "timestamptz"
        case Date():
            values, name = ["0001-01-01", "9999-12-31", "2026-02-28"], "date"
        case _:
            return None
    return ([*values, "#"] if column.nullable else values), name


def sorts(some: Sequence[tuple[str, str, tuple[str, ...]]]) -> set[tuple[str, bool]]:
    """The sorts of the columns by which lists are ordered, and whether they may be null."""
    ordered = [(default_compiler().layout.placement(type_).table, chosen) for _, type_, keys in some for chosen in keys]
    columns = [table.columns[OrderKey.of_enum(chosen).column] for table, chosen in ordered]
    return {(type(column.type).__name__, bool(column.nullable)) for column in columns}


async def stretch(laboratory: Laboratory, table: Table, names: set[str]) -> int:
    """Give the columns extreme values where the table takes them; returns how many columns have some."""
    done = 0
    for name in sorted(names & table.columns.keys() - choices(table).keys()):
        found = extremes(table.columns[name])
        if found is None:
            continue
        values, type_ = found
        statement = STRETCH.format(table=table.name, column=f'"{name}"', type=type_)
        try:
            async with laboratory.connection.transaction():
                await laboratory.connection.execute(statement, key("company A"), values)
            done += 1
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError):
            continue  # unique, or checked: it stays as it is
    return done


@pytest.fixture
async def laboratory(bench_dsn: str) -> AsyncGenerator[Laboratory]:
    """The product on a database whose changes are rolled back."""
    async with Laboratory.open(bench_dsn) as laboratory:
        yield laboratory


@pytest.mark.sampled(ONE_OF)
@pytest.mark.parametrize(("name", "type_", "keys"), LISTS, ids=[name for name, _, _ in LISTS])
async def test_a_cursor_leads_through_every_order_in_both_directions(
    bench: Bench, laboratory: Laboratory, name: str, type_: str, keys: tuple[str, ...]
) -> None:
    table = default_compiler().layout.placement(type_).table
    await stretch(laboratory, table, {OrderKey.of_enum(chosen).column for chosen in keys})
    query = WALK % (_order_of(name), COMPANY, name)

    async def page(order: list[str], **bounds: object) -> Any:
        result = await execute(laboratory.product, Case(query, {"order": order, **bounds}), bench.data.viewer("Olga"))
        assert result.errors == (), (order, bounds)
        return json.loads(result.data or b"")["company"]["list"]

    async def walk(order: list[str], size: int, backward: bool = False) -> AsyncGenerator[str]:
        first, after, more, end = BACKWARD if backward else FORWARD
        bounds: dict[str, object] = {}
        while True:
            found = await page(order, **{first: size}, **bounds)
            cursors = [edge["cursor"] for edge in found["edges"]]
            for one in reversed(cursors) if backward else cursors:
                yield one
            if not found["pageInfo"][more]:
                return
            bounds = {after: found["pageInfo"][end]}

    several = [[keys[-1], keys[0]]] if len(keys) > 2 else []  # two are the two directions of one key
    for order in ([], *([chosen] for chosen in keys), *several):
        whole = [one async for one in walk(order, 100)]
        size = len(whole) // PAGES + 1
        assert [one async for one in walk(order, size)] == whole, order
        assert [one async for one in walk(order, size, backward=True)] == whole[::-1], order
        assert len(set(whole)) == len(whole) == (await page(order, first=0))["totalCount"], order


def _order_of(name: str) -> str:
    """The name of the type of a list's orders."""
    company = default_compiler().schema.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    return named_type(company.fields[name].args["orderBy"]).name


async def test_every_sort_of_column_is_stretched_somewhere(laboratory: Laboratory) -> None:
    """Else the walks would go through ordinary values."""
    stretched = 0
    for _, type_, keys in LISTS:
        table = default_compiler().layout.placement(type_).table
        stretched += await stretch(laboratory, table, {OrderKey.of_enum(chosen).column for chosen in keys})
    assert stretched > 100


def test_every_sort_of_column_is_in_the_sample() -> None:
    assert sorts(LISTS[::ONE_OF]) == sorts(LISTS)
