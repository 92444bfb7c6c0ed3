"""A page of companies, read from any number of places, has the same bytes as from one (compilation/places.py)."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.database import Database
from resolvers.compilation.context import Bindings
from resolvers.compilation.places import (
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
from resolvers.execution.results import token_hash
from resolvers.operation.documents import Documents
from resolvers.request import GraphQLRequest, RequestError
from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import Viewer, build
from tests.differential.operations.drawn import Case, pages_of_companies
from tests.differential.operations.profiles import searched

NAMES = [viewer.name for viewer in build().viewers]
Answer = tuple[bytes, bytes | None]
Fetch = Callable[[Statement, Bindings], Awaitable[Any]]
PAGE = Case("{ viewer { companies(first: 9) { nodes { id name plan customers(first: 2) { nodes { name } } } } } }", {})


def statements(case: Case, viewer: Viewer) -> tuple[Statement, DividedPage | None, Bindings]:
    """The one statement of an operation and its two, with the values of the viewer's request."""
    request = GraphQLRequest(case.query, variables=case.variables, token=viewer.token)
    operation = Documents(default_compiler().schema).find(case.query).choose(None)
    variables = operation.coerce(case.variables)
    whole = default_compiler().read(operation, variables, request.kind)
    divided = default_compiler().divided(operation, variables, request.kind)
    return whole, divided, Bindings(variables, token_hash(viewer.token))


async def in_places(divided: DividedPage, bindings: Bindings, fetch: Fetch, place_of: Callable[[str], int]) -> Answer:
    """The answer of a page that is read place by place."""
    ((frame, closed),) = [(row[RESPONSE], row[CLOSED_GATES]) for row in await fetch(divided.frame, bindings)]
    rows: list[PlacedRow] = []
    for companies in by_place(companies_of(frame), place_of).values():
        found = await fetch(divided.rows, bindings._replace(written={COMPANIES: companies}))
        rows += [PlacedRow(row[0], row[1], tuple(row)[2:]) for row in found]
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
    filled = await bench.fill(case)
    try:
        whole, divided, bindings = statements(filled, bench.data.viewer(name))
    except RequestError:
        return
    assert divided is not None
    async with bench_database.transaction() as connection:

        async def fetch(statement: Statement, given: Bindings) -> Any:
            return await connection.fetch(statement.sql, *statement.arguments(given))

        ((response, gates),) = [(row[RESPONSE], row[CLOSED_GATES]) for row in await fetch(whole, bindings)]
        found = await in_places(divided, bindings, fetch, lambda key: Random(f"{seed} {key}").randrange(places))
    assert found == (response, gates)


async def test_a_company_that_is_at_no_place_is_no_answer(bench: Bench, bench_database: Database) -> None:
    _, divided, bindings = statements(PAGE, bench.data.viewer("Compta"))
    assert divided is not None
    async with bench_database.transaction() as connection:
        frame = await connection.fetchrow(divided.frame.sql, *divided.frame.arguments(bindings))
    assert frame is not None
    companies = companies_of(frame[RESPONSE])
    assert len(companies) > 1
    rows = [PlacedRow(key.encode(), None, (b"{}",)) for key in companies]
    merged(frame[RESPONSE], frame[CLOSED_GATES], rows)
    with pytest.raises(PageChanged):
        merged(frame[RESPONSE], frame[CLOSED_GATES], rows[1:])


async def test_a_place_gives_no_rows_of_companies_that_the_viewer_does_not_enter(
    bench: Bench, bench_database: Database
) -> None:
    _, divided, bindings = statements(PAGE, bench.data.viewer("Compta"))
    _, _, stranger = statements(PAGE, bench.data.viewer("Nobody"))
    assert divided is not None
    async with bench_database.transaction() as connection:
        every = [row[0].hex for row in await connection.fetch("select id from company")]
        sets: list[set[str]] = []
        for given in (bindings, stranger):
            written = given._replace(written={COMPANIES: every})
            rows = await connection.fetch(divided.rows.sql, *divided.rows.arguments(written))
            sets.append({row[0].decode() for row in rows})
        frame = await connection.fetchrow(divided.frame.sql, *divided.frame.arguments(bindings))
    assert frame is not None
    assert sets == [set(companies_of(frame[RESPONSE])), set()]


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { account { email } } }",
        '{ company(id: "x") { name } }',
        "{ a: viewer { companies { nodes { name } } } b: viewer { companies { nodes { id } } } }",
        "{ viewer { companies { nodes { name } } accessChanges { nodes { at } } } }",
        '{ viewer { companies { nodes { name } } } company(id: "x") { name } }',
    ],
)
def test_what_is_not_one_page_of_companies_is_not_divided(query: str) -> None:
    _, divided, _ = statements(Case(query, {}), Viewer("Nobody", None))
    assert divided is None
