"""Databases for tests: migrated templates (built once per content) and clones of them, on one server.

All names begin with this checkout's prefix, so that several checkouts can share a server.
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
from urllib.parse import urlsplit, urlunsplit

from db.connection import Connection, connect
from db.demo import load_demo
from db.embedded import Embedded
from db.migrate import migrate
from resolvers.app_rows import app_rows
from tests.rls import fence, twins
from tests.rls.fence import COMPANIES, put_fences
from tests.rls.guard import MARK
from tests.rls.twins import add_twins

ROOT = Path(__file__).parents[2]
CHECKOUT = f"{zlib.crc32(os.fsencode(ROOT)):08x}"
LOCK = zlib.crc32(f"test databases of {CHECKOUT}".encode())
MEMORY = Path("/dev/shm")
ROOM = 8 * 2**30
"""Bytes of memory that have to be free for a server in memory."""

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}
"""PostgreSQL settings that lose data when the machine crashes, or never tidy up: acceptable for tests only.

All processes of a run share its connections, each with several gateways at once.
"""

WHOLE_RUN: Final = "ENFACT_TEST_WHOLE_RUN"
"""The environment variable that is set while all tests run."""

FENCED: Final = "fenced_"
"""The prefix of template kinds with row level security."""

FENCES: Final = (repr(COMPANIES), inspect.getsource(fence))
"""The sources of a fence, for the content hash of its template."""

TODAY: Final = date(2026, 11, 24)
"""The current day of the demo in tests."""


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of one server that belong to this process (which may be a worker of pytest-xdist)."""

    server: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def dsn(self, name: str) -> str:
        """The DSN of one database of the server."""
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{name}"))

    async def template(
        self, kind: str, content: str, build: Callable[[str], Awaitable[None]], *, source: str = "template0"
    ) -> str:
        """The name of the template `kind` for `content` (a hash of its sources).

        A missing one is built: `build` gets the DSN of a clone of `source` and fills it; templates of the kind with
        other contents are dropped.
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
        """Create a database with the content of `template`; returns its DSN."""
        name = f"enfact_{CHECKOUT}_run_{os.getpid()}_{next(self._numbers)}{MARK if FENCED in template else ''}"
        async with self._admin() as admin:
            await admin.execute(f'create database "{name}" template "{template}" strategy file_copy')
        return self.dsn(name)

    async def drop(self, dsn: str) -> None:
        """Remove a clone, even with open connections."""
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
        """A connection that holds a lock against the other processes as long as it is open."""
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
    folder = server_folder()
    with _in_use(folder) as users:
        server = Embedded(folder, settings=FAST)
        yield await _cleaned(Databases(await server.start()))
        if server.owner:
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_EX)
        await server.stop()
        if server.owner and folder.parent == MEMORY:
            shutil.rmtree(folder, ignore_errors=True)


def server_folder() -> Path:
    """The folder of this checkout's server."""
    return _home() / f"enfact-tests-{os.getuid()}-{CHECKOUT}"


@contextmanager
def folder_for_servers() -> Generator[Path]:
    """A folder for servers of a test's own, in that of the shared one: pytest may close its own to others."""
    shared = server_folder()
    with _in_use(shared), tempfile.TemporaryDirectory(dir=shared) as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


def _home() -> Path:
    """The folder for the server's files.

    Memory, if there is room, while all tests run: copying a database is nine times faster there, and the files are
    removed at the end. The disk for some tests: it keeps the templates, which take a quarter of a minute to make.
    """
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if WHOLE_RUN in os.environ and has_room else Path(tempfile.gettempdir())


async def _cleaned(databases: Databases) -> Databases:
    await databases.drop_leftovers()
    return databases


@contextmanager
def _in_use(folder: Path) -> Generator[int]:
    """A shared lock on the server's folder; the owner of the server stops it when no other worker holds one."""
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
    """The template of the demo, with a twin (tests/rls/twins.py) of every company."""
    source = await demo_template(databases)
    content = _content(source, inspect.getsource(twins))
    return await databases.template(f"{FENCED}twins", content, _pair, source=source)


async def _pair(dsn: str) -> None:
    async with _writing(dsn) as connection:
        await add_twins(connection)


async def demo_template(databases: Databases) -> str:
    """The template of the demo on the day `TODAY`, with a fence (tests/rls/fence.py)."""
    source = await bare_demo_template(databases)
    return await databases.template(f"{FENCED}demo", _content(source, *FENCES), _fence, source=source)


async def bare_demo_template(databases: Databases) -> str:
    """The template of the demo on the day `TODAY`, without a fence."""
    demo = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "db").glob("demo/**/*.py"))]
    demo.append((ROOT / "db" / "belgium.py").read_text(encoding="utf-8"))
    source = await migrated_template(databases)
    content = _content(repr(app_rows()), repr(TODAY), *demo)
    return await databases.template("demo", content, _load_demo, source=source)


async def _load_demo(dsn: str) -> None:
    await load_demo(dsn, today=TODAY)


async def fenced_template(databases: Databases) -> str:
    """The template with the newest schema and the app catalogue, with a fence."""
    source = await migrated_template(databases)
    return await databases.template(f"{FENCED}migrated", _content(repr(app_rows()), *FENCES), _fence, source=source)


async def _fence(dsn: str) -> None:
    async with _writing(dsn) as connection:
        await put_fences(connection)


@asynccontextmanager
async def _writing(dsn: str) -> AsyncGenerator[Connection]:
    """A connection in a transaction on a database that no other process uses."""
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def migrated_template(databases: Databases) -> str:
    """The template with the newest schema and the app catalogue, and nothing else."""
    rows = app_rows()
    return await databases.template("migrated", migrated_content(), lambda dsn: migrate(dsn, rows))


def migrated_content() -> str:
    """A hash of what makes a migrated database."""
    return _content(repr(app_rows()))


def _content(*parts: str) -> str:
    """A hash of the sources of a migrated database, and of `parts`."""
    digest = hashlib.sha256()
    makers = [ROOT / "db" / name for name in ("app_catalogue.py", "alembic_runner.py", "schema_version.py")]
    functions = [*(ROOT / "db").glob("text/*.py"), *(ROOT / "db").glob("text/*.json")]
    for file in [*sorted((ROOT / "db").glob("migrations/**/*.py")), *sorted(functions), *makers]:
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
