"""Stand-ins for machines: a TCP relay to a server that can freeze, and a server that accepts and never answers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Relay:
    """A TCP port before the socket or the port of a server; a frozen one accepts connections and passes nothing on."""

    def __init__(self, dsn: str) -> None:
        """`dsn` names the host, or the socket's folder as `?host=`."""
        self._parts = urlsplit(dsn)
        self._words = parse_qs(self._parts.query)
        self._runs = asyncio.Event()
        self._runs.set()
        self.port = 0
        self.accepted = 0

    def freeze(self) -> None:
        """Pass nothing on from now on."""
        self._runs.clear()

    def thaw(self) -> None:
        """Pass everything on again."""
        self._runs.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        self.accepted += 1
        with closing(writer), suppress(OSError):
            await self._runs.wait()
            server_reader, server_writer = await self._connect()
            with closing(server_writer):
                ways = [self._copy(reader, server_writer), self._copy(server_reader, writer)]
                tasks = [asyncio.create_task(way) for way in ways]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if "host" not in self._words:
            return await asyncio.open_connection(self._parts.hostname, self._parts.port or 5432)
        port = self._words.get("port", ["5432"])[0]
        return await asyncio.open_unix_connection(f"{self._words['host'][0]}/.s.PGSQL.{port}")

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            await self._runs.wait()
            target.write(data)
            await target.drain()


@asynccontextmanager
async def relay(dsn: str) -> AsyncGenerator[Relay]:
    """A relay to the server of `dsn`, within the block."""
    made = Relay(dsn)
    tasks: set[asyncio.Task[None]] = set()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(made.take(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def silent_port() -> AsyncGenerator[int]:
    """The port of a server that accepts connections and never answers."""
    accepted: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: accepted.append(writer), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in accepted:
            writer.close()


def on_ports(dsn: str, *ports: int, words: str = "sslmode=disable") -> str:
    """The same database on these ports of this machine, in this order."""
    parts = urlsplit(dsn)
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    person = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{person}@{hosts}", query=words))


@asynccontextmanager
async def over_tcp(dsn: str, *, user: str | None = None, earlier_hosts: str = "") -> AsyncGenerator[str]:
    """The DSN of the same database over TCP instead of a Unix socket, through a relay if the server has no TCP port.

    `user` (with password) replaces the one of `dsn`; the driver tries `earlier_hosts` first.
    """
    parts = urlsplit(dsn)
    person, _, address = parts.netloc.rpartition("@")
    person, target = user or person, "postgresql://{}@" + earlier_hosts + "{}" + parts.path
    if "host" not in parse_qs(parts.query):
        yield target.format(person, address)
        return
    async with relay(dsn) as between:
        yield target.format(person, f"127.0.0.1:{between.port}")
