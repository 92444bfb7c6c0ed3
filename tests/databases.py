"""Databases for tests: takes a server's DSN, gives migrated templates (made once per content) and clones of them.

All names begin with this checkout's prefix, so that several checkouts may share one server.
"""

import asyncio
import fcntl
import hashlib
import inspect
import itertools
import os
import shutil
import tempfile
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from db.connection import Connection, connect
from db.demo import load_demo
from db.embedded import Embedded
from db.migrate import migrate
from resolvers.catalogue import app_rows
from tests.rls import fence, twins
from tests.rls.fence import COMPANIES, put_fences
from tests.rls.guard import MARK
from tests.rls.twins import add_twins

ROOT = Path(__file__).parent.parent
CHECKOUT = f"{zlib.crc32(os.fsencode(ROOT)):08x}"
LOCK = zlib.crc32(f"test databases of {CHECKOUT}".encode())
MEMORY = Path("/dev/shm")
ROOM = 8 * 2**30
"""Bytes."""

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings that a crash of the machine would punish: right for tests only."""

FENCED: Final = "fenced_"
"""The kinds of template with row level security begin with this."""

FENCES: Final = (repr(COMPANIES), inspect.getsource(fence))
"""What the fences of a template are made of."""

TODAY: Final = date(2026, 11, 24)
"""The day that the demo is seen from."""


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of one server that belong to this process (one of pytest-xdist's workers, perhaps)."""

    server: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def dsn(self, name: str) -> str:
        """The address of one database of the server."""
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    async def template(
        self, kind: str, content: str, build: Callable[[str], Awaitable[None]], *, source: str = "template0"
    ) -> str:
        """The name of the template `kind` for `content` (a hash of what it is made of).

        When it is missing, `build` gets the DSN of a clone of `source` and fills it; templates of other contents go.
        """
        name = f"enfact_{CHECKOUT}_{kind}_{content[:12]}"
        async with self._alone() as admin:
            if not await _exists(admin, name):
                for old in await _names(admin, f"enfact_{CHECKOUT}_{kind}_"):
                    await admin.execute(f'drop database if exists "{old}" with (force)')
                unfinished = f"{name}_unfinished"
                await admin.execute(f'create database "{unfinished}" template "{source}"')
                await build(self.dsn(unfinished))
                await admin.execute(f'alter database "{unfinished}" rename to "{name}"')
        return name

    async def clone(self, template: str) -> str:
        """A new database with the content of `template`; gives its DSN."""
        name = f"enfact_{CHECKOUT}_run_{os.getpid()}_{next(self._numbers)}{MARK if FENCED in template else ''}"
        async with self._admin() as admin:
            await admin.execute(f'create database "{name}" template "{template}" strategy file_copy')
        return self.dsn(name)

    async def drop(self, dsn: str) -> None:
        """Remove a clone, whoever is still connected to it."""
        async with self._admin() as admin:
            await admin.execute(f'drop database if exists "{urlsplit(dsn).path[1:]}" with (force)')

    async def drop_leftovers(self) -> None:
        """Remove the clones of processes that were killed."""
        async with self._alone() as admin:
            for name in await _names(admin, f"enfact_{CHECKOUT}_run_"):
                if not _alive(int(name.split("_")[3])):
                    await admin.execute(f'drop database if exists "{name}" with (force)')

    @asynccontextmanager
    async def _admin(self) -> AsyncGenerator[Connection]:
        admin = await connect(self.server)
        try:
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Connection]:
        """A connection while which no other process is here; the lock ends with it."""
        async with self._admin() as admin:
            await admin.execute("select pg_advisory_lock($1)", LOCK)
            yield admin


@asynccontextmanager
async def shared_server() -> AsyncGenerator[Databases]:
    """The server of ENFACT_TEST_DSN, else an embedded one that all processes of this checkout share."""
    given = os.environ.get("ENFACT_TEST_DSN")
    if given:
        yield await _cleaned(Databases(given))
        return
    folder = _home() / f"enfact-tests-{os.getuid()}-{CHECKOUT}"
    with _in_use(folder) as users:
        server = Embedded(folder, settings=FAST)
        yield await _cleaned(Databases(await server.start()))
        if server.owner:
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_EX)
        await server.stop()


def _home() -> Path:
    """Where the server's files are: in CI in memory if there is room, where a database is copied four times as fast.

    Elsewhere they are kept for the next run, and memory would be kept for them.
    """
    in_ci = os.environ.get("CI") == "true"
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if in_ci and has_room else Path(tempfile.gettempdir())


async def _cleaned(databases: Databases) -> Databases:
    await databases.drop_leftovers()
    return databases


@contextmanager
def _in_use(folder: Path) -> Generator[int]:
    """A shared lock: the worker that owns the server stops it when nobody else holds one."""
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise PermissionError(f"{folder} was made by somebody else")
    users = os.open(folder / "users", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield users
    finally:
        os.close(users)


async def twin_template(databases: Databases) -> str:
    """The template with the demo, and beside every company its twin."""
    source = await demo_template(databases)
    content = _content(source, inspect.getsource(twins))
    return await databases.template(f"{FENCED}twins", content, _pair, source=source)


async def _pair(dsn: str) -> None:
    async with _writing(dsn) as connection:
        await add_twins(connection)


async def demo_template(databases: Databases) -> str:
    """The template with the demo as it is seen from `TODAY`, and a fence."""
    demo = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "db").glob("demo/**/*.py"))]
    demo.append((ROOT / "db" / "belgium.py").read_text(encoding="utf-8"))
    content = _content(repr(app_rows()), repr(TODAY), *demo, *FENCES)
    source = await migrated_template(databases)
    return await databases.template(f"{FENCED}demo", content, _load_demo, source=source)


async def _load_demo(dsn: str) -> None:
    await load_demo(dsn, today=TODAY)
    await _fence(dsn)


async def fenced_template(databases: Databases) -> str:
    """The template with the newest schema, the catalogue of apps, and a fence."""
    source = await migrated_template(databases)
    return await databases.template(f"{FENCED}migrated", _content(repr(app_rows()), *FENCES), _fence, source=source)


async def _fence(dsn: str) -> None:
    async with _writing(dsn) as connection:
        await put_fences(connection)


@asynccontextmanager
async def _writing(dsn: str) -> AsyncGenerator[Connection]:
    """A transaction on a database that nobody else uses."""
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def migrated_template(databases: Databases) -> str:
    """The template with the newest schema and the catalogue of apps, and nothing else."""
    rows = app_rows()
    return await databases.template("migrated", _content(repr(rows)), lambda dsn: migrate(dsn, rows))


def _content(*parts: str) -> str:
    """A hash of what a migrated database is made of."""
    digest = hashlib.sha256()
    for file in [*sorted((ROOT / "db").glob("migrations/**/*.py")), ROOT / "db" / "catalogue.py"]:
        digest.update(file.read_bytes())
    for part in parts:
        digest.update(part.encode())
    return digest.hexdigest()


async def _exists(admin: Connection, name: str) -> bool:
    return bool(await admin.fetchval("select true from pg_database where datname = $1", name))


async def _names(admin: Connection, prefix: str) -> list[str]:
    rows = await admin.fetch("select datname::text from pg_database where starts_with(datname::text, $1)", prefix)
    return [row[0] for row in rows]


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@asynccontextmanager
async def over_tcp(dsn: str, *, user: str | None = None, earlier_hosts: str = "") -> AsyncGenerator[str]:
    """The same database at a host and port instead of a socket; through a relay when the server listens on none.

    `user` (with password) replaces the one of `dsn`, `earlier_hosts` are tried first.
    """
    parts = urlsplit(dsn)
    options = parse_qs(parts.query)
    person, _, address = parts.netloc.rpartition("@")
    person, target = user or person, "postgresql://{}@" + earlier_hosts + "{}" + parts.path
    if "host" not in options:
        yield target.format(person, address)
        return
    socket = f"{options['host'][0]}/.s.PGSQL.{options.get('port', ['5432'])[0]}"

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_copy(reader, server_writer), _copy(server_reader, writer))

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        yield target.format(person, f"127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
