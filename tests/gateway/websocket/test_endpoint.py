"""endpoint.py over a real server: the protocol graphql-transport-ws by the letter, and who may what."""

import asyncio
import contextlib
import json
import secrets
import socket as sockets
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import pytest
from websockets.exceptions import InvalidStatus

from db.tokens import hash_token
from gateway.server import websocket_protocol
from gateway.websocket import endpoint
from resolvers.execution import wakeups
from tests.support.company import Firm, blocked, change
from tests.support.databases import Databases
from tests.support.running_gateway import Gateway, open_gateway
from tests.support.subscribers import ACCESS, CHANGED, CREATE, DEAF, MATRIX, SET

ME: Final = "{ viewer { account { email } } }"
WHO: Final = "query ($id: ID!) { company(id: $id) { access { role } invoices { totalCount } } }"
LOG_OUT: Final = "mutation { logout { errors { code } } }"
HOLD: Final = "select from company where id = $1 for update"
SIGN_IN: Final = "insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01')"


@pytest.fixture(scope="module")
async def gateway(databases: Databases, template: str) -> AsyncGenerator[Gateway]:
    async with open_gateway(databases, template) as gateway:
        yield gateway


@pytest.fixture
async def firm(gateway: Gateway) -> Firm:
    return await gateway.found()


def codes(message: Any) -> list[str]:
    """The codes of an `error` message."""
    assert message["type"] == "error"
    return [error["extensions"]["code"] for error in message["payload"]]


async def token_of(gateway: Gateway, firm: Firm, name: str) -> str:
    """Another session of somebody."""
    token = secrets.token_urlsafe()
    await gateway.station.connection.execute(SIGN_IN, hash_token(token), firm[name].account)
    return token


# --- operations -----------------------------------------------------------------------------------------------------


async def test_a_subscription_tells_until_the_client_has_enough(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await (await client.init(firm["anna"].token)).subscribe("a", ACCESS, id=firm.id)
        await gateway.subscribed(firm)
        for on in (True, False):
            await gateway.station.toggle(firm, "anna", "STOCK", on=on)
            told = await client.receive()
            assert (told["id"], told["type"]) == ("a", "next")
            assert ("STOCK" in told["payload"]["data"]["accessChanged"]["apps"]) is on
        await client.send({"id": "a", "type": "complete"})
        await gateway.subscribed(firm, 0)
        await gateway.station.toggle(firm, "anna", "STOCK", on=True)
        await client.subscribe("a", ME)
        assert (await client.receive())["payload"]["data"] == {"viewer": {"account": {"email": firm["anna"].email}}}
        assert await client.receive() == {"id": "a", "type": "complete"}


async def test_what_a_colleague_writes_is_told(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client, gateway.socket() as other:
        await (await client.init(firm["anna"].token)).subscribe("a", CHANGED, id=firm.id)
        await gateway.subscribed(firm)
        await other.init(firm["bram"].token)
        for name in ("Claes", "Maes"):
            await other.subscribe(name, CREATE, input={"companyId": firm.id, "name": name})
            made = (await other.receive())["payload"]["data"]["createCustomer"]["customer"]
            assert await other.receive() == {"id": name, "type": "complete"}
            told = await client.receive()
            assert (told["id"], told["type"]) == ("a", "next")
            node = {"entity": "CUSTOMER", "entityId": made["id"], "kind": "UPSERTED", "version": 1}
            assert told["payload"]["data"] == {"changed": {"more": False, "nodes": [node]}}
        await client.send({"id": "a", "type": "complete"})
        await gateway.subscribed(firm, 0)
        assert firm.key not in gateway.executor.wakes.followed


async def test_queries_and_mutations_are_answered_once(gateway: Gateway, firm: Firm) -> None:
    token = await token_of(gateway, firm, "anna")
    async with gateway.socket() as client:
        await client.init(token)
        await client.subscribe("q", WHO, id=firm.id)
        told = await client.receive()
        assert told["payload"]["data"]["company"] == {"access": {"role": "EMPLOYEE"}, "invoices": None}
        assert told["payload"]["extensions"]["hidden"][0]["app"] == "INVOICES"
        assert await client.receive() == {"id": "q", "type": "complete"}
        await client.subscribe("m", LOG_OUT)
        assert (await client.receive())["payload"]["data"] == {"logout": {"errors": []}}
        assert await client.closed() == (4403, "Forbidden")


async def test_a_request_that_is_refused_is_an_error_message(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init(firm["anna"].token)
        for query, code in (
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("query A { apps { app } } query B { apps { app } }", "OPERATION_RESOLUTION_FAILURE"),
            ("query ($n: ID!) { node(id: $n) { id } }", "BAD_USER_INPUT"),
            ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ):
            await client.subscribe("e", query)
            message = await client.receive()
            assert codes(message)[0] == code
            assert message["payload"][0]["extensions"]["requestId"]
        await client.send({"id": "d", "type": "subscribe", "payload": {"documentId": "sha256:00"}})
        assert codes(await client.receive()) == ["PERSISTED_QUERY_NOT_FOUND"]
        await client.subscribe("n", "query ($t: ID!) { node(id: $t) { id } }", t="\0")
        assert codes(await client.receive()) == ["BAD_USER_INPUT"]


async def test_a_right_that_is_lost_ends_the_subscription_and_not_the_socket(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init(firm["partner"].token)
        await client.subscribe("m", MATRIX, id=firm.id)
        await client.subscribe("a", ACCESS, id=firm.id)
        await gateway.subscribed(firm, 2)
        change = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { code } } }"
        given = {"companyId": firm.id, "userId": firm["partner"].id, "role": "EMPLOYEE"}
        await gateway.station.outside.ask(firm["owner"].token, change, input=given)
        told = {message["id"]: message for message in (await client.receive(), await client.receive())}
        assert codes(told["m"]) == ["ACCESS_REVOKED"]
        assert told["a"]["payload"]["data"]["accessChanged"]["role"] == "EMPLOYEE"
        await client.settled()
        await gateway.subscribed(firm, 1)


async def test_a_company_that_is_not_entered_is_an_error_at_once(gateway: Gateway, firm: Firm) -> None:
    other = await gateway.found()
    async with gateway.socket() as client:
        await client.init(firm["owner"].token)
        for id_ in (other.id, "com_00000000000000000000000000000000", "nonsense"):
            await client.subscribe("x", ACCESS, id=id_)
            assert codes(await client.receive()) == ["ACCESS_REVOKED"]


async def test_without_a_credential_one_may_ask_but_not_subscribe(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init()
        await client.subscribe("q", "{ viewer { account { id } } apps { app } }")
        assert (await client.receive())["payload"]["data"]["viewer"] is None
        await client.receive()
        await client.subscribe("s", ACCESS, id=firm.id)
        assert codes(await client.receive()) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("nothing", ["", " ", "Bearer", "bearer ", None])
@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_an_empty_credential_is_as_good_as_none(gateway: Gateway, name: str, nothing: str | None) -> None:
    async with gateway.socket() as client:
        await client.init(**{name: nothing})
        await client.subscribe("q", "{ viewer { account { id } } apps { app } }")
        assert (await client.receive())["payload"]["data"]["viewer"] is None


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION", "authoriZation"])
@pytest.mark.parametrize("nested", [False, True])
async def test_the_credential_is_found_however_it_is_written(
    gateway: Gateway, firm: Firm, name: str, nested: bool
) -> None:
    given: dict[str, object] = {name: f"Bearer {firm['anna'].token}"}
    async with gateway.socket() as client:
        await client.init(None, **({"headers": given} if nested else given))
        await client.subscribe("q", "{ viewer { account { id } } }")
        assert (await client.receive())["payload"]["data"]["viewer"] is not None


@pytest.mark.parametrize(
    "payload",
    [
        {"headers": "Authorization: Bearer enf_a"},
        {"headers": [["Authorization", "Bearer enf_a"]]},
        {"headers": {"Authorization": ["Bearer enf_a"]}},
        {"headers": {"Authorization": 5}},
        {"headers": {"Authorization": "Bearer enf_a"}, "authorization": "Bearer enf_b"},
        {"Authorization": "Bearer enf_a", "authorization": "Bearer enf_b"},
    ],
)
async def test_a_credential_that_is_not_clear_is_refused(gateway: Gateway, payload: dict[str, object]) -> None:
    async with gateway.socket() as client:
        await client.send({"type": "connection_init", "payload": payload})
        assert (await client.closed())[0] == 4400


async def test_the_init_payload_chooses_how_hidden_fields_are_told(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init(firm["anna"].token, **{"Hidden-Fields": "error"})
        await client.subscribe("q", WHO, id=firm.id)
        payload = (await client.receive())["payload"]
        assert [error["extensions"]["code"] for error in payload["errors"]] == ["APP_REQUIRED"]
    async with gateway.socket() as client:
        await client.send({"type": "connection_init", "payload": {"hidden-fields": "sometimes"}})
        assert await client.closed() == (4400, "Invalid message")


async def test_messages_are_in_the_language_of_the_handshake(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket({"accept-language": "nl"}) as client:
        await client.init()
        await client.subscribe("s", ACCESS, id=firm.id)
        assert (await client.receive())["payload"][0]["message"] == "Meld u aan."


# --- the credential -------------------------------------------------------------------------------------------------


async def test_a_session_that_ends_closes_its_sockets(gateway: Gateway, firm: Firm) -> None:
    token, kept = await token_of(gateway, firm, "anna"), firm["anna"].token
    async with gateway.socket() as idle, gateway.socket() as busy, gateway.socket() as other:
        await idle.init(token)
        await busy.init(token)
        await other.init(kept)
        await busy.subscribe("a", ACCESS, id=firm.id)
        await other.subscribe("a", ACCESS, id=firm.id)
        await gateway.subscribed(firm, 2)
        await gateway.station.outside.ask(token, LOG_OUT)
        assert await idle.closed() == (4403, "Forbidden")
        assert await busy.closed() == (4403, "Forbidden")
        await gateway.station.toggle(firm, "anna", "STOCK", on=True)
        assert (await other.receive())["type"] == "next"


async def test_a_session_that_expires_closes_its_sockets(
    gateway: Gateway, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 0.3)
    async with gateway.socket() as client:
        await client.init(firm["anna"].token)
        await gateway.station.connection.execute(
            "update credential set expires_at = now() + interval '1 second' where account_id = $1",
            firm["anna"].account,
        )
        assert await client.closed() == (4403, "Forbidden")


@pytest.mark.parametrize("authorization", ["Bearer nobody", "Basic eDp5", "Bearer a b"])
async def test_a_credential_that_is_not_known_is_forbidden(gateway: Gateway, authorization: str) -> None:
    for name in ("Authorization", "authorization"):
        async with gateway.socket() as client:
            await client.send({"type": "connection_init", "payload": {name: authorization}})
            assert await client.closed() == (4403, "Forbidden")


async def test_the_cookie_of_the_handshake_signs_in_a_page_of_ours(gateway: Gateway, firm: Firm) -> None:
    here, cookie = f"http://127.0.0.1:{gateway.port}", f"enfact_session={firm['anna'].token}"
    async with gateway.socket({"cookie": cookie, "origin": here}) as client:
        await (await client.init()).subscribe("q", ME)
        assert (await client.receive())["payload"]["data"]["viewer"]["account"]["email"] == firm["anna"].email
    async with gateway.socket({"cookie": cookie, "origin": here}) as client:
        await (await client.init(firm["bram"].token)).subscribe("q", ME)
        assert (await client.receive())["payload"]["data"]["viewer"]["account"]["email"] == firm["bram"].email
    async with gateway.socket({"cookie": cookie}) as client:  # no Origin: nothing says that a page of ours asks
        await client.send({"type": "connection_init"})
        assert await client.closed() == (4403, "Forbidden")
    async with gateway.socket({"cookie": cookie}) as client:
        await client.init(firm["bram"].token)
    async with gateway.socket({"cookie": "enfact_session=nobody", "origin": here}) as client:
        await client.send({"type": "connection_init"})
        assert await client.closed() == (4403, "Forbidden")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1"])
async def test_a_page_of_another_site_gets_no_socket(gateway: Gateway, firm: Firm, origin: str) -> None:
    for headers in ({"origin": origin}, {"origin": origin, "cookie": f"enfact_session={firm['anna'].token}"}):
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.socket(headers):
                pass
        assert refused.value.response.status_code == 403
        assert json.loads(refused.value.response.body)["errors"][0]["extensions"]["code"] == "CSRF_REFUSED"


async def test_pages_of_any_site_that_may_ask_do_so_with_a_token_only(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, any_origin=True) as gateway:
        firm = await gateway.found()
        headers = {"origin": "https://any.example", "cookie": f"enfact_session={firm['anna'].token}"}
        async with gateway.socket(headers) as client:
            await (await client.init(firm["bram"].token)).subscribe("q", ME)
            assert (await client.receive())["payload"]["data"]["viewer"]["account"]["email"] == firm["bram"].email
        async with gateway.socket(headers) as client:
            await client.send({"type": "connection_init"})
            assert await client.closed() == (4403, "Forbidden")


# --- the handshake --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("soap", "graphql-transport-ws2")])
async def test_another_subprotocol_is_refused(gateway: Gateway, protocols: tuple[str, ...]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with gateway.socket(None, *protocols):
            pass
    assert refused.value.response.status_code == 400


async def test_the_subprotocol_is_chosen_among_several(gateway: Gateway) -> None:
    async with gateway.socket(None, "graphql-ws", "graphql-transport-ws") as client:
        assert client.connection.subprotocol == "graphql-transport-ws"
        await client.init()


def handshake(**headers: str) -> bytes:
    given = {
        "host": "127.0.0.1", "connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-protocol": "graphql-transport-ws", **headers,
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in given.items() if value]
    return "\r\n".join(["GET /graphql HTTP/1.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-websocket-protocol": ""},
        {"sec-websocket-protocol": ","},
        {"sec-websocket-version": "8"},
        {"sec-websocket-key": "short"},
        {"sec-websocket-key": ""},
        {"authorization": "a\r\nauthorization: b"},
        {"upgrade": "h2c"},
    ],
    ids=str,
)
async def test_a_malformed_handshake_is_an_http_error(gateway: Gateway, headers: dict[str, str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(handshake(**headers))
    async with asyncio.timeout(60):
        answer = await reader.readuntil(b"\r\n")
    writer.close()
    assert 400 <= int(answer.split()[1]) < 500
    assert not traces(gateway)


async def test_there_are_sockets_at_graphql_only(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(handshake().replace(b"/graphql", b"/health/live"))
    async with asyncio.timeout(60):
        assert (await reader.readuntil(b"\r\n")).split()[1] in (b"403", b"404")
    writer.close()


# --- the protocol ---------------------------------------------------------------------------------------------------


async def test_a_client_that_does_not_begin_in_time_is_closed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "INIT_SECONDS", 0.2)
    async with gateway.socket() as client:
        await client.settled()
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_a_ping_is_answered_before_and_after_the_beginning(gateway: Gateway) -> None:
    async with gateway.socket() as client:
        await client.send({"type": "ping", "payload": {"a": 1}})
        assert (await client.receive())["type"] == "pong"
        await client.init()
        await client.send({"type": "pong"}, {"type": "pong", "payload": {}}, {"id": "x", "type": "complete"})
        await client.settled()


async def test_what_comes_at_the_wrong_time_closes(gateway: Gateway) -> None:
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": ME}}
    async with gateway.socket() as client:
        await client.send(subscribe)
        assert await client.closed() == (4401, "Unauthorized")
    async with gateway.socket() as client:
        await client.init()
        await client.send({"type": "connection_init"})
        assert await client.closed() == (4429, "Too many initialisation requests")


async def test_an_id_may_be_used_once_at_a_time(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init(firm["anna"].token)
        await client.subscribe("é" * 100, ACCESS, id=firm.id)
        await client.subscribe("é" * 100, ACCESS, id=firm.id)
        code, reason = await client.closed()
        assert code == 4409
        assert reason.startswith("Subscriber for ééé")
    await gateway.subscribed(firm, 0)


ODD: Final[list[object]] = [1, "x", [], [{}], True, 0.5]
NO_IDS: Final[list[object]] = [None, 1, "", [], {}, True, "x" * 257]
NO_REQUESTS: Final[list[object]] = [
    {}, {"query": None}, {"query": 1}, {"query": ["{"]}, {"query": {}}, {"variables": {}}, {"operationName": "A"},
    {"query": ME, "variables": "x"}, {"query": ME, "variables": []}, {"query": ME, "variables": 1},
    {"query": ME, "operationName": 5}, {"query": ME, "operationName": ["a"]}, {"query": ME, "operationName": {}},
    {"query": ME, "extensions": "x"}, {"query": ME, "extensions": []}, {"documentId": 5},
    {"query": ME, "documentId": {}},
]  # fmt: skip


def malformed() -> Iterator[object]:
    """What no client of the protocol sends, once it has begun."""
    yield from ("", " ", "{", "}", "nonsense", "[1]", "[]", "1", "-0.5", "null", "true", '"text"', "[[]]", '{"a":}')
    yield from ('{"type":"ping"}{"type":"ping"}', "{'type':'ping'}", '{"type":"ping",}', "NaN", '{"type":"p\x00"}')
    yield from (b"", b"{}", b'{"type":"ping"}', b"\x00\xff", "[" * 5_000, '{"a":' * 5_000, '{"type":"\\ud800"}')
    yield from ({}, {"type": None}, {"type": 1}, {"type": []}, {"type": {}}, {"type": ""}, {"type": "PING"})
    yield from ({"type": "start"}, {"type": "stop"}, {"type": "ka"}, {"type": "connection_ack"}, {"type": "data"})
    yield from ({"type": "connection_terminate"}, {"type": "x" * 10_000}, {"Type": "ping"})
    yield from ({"type": name, "id": "1", "payload": {"data": None}} for name in ("next", "error"))
    for payload in ODD:
        yield {"type": "ping", "payload": payload}
        yield {"type": "pong", "payload": payload}
        yield {"type": "subscribe", "id": "1", "payload": payload}
    for id_ in NO_IDS:
        yield {"type": "complete", "id": id_}
        yield {"type": "subscribe", "id": id_, "payload": {"query": ME}}
    yield from ({"type": "complete"}, {"type": "subscribe"}, {"type": "subscribe", "id": "1"})
    for payload in NO_REQUESTS:
        yield {"type": "subscribe", "id": "1", "payload": payload}


MALFORMED: Final = list(malformed())


def traces(gateway: Gateway) -> list[Any]:
    """What was logged of things that nobody expected."""
    return [line for line in gateway.events if line["level"] not in ("info", "warning")]


async def test_what_is_no_message_closes_with_4400(gateway: Gateway) -> None:
    assert len(MALFORMED) > 90
    for message in MALFORMED:
        async with gateway.socket() as client:
            await client.init()
            await client.send(message)
            assert await client.closed() == (4400, "Invalid message"), message
    assert not traces(gateway)


@pytest.mark.parametrize("payload", [1, "x", [], True, {"Authorization": 1}, {"Authorization": {}}], ids=str)
async def test_a_beginning_that_is_no_message_closes_with_4400(gateway: Gateway, payload: object) -> None:
    async with gateway.socket() as client:
        await client.send({"type": "connection_init", "payload": payload})
        assert await client.closed() == (4400, "Invalid message")


async def test_a_message_that_is_too_large_or_no_text_closes(gateway: Gateway) -> None:
    async with gateway.socket() as client:
        await client.init()
        await client.send(json.dumps({"type": "ping", "payload": {"a": "x" * 300_000}}))
        assert (await client.closed())[0] == 1009
    async with gateway.socket() as client:
        await client.init()
        await client.connection.send(b"\xff\xfe", text=True)
        assert (await client.closed())[0] == 1007
    assert not traces(gateway)


async def test_a_message_in_endless_pieces_closes(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_protocol, "MOST_FRAMES", 50)

    async def pieces() -> AsyncGenerator[str]:
        yield '{"type":'
        while client.connection.close_code is None:
            yield ""
            await asyncio.sleep(0)

    async with gateway.socket() as client:
        await client.init()
        with pytest.raises(Exception, match="1008"):
            await client.connection.send(pieces())
    assert not traces(gateway)


# --- bounds ---------------------------------------------------------------------------------------------------------


async def test_there_are_so_many_sockets_of_a_user_of_an_address_and_in_all(
    databases: Databases, template: str
) -> None:
    bounds = {"max_sockets": 4, "max_sockets_of_user": 2, "max_sockets_of_address": 3}
    async with open_gateway(databases, template, trusted_proxies="127.0.0.1", **bounds) as gateway:
        firm = await gateway.found()

        def at(address: str) -> dict[str, str]:
            return {"x-forwarded-for": f"192.0.2.{address}"}

        async with gateway.socket(at("1")) as a, gateway.socket(at("1")) as b, gateway.socket(at("1")) as c:
            with pytest.raises(InvalidStatus) as refused:
                async with gateway.socket(at("1")):
                    pass
            assert refused.value.response.status_code == 503
            await a.init(firm["anna"].token)
            await b.init(await token_of(gateway, firm, "anna"))
            await c.send({"type": "connection_init", "payload": {"authorization": f"Bearer {firm['anna'].token}"}})
            assert await c.closed() == (1013, "Try again later")
            async with gateway.socket(at("2")) as other, gateway.socket(at("3")):
                await other.init(firm["bram"].token)
                with pytest.raises(InvalidStatus):
                    async with gateway.socket(at("4")):
                        pass
        async with gateway.socket(at("1")) as again:
            await again.init(firm["anna"].token)


async def test_there_are_so_many_operations_on_a_socket_and_subscriptions_in_all(
    databases: Databases, template: str
) -> None:
    bounds = {"max_subscriptions_of_socket": 2, "max_subscriptions": 3}
    async with open_gateway(databases, template, **bounds) as gateway:
        firm = await gateway.found()
        async with gateway.socket() as one, gateway.socket() as two:
            for client, count, sum_ in ((one, 2, 2), (two, 1, 3)):  # the socket is full, then the process
                await client.init(firm["anna"].token)
                for n in range(count):
                    await client.subscribe(str(n), ACCESS, id=firm.id)
                await gateway.subscribed(firm, sum_)
                await client.subscribe("one too many", ACCESS, id=firm.id)
                message = await client.receive()
                assert (message["id"], codes(message)) == ("one too many", ["RATE_LIMITED"])
            await one.send({"id": "0", "type": "complete"})
            await gateway.subscribed(firm, 2)
            await one.subscribe("0", ACCESS, id=firm.id)
            await gateway.subscribed(firm, 3)


def toggle(firm: Firm, version: int, id_: str) -> dict[str, object]:
    """The message that asks for a change of access, which waits for the row of the company."""
    given = {"companyId": firm.id, "expectedVersion": version, "changes": [change(firm["bram"], "STOCK", granted=True)]}
    return {"id": id_, "type": "subscribe", "payload": {"query": SET, "variables": {"input": given}}}


async def test_writes_that_were_let_go_count_until_they_have_ended(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, max_subscriptions_of_socket=2) as gateway, gateway.socket() as client:
        firm, beside = await gateway.found(), gateway.station.connection
        version = await firm.version()
        await client.init(firm["owner"].token)
        async with beside.transaction():
            await beside.execute(HOLD, firm.key)
            for count in (1, 2):
                await client.send(toggle(firm, version, "a"))
                await blocked(beside, count)
                await client.send({"id": "a", "type": "complete"})
            await client.send(toggle(firm, version, "a"))
            assert codes(await client.receive()) == ["RATE_LIMITED"]
        await gateway.more("operation", 0, 2)
        await client.subscribe("a", ME)
        assert [(await client.receive())["type"] for _ in range(2)] == ["next", "complete"]


async def test_a_write_that_was_let_go_says_nothing_under_an_id_that_is_used_again(
    gateway: Gateway, firm: Firm
) -> None:
    beside, version = gateway.station.connection, await firm.version()
    async with gateway.socket() as client:
        await client.init(firm["owner"].token)
        async with beside.transaction():
            await beside.execute(HOLD, firm.key)
            await client.send(toggle(firm, version, firm.id))
            await blocked(beside)
            await client.send({"id": firm.id, "type": "complete"})
            await client.subscribe(firm.id, ACCESS, id=firm.id)
            await gateway.subscribed(firm)
            before = len(gateway.events)
        await gateway.more("operation", before)
        await client.settled()


async def test_who_is_full_may_let_go_of_one_and_begin_another_at_once(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, max_subscriptions_of_socket=2) as gateway, gateway.socket() as client:
        firm = await gateway.found()
        await client.init(firm["anna"].token)
        for id_ in "ab":
            await client.subscribe(id_, ACCESS, id=firm.id)
        await gateway.subscribed(firm, 2)
        begin = {"id": "c", "type": "subscribe", "payload": {"query": ME}}
        both = frame({"id": "a", "type": "complete"}) + frame(begin)
        client.connection.transport.write(both)
        assert (await client.receive())["type"] == "next"


async def test_a_client_that_does_not_read_is_dropped(
    gateway: Gateway, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_protocol, "WRITE_DEADLINE", 0.5)
    before = len(gateway.events)
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    await asyncio.to_thread(raw.connect, ("127.0.0.1", gateway.port))
    raw.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=raw, limit=1_024)
    writer.write(handshake())
    async with asyncio.timeout(60):
        await reader.readuntil(b"\r\n\r\n")
    apps = " ".join(f"a{n}: apps {{ app description }}" for n in range(10))
    query = {"type": "subscribe", "payload": {"query": f"{{ {apps} }}"}}
    writer.write(frame({"type": "connection_init"}))
    with contextlib.suppress(ConnectionError):
        for n in range(500):
            writer.write(frame({"id": str(n), **query}))
            await writer.drain()
    lines = await gateway.more("socket", before)
    assert lines[0]["operations"] > 0
    assert lines[0]["code"] in {1005, 1006}  # it is noticed while the next message is waited for, or something is told
    writer.transport.abort()


def frame(message: object) -> bytes:
    """A masked text frame; the mask is zero."""
    data = json.dumps(message).encode()
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + data


async def test_messages_count_as_the_requests_of_an_address(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template, rate=0.001, burst=5) as gateway, gateway.socket() as client:
        await client.init()
        for _ in range(3):
            await client.subscribe("q", "{ apps { app } }")
            assert [(await client.receive())["type"] for _ in range(2)] == ["next", "complete"]
        await client.subscribe("q", "{ apps { app } }")
        assert codes(await client.receive()) == ["RATE_LIMITED"]
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.socket():
                pass
        assert refused.value.response.status_code == 429


# --- the server -----------------------------------------------------------------------------------------------------


async def test_a_server_that_stops_says_that_it_goes_away(databases: Databases, template: str) -> None:
    async with open_gateway(databases, template) as gateway:
        firm = await gateway.found()
        async with gateway.socket() as one, gateway.socket() as waiting:
            await one.init(firm["anna"].token)
            await one.subscribe("a", ACCESS, id=firm.id)
            await gateway.subscribed(firm)
            await gateway.stop()
            assert (await one.closed())[0] == 1001
            assert (await waiting.closed())[0] == 1001
        assert not traces(gateway)


async def test_a_lost_listener_is_replaced_and_everything_read_again(gateway: Gateway, firm: Firm) -> None:
    async with gateway.socket() as client:
        await client.init(firm["anna"].token)
        await client.subscribe("a", ACCESS, id=firm.id)
        await gateway.subscribed(firm)
        await gateway.station.heard()
        assert await gateway.station.connection.fetch(DEAF)
        await gateway.station.toggle(firm, "anna", "STOCK", on=True)
        assert "STOCK" in (await client.receive())["payload"]["data"]["accessChanged"]["apps"]
    await gateway.logged("not listening to the database")
    await gateway.logged("listening to the database again")


async def test_the_log_has_a_line_for_each_operation_and_socket_and_none_of_what_was_said(
    gateway: Gateway, firm: Firm
) -> None:
    async with gateway.socket() as client:
        await client.init(firm["anna"].token)
        await client.subscribe("a", ACCESS.replace("subscription", "subscription Mine"), id=firm.id)
        await gateway.subscribed(firm)
        await gateway.station.toggle(firm, "anna", "STOCK", on=True)
        await client.receive()
    line = await gateway.logged("operation", operation="Mine")
    assert (line["events"], line["code"], line["caller"]) == (1, None, str(firm["anna"].account))
    await gateway.logged("socket", code=1000, operations=1, caller=str(firm["anna"].account))
    text = gateway.lines.getvalue()
    assert firm["anna"].token not in text
    assert firm["anna"].email not in text
    assert "STOCK" not in text


async def test_the_caller_of_a_socket_without_a_credential_is_its_network(gateway: Gateway) -> None:
    async with gateway.socket() as client:
        await client.init()
        await client.subscribe("a", "query Nobody { apps { app } }")
        assert [(await client.receive())["type"] for _ in range(2)] == ["next", "complete"]
    await gateway.logged("operation", operation="Nobody", caller="127.0.0.1")
    await gateway.logged("socket", code=1000, operations=1, caller="127.0.0.1")


async def test_sockets_leave_nothing_behind(gateway: Gateway, firm: Firm) -> None:
    for _ in range(3):
        async with gateway.socket() as client:
            await client.init(firm["anna"].token)
            for n in range(5):
                await client.subscribe(str(n), ACCESS, id=firm.id)
            await gateway.subscribed(firm, 5)
    wakes: Any = gateway.executor.wakes
    await gateway.settles(lambda: not wakes._all and not wakes._by)
    await gateway.settles(lambda: not gateway.slots._open and not gateway.slots._counts)
