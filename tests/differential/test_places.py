"""A page of companies, read from any number of places, has the same bytes as from one (compilation/divided_page.py)."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from db.database import Database
from db.tokens import hash_token
from resolvers.compilation.context import Bindings
from resolvers.compilation.divided_page import (
    COMPANIES,
    DividedPage,
    PageChanged,
    PlacedRow,
    by_place,
    companies_of,
    merged,
)
from resolvers.compilation.statement import CLOSED_GATES, RESPONSE, Statement
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.request import GraphQLRequest, RequestError
from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import Viewer, build
from tests.differential.operations.drawn import Case, pages_of_companies
from tests.differential.operations.profiles import searched
from tests.rls.guard import CALLER, Caller

NAMES = [viewer.name for viewer in build().viewers]
Answer = tuple[bytes, bytes | None]
Fetch = Callable[[Statement, Bindings], Awaitable[Any]]
PAGE = Case("{ viewer { companies(first: 9) { nodes { id name plan customers(first: 2) { nodes { name } } } } } }", {})


def request_of(case: Case, viewer: Viewer) -> GraphQLRequest:
    return GraphQLRequest(case.query, variables=case.variables, token=viewer.token)


@asynccontextmanager
async def asking(database: Database, case: Case, viewer: Viewer) -> AsyncGenerator[Fetch]:
    """A block with a transaction of the viewer's request, in which `now()` stands still."""
    before = CALLER.set(Caller.of(request_of(case, viewer)))
    try:
        async with database.transaction() as connection:
            yield lambda statement, given: connection.fetch(statement.sql, *statement.arguments(given))
    finally:
        CALLER.reset(before)


async def answer_of(statement: Statement, bindings: Bindings, fetch: Fetch) -> Answer:
    (row,) = await fetch(statement, bindings)
    return row[RESPONSE], row[CLOSED_GATES]


def statements(case: Case, viewer: Viewer) -> tuple[Statement, DividedPage | None, Bindings]:
    """The one statement of an operation and its two, with the values of the viewer's request."""
    request = request_of(case, viewer)
    operation = Documents(default_compiler().schema).find(case.query).choose(None)
    variables = operation.coerce(case.variables)
    whole = default_compiler().read(operation, variables, request.kind)
    divided = default_compiler().divided(operation, variables, request.kind)
    return whole, divided, Bindings(variables, hash_token(viewer.token) if viewer.token else None)


async def in_places(divided: DividedPage, bindings: Bindings, fetch: Fetch, place_of: Callable[[str], int]) -> Answer:
    """The answer of a page that is read place by place."""
    frame, closed = await answer_of(divided.frame, bindings, fetch)
    rows: list[PlacedRow] = []
    for companies in by_place(companies_of(frame), place_of).values():
        found = await fetch(divided.rows, bindings._replace(written={COMPANIES: companies}))
        rows += [PlacedRow.of(row) for row in found]
    return merged(frame, closed, rows)


@given(
    case=pages_of_companies(),
    name=st.sampled_from(NAMES),
    places=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
@searched(120)
async def test_any_split_of_the_companies_gives_the_same_bytes(
    bench: Bench, bench_database: Database, case: Case, name: str, places: int, seed: int
) -> None:
    filled, viewer = await bench.fill(case), bench.data.viewer(name)
    try:
        whole, divided, bindings = statements(filled, viewer)
    except RequestError:
        return
    assume(divided is not None)  # nothing of a row may be left to select
    assert divided is not None
    async with asking(bench_database, filled, viewer) as fetch:
        found = await in_places(divided, bindings, fetch, lambda key: Random(f"{seed} {key}").randrange(places))
        assert found == await answer_of(whole, bindings, fetch)


async def test_the_companies_of_an_accountant_are_read_in_the_order_of_the_page(
    bench: Bench, bench_database: Database
) -> None:
    viewer = bench.data.viewer("Compta")
    whole, divided, bindings = statements(PAGE, viewer)
    assert divided is not None
    async with asking(bench_database, PAGE, viewer) as fetch:
        answer = await answer_of(whole, bindings, fetch)
        frame, closed = await answer_of(divided.frame, bindings, fetch)
    companies = companies_of(frame)
    listed = json.loads(answer[0])["data"]["viewer"]["companies"]["nodes"]
    assert [f"com_{key}" for key in companies] == [company["id"] for company in listed]
    assert len(companies) > 1
    assert answer[1] is not None
    rows = [PlacedRow(key.encode(), None, (b"{}",)) for key in companies]
    assert merged(frame, closed, rows)[1] is None
    with pytest.raises(PageChanged):
        merged(frame, closed, rows[1:])


async def test_a_place_gives_only_rows_of_companies_that_the_viewer_enters(
    bench: Bench, bench_database: Database
) -> None:
    every = build().tables["company"]
    found: list[set[str]] = []
    for viewer in (bench.data.viewer("Olga"), bench.data.viewer("Nobody")):
        _, divided, bindings = statements(PAGE, viewer)
        assert divided is not None
        async with asking(bench_database, PAGE, viewer) as fetch:
            asked = bindings._replace(written={COMPANIES: [row["id"].hex for row in every]})
            found.append({PlacedRow.of(row).company.decode() for row in await fetch(divided.rows, asked)})
            frame, _ = await answer_of(divided.frame, bindings, fetch)
        assert found[-1] == set(companies_of(frame))
    assert 0 < len(found[0]) < len(every)
    assert not found[1]


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { account { email } } }",
        "{ viewer { companies { totalCount nodes @skip(if: true) { name } } } }",
        '{ company(id: "x") { name } }',
        "{ a: viewer { companies { nodes { name } } } b: viewer { companies { nodes { id } } } }",
        "{ viewer { companies { nodes { name } } accessChanges { nodes { at } } } }",
        '{ viewer { companies { nodes { name } } } company(id: "x") { name } }',
    ],
)
def test_what_is_not_one_page_of_companies_is_not_divided(query: str) -> None:
    _, divided, _ = statements(Case(query, {}), Viewer("Nobody", None))
    assert divided is None
