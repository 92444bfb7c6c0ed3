"""What an operation costs, over HTTP: told to who asks, refused above the operator's limit."""

import json
from collections.abc import AsyncGenerator

import httpx
import pytest
from pydantic import ValidationError

from gateway.settings import Settings
from resolvers.compilation.cost import APPS, COMPUTED, HASHED, ROW
from resolvers.fair_use.budget import POINT, VIEW, Work
from resolvers.request_limits import MAX_COST
from tests.support.demo_client import JSON, Answer, open_client

CATALOGUE = "{ apps(kind: BASE) { app label } }"
COST = 1 + APPS * (ROW + 2 + COMPUTED)  # a label is looked up


@pytest.fixture
async def client(worker_dsn: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with open_client(worker_dsn, pool_size=1, max_cost=1_000) as client:
        yield client


async def ask(client: httpx.AsyncClient, method: str, query: str, **extensions: object) -> Answer:
    body = {"query": query, "extensions": extensions}
    if method == "POST":
        return Answer(await client.post("/graphql", json=body, headers={"accept": JSON, "accept-language": "en"}))
    params = {"query": query, "extensions": json.dumps(extensions)}
    return Answer(await client.get("/graphql", params=params, headers={"accept": JSON}))


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_who_asks_is_told_and_other_answers_are_the_same_bytes(client: httpx.AsyncClient, method: str) -> None:
    plain = (await ask(client, method, CATALOGUE)).response.content
    told = await ask(client, method, CATALOGUE, cost=True)
    requested = told.body["extensions"]["cost"]["requested"]
    assert COST < requested < COST + 60  # the work for the statement
    assert told.response.content == plain[:-1] + b',"extensions":{"cost":{"requested":%d,"limit":1000}}}' % requested
    others: tuple[object, ...] = (False, "true", 1, {}, None)
    for other in others:
        assert (await ask(client, method, CATALOGUE, cost=other)).response.content == plain


async def test_who_wants_hidden_fields_to_be_absent_pays_for_a_view(client: httpx.AsyncClient) -> None:
    body = {"query": "{ __typename }", "extensions": {"cost": True}}
    whole, viewed = [
        Answer(await client.post("/graphql", json=body, headers={"accept": JSON, "hidden-fields": mode}))
        for mode in ("null", "absent")
    ]
    whole_cost, viewed_cost = [answer.body["extensions"]["cost"]["requested"] for answer in (whole, viewed)]
    assert viewed_cost - whole_cost == VIEW // POINT[Work.INTROSPECTED] == 200


async def test_the_operators_limit_holds(client: httpx.AsyncClient) -> None:
    dear = "{ apps { app kind label category description alwaysVisible requires plan } }"
    answer = await ask(client, "POST", dear, cost=True)
    assert (answer.response.status_code, answer.codes, answer.data) == (422, ["COST_EXCEEDED"], None)
    (error,) = answer.body["errors"]
    cost = error["extensions"]["cost"]
    assert (error["extensions"]["limit"], error["extensions"]["selection"]) == (1_000, ["apps", "requires"])
    assert error["message"] == f"This costs {cost}, and 1000 is allowed; please ask for less, mainly of apps.requires."
    assert "extensions" not in answer.body


async def test_a_password_costs_what_it_takes_to_check_it(worker_dsn: str) -> None:
    login = 'login(input: {email: "a@b.test", password: "wrong"}) { errors { code } }'
    async with open_client(worker_dsn, pool_size=1) as client:
        once = await ask(client, "POST", f"mutation {{ {login} }}", cost=True)
        twice = await ask(client, "POST", f"mutation {{ a: {login} b: {login} }}", cost=True)
    one, two = [answer.body["extensions"]["cost"]["requested"] for answer in (once, twice)]
    assert HASHED < one < HASHED + 100
    assert two > 2 * HASHED


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().max_cost == MAX_COST
    monkeypatch.setenv("ENFACT_MAX_COST", "250000")
    assert Settings().max_cost == 250_000
    monkeypatch.setenv("ENFACT_MAX_COST", "0")
    with pytest.raises(ValidationError, match="max_cost"):
        Settings()
