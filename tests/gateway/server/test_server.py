"""server.py and gateway/server/http_protocol.py: a real server on a socket, and clients that misbehave on the wire."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest

from gateway.server.http_protocol import BoundedProtocol, WholeRequest
from gateway.server.listener import ListenError, is_loopback, listen, url
from gateway.server.server import Server
from gateway.settings import Settings
from resolvers.request import Result
from tests.gateway.conftest import MakeApp, SmallExecutor

BODY = b'{"query":"{ name }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n"
LARGE = 16_000_000
"""Bytes of an answer that no buffer of the system takes."""

ANSWER = b'{"data":{"name":"Lambert"}}'


class Running:
    """A server and the address that it listens on."""

    def __init__(self, server: Server, port: int, task: "asyncio.Task[None]") -> None:
        self.server = server
        self.task = task
        self._port = port

    async def connect(
        self, limit: int = 65_536, *, by: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from one of the addresses of this machine."""
        return await asyncio.open_connection("127.0.0.1", self._port, limit=limit, local_addr=(by, 0))

    def raw_socket(self) -> socket.socket:
        """A blocking socket that reads only what it is told to."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.settimeout(20)
        client.connect(("127.0.0.1", self._port))
        return client

    async def connections(self, *, until: int) -> int:
        """How many connections are open, once they are so many or after a minute."""
        for _ in range(6_000):
            if len(self.server.server_state.connections) == until:
                break
            await asyncio.sleep(0.01)
        return len(self.server.server_state.connections)

    async def exchange(self, sent: bytes, *, by: str = "127.0.0.1") -> bytes:
        """Send bytes, and read until the server closes."""
        reader, writer = await self.connect(by=by)
        writer.write(sent)
        received = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return received

    async def dribble(self, head: bytes, piece: bytes, *, pause: float) -> tuple[bytes, int]:
        """Send `head`, then at most 1,000 times `piece`, until the server closes; gives its answer and how often."""
        reader, writer = await self.connect()
        reading = asyncio.create_task(_rest(reader))
        writer.write(head)
        sent = 0
        while not reading.done() and sent < 1_000:
            writer.write(piece)
            sent += 1
            await asyncio.sleep(pause)
        writer.close()
        return await reading, sent


@asynccontextmanager
async def running(make_app: MakeApp, **options: object) -> AsyncGenerator[Running]:
    settings = Settings.model_validate(options)
    listener = listen("127.0.0.1", 0)
    started = asyncio.Event()
    server = Server(make_app(**options), settings, started.set)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    await asyncio.wait_for(started.wait(), 60)
    try:
        yield Running(server, port, task)
    finally:
        server.stop()
        await asyncio.wait_for(task, 60)


async def answered(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(ANSWER), 60)


async def test_requests_follow_each_other_on_one_connection(make_app: MakeApp) -> None:
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect()
        for _ in range(3):
            writer.write(HEAD + b"\r\n" + BODY)
            answer = await answered(reader)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nserver:" not in answer.lower()
        writer.close()


def fields(answer: bytes) -> dict[bytes, bytes]:
    """The header of an answer, but for what differs from one to the next."""
    lines = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    pairs = dict(line.split(b": ", 1) for line in lines)
    return {name: value for name, value in pairs.items() if name not in (b"date", b"x-request-id")}


async def test_an_answer_in_one_piece_is_the_one_that_asgi_would_give(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = HEAD + b"connection: close\r\n\r\n" + BODY
    async with running(make_app) as gateway:
        whole = await gateway.exchange(sent)
    monkeypatch.setattr(WholeRequest, "answer", Mock(return_value=False))
    monkeypatch.setattr(WholeRequest, "body", Mock(return_value=None))
    async with running(make_app) as gateway:
        messages = await gateway.exchange(sent)

    assert fields(whole) == fields(messages)
    assert whole.partition(b"\r\n\r\n")[2] == messages.partition(b"\r\n\r\n")[2] == ANSWER
    assert fields(whole)[b"connection"] == b"close"
    assert len({line for line in whole.split(b"\r\n") if line.startswith((b"date: ", b"x-request-id: "))}) == 2


@pytest.mark.parametrize("size", [100, 16_384, 300_000])
async def test_answers_of_any_size_follow_each_other(make_app: MakeApp, executor: SmallExecutor, size: int) -> None:
    executor.result = Result.of(b'{"name":"' + b"x" * size + b'"}')
    async with running(make_app) as gateway:
        received = await gateway.exchange((HEAD + b"\r\n" + BODY) * 2 + HEAD + b"connection: close\r\n\r\n" + BODY)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert received.count(b"x" * size) == 3
    assert received.count(b"\r\ncontent-length: %d\r\n" % (size + 20)) == 3


async def test_a_body_of_any_length_leaves_the_connection_open(make_app: MakeApp, executor: SmallExecutor) -> None:
    large = b'{"query":"{ name }","extensions":{"filler":"' + b"x" * 200_000 + b'"}}'
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect()
        for body in (large, BODY, large):
            writer.write(HEAD.replace(b"length: 20", b"length: %d" % len(body)) + b"\r\n" + body)
            assert (await answered(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()
    assert len(executor.asked) == 3


async def test_a_client_may_wait_for_leave_to_send_its_body(make_app: MakeApp) -> None:
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"expect: 100-continue\r\n\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(BODY)
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()


async def test_a_body_that_is_too_large_is_refused_when_it_is_there_at_once(make_app: MakeApp) -> None:
    chunked = HEAD.replace(b"content-length: 20", b"transfer-encoding: chunked") + b"connection: close\r\n\r\n"
    async with running(make_app, max_body=1_024) as gateway:
        received = await gateway.exchange(chunked + b"500\r\n" + b" " * 0x500 + b"\r\n0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 413 ")


async def test_a_proxy_header_does_not_change_the_address(make_app: MakeApp, executor: SmallExecutor) -> None:
    async with running(make_app) as gateway:
        await gateway.exchange(HEAD + b"x-forwarded-for: 203.0.113.1\r\nconnection: close\r\n\r\n" + BODY)
    assert executor.asked[0].address == "127.0.0.1"


@pytest.mark.parametrize(("trusted", "believed"), [("127.0.0.1, 10.0.0.0/8", True), ("10.0.0.1", False)])
async def test_only_a_trusted_proxy_is_believed(
    make_app: MakeApp, executor: SmallExecutor, trusted: str, believed: bool
) -> None:
    forwarded = HEAD + b"x-forwarded-for: 198.51.100.7, 203.0.113.1, 10.1.1.1\r\nconnection: close\r\n\r\n" + BODY
    async with running(make_app, trusted_proxies=trusted) as gateway:
        await gateway.exchange(forwarded)
    assert executor.asked[0].address == ("203.0.113.1" if believed else "127.0.0.1")


TRAILER = (
    b"authorization: Bearer ses_forged\r\nx-forwarded-for: 203.0.113.9\r\nidempotency-key: a\r\nupgrade: websocket\r\n"
)


@pytest.mark.parametrize("pieces", [1, 2, 7], ids="in {} pieces".format)
async def test_what_follows_a_body_says_nothing_of_its_request(
    make_app: MakeApp, executor: SmallExecutor, pieces: int
) -> None:
    chunked = HEAD.replace(b"content-length: 20", b"transfer-encoding: chunked")
    sent = chunked + b"\r\n14\r\n" + BODY + b"\r\n0\r\n" + TRAILER + b"\r\n"
    length = -(-len(sent) // pieces)
    async with running(make_app, trusted_proxies="127.0.0.1") as gateway:
        reader, writer = await gateway.connect()
        for start in range(0, len(sent), length):
            writer.write(sent[start : start + length])
            await asyncio.sleep(0.01)
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.write(HEAD + b"authorization: Bearer ses_of_the_head\r\n\r\n" + BODY)
        await answered(reader)
        writer.close()
    asked = [(one.token, one.address, one.idempotency_key) for one in executor.asked]
    assert asked == [(None, "127.0.0.1", None), ("ses_of_the_head", "127.0.0.1", None)]


@pytest.mark.parametrize(
    ("head", "endless"),
    [
        pytest.param(HEAD, b"x: " + b"a" * 1_000 + b"\r\n", id="headers"),
        pytest.param(HEAD + b"cookie: ", b"a" * 1_000, id="one header"),
        pytest.param(
            HEAD.replace(b"content-length: 20", b"transfer-encoding: chunked") + b"\r\n14\r\n" + BODY + b"\r\n0\r\n",
            b"x: " + b"a" * 1_000 + b"\r\n",
            id="trailers",
        ),
    ],
)
async def test_an_endless_head_is_cut_off(
    make_app: MakeApp, executor: SmallExecutor, head: bytes, endless: bytes
) -> None:
    executor.delay = 5
    async with running(make_app, max_head=8_192) as gateway:
        received, sent = await gateway.dribble(head, endless, pause=0.001)
    assert received.startswith(b"HTTP/1.1 431 ") or not received
    assert sent < 1_000


async def test_a_slow_head_is_given_up(make_app: MakeApp) -> None:
    async with running(make_app, head_deadline=0.2) as gateway:
        assert await gateway.exchange(b"") == b""
        assert await gateway.exchange(HEAD) == b""
        received, sent = await gateway.dribble(HEAD + b"x: ", b"a", pause=0.05)
        assert (received, sent < 100) == (b"", True)
        received, sent = await gateway.dribble(HEAD + b"\r\n" + BODY + HEAD + b"x: ", b"a", pause=0.05)
        assert (received.count(b"HTTP/1.1"), sent < 100) == (1, True)


async def test_a_body_that_nobody_waits_for_is_given_up(make_app: MakeApp) -> None:
    head = HEAD.replace(b"content-length: 20", b"content-length: 2000").replace(b"application/json", b"text/plain")
    async with running(make_app, head_deadline=0.2) as gateway:
        received, sent = await gateway.dribble(head + b"\r\n", b"x", pause=0.05)
    assert received.startswith(b"HTTP/1.1 415 ")
    assert sent < 100


async def test_a_slow_body_gets_408(make_app: MakeApp) -> None:
    async with running(make_app, deadline=0.2) as gateway:
        received = await gateway.exchange(HEAD + b"\r\n" + BODY[:5])
    assert received.startswith(b"HTTP/1.1 408 ")


async def test_a_client_that_leaves_its_answer_unread_is_dropped(
    make_app: MakeApp, executor: SmallExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "write_deadline", 0.3)
    executor.result = Result.of(b'{"name":"' + b"x" * LARGE + b'"}')
    async with running(make_app) as gateway:
        with gateway.raw_socket() as client:
            client.sendall(HEAD + b"\r\n" + BODY)
            await executor.began.wait()
            assert await gateway.connections(until=1) == 1
            assert await gateway.connections(until=0) == 0
            assert await asyncio.to_thread(_left, client) < LARGE


async def test_a_client_that_reads_its_answer_is_kept(
    make_app: MakeApp, executor: SmallExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "write_deadline", 1.0)
    executor.result = Result.of(b'{"name":"' + b"x" * LARGE + b'"}')
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect(limit=2 * LARGE)
        writer.write(HEAD + b"\r\n" + BODY)
        assert len(await asyncio.wait_for(reader.readuntil(b'"}}'), 60)) > LARGE
        await asyncio.sleep(1.2)
        executor.result = None
        writer.write(HEAD + b"\r\n" + BODY)
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        writer.close()


@pytest.mark.parametrize("end", [Server.stop, Server.retire])
async def test_stopping_and_retiring_finish_what_runs(
    make_app: MakeApp, executor: SmallExecutor, end: Callable[[Server], None]
) -> None:
    executor.delay = 1
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        await executor.began.wait()
        end(gateway.server)
        await asyncio.sleep(0.3)
        assert not gateway.task.done()
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        await asyncio.wait_for(gateway.task, 5)
        writer.close()


async def test_stopping_has_a_bound(make_app: MakeApp, executor: SmallExecutor) -> None:
    executor.delay = 60
    async with running(make_app, shutdown=1, deadline=50) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        await executor.began.wait()
        gateway.server.stop()
        assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 503 ")
        writer.close()


def test_a_port_in_use_is_explained() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ListenError, match=rf"^Port {port} on 127\.0\.0\.1 is already in use\. .*--port {port + 1}\.$"
        ):
            listen("127.0.0.1", port)


def test_a_host_that_does_not_exist_is_explained() -> None:
    with pytest.raises(ListenError, match="The host no host is not known here"):
        listen("no host", 0)
    with pytest.raises(ListenError, match=r"Cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "start", "loopback"),
    [("127.0.0.1", "http://127.0.0.1:", True), ("localhost", "http://", True), ("0.0.0.0", "http://0.0.0.0:", False)],
)
def test_the_address_is_told(host: str, start: str, loopback: bool) -> None:
    with listen(host, 0) as listener:
        assert url(listener).startswith(start)
        assert is_loopback(listener) is loopback


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_addresses_are_bracketed() -> None:
    try:
        listener = listen("::1", 0)
    except ListenError:
        pytest.skip("this machine has no IPv6 loopback")
    with listener:
        assert url(listener).startswith("http://[::1]:")
        assert is_loopback(listener)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        return b""


def _left(client: socket.socket) -> int:
    """How many bytes can still be read."""
    count = 0
    with contextlib.suppress(ConnectionError):
        while received := client.recv(65_536):
            count += len(received)
    return count


def told(received: bytes) -> tuple[bytes, str]:
    """The status line and the code of the one answer in what was received."""
    head, _, body = received.partition(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert lines[b"content-type"] == b"application/graphql-response+json; charset=utf-8"
    assert int(lines[b"content-length"]) == len(body)
    (error,) = json.loads(body)["errors"]
    assert error["message"]
    assert error["extensions"]["requestId"].encode() == lines[b"x-request-id"]
    return head.split(b"\r\n")[0], error["extensions"]["code"]


async def test_what_is_refused_before_the_endpoint_is_told_as_the_endpoint_tells_it(make_app: MakeApp) -> None:
    async with running(make_app, max_head=8_192) as gateway:
        too_large = await gateway.exchange(HEAD + b"x: " + b"a" * 20_000)
        invalid = await gateway.exchange(b"nonsense\r\n\r\n")
    assert told(too_large) == (b"HTTP/1.1 431 Request Header Fields Too Large", "PAYLOAD_TOO_LARGE")
    assert told(invalid) == (b"HTTP/1.1 400 Bad Request", "BAD_USER_INPUT")


async def test_one_connection_too_many_is_told_so_in_json(make_app: MakeApp) -> None:
    async with running(make_app, max_connections=2) as gateway:
        idle = [await gateway.connect() for _ in range(2)]
        assert await gateway.connections(until=2) == 2
        refused = await gateway.exchange(HEAD + b"\r\n" + BODY)
        assert told(refused) == (b"HTTP/1.1 503 Service Unavailable", "UNAVAILABLE")
        assert b"retry-after: 1" in refused
        reader, writer = idle[0]
        writer.write(HEAD + b"\r\n" + BODY)
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        for _, writer in idle:
            writer.close()


# --- connections of an address

ASK = HEAD + b"connection: close\r\n\r\n" + BODY
OTHER = "127.0.0.2"
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server has closed a connection; waits until it does."""
    return await asyncio.wait_for(reader.read(), 60) == b""


async def test_an_address_holds_so_many_connections_and_others_theirs(make_app: MakeApp) -> None:
    async with running(make_app, max_connections_of_address=3) as gateway:
        idle = [await gateway.connect() for _ in range(3)]
        assert await gateway.connections(until=3) == 3
        refused = await gateway.exchange(b"")
        assert told(refused) == (b"HTTP/1.1 429 Too Many Requests", "RATE_LIMITED")
        assert (await gateway.exchange(ASK, by=OTHER)).startswith(b"HTTP/1.1 200 ")
        reader, writer = idle[0]
        writer.write(HEAD + b"\r\n" + BODY)
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        writer.close()
        assert await gateway.connections(until=2) == 2
        assert (await gateway.exchange(ASK)).startswith(b"HTTP/1.1 200 ")
        for _, writer in idle:
            writer.close()


async def test_sockets_count_among_the_connections_of_their_address(make_app: MakeApp) -> None:
    async with running(make_app, max_connections_of_address=2) as gateway:
        sockets = [await gateway.connect() for _ in range(2)]
        for reader, writer in sockets:
            writer.write(HANDSHAKE)
            assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).startswith(b"HTTP/1.1 101 ")
        assert told(await gateway.exchange(b""))[1] == "RATE_LIMITED"
        sockets[0][1].close()
        assert await gateway.connections(until=1) == 1
        assert (await gateway.exchange(ASK)).startswith(b"HTTP/1.1 200 ")
        sockets[1][1].close()


async def test_a_trusted_proxy_is_no_address(make_app: MakeApp) -> None:
    async with running(make_app, max_connections_of_address=1, trusted_proxies="127.0.0.1") as gateway:
        held = [await gateway.connect() for _ in range(3)]
        assert (await gateway.exchange(ASK)).startswith(b"HTTP/1.1 200 ")
        for _, writer in held:
            writer.close()


async def test_when_there_is_no_room_whoever_holds_most_gives_an_idle_one_up(
    make_app: MakeApp, executor: SmallExecutor
) -> None:
    executor.delay = 0.2
    async with running(make_app, max_connections=4) as gateway:
        busy = await gateway.connect()
        busy[1].write(HEAD + b"\r\n" + BODY)
        await executor.began.wait()
        idle = [await gateway.connect() for _ in range(2)]
        lonely = await gateway.connect(by="127.0.0.3")
        assert await gateway.connections(until=4) == 4
        assert (await gateway.exchange(ASK, by=OTHER)).startswith(b"HTTP/1.1 200 ")
        assert await closed(idle[0][0])
        assert (await answered(busy[0])).startswith(b"HTTP/1.1 200 ")
        for reader, writer in (lonely, idle[1]):
            writer.write(HEAD + b"\r\n" + BODY)
            assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        for _, writer in (busy, lonely, *idle):
            writer.close()


async def test_nobody_is_kept_out_by_one_who_opens_what_he_can(make_app: MakeApp) -> None:
    """Connections that wait for nothing, from two addresses, in a process that has room for eight."""
    async with running(make_app, max_connections=8, max_connections_of_address=6) as gateway:
        idle = [await gateway.connect(by=by) for by in ("127.0.0.4", "127.0.0.5") for _ in range(20)]
        for by in ("127.0.0.6", "127.0.0.7"):
            assert (await gateway.exchange(ASK, by=by)).startswith(b"HTTP/1.1 200 ")
        for _, writer in idle:
            writer.close()


async def test_what_is_no_request_is_counted_as_one(make_app: MakeApp) -> None:
    async with running(make_app, rate=0.001, burst=2, max_head=8_192) as gateway:
        invalid = await gateway.exchange(b"nonsense\r\n\r\n")
        large = await gateway.exchange(HEAD + b"x: " + b"a" * 20_000)
        assert [told(invalid)[1], told(large)[1]] == ["BAD_USER_INPUT", "PAYLOAD_TOO_LARGE"]
        assert told(await gateway.exchange(b"nonsense\r\n\r\n"))[1] == "RATE_LIMITED"
        assert told(await gateway.exchange(ASK))[1] == "RATE_LIMITED"
        assert (await gateway.exchange(ASK, by=OTHER)).startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_goes_away_is_told_of(make_app: MakeApp, executor: SmallExecutor) -> None:
    executor.delay, gone = 0.5, asyncio.Event()
    async with running(make_app) as gateway:
        _, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        await executor.began.wait()
        client = executor.asked[0].client
        assert client is not None
        client.when_gone(gone.set)
        assert not gone.is_set()
        writer.close()
        await asyncio.wait_for(gone.wait(), 60)
        again = asyncio.Event()
        client.when_gone(again.set)
        assert again.is_set()


# --- what costs more to read than to send


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(HEAD + b"a:\r\n" * 1_000 + b"\r\n" + BODY, id="fields"),
        pytest.param(
            HEAD.replace(b"content-length: 20", b"transfer-encoding: chunked") + b"\r\n" + b"1\r\n \r\n" * 5_000,
            id="parts",
        ),
        pytest.param((HEAD + b"\r\n" + BODY) * 500, id="requests"),
    ],
)
async def test_many_small_things_on_one_connection_have_a_bound(
    make_app: MakeApp, executor: SmallExecutor, sent: bytes
) -> None:
    executor.delay = 5
    async with running(make_app) as gateway:
        received = await gateway.exchange(sent)
        executor.delay = 0
        assert received.startswith(b"HTTP/1.1 400 ")
        assert (await gateway.exchange(ASK)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(b"\x89\x80\0\0\0\0" * 5_000, id="pings"),
        pytest.param(b"\x8a\x80\0\0\0\0" * 5_000, id="pongs"),
        pytest.param(b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 5_000, id="parts"),
    ],
)
async def test_a_socket_on_which_nothing_is_said_many_times_is_closed(make_app: MakeApp, frames: bytes) -> None:
    async with running(make_app) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HANDSHAKE)
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        writer.write(frames)
        received = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert (1008).to_bytes(2, "big") in received[-140:]
    assert received.count(b"\x8a\x00") < 200


async def test_messages_behind_one_that_nobody_took_wait_unparsed(make_app: MakeApp) -> None:
    """A client says a thousand things at once, of which each is answered in its turn."""
    ping, pong = b'{"type":"ping"}', b'\x81\x0f{"type":"pong"}'
    async with running(make_app, rate=0) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HANDSHAKE)
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        writer.write((b"\x81" + bytes([0x80 | len(ping)]) + b"\0\0\0\0" + ping) * 1_000)
        assert await asyncio.wait_for(reader.readexactly(1_000 * len(pong)), 60) == pong * 1_000
        writer.close()
