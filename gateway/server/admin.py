"""The operator's listener: /metrics, /health/live and /health/ready, apart from the port of the clients.

It serves one request on each connection, and is up while the gateway drains. With several workers their parent has it.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from importlib.metadata import version
from socket import socket
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from db.connection import Connection
from db.errors import DatabaseError
from db.figures import DatabaseFigure, read_figures
from db.readiness import ReadinessProbe
from gateway.health import LIVE, Health, Hindrance, probed, readiness
from gateway.metrics.registry import CounterLayout
from gateway.metrics.text import MEDIA_TYPE, family, page
from gateway.readiness import Readiness
from gateway.server.listener import listen
from gateway.settings import Settings
from gateway.shared_page import SharedCounters, SharedPage, names_in

PATIENCE: Final = 5.0
"""Seconds that a client may take to ask."""

LONGEST_HEAD: Final = 16_384
FRESH: Final = 5.0
"""Seconds for which what the database said of itself is not asked again."""

ENDED: Final = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""The end of a connection without an answer: the client is gone or late, or sends no request."""

REASONS: Final = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
JSON: Final = "application/json"


class AdminAnswer(NamedTuple):
    """An answer of the listener."""

    status: int
    body: str
    headers: Mapping[str, str] = MappingProxyType({"cache-control": "no-store"})
    media_type: str = JSON

    @classmethod
    def of(cls, health: Health) -> Self:
        """The answer to a probe."""
        return cls(health.status, json.dumps(health.members), health.headers)

    def head(self) -> bytes:
        """The bytes before the body."""
        headers = {
            "content-type": self.media_type,
            "content-length": str(len(self.body.encode())),
            "connection": "close",
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} {REASONS[self.status]}", *(": ".join(pair) for pair in headers.items())]
        return "\r\n".join((*lines, "", "")).encode()


class DatabaseFigures:
    """The figures of the database, asked at most every few seconds; nothing while it does not answer."""

    def __init__(self, dsn: str) -> None:
        self._probe = ReadinessProbe(dsn, self._look)
        self._found: list[tuple[DatabaseFigure, float]] = []
        self._asked_at = float("-inf")

    async def lines(self) -> list[str]:
        """The lines of metrics."""
        if time.monotonic() - self._asked_at > FRESH:
            self._found = []
            with suppress(DatabaseError):
                await self._probe.ask()
            self._asked_at = time.monotonic()
        up = family("enfact_database_up", "gauge", "1 when the database answers.", [({}, float(bool(self._found)))])
        return [*up, *_lines(self._found)]

    async def close(self) -> None:
        """End the connection."""
        await self._probe.close()

    async def _look(self, connection: Connection) -> None:
        self._found = await read_figures(connection)


def _lines(found: list[tuple[DatabaseFigure, float]]) -> Iterator[str]:
    for figure, value in found:
        yield from family(figure.name, figure.kind, figure.meaning, [({}, value)])


class Admin:
    """The functions of the listener by their paths."""

    def __init__(self, fd: int, dsn: str, hindrance: Hindrance) -> None:
        self._fd = fd
        self._counters = SharedCounters(SharedPage(fd))
        self._database = Readiness(dsn)
        self._is_ready = probed(self._counters.note_probe, hindrance, self._database.reason)
        self._figures = DatabaseFigures(dsn)
        self._paths = {"/metrics": self._metrics, "/health/live": self._live, "/health/ready": self._ready}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the one request of a connection, and close it."""
        with closing(writer), suppress(*ENDED):
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            answer = await self._answer(method, target.partition("?")[0])
            writer.write(answer.head() + (answer.body.encode() if method != "HEAD" else b""))
            async with asyncio.timeout(PATIENCE):
                await writer.drain()

    async def close(self) -> None:
        """End the connections to the database."""
        await self._database.close()
        await self._figures.close()

    async def _answer(self, method: str, path: str) -> AdminAnswer:
        work = self._paths.get(path)
        if work is None:
            return AdminAnswer(404, json.dumps({"message": f"There is {', '.join(self._paths)}."}))
        if method not in ("GET", "HEAD"):
            return AdminAnswer(405, json.dumps({"message": "Only GET is allowed here."}))
        return await work()

    async def _metrics(self) -> AdminAnswer:
        info = family("enfact_info", "gauge", "The version that runs.", [({"version": version("enfact-gateway")}, 1)])
        others = [*info, *await self._figures.lines()]
        layout = CounterLayout(names_in(self._fd))  # a manifest may have more of them since the last time
        return AdminAnswer(200, page(layout, self._counters.sums(layout.size), others), media_type=MEDIA_TYPE)

    async def _live(self) -> AdminAnswer:
        return AdminAnswer.of(LIVE)

    async def _ready(self) -> AdminAnswer:
        return AdminAnswer.of(await readiness(self._is_ready))


def listen_for_operators(settings: Settings) -> socket | None:
    """The socket of the listener; None where none is wanted. Raises ListenError."""
    if settings.admin_port is None:
        return None
    return listen(settings.admin_host, settings.admin_port, "ENFACT_ADMIN_PORT=")


@asynccontextmanager
async def serving_operators(listener: socket | None, dsn: str, fd: int, hindrance: Hindrance) -> AsyncGenerator[None]:
    """Serve operators on this socket within the block; `fd` is the descriptor of the page with the counters."""
    if listener is None:
        yield
        return
    admin = Admin(fd, dsn, hindrance)
    server = await asyncio.start_server(admin.serve, sock=listener, limit=LONGEST_HEAD)
    try:
        yield
    finally:
        server.close()
        await admin.close()
