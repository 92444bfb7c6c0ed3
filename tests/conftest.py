"""Fixtures for every test: a real PostgreSQL, a migrated database per worker, and a pool on it.

ENFACT_TEST_DSN names a server to use (its user creates databases); without it an embedded one runs for all workers.
"""

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.database import Database
from db.embedded import Embedded
from tests.databases import CHECKOUT, Databases, migrated_template

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings that a crash of the machine would punish: right for tests only."""


@pytest.fixture(scope="session")
async def databases() -> AsyncGenerator[Databases]:
    """The server that all workers share."""
    given = os.environ.get("ENFACT_TEST_DSN")
    if given:
        yield await _cleaned(Databases(given))
        return
    folder = Path(tempfile.gettempdir()) / f"enfact-tests-{os.getuid()}-{CHECKOUT}"
    with _in_use(folder) as users:
        server = Embedded(folder, settings=FAST)
        yield await _cleaned(Databases(await server.start()))
        if server.owner:
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_EX)
        await server.stop()


@pytest.fixture(scope="session")
async def template(databases: Databases) -> str:
    """The name of the database with the newest schema and the catalogue of apps."""
    return await migrated_template(databases)


@pytest.fixture(scope="session")
async def worker_dsn(databases: Databases, template: str) -> AsyncGenerator[str]:
    """The address of this worker's own database, for tests that leave nothing in it."""
    dsn = await databases.clone(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def database(worker_dsn: str) -> AsyncGenerator[Database]:
    """A pool on the worker's database."""
    database = await Database.open(worker_dsn)
    yield database
    await database.close()


@pytest.fixture
async def fresh_dsn(databases: Databases, template: str) -> AsyncGenerator[str]:
    """The address of a migrated database of the test's own, for tests that commit."""
    dsn = await databases.clone(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def fresh_database(fresh_dsn: str) -> AsyncGenerator[Database]:
    """A pool on a database of the test's own."""
    database = await Database.open(fresh_dsn)
    yield database
    await database.close()


@pytest.fixture
async def empty_dsn(databases: Databases) -> AsyncGenerator[str]:
    """The address of a database in which nothing was ever made."""
    dsn = await databases.clone("template0")
    yield dsn
    await databases.drop(dsn)


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
