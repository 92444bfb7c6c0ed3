"""streamed_answers.py over a real server: graphql-sse in distinct connections mode, Apollo's parts, and JSON."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from db.tokens import hash_token
from gateway.http import negotiation, stream_formats, streamed_answers
from gateway.http.negotiation import Streams
from resolvers.request import Result
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.running_gateway import EVENTS, Gateway, open_gateway
from tests.support.subscribers import ACCESS, CHANGED, CREATE, MATRIX

ME: Final = "{ viewer { account { email } } }"
JSON: Final = "application/graphql-response+json, application/json;q=0.9"
URQL: Final = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
LOG_OUT: Final = "mutation { logout { errors { code } } }"


@pytest.fixture(scope="module")
async def gateway(databases: Databases, template: str) -> AsyncGenerator[Gateway]:
    async with open_gateway(databases, template) as gateway:
        yield gateway


@pytest.fixture
async def firm(gateway: Gateway) -> Firm:
    return await gateway.found()


async def post(gateway: Gateway, token: str | None, query: str, accept: str | None, **variables: object) -> Any:
    """The answer to a POST that ends by itself."""
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    request = gateway.client.build_request("POST", "/graphql", json={"query": query, "variables": variables})
    del request.headers["accept"]
    request.headers.update({**headers, **({"accept": accept} if accept is not None else {})})
    return await gateway.client.send(request)


def codes(data: Any) -> list[str]:
    return [error["extensions"]["code"] for error in data["errors"]]


# --- streams --------------------------------------------------------------------------------------------------------


async def test_a_subscription_is_told_by_events(gateway: Gateway, firm: Firm) -> None:
    async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id) as stream:
        headers = stream.response.headers
        assert stream.response.status_code == 200
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert "content-length" not in headers
        for on in (True, False):
            await gateway.subscribed(firm)
            await gateway.station.toggle(firm, "anna", "STOCK", on=on)
            name, told = await stream.next()
            assert name == "next"
            assert ("STOCK" in told["data"]["accessChanged"]["apps"]) is on
    await gateway.subscribed(firm, 0)


async def test_what_a_colleague_writes_is_told_by_events(gateway: Gateway, firm: Firm) -> None:
    async with gateway.stream(firm["anna"].token, CHANGED, id=firm.id) as stream:
        for written in ("Claes", "Maes"):
            await gateway.subscribed(firm)
            given = {"companyId": firm.id, "name": written}
            made = (await post(gateway, firm["bram"].token, CREATE, JSON, input=given)).json()["data"]["createCustomer"]
            name, told = await stream.next()
            assert name == "next"
            node = {"entity": "CUSTOMER", "entityId": made["customer"]["id"], "kind": "UPSERTED", "version": 1}
            assert told["data"] == {"changed": {"more": False, "nodes": [node]}}
    await gateway.subscribed(firm, 0)


async def test_the_bytes_are_those_of_the_protocol(gateway: Gateway, firm: Firm) -> None:
    answer = await post(gateway, firm["anna"].token, ME, EVENTS)
    data = json.dumps({"data": {"viewer": {"account": {"email": firm["anna"].email}}}}, separators=(",", ":"))
    assert answer.text == f"event: next\ndata: {data}\n\nevent: complete\ndata: \n\n"


def test_line_breaks_of_json_do_not_break_events() -> None:
    result = Result(b'{"data":\r\n{"a":\n1}}')
    assert stream_formats.SSE.write(result, "") == b'event: next\ndata: {"data":  {"a": 1}}\n\n'


async def test_a_right_that_is_lost_is_told_and_completes(gateway: Gateway, firm: Firm) -> None:
    async with gateway.stream(firm["partner"].token, MATRIX, id=firm.id) as stream:
        await gateway.subscribed(firm)
        change = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { code } } }"
        given = {"companyId": firm.id, "userId": firm["partner"].id, "role": "EMPLOYEE"}
        await gateway.station.outside.ask(firm["owner"].token, change, input=given)
        name, told = await stream.next()
        assert (name, codes(told)) == ("next", ["ACCESS_REVOKED"])
        assert "data" not in told
        assert await stream.next() == ("complete", None)
        assert await stream.next() == ("", None)
    await gateway.logged("request", status=200, code="ACCESS_REVOKED")


async def test_a_session_that_ends_is_told_and_completes(gateway: Gateway, firm: Firm) -> None:
    token = secrets.token_urlsafe()
    await gateway.station.connection.execute(
        "insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01')",
        hash_token(token), firm["anna"].account,
    )  # fmt: skip
    async with gateway.stream(token, ACCESS, id=firm.id) as stream:
        await gateway.subscribed(firm)
        await gateway.station.outside.ask(token, LOG_OUT)
        name, told = await stream.next()
        assert (name, codes(told)) == ("next", ["ACCESS_REVOKED"])
        assert await stream.next() == ("complete", None)


async def test_a_company_that_is_not_entered_ends_at_once(gateway: Gateway, firm: Firm) -> None:
    other = await gateway.found()
    async with gateway.stream(firm["owner"].token, ACCESS, id=other.id) as stream:
        assert codes((await stream.next())[1]) == ["ACCESS_REVOKED"]
        assert await stream.next() == ("complete", None)


async def test_silence_is_filled_with_comments(gateway: Gateway, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_answers, "HEARTBEAT", 0.05)
    async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id) as stream:
        for _ in range(3):
            assert await stream.next() == (":", None)


async def test_a_subscription_may_be_a_get(gateway: Gateway, firm: Firm) -> None:
    given = {"query": ACCESS, "variables": json.dumps({"id": firm.id})}
    headers = {"accept": EVENTS, "authorization": f"Bearer {firm['anna'].token}"}
    async with gateway.client.stream("GET", "/graphql", params=given, headers=headers) as response:
        assert response.status_code == 200
        await gateway.subscribed(firm)
    await gateway.subscribed(firm, 0)


async def test_a_stream_outlives_the_deadline_of_requests(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, deadline=1.5, head_deadline=1.5, keep_alive=0) as gateway:
        firm = await gateway.found()
        async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id) as stream:
            await gateway.subscribed(firm)
            await asyncio.sleep(2)
            await gateway.station.toggle(firm, "anna", "STOCK", on=True)
            assert (await stream.next())[0] == "next"


async def test_a_server_that_stops_ends_its_streams_without_completing_them(
    databases: Databases, template: str
) -> None:
    async with open_gateway(databases, template) as gateway:
        firm = await gateway.found()
        async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id) as stream:
            await gateway.subscribed(firm)
            await gateway.stop()
            assert await stream.next() == ("", None)
        assert [line for line in gateway.events if line["level"] not in ("info", "warning")] == []


async def test_there_are_so_many_streams_of_a_user(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, max_sockets_of_user=1) as gateway:
        firm = await gateway.found()
        async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id):
            await gateway.subscribed(firm)
            refused = await post(gateway, firm["anna"].token, ACCESS, EVENTS, id=firm.id)
            assert (refused.status_code, codes(refused.json())) == (429, ["RATE_LIMITED"])
            assert (await post(gateway, firm["anna"].token, ME, EVENTS)).status_code == 200
            async with gateway.stream(firm["bram"].token, ACCESS, id=firm.id):
                await gateway.subscribed(firm, 2)
        await gateway.subscribed(firm, 0)
        async with gateway.stream(firm["anna"].token, ACCESS, id=firm.id):
            await gateway.subscribed(firm)


# --- what is answered how -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [JSON, URQL, "*/*", None, "application/json, text/event-stream;q=0.9"])
async def test_a_query_is_answered_as_json_where_that_is_as_welcome(
    gateway: Gateway, firm: Firm, accept: str | None
) -> None:
    answer = await post(gateway, firm["anna"].token, ME, accept)
    assert "json" in answer.headers["content-type"]
    assert answer.json()["data"]["viewer"]["account"]["email"] == firm["anna"].email


@pytest.mark.parametrize("accept", [EVENTS, "text/*", "TEXT/Event-Stream", f"{EVENTS}, application/json;q=0.5"])
async def test_a_query_is_answered_by_events_where_those_are_preferred(
    gateway: Gateway, firm: Firm, accept: str
) -> None:
    answer = await post(gateway, firm["anna"].token, ME, accept)
    assert answer.headers["content-type"].startswith(EVENTS)
    answer = await post(gateway, firm["anna"].token, "mutation { logout { errors { code } } }", accept)
    assert 'data: {"data":{"logout":{"errors":[]}}}' in answer.text


@pytest.mark.parametrize("accept", [JSON, "*/*", None, "application/json", f"{EVENTS};q=0, application/json"])
async def test_a_subscription_needs_a_client_that_takes_events(
    gateway: Gateway, firm: Firm, accept: str | None
) -> None:
    answer = await post(gateway, firm["anna"].token, ACCESS, accept, id=firm.id)
    assert (answer.status_code, codes(answer.json())) == (406, ["NOT_ACCEPTABLE"])
    message = answer.json()["errors"][0]["message"]
    assert all(way in message for way in ("graphql-transport-ws", EVENTS, "multipart/mixed;subscriptionSpec=1.0"))


@pytest.mark.parametrize("accept", [URQL, f"application/json, {EVENTS};q=0.1"])
async def test_a_subscription_takes_events_wherever_they_are_accepted(
    gateway: Gateway, firm: Firm, accept: str
) -> None:
    async with gateway.stream(firm["anna"].token, ACCESS, accept, id=firm.id) as stream:
        assert stream.response.headers["content-type"].startswith(EVENTS)
        await gateway.subscribed(firm)


async def test_what_the_document_does_wrong_is_an_event(gateway: Gateway, firm: Firm) -> None:
    for query, code in (("{", "GRAPHQL_PARSE_FAILED"), ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED")):
        async with gateway.stream(firm["anna"].token, query) as stream:
            assert stream.response.status_code == 200
            name, told = await stream.next()
            assert (name, codes(told)[0]) == ("next", code)
            assert await stream.next() == ("complete", None)
        answer = await post(gateway, firm["anna"].token, query, URQL)
        assert codes(answer.json())[0] == code


async def test_what_the_transport_refuses_has_its_status(gateway: Gateway, firm: Firm) -> None:
    for accept in (EVENTS, URQL):
        answer = await post(gateway, "nobody", ACCESS, accept, id=firm.id)
        assert (answer.status_code, codes(answer.json())) == (401, ["UNAUTHENTICATED"])
        assert answer.headers["www-authenticate"]
        answer = await post(gateway, None, ACCESS, accept, id=firm.id)
        assert answer.status_code == 401
    answer = await gateway.client.get("/graphql", params={"query": LOG_OUT}, headers={"accept": EVENTS})
    assert answer.status_code == 405
    answer = await gateway.client.put("/graphql", headers={"accept": EVENTS})
    assert answer.status_code == 405
    answer = await gateway.client.post("/graphql", content=b"x", headers={"accept": EVENTS})
    assert answer.status_code == 415


async def test_a_cookie_has_the_same_rules_as_for_any_request(gateway: Gateway, firm: Firm) -> None:
    cookie = {"cookie": f"enfact_session={firm['anna'].token}", "accept": EVENTS}
    body = {"query": ACCESS, "variables": {"id": firm.id}}
    forged = await gateway.client.post("/graphql", json=body, headers=cookie)
    assert (forged.status_code, codes(forged.json())) == (403, ["CSRF_REFUSED"])
    origin = {"origin": f"http://127.0.0.1:{gateway.port}"}
    async with gateway.stream(None, ACCESS, headers={**cookie, **origin}, id=firm.id):
        await gateway.subscribed(firm)


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", Streams.PREFERRED),
        ("text/event-stream, application/json", Streams.PREFERRED),
        ("application/json, text/event-stream", Streams.ACCEPTED),
        ("application/json;q=0.5, text/event-stream", Streams.PREFERRED),
        ("text/event-stream;q=0.5, application/graphql-response+json", Streams.ACCEPTED),
        ("text/event-stream, */*", Streams.PREFERRED),
        ("*/*, text/event-stream;q=0.1", Streams.ACCEPTED),
        ("text/*, application/json", Streams.ACCEPTED),
        ("text/event-stream;q=0", Streams.REFUSED),
        ("text/html, application/json", Streams.REFUSED),
        ("text/event-stream;q=2", Streams.REFUSED),
        ("*/*", Streams.REFUSED),
    ],
)
def test_events_are_chosen_by_weight_then_by_order(accept: str, streams: Streams) -> None:
    assert negotiation.accepted(accept.encode()).streams is streams


async def test_a_client_that_goes_away_ends_its_subscription(gateway: Gateway, firm: Firm) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client:
        headers = {"accept": EVENTS, "authorization": f"Bearer {firm['anna'].token}"}
        body = {"query": ACCESS, "variables": {"id": firm.id}}
        async with client.stream("POST", "/graphql", json=body, headers=headers):
            await gateway.subscribed(firm)
    await gateway.subscribed(firm, 0)
    await gateway.settles(lambda: not gateway.slots._open and not gateway.slots._counts)


# --- parts ----------------------------------------------------------------------------------------------------------

APOLLO: Final = f"multipart/mixed;boundary=graphql;subscriptionSpec=1.0,{JSON}"
HEARTBEAT: Final = b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql"


@asynccontextmanager
async def parts(
    gateway: Gateway, token: str, query: str, accept: str = APOLLO, **variables: object
) -> AsyncGenerator[httpx.Response]:
    headers = {"accept": accept, "authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    async with gateway.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        yield response


@pytest.mark.parametrize("accept", [APOLLO, "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_subscription_is_told_by_parts(
    gateway: Gateway, firm: Firm, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    monkeypatch.setattr(streamed_answers, "HEARTBEAT", 0.05)
    async with parts(gateway, firm["anna"].token, ACCESS, accept, id=firm.id) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
        received, chunks = b"", response.aiter_raw()
        while HEARTBEAT not in received:
            received += await anext(chunks)
        await gateway.subscribed(firm)
        await gateway.station.toggle(firm, "anna", "STOCK", on=True)
        while b'"payload":{"data"' not in received or not received.endswith(b"--graphql"):
            received += await anext(chunks)
    await gateway.subscribed(firm, 0)
    first, *rest = received.split(b"\r\n--graphql")
    assert (first, rest.pop()) == (b"", b"")
    told = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in rest]
    assert "STOCK" in next(part for part in told if part)["payload"]["data"]["accessChanged"]["apps"]


async def test_a_lost_right_ends_the_parts_with_its_error(gateway: Gateway, firm: Firm) -> None:
    other = await gateway.found()
    async with parts(gateway, firm["owner"].token, ACCESS, id=other.id) as response:
        *_, last, end = (await response.aread()).split(b"\r\n--graphql")
    told = json.loads(last.partition(b"\r\n\r\n")[2])
    assert (told["payload"], codes(told), end) == (None, ["ACCESS_REVOKED"], b"--\r\n")


async def test_what_is_no_subscription_is_answered_as_json(gateway: Gateway, firm: Firm) -> None:
    answer = await post(gateway, firm["anna"].token, ME, APOLLO)
    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    refused = await post(gateway, firm["anna"].token, "subscription { nothing }", APOLLO)
    assert (refused.status_code, codes(refused.json())) == (422, ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        (APOLLO, True),
        ('multipart/mixed;boundary="graphql";subscriptionSpec=1.0', True),
        ('Multipart/Mixed; SubscriptionSpec = "1.0" ; boundary=x, */*', True),
        ('text/html, multipart/mixed;boundary="a,b\\",c";subscriptionSpec=1.0;q=0.5', True),
        ('multipart/mixed;boundary="; q=0";subscriptionSpec=1.0', True),
        ('multipart/mixed;boundary=";subscriptionSpec=1.0"', False),
        ('multipart/mixed;boundary="a, multipart/mixed;subscriptionSpec=1.0', False),
        ("multipart/mixed;subscriptionSpec=1.0;q=0", False),
        ("multipart/mixed;deferSpec=20220824", False),
        ("multipart/mixed", False),
        ("multipart/mixed;subscriptionSpec=2.0", False),
        ("multipart/mixed;subscriptionSpec=1.0.1", False),
        ("multipart/mixed" + ";" * 900 + "x", False),
        ("application/json, text/html;subscriptionSpec=1.0", False),
    ],
)
def test_parts_are_taken_by_who_names_their_protocol(accept: str, takes: bool) -> None:
    assert negotiation.accepted(accept.encode()).takes_parts is takes


@pytest.mark.parametrize(
    "accept", ["multipart/mixed;subscriptionSpec=1.0;q=0", f"{JSON}, {APOLLO.split(',')[0]};q=0.0"]
)
async def test_parts_that_are_ruled_out_are_not_taken(gateway: Gateway, firm: Firm, accept: str) -> None:
    async with parts(gateway, firm["anna"].token, ACCESS, accept, id=firm.id) as response:
        assert response.status_code == 406
