"""A gateway on a real port over a database of its own, and clients of its sockets and event streams."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateway import logs
from gateway.app import create_app
from gateway.logs import open_log
from gateway.server.listener import listen
from gateway.server.server import Server
from gateway.settings import Settings
from resolvers.execution.executor import Executor
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.subscribers import PATIENCE, Station, open_station

SUBPROTOCOL: Final = Subprotocol("graphql-transport-ws")
EVENTS: Final = "text/event-stream"


@dataclass(slots=True)
class Socket:
    """A client's end of a WebSocket."""

    connection: ClientConnection

    async def send(self, *messages: object) -> None:
        """Send messages: text and bytes as they are, everything else as JSON."""
        for message in messages:
            with contextlib.suppress(ConnectionClosed):
                await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> Any:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.connection.recv())

    async def init(self, token: str | None = None, **payload: object) -> "Socket":
        """Send `connection_init`; returns the socket once it is acknowledged."""
        given = {**({"Authorization": f"Bearer {token}"} if token is not None else {}), **payload}
        await self.send({"type": "connection_init", "payload": given})
        assert await self.receive() == {"type": "connection_ack"}
        return self

    async def subscribe(self, id_: str, query: str, **variables: object) -> None:
        """Begin an operation."""
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def closed(self) -> tuple[int, str]:
        """The close code and reason; earlier messages are skipped."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""

    async def settled(self) -> None:
        """Wait until everything sent has been processed; no other message may arrive before."""
        await self.send({"type": "ping"})
        answer = await self.receive()
        assert answer == {"type": "pong"}, answer


@dataclass(slots=True)
class Stream:
    """A client's end of an event stream: events and comments in their order."""

    response: httpx.Response
    _lines: AsyncIterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """The next event: its name, and its parsed data; a comment is the event ":"."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line:
                    lines.append(line)
                elif lines == [":"]:
                    return ":", None
                else:
                    break
        if not lines:
            return "", None
        name, data = lines
        text = data.removeprefix("data:").strip()
        return name.removeprefix("event: "), json.loads(text) if text else None


@dataclass(slots=True)
class Gateway:
    """A running gateway, with clients and access to its database."""

    server: Server
    station: Station
    port: int
    task: "asyncio.Task[None]"
    app: Any
    lines: io.StringIO
    client: httpx.AsyncClient

    @asynccontextmanager
    async def socket(
        self, headers: Mapping[str, str] | None = None, *protocols: str, **options: Any
    ) -> AsyncGenerator[Socket]:
        """An open socket."""
        offered = [Subprotocol(name) for name in protocols or (SUBPROTOCOL,)]
        async with connect(
            f"ws://127.0.0.1:{self.port}/graphql", subprotocols=offered, additional_headers=headers or {},
            compression=None, proxy=None, **options,
        ) as connection:  # fmt: skip
            yield Socket(connection)

    @asynccontextmanager
    async def stream(
        self, token: str | None, query: str, accept: str = EVENTS, headers: Mapping[str, str] | None = None,
        **variables: object,
    ) -> AsyncGenerator[Stream]:  # fmt: skip
        """The answer to a POST, as events."""
        sent = {"accept": accept, **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        body = {"query": query, "variables": variables}
        async with self.client.stream("POST", "/graphql", json=body, headers=sent) as response:
            yield Stream(response)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of the log, parsed."""
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    async def logged(self, event: str, **values: object) -> dict[str, Any]:
        """The line of the log with this event and values, once it is there."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in self.events:
                    if line.get("event") == event and values.items() <= line.items():
                        return line
                await asyncio.sleep(0.01)

    async def more(self, event: str, before: int, count: int = 1) -> list[dict[str, Any]]:
        """The lines with this event after the first `before` ones, once there are `count` of them."""

        def lines() -> list[dict[str, Any]]:
            return [line for line in self.events[before:] if line.get("event") == event]

        await self.settles(lambda: len(lines()) >= count)
        return lines()

    async def settles(self, condition: Callable[[], object]) -> None:
        """Wait until a condition of the gateway holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def subscribed(self, firm: Firm, count: int = 1) -> None:
        """Wait until `count` subscriptions of a company have read for the first time."""
        await self.settles(lambda: self.subscriptions(firm) == count)

    def subscriptions(self, firm: Firm) -> int:
        """The number of subscriptions of a company that have read for the first time."""
        return sum(wake.company == firm.key and wake.credential is not None for wake in self.executor.wakes)

    @property
    def executor(self) -> Executor:
        """The executor of the gateway."""
        return self.app._endpoint._shared.executor()

    @property
    def slots(self) -> Any:
        """The slots for sockets and streams."""
        return self.app._slots

    async def stop(self) -> None:
        """Stop the gateway, and wait for its end."""
        self.server.stop()
        async with asyncio.timeout(PATIENCE):
            await self.task

    async def found(self) -> Firm:
        """A new company of the test's own."""
        return await self.station.outside.found("DISCOUNTS", "STOCK", "API_ACCESS")


@asynccontextmanager
async def open_gateway(databases: Databases, template: str, **options: object) -> AsyncGenerator[Gateway]:
    """A gateway on a port; `options` are settings."""
    async with open_station(databases, template) as station:
        given = {"database_url": SecretStr(station.dsn), "pool_size": 4, "pool_share": 4, "shutdown": 5, **options}
        settings, lines, started = Settings.model_validate(given), io.StringIO(), asyncio.Event()
        listener, usual = listen("127.0.0.1", 0), logs.MOST_WAITING
        logs.MOST_WAITING = 1
        app = create_app(settings, log=open_log("info", "json", lines))
        server = Server(app, settings, started.set)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(PATIENCE):
            await started.wait()
        port = listener.getsockname()[1]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
                yield Gateway(server, station, port, task, app, lines, client)
        finally:
            server.stop()
            async with asyncio.timeout(PATIENCE):
                await task
            logs.MOST_WAITING = usual
