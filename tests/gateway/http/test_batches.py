"""batches.py: what becomes of an array of requests, and of each request in it."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import orjson
import pytest
from pydantic import ValidationError
from starlette.types import Message, Scope

from db.errors import DatabaseUnavailable
from gateway.http import batches
from gateway.http.batches import ArrayClient
from gateway.settings import Settings
from resolvers.request import GraphQLRequest, RequestError, Result, SessionCookie
from schema.errors import ErrorCode
from schema.hidden_fields import HiddenFields
from tests.gateway.conftest import MakeApp, SmallBackend, SmallExecutor, client_of
from tests.gateway.http.test_endpoint import checked_error
from tests.support.databases import Databases
from tests.support.demo_client import PASSWORD, Demo, open_client, open_demo

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"
NAME: Final = {"query": "{ name }"}
LAMBERT: Final = {"data": {"name": "Lambert"}}
MINE: Final = {"authorization": "Bearer enf_abc"}


async def send(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    """The answer to a body of somebody with a credential."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", content=content, headers={"content-type": JSON, **MINE, **names})


def codes(response: httpx.Response) -> list[str | None]:
    """The code of the first error of each answer of an array, which was run."""
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json; charset=utf-8")
    return [answer["errors"][0]["extensions"]["code"] if "errors" in answer else None for answer in response.json()]


def count(of: object) -> dict[str, object]:
    return {"query": "query Count($n: Int!) { count(n: $n) }", "variables": {"n": of}}


# Which arrays are run


@pytest.mark.parametrize(
    "accept", [None, JSON, GRAPHQL, "*/*", f"{GRAPHQL}, {JSON};q=0.9", f"text/event-stream, {JSON}"]
)
async def test_an_array_is_answered_by_an_array_of_plain_json(
    client: httpx.AsyncClient, executor: SmallExecutor, accept: str | None
) -> None:
    response = await send(client, [NAME, count(7), NAME], **({"accept": accept} if accept else {}))
    assert codes(response) == [None, None, None]
    assert response.json() == [LAMBERT, {"data": {"count": None}}, LAMBERT]
    assert [request.variables for request in executor.asked] == [{}, {"n": 7}, {}]
    assert "server-timing" not in response.headers


async def test_an_array_of_one_request_has_one_answer(client: httpx.AsyncClient) -> None:
    assert (await send(client, b"\xef\xbb\xbf [" + json.dumps(NAME).encode() + b"]")).json() == [LAMBERT]


async def test_what_stands_in_the_headers_holds_for_all(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    await send(client, [NAME, NAME], hidden_fields="absent", accept_language="nl")
    for request in executor.asked:
        assert (request.token, request.hidden_fields) == ("enf_abc", HiddenFields.ABSENT)
        assert (request.language.name, request.address) == ("NL", "192.0.2.7")
    assert len({request.request_id for request in executor.asked}) == 1


@pytest.mark.parametrize(
    ("length", "most", "message"),
    [(0, 50, "1 to 50"), (51, 50, "1 to 50"), (4, 3, "1 to 3"), (1, 1, "not supported"), (2, 0, "not supported")],
)
async def test_an_array_beyond_the_bound_is_refused_as_a_whole(
    make_app: MakeApp, executor: SmallExecutor, length: int, most: int, message: str
) -> None:
    async with client_of(make_app(max_batch=most)) as client:
        error = checked_error(await send(client, [NAME] * length), 422, ErrorCode.BAD_USER_INPUT)
    assert message in error["message"]
    assert not executor.asked


async def test_the_bound_is_a_setting(make_app: MakeApp) -> None:
    assert Settings().max_batch == 50
    for wrong in (-1, 51):
        with pytest.raises(ValidationError, match="max_batch"):
            Settings(max_batch=wrong)
    async with client_of(make_app()) as client:
        assert codes(await send(client, [NAME] * 50)) == [None] * 50


@pytest.mark.parametrize("authorization", ["", "Bearer"])
async def test_strangers_send_one_operation_per_request(
    client: httpx.AsyncClient, executor: SmallExecutor, authorization: str
) -> None:
    refused = checked_error(await send(client, [NAME], authorization=authorization), 422, ErrorCode.BAD_USER_INPUT)
    assert refused["message"] == "Batches are not supported: send one operation per request."
    assert not executor.asked


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_client_that_only_takes_a_stream_is_refused(
    client: httpx.AsyncClient, executor: SmallExecutor, accept: str
) -> None:
    checked_error(await send(client, [NAME], accept=accept), 406, ErrorCode.NOT_ACCEPTABLE)
    assert not executor.asked


async def test_a_key_in_the_header_goes_with_one_request(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    error = checked_error(await send(client, [NAME], idempotency_key="a1"), 422, ErrorCode.BAD_USER_INPUT)
    assert "Idempotency-Key" in error["message"]
    assert not executor.asked


async def test_the_body_is_bounded_as_one_request(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    large = {"query": "{ name }" + " " * 1_000_000}
    checked_error(await send(client, [large]), 413, ErrorCode.PAYLOAD_TOO_LARGE)
    checked_error(await send(client, b"[" + b" " * 100_000 + b"{]"), 400, ErrorCode.BAD_USER_INPUT)
    assert not executor.asked


async def test_other_ways_than_a_body_have_no_arrays(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    response = await client.get("/graphql", params={"query": "[]"}, headers={**MINE, "accept": JSON})
    assert (response.status_code, response.json().keys()) == (400, {"errors"})
    response = await client.get("/graphql", params={"query": "{ name }", "variables": "[]"}, headers=MINE)
    checked_error(response, 422, ErrorCode.BAD_USER_INPUT)
    assert all(request.query == "[]" for request in executor.asked)


# Each request by itself


@pytest.mark.parametrize(
    "member",
    [
        b"null", b"5", b'"{ name }"', b"true", b"{}", b"[]", b'[{"query":"{ name }"}]', b'{"query":null}',
        b'{"query":"{ name }","variables":[]}', b'{"query":"{ name }","documentId":"a"}',
        b'{"query":"{ name }","variables":{"a":"\\u0000"}}', b'{"query":"{ name }","query":5}',
    ],
)  # fmt: skip
async def test_a_member_that_is_not_well_formed_is_refused_in_its_place(
    client: httpx.AsyncClient, executor: SmallExecutor, member: bytes
) -> None:
    ok = orjson.dumps(NAME)
    response = await send(client, b"[" + b",".join((ok, member, ok)) + b"]")
    assert codes(response) == [None, "BAD_USER_INPUT", None]
    assert (response.json()[0], response.json()[2]) == (LAMBERT, LAMBERT)
    assert len(executor.asked) == 2


async def test_the_last_of_two_equal_keys_counts_as_in_one_request(client: httpx.AsyncClient) -> None:
    twice = b'{"query":"{ none }","query":"{ name }"}'
    assert (await send(client, b"[" + twice + b"]")).json() == [(await send(client, twice)).json()]


async def test_good_and_bad_ones_are_answered_each_in_its_place(client: httpx.AsyncClient) -> None:
    bad = {"query": "{ none }"}
    two = {"query": "query A { name } query B { count(n: 1) }"}
    known = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    response = await send(client, [bad, NAME, count("x"), two, {**two, "operationName": "A"}, known])
    expected = [
        "GRAPHQL_VALIDATION_FAILED", None, "BAD_USER_INPUT", "OPERATION_RESOLUTION_FAILURE", None,
        "PERSISTED_QUERY_NOT_FOUND",
    ]  # fmt: skip
    assert codes(response) == expected
    ids = {answer["errors"][0]["extensions"]["requestId"] for answer in response.json() if "errors" in answer}
    assert ids == {response.headers["x-request-id"]}


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("secret"), "INTERNAL"), (DatabaseUnavailable("secret"), "UNAVAILABLE")]
)
async def test_a_failure_is_masked_in_its_place(
    client: httpx.AsyncClient, executor: SmallExecutor, log_lines: io.StringIO, error: Exception, code: str
) -> None:
    executor.error = error
    response = await send(client, [NAME, NAME])
    assert codes(response) == [code, code]
    assert "secret" not in response.text + log_lines.getvalue()
    exceptions = [line for line in log_lines.getvalue().splitlines() if '"exception"' in line]
    assert len(exceptions) == (2 if code == "INTERNAL" else 0)


async def test_without_a_database_the_whole_array_is_refused(make_app: MakeApp, backend: SmallBackend) -> None:
    backend.executor = None
    async with client_of(make_app()) as client:
        checked_error(await send(client, [NAME, NAME]), 503, ErrorCode.UNAVAILABLE)


# What they share


async def test_each_of_them_counts_for_the_rate_of_the_address(make_app: MakeApp, executor: SmallExecutor) -> None:
    async with client_of(make_app(rate=0.001, burst=10, key_rate=0)) as client:
        response = await send(client, [NAME] * 6)
        assert response.headers["ratelimit"].startswith('"address";r=4;')
        checked_error(await send(client, [NAME] * 5), 429, ErrorCode.RATE_LIMITED)
        assert len(executor.asked) == 6
        assert codes(await send(client, [NAME] * 3)) == [None] * 3


async def test_each_of_them_counts_for_the_rate_of_the_key(make_app: MakeApp, executor: SmallExecutor) -> None:
    key = {"authorization": "Bearer enk_abc"}
    async with client_of(make_app(rate=0, key_rate=0.001, key_burst=10)) as client:
        response = await send(client, [NAME] * 6, **key)
        assert response.headers["ratelimit"].startswith('"key";r=4;')
        checked_error(await send(client, [NAME] * 6, **key), 429, ErrorCode.RATE_LIMITED)
    assert len(executor.asked) == 6


async def test_nothing_is_begun_after_the_deadline(make_app: MakeApp, executor: SmallExecutor) -> None:
    async with client_of(make_app(deadline=0.05)) as client:
        assert codes(await send(client, [NAME])) == [None]
        executor.delay = 2
        assert codes(await send(client, [NAME, NAME, {}])) == ["TIMEOUT"] * 3
    assert len(executor.asked) == 2


async def test_what_is_written_when_the_deadline_comes_is_answered(make_app: MakeApp, backend: SmallBackend) -> None:
    class Late(SmallExecutor):
        async def execute(self, request: GraphQLRequest) -> Result:
            self.asked.append(request)
            try:
                await asyncio.sleep(2)
            except asyncio.CancelledError:
                return Result.of(b'{"rename":"x"}', written=True)
            raise AssertionError

    late = Late()
    backend.executor = late
    async with client_of(make_app(deadline=0.05)) as client:
        response = await send(client, [NAME, NAME])
    assert response.json()[0] == {"data": {"rename": "x"}}
    assert codes(response) == [None, "TIMEOUT"]
    assert len(late.asked) == 1


class Gone:
    """A fast path whose client leaves during the first request."""

    def __init__(self, executor: SmallExecutor) -> None:
        self.executor = executor
        self.last_head = None
        self.connection = self
        self.calls: list[Any] = []

    def body(self) -> bytes:
        return json.dumps([NAME] * 3).encode()

    def answer(self, status: int, fields: bytes, body: bytes) -> bool:
        raise AssertionError

    def when_gone(self, call: Any) -> None:
        self.calls.append(call)


async def test_nothing_is_begun_for_a_client_that_left(
    make_app: MakeApp, executor: SmallExecutor, log_lines: io.StringIO
) -> None:
    gone = Gone(executor)
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer enf_abc")]
    scope: Scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers,
        "client": ("192.0.2.7", 1), "extensions": {"enfact.http.fast_path": gone},
    }  # fmt: skip
    executor.delay = 0.02
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError

    async def send_(message: Message) -> None:
        sent.append(message)

    answering = asyncio.create_task(make_app()(scope, receive, send_))
    await executor.began.wait()
    for call in gone.calls:
        call()
    await answering
    assert (len(executor.asked), sent) == (1, [])
    assert json.loads(log_lines.getvalue().splitlines()[-1])["status"] == 499


def test_who_waits_is_told_that_the_client_left() -> None:
    gone, called = Gone(SmallExecutor()), list[int]()
    client = ArrayClient(gone)
    client.when_gone(lambda: called.append(1))
    client.when_gone(lambda: called.append(2))
    (leave,) = gone.calls
    leave()
    assert called == [2]
    client.when_gone(lambda: called.append(3))
    assert called == [2, 3]


async def test_the_answers_together_are_as_large_as_one_may_be(
    client: httpx.AsyncClient, executor: SmallExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LARGEST", 1_000)
    executor.result = Result.of(b'"' + b"x" * 400 + b'"')
    response = await send(client, [NAME] * 5)
    assert codes(response) == [None, None, "COST_EXCEEDED", "COST_EXCEEDED", "COST_EXCEEDED"]
    assert len(executor.asked) == 3


# Headers of the answer


async def test_the_answer_says_where_the_last_write_is(make_app: MakeApp, backend: SmallBackend) -> None:
    results = [
        Result(b"{}", written=True, position=9),
        Result(b"{}", stale=2.5),
        Result(b"{}", written=True, position=12),
        Result(b"{}", stale=1.5),
        Result(b"{}", written=True),
        Result(b"{}"),
    ]

    class Series(SmallExecutor):
        async def execute(self, request: GraphQLRequest) -> Result:
            self.asked.append(request)
            return results[len(self.asked) - 1]

    series = Series()
    backend.executor = series
    async with client_of(make_app(read_urls="postgresql://one")) as client:
        response = await send(client, [NAME] * 6, enfact_position="10")
    assert (response.headers["enfact-position"], response.headers["enfact-stale"]) == ("12", "2")
    assert [request.position for request in series.asked] == [10, 10, 10, 12, 12, None]


@pytest.mark.parametrize("result", [Result.of(b"{}", cookie=SessionCookie()), None])
async def test_a_session_that_ended_takes_its_cookie_along(
    client: httpx.AsyncClient, executor: SmallExecutor, result: Result | None
) -> None:
    executor.result = result
    executor.error = None if result is not None else RequestError(ErrorCode.UNAUTHENTICATED, "No.")
    headers = {"cookie": "enfact_session=enf_abc", "origin": "http://enfact", "authorization": ""}
    response = await send(client, [NAME, NAME], **headers)
    assert codes(response) == ([None, None] if result is not None else ["UNAUTHENTICATED"] * 2)
    assert response.headers.get_list("set-cookie") == [
        "enfact_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
    ]


async def test_a_large_answer_is_packed_unless_something_was_written(
    client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    executor.result = Result.of(b'"' + b"x" * 5_000 + b'"')
    response = await send(client, [NAME, NAME], accept_encoding="gzip")
    assert (response.headers["content-encoding"], len(response.json())) == ("gzip", 2)
    executor.result = executor.result._replace(written=True)
    assert "content-encoding" not in (await send(client, [NAME, NAME], accept_encoding="gzip")).headers


# For operators


async def test_each_is_an_operation_of_its_own_in_the_log(client: httpx.AsyncClient, log_lines: io.StringIO) -> None:
    response = await send(client, [count(1), {"query": "query None { none }"}, 5, NAME])
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert [(line["operation"], line["code"], line["status"]) for line in lines] == [
        ("Count", None, 200), ("None", "GRAPHQL_VALIDATION_FAILED", 200), (None, "BAD_USER_INPUT", 200),
        (None, None, 200),
    ]  # fmt: skip
    assert {line["request_id"] for line in lines} == {response.headers["x-request-id"]}
    log_lines.truncate(0)
    await send(client, [])
    (line,) = log_lines.getvalue().strip("\0").splitlines()
    assert (json.loads(line)["status"], json.loads(line)["code"]) == (422, "BAD_USER_INPUT")


# On the demo

FIRST_NAME: Final = {"query": "{ viewer { account { firstName } } }"}
RENAME: Final = """
mutation ($name: String!) { updateProfile(input: {firstName: $name}) { errors { code } } }
"""
LOGIN: Final = """
mutation ($email: String!, $password: String!, $session: SessionKind!) {
  login(input: {email: $email, password: $password, session: $session}) { token errors { code message } }
}
"""
CUSTOMERS: Final = "{ viewer { companies { nodes { customers(first: %d) { nodes { id name } } } } } }"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


async def ask(demo: Demo, body: object, who: str = "eva", **headers: str) -> httpx.Response:
    """The answer of the demo to an array of one of its people."""
    return await send(
        demo.client, body, authorization=f"Bearer {await demo.token(who)}", accept_language="en", **headers
    )


def renaming(name: str) -> dict[str, object]:
    return {"query": RENAME, "variables": {"name": name}}


async def test_they_run_in_order_and_see_what_was_written_before(demo: Demo) -> None:
    body = [FIRST_NAME, renaming("Una"), FIRST_NAME, renaming("Dua"), {"query": "{ nothing }"}, FIRST_NAME]
    response = await ask(demo, body, "noah")
    assert codes(response) == [None, None, None, None, "GRAPHQL_VALIDATION_FAILED", None]
    answers = response.json()
    names = [answers[n]["data"]["viewer"]["account"]["firstName"] for n in (0, 2, 5)]
    assert names[1:] == ["Una", "Dua"]
    await ask(demo, [renaming(names[0])], "noah")


async def test_a_credential_that_is_not_valid_is_refused_by_each_statement(demo: Demo) -> None:
    response = await send(demo.client, [FIRST_NAME, {"query": "{ apps { app } }"}, renaming("x")])
    assert codes(response) == ["UNAUTHENTICATED", None, "UNAUTHENTICATED"]


async def test_a_subscription_is_refused_in_its_place(demo: Demo) -> None:
    company = await demo.company("Chauffage Lambert")
    live = {"query": f'subscription {{ accessChanged(companyId: "{company}") {{ __typename }} }}'}
    assert codes(await ask(demo, [FIRST_NAME, live, FIRST_NAME])) == [None, "NOT_ACCEPTABLE", None]


async def test_notes_and_costs_are_those_of_each_request(demo: Demo) -> None:
    matrix = {"query": "{ viewer { companies { nodes { plan } } } }", "extensions": {"cost": True}}
    first, second = (await ask(demo, [matrix, FIRST_NAME])).json()
    assert first["extensions"]["cost"]["limit"] == 100_000
    assert second.keys() == {"data"}


async def test_a_login_in_an_array_opens_no_session_with_a_cookie(demo: Demo) -> None:
    given = {"email": "eva@demo.enfact.test", "password": PASSWORD}
    body = [{"query": LOGIN, "variables": {**given, "session": kind}} for kind in ("COOKIE", "TOKEN")]
    response = await ask(demo, body)
    assert codes(response) == [None, None]
    refused, opened = [answer["data"]["login"] for answer in response.json()]
    (error,) = refused["errors"]
    assert (refused["token"], error["code"]) == (None, "VALIDATION")
    assert "un tableau de requêtes ne pose pas de cookie" in error["message"]
    assert (bool(opened["token"]), opened["errors"]) == (True, [])
    assert "set-cookie" not in response.headers


async def cost_of(demo: Demo, query: str) -> int:
    (answer,) = (await ask(demo, [{"query": query, "extensions": {"cost": True}}])).json()
    return answer["extensions"]["cost"]["requested"]


async def test_together_they_cost_no_more_than_one_may(demo: Demo) -> None:
    one, rename = (
        await cost_of(demo, CUSTOMERS % 10),
        await cost_of(demo, RENAME.replace("$name: String!", "$name: String")),
    )
    limit = 3 * one + rename
    async with open_client(demo.dsn, pool_size=2, max_cost=limit) as client:
        headers = {"authorization": f"Bearer {await demo.token('noah')}", "accept_language": "en"}
        read = {"query": CUSTOMERS % 10}
        response = await send(
            client, [read, renaming("Noah"), read, read, read, renaming("Nobody"), FIRST_NAME], **headers
        )
        assert codes(response) == [None, None, None, None, *["COST_EXCEEDED"] * 3]
        refused = response.json()[4]["errors"][0]
        assert refused["extensions"]["limit"] == limit
        assert refused["extensions"]["cost"] > limit
        assert "requests of this array" in refused["message"]
        (answer,) = (await send(client, [FIRST_NAME], **headers)).json()
        assert answer["data"]["viewer"]["account"]["firstName"] == "Noah"


async def test_one_that_alone_costs_too_much_keeps_no_other_from_running(demo: Demo) -> None:
    async with open_client(demo.dsn, pool_size=2, max_cost=1_000) as client:
        headers = {"authorization": f"Bearer {await demo.token('eva')}"}
        dear = {"query": CUSTOMERS % 100}
        assert codes(await send(client, [dear, FIRST_NAME, dear], **headers)) == [
            "COST_EXCEEDED",
            None,
            "COST_EXCEEDED",
        ]


async def test_a_mutation_beyond_the_limit_writes_nothing(demo: Demo) -> None:
    body = [{"query": CUSTOMERS % 100}, renaming("Nobody"), FIRST_NAME]
    async with open_client(demo.dsn, pool_size=2, max_cost=await cost_of(demo, CUSTOMERS % 100)) as client:
        headers = {"authorization": f"Bearer {await demo.token('eva')}"}
        assert codes(await send(client, body, **headers)) == [None, "COST_EXCEEDED", "COST_EXCEEDED"]
    (answer,) = (await ask(demo, [FIRST_NAME])).json()
    assert answer["data"]["viewer"]["account"]["firstName"] != "Nobody"


@pytest.mark.parametrize(("spare", "last"), [(0, None), (-1, "COST_EXCEEDED")])
async def test_what_a_mutation_costs_is_spent(demo: Demo, spare: int, last: str | None) -> None:
    read, rename = CUSTOMERS % 10, {**renaming("Noah"), "extensions": {"cost": True}}
    (answer,) = (await ask(demo, [rename], "noah")).json()
    limit = 2 * await cost_of(demo, read) + answer["extensions"]["cost"]["requested"] + spare
    async with open_client(demo.dsn, pool_size=2, max_cost=limit) as client:
        headers = {"authorization": f"Bearer {await demo.token('noah')}"}
        assert codes(await send(client, [{"query": read}, rename, {"query": read}], **headers)) == [None, None, last]


async def test_nothing_runs_after_the_one_that_exceeded_the_sum(demo: Demo) -> None:
    read = {"query": CUSTOMERS % 10}
    async with open_client(demo.dsn, pool_size=2, max_cost=2 * await cost_of(demo, CUSTOMERS % 10) - 1) as client:
        headers = {"authorization": f"Bearer {await demo.token('noah')}"}
        assert codes(await send(client, [read, FIRST_NAME], **headers)) == [None, None]
        assert codes(await send(client, [read, read, FIRST_NAME], **headers)) == [None, *["COST_EXCEEDED"] * 2]
