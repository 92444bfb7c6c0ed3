"""Fixtures for every test: a real PostgreSQL, a migrated database per worker, and a pool on it.

ENFACT_TEST_DSN names a server to use, as a superuser; without it an embedded one runs for all workers.
The product runs as a user whom row level security binds (tests/rls).
"""

import gateway.garbage  # it has to come before all other imports

# isort: split

import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Final

import pytest

from db.database import Database
from tests.attacker.bounds import REPORT_FILE, WORST_FILE
from tests.golden.world import World
from tests.rls.guard import GUARD, guarded
from tests.support.data_folders import copy_migrated_folder
from tests.support.databases import WHOLE_RUN, Databases, fenced_template, shared_server, twin_template
from tests.support.hashing import cheap_hashing
from tests.support.sampling import SAMPLED, draw, is_sample

FIRST: Final = ("test_", "schema", "resolvers", "gateway/test_", "gateway/http", "gateway/websocket", "db", "features")
"""The beginnings of paths below tests/ that run first: the mirrors of the code fail soonest and say most."""

LONG: Final = (
    "console/test_scripts",
    "console/test_browsers",
    "gateway/cli/test_main",
    "gateway/server/test_r",
    "differential",
)
"""Those that run next, since each keeps one process busy longest."""

LAST: Final = ("golden", "stories", "attacks", "processes", "bench")
"""Those that run last: many short files, with which the processes end together."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: all that is generated, not a sample, and ten thousand operations of the attacker."""
    parser.addoption(
        "--long", action="store_true", dest="long", help="All that is generated; attack with 10,000 operations."
    )


def _stay(number: int, frame: object) -> None:
    """Do nothing about a signal; a program that is started has its default again."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and let the processes of a run of all tests know that it is one."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # under nohup, which the programs of tests would inherit
        signal.signal(signal.SIGHUP, _stay)
    config.addinivalue_line("markers", "sampled(n): only one case of n is run, unless --long is given")
    narrowed = config.getoption("keyword") or config.getoption("markexpr")
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS and not narrowed:
        os.environ[WHOLE_RUN] = "1"
        if not config.getoption("long"):
            os.environ[SAMPLED] = "1"
    draw()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not in the sample of a run of all tests, and put first what should fail first."""
    if is_sample():
        seen = Counter[str]()
        chosen = [(item, _is_in_sample(item, seen)) for item in items]
        config.hook.pytest_deselected(items=[item for item, is_in_sample in chosen if not is_in_sample])
        items[:] = [item for item, is_in_sample in chosen if is_in_sample]
    items.sort(key=_rank)


def pytest_collection_finish() -> None:
    """Never scan for garbage what was imported and collected: it stays."""
    gateway.garbage.settle()


def _is_in_sample(item: pytest.Item, seen: Counter[str]) -> bool:
    """True for a test that is not sampled, and for the first case of every n; `seen` counts the cases of each test."""
    marker = item.get_closest_marker("sampled")
    if marker is None:
        return True
    test = item.nodeid.partition("[")[0]
    seen[test] += 1
    return seen[test] % marker.args[0] == 1


def _rank(item: pytest.Item) -> int:
    path, most = item.nodeid.removeprefix("tests/"), len(FIRST) + len(LONG)
    if path.startswith(LAST):
        return most + 1
    return next((n for n, beginning in enumerate((*FIRST, *LONG)) if path.startswith(beginning)), most)


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
    GUARD.samples = is_sample()
    with guarded():
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_are_cheap() -> Generator[None]:
    """The product hashes passwords cheaply in this process; gateways in other processes hash as they do."""
    with cheap_hashing():
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


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """The data folder of an embedded PostgreSQL, migrated and without companies, of the test's own."""
    return copy_migrated_folder(tmp_path / "data")


@pytest.fixture(scope="session")
async def world(databases: Databases) -> AsyncGenerator[World]:
    """This worker's own clone of the demo with twins, and people signed in; tests leave it as it was."""
    async with World.open(databases, await twin_template(databases)) as world:
        yield world
