"""Fixtures of this folder: a database with the data set, the product on it, and the same rows in memory."""

import sys
from collections.abc import AsyncGenerator

import pytest

from db.connection import connect
from db.database import Database
from resolvers.execution.executor import Executor
from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import build
from tests.differential.data.stored import data_set_template
from tests.differential.oracle.world import World
from tests.support.databases import Databases


@pytest.fixture(scope="session")
async def bench_dsn(databases: Databases) -> AsyncGenerator[str]:
    """The DSN of a database with the data set."""
    dsn = await databases.clone(await data_set_template(databases))
    yield dsn
    await databases.drop(dsn)


@pytest.fixture(scope="session")
async def bench_database(bench_dsn: str) -> AsyncGenerator[Database]:
    """A pool on that database; tests must not commit anything there."""
    database = await Database.open(bench_dsn)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def bench(bench_dsn: str, bench_database: Database) -> Bench:
    """The product together with the oracle's rows."""
    connection = await connect(bench_dsn, server_settings={"timezone": "UTC"})
    try:
        world = await World.load(connection)
    finally:
        await connection.close()
    return Bench(build(), world, Executor(bench_database, max_cost=sys.maxsize))
