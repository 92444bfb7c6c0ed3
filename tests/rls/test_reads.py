"""Statements that read are limited to the viewer's companies by themselves: row level security removes no row."""

from contextlib import suppress
from functools import cache

import pytest

from db.tables import metadata
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest
from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import build, key
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.examples import examples
from tests.differential.oracle.world import World as Rows
from tests.features.statements.test_statements import LAMBERT
from tests.golden.world import World
from tests.rls.conftest import Hall
from tests.rls.fence import TENANTS
from tests.rls.guard import GUARD, Trespass, trespassing
from tests.rls.paths import START, documents
from tests.rls.planting import forgetting_company, forgetting_viewer
from tests.stories.test_story import FILTERED, PAGE, STORY
from tests.support.sampling import share

OPERATIONS = share(120)
VIEWERS = ("Olga", "Piet", "Full", "Two", "Compta", "Helper", "Pending", "Removed", "Expired", "Nobody")
"""The viewers: owners, employees, externals, people who are not in yet or no longer, and one in no company."""

LISTED = {
    name: table for name in sorted(TENANTS) if (table := metadata.tables[name]).info.get("tenant") and documents(table)
}
"""The tables of companies that documents read; the others are read as masks."""

LOGINS = ("lambert", "eva", "noah", "compta", "hors-ligne", None)


@cache
def _cases() -> list[Case]:
    return examples(operations(), OPERATIONS)


async def test_generated_operations_reach_no_other_company(hall: Hall) -> None:
    data, product = build(), hall.product()
    bench = Bench(data, Rows({}), product)
    cases = [await bench.fill(case) for case in _cases()]
    before, answered, count = GUARD.compared, 0, len(VIEWERS)
    for n, case in enumerate(cases):
        for name in (VIEWERS[n % count], VIEWERS[n // count % count]):
            token = data.viewer(name).token
            result = await product.execute(GraphQLRequest(case.query, variables=case.variables, token=token))
            answered += result.response is not None
    assert answered > OPERATIONS
    assert GUARD.compared - before > OPERATIONS


@pytest.mark.parametrize("login", LOGINS)
async def test_the_story_reaches_no_other_company(world: World, login: str | None) -> None:
    """Every kind of row of a company, and the pages of the story."""
    for query in (STORY, PAGE, FILTERED, *(query for table in LISTED.values() for query in documents(table))):
        variables = {"id": LAMBERT} if "$id" in query else {}
        before = GUARD.compared
        if login is None:
            outcome = await world.ask(query, variables)
        else:
            async with world.signed_in(login) as token:
                outcome = await world.ask(query, variables, token)
        assert outcome.result.response is not None
        assert GUARD.compared == before + 1


# --- leaks on purpose


async def leak(product: Executor, queries: list[str], token: str | None) -> str | None:
    """The first of some queries of company A whose result the fence changes; None when there is none."""
    for query in queries:
        with trespassing() as found, suppress(Trespass):
            await product.execute(GraphQLRequest(query, variables={"id": f"com_{key('company A').hex}"}, token=token))
        if found:
            return query
    return None


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", LISTED)
async def test_a_table_without_its_company_is_noticed(hall: Hall, name: str) -> None:
    table, token = LISTED[name], build().viewer("Olga").token
    with forgetting_company(table) as compiler:
        found = await leak(hall.product(compiler), documents(table), token)
    assert found is not None
    assert await leak(hall.product(), [found], token) is None


async def test_a_company_that_is_not_the_viewers_is_noticed(hall: Hall) -> None:
    query, token = START % "name", build().viewer("Piet").token
    with forgetting_viewer() as compiler:
        assert await leak(hall.product(compiler), [query], token) == query
    assert await leak(hall.product(), [query], token) is None


def test_every_table_with_types_is_read_on_some_path() -> None:
    typed = {name for name in TENANTS if metadata.tables[name].info.get("types")}
    assert typed == {*LISTED, "company"}
