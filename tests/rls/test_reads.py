"""Row level security takes nothing away: what statements read is held to the viewer's companies by themselves."""

from functools import cache

import pytest

from db.connection import Connection
from db.tables import metadata
from resolvers.compiler import Compiler
from resolvers.request import GraphQLRequest
from tests.differential.comparison import Bench
from tests.differential.dataset import Viewer, build, key
from tests.differential.examples import examples
from tests.differential.operations import Case, operations
from tests.differential.world import World as Rows
from tests.golden.case import Case as GoldenCase
from tests.golden.case import read_cases
from tests.golden.record import json_text
from tests.golden.world import World
from tests.resolvers.test_statements import LAMBERT, LEVELS, Everything
from tests.rls.conftest import Pair, told
from tests.rls.fence import COMPANIES
from tests.rls.planting import forgetting_company, forgetting_viewer
from tests.test_story import FILTERED, PAGE, STORY

OPERATIONS = 120
VIEWERS = ("Olga", "Piet", "Full", "Two", "Compta", "Helper", "Pending", "Removed", "Expired", "Nobody")
"""Owners, employees, people from outside, those who are not in yet or any more, and nobody."""

READ_TABLES = (
    "access_change", "contact", "contact_person", "document", "document_line", "membership", "product", "product_group",
)  # fmt: skip
"""The tables of tenants that compiled statements name; the others are read as masks, and empty in the data set."""

GOLDEN = [pytest.param(case, id=case.name) for case in read_cases() if not case.is_mutation]
LOGINS = ("lambert", "eva", "noah", "compta", "hors-ligne", None)


@cache
def _cases() -> list[Case]:
    return examples(operations(), OPERATIONS)


@pytest.fixture(scope="module")
async def cases(pair: Pair) -> list[tuple[Case, Viewer, Viewer]]:
    """Generated operations with real cursors, each with two viewers."""
    data = build()
    bench = Bench(data, Rows({}), pair.products()[0])
    filled = [await bench.fill(case) for case in _cases()]
    count = len(VIEWERS)
    return [
        (case, data.viewer(VIEWERS[n % count]), data.viewer(VIEWERS[(n // count) % count]))
        for n, case in enumerate(filled)
    ]


async def difference(pair: Pair, case: Case, viewer: Viewer, compiler: Compiler | None = None) -> str | None:
    """How the answers without and with fences differ; None when they are equal."""
    request = GraphQLRequest(case.query, variables=case.variables, token=viewer.token)
    open_, fenced = [await told(product, request) for product in pair.products(compiler)]
    return None if open_ == fenced else f"{viewer}\nwithout: {open_}\nwith:    {fenced}\n{case}"


async def test_generated_operations_are_answered_alike(pair: Pair, cases: list[tuple[Case, Viewer, Viewer]]) -> None:
    open_, fenced = pair.products()
    answered = 0
    for case, *viewers in cases:
        for viewer in viewers:
            request = GraphQLRequest(case.query, variables=case.variables, token=viewer.token)
            expected, found = await told(open_, request), await told(fenced, request)
            assert not isinstance(expected, str), f"{expected}\n{case}"
            assert found == expected, f"{viewer}\n{case}"
            answered += expected.response is not None
    assert answered > OPERATIONS


@pytest.mark.parametrize("case", GOLDEN)
async def test_golden_reads_are_answered_alike(case: GoldenCase, worlds: tuple[World, World]) -> None:
    written = case.json.read_text(encoding="utf-8")
    for world in worlds:
        assert json_text(await world.run_all(case)) == written


@pytest.mark.parametrize("login", LOGINS)
async def test_the_story_is_answered_alike(worlds: tuple[World, World], login: str | None) -> None:
    """Every list of a company with everything in it, and the pages of the story."""
    open_, fenced = worlds
    for query in (Everything(LEVELS).document(), STORY, PAGE, FILTERED):
        variables = {"id": LAMBERT} if "$id" in query else {}
        case = GoldenCase(GOLDEN_FILE, query, "", viewer=login, variables=variables)
        expected = (await open_.run(case)).result
        assert (await fenced.run(case)).result == expected
        assert expected.response is not None


GOLDEN_FILE = read_cases()[0].file


# --- the fences themselves


async def test_every_table_of_tenants_is_fenced(pair: Pair) -> None:
    tenants = {name for name, table in metadata.tables.items() if "company_id" in table.columns}
    assert {"mail_token", "outbox"} == tenants - set(COMPANIES), "those two name a company, and nobody reads them"
    async with pair.open.transaction() as connection:
        found = await connection.fetch(
            "select relname::text from pg_class where relrowsecurity and relforcerowsecurity"
        )
    assert {row[0] for row in found} == set(COMPANIES)


async def test_the_fences_show_each_caller_its_own_companies_only(pair: Pair) -> None:
    await told(pair.products()[1], GraphQLRequest("{ __typename }", token="token of Olga"))
    async with pair.fenced.transaction() as connection:
        assert await _role(connection) == (False, False)
        for table, column in COMPANIES.items():
            rows = await connection.fetch(f"select distinct {column} from {table}")
            assert {row[0] for row in rows} == ({key("company A")} if table in (*READ_TABLES, "company") else set()), (
                table
            )
    await told(pair.products()[1], GraphQLRequest("{ __typename }"))
    async with pair.fenced.transaction() as connection:
        for table in COMPANIES:
            assert await connection.fetchval(f"select count(*) from {table}") == 0


async def _role(connection: Connection) -> tuple[bool, bool]:
    row = await connection.fetchrow("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
    assert row is not None
    return row[0], row[1]


# --- leaks on purpose


async def _leak(
    pair: Pair, cases: list[tuple[Case, Viewer, Viewer]], viewer: Viewer, compiler: Compiler
) -> Case | None:
    for case, *_ in cases:
        if await difference(pair, case, viewer, compiler) is not None:
            return case
    return None


@pytest.mark.parametrize("table", READ_TABLES)
async def test_a_table_without_its_company_is_noticed(
    pair: Pair, cases: list[tuple[Case, Viewer, Viewer]], table: str
) -> None:
    olga = build().viewer("Olga")
    with forgetting_company(metadata.tables[table]) as compiler:
        found = await _leak(pair, cases, olga, compiler)
    assert found is not None
    assert await difference(pair, found, olga) is None


async def test_a_company_that_is_not_the_viewers_is_noticed(
    pair: Pair, cases: list[tuple[Case, Viewer, Viewer]]
) -> None:
    olga = build().viewer("Olga")
    with forgetting_viewer() as compiler:
        found = await _leak(pair, cases, olga, compiler)
    assert found is not None
    assert await difference(pair, found, olga) is None
