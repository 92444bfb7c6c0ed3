"""Arrays of requests gain nothing: fifty of them cost what one may, and wait where one would."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from db.connection import Connection, connect
from resolvers.request_limits import MAX_COST
from tests.support.company import blocked
from tests.support.databases import Databases
from tests.support.demo_client import PASSWORD, Demo, open_demo

MOST: Final = 50
DEAR: Final = """
query Dear($page: Int!) {
  viewer { companies { nodes { customers(first: $page) { nodes { id name balanceDue } } } } }
}
"""
GUESS: Final = """
mutation ($password: String!) {
  login(input: {email: "lambert@demo.enfact.test", password: $password}) { token errors { code } }
}
"""
OTHERS: Final = "{ viewer { account { email } } }"
STATEMENTS: Final = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'enfact' and wait_event_type = 'Lock'
"""


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@asynccontextmanager
async def onlooking(demo: Demo) -> AsyncGenerator[Connection]:
    """A connection that looks on, in no transaction."""
    onlooker = await connect(demo.dsn)
    try:
        yield onlooker
    finally:
        await onlooker.close()


async def send(demo: Demo, body: object, who: str = "lambert") -> httpx.Response:
    headers = {"authorization": f"Bearer {await demo.token(who)}"}
    return await demo.client.post("/graphql", json=body, headers=headers)


def codes(answers: list[dict[str, Any]]) -> list[str | None]:
    return [answer["errors"][0]["extensions"]["code"] if "errors" in answer else None for answer in answers]


async def test_fifty_of_the_dearest_cost_what_one_may(demo: Demo) -> None:
    asked: dict[str, Any] = {"query": DEAR, "variables": {"page": 5}, "extensions": {"cost": True}}
    (one,) = (await send(demo, [asked])).json()
    cost = one["extensions"]["cost"]["requested"]
    fit = MAX_COST // cost
    assert 0 < fit < MOST
    answers = (await send(demo, [asked] * MOST)).json()
    assert codes(answers) == [None] * fit + ["COST_EXCEEDED"] * (MOST - fit)
    assert sum(answer["extensions"]["cost"]["requested"] for answer in answers[:fit]) <= MAX_COST


async def test_an_array_holds_one_connection_at_a_time_and_others_are_answered(demo: Demo) -> None:
    await demo.token("lambert")
    await demo.token("noah")
    async with onlooking(demo) as onlooker, demo.connection.transaction():
        await demo.connection.execute("lock table contact in access exclusive mode")
        sending = asyncio.create_task(send(demo, [{"query": DEAR, "variables": {"page": 1}}] * 5))
        await blocked(onlooker)
        answer = await demo.ask("noah", OTHERS)
        assert answer.codes == []
        assert await onlooker.fetchval(STATEMENTS) == 1
    assert codes((await sending).json()) == [None] * 5


async def test_guessed_passwords_are_as_few_as_without_arrays(demo: Demo) -> None:
    guesses = [{"query": GUESS, "variables": {"password": f"{n}{PASSWORD}"}} for n in range(MOST)]
    answers = (await send(demo, guesses, "noah")).json()
    tried = [answer for answer in answers if "errors" not in answer]
    wrong = [one for one in tried if one["data"]["login"]["errors"][0]["code"] == "INVALID_CREDENTIALS"]
    assert 0 < len(wrong) <= 10
