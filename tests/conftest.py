"""Fixtures for every test: a real PostgreSQL, a migrated database per worker, and a pool on it.

ENFACT_TEST_DSN names a server to use, as a superuser; without it an embedded one runs for all workers.
The product runs as a user whom row level security binds (tests/rls).
"""

from collections.abc import AsyncGenerator, Generator

import pytest

from db.database import Database
from tests.attacker.bounds import REPORT_FILE, WORST_FILE
from tests.databases import Databases, fenced_template, shared_server, twin_template
from tests.golden.world import World
from tests.rls.guard import GUARD, guarded


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: the attacker draws ten thousand operations instead of a sample."""
    parser.addoption("--long", action="store_true", dest="long", help="Attack with 10,000 drawn operations.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the long attack found, whichever process found it."""
    if config.getoption("long") and REPORT_FILE.exists():
        terminalreporter.section("attack")
        terminalreporter.write_line(REPORT_FILE.read_text(encoding="utf-8"))
        terminalreporter.write_line(f"the worst operations are in {WORST_FILE.absolute()}")


@pytest.fixture(scope="session")
async def databases() -> AsyncGenerator[Databases]:
    """The server that all workers share."""
    async with shared_server() as databases:
        yield databases


@pytest.fixture(scope="session", autouse=True)
def behind_the_fence() -> Generator[None]:
    """The product runs as a user with row level security, wherever a database has its policies."""
    with guarded():
        yield


@pytest.fixture(autouse=True)
def nobody_trespasses() -> Generator[None]:
    """Every test fails in which a statement reached into a company that its caller has not entered."""
    yield
    assert GUARD.take() == []


@pytest.fixture(scope="session")
async def template(databases: Databases) -> str:
    """The name of the database with the newest schema, the catalogue of apps and a fence."""
    return await fenced_template(databases)


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


@pytest.fixture(scope="session")
async def world(databases: Databases) -> AsyncGenerator[World]:
    """This worker's own clone of the demo with twins, and people signed in; tests leave it as it was."""
    async with World.open(databases, await twin_template(databases)) as world:
        yield world
