"""The bench for the tests of this folder: a database with the data set, the product on it, the same rows in memory."""

import sys
from collections.abc import AsyncGenerator

import pytest

from db.connection import connect
from db.database import Database
from resolvers.execution import Executor
from tests.databases import Databases
from tests.differential.comparison import Bench
from tests.differential.dataset import build
from tests.differential.world import World


@pytest.fixture(scope="session")
async def bench_dsn(databases: Databases, template: str) -> AsyncGenerator[str]:
    """The address of a database with the data set."""
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await build().write(connection)
        await connection.execute("analyze")
    finally:
        await connection.close()
    yield dsn
    await databases.drop(dsn)


@pytest.fixture(scope="session")
async def bench_database(bench_dsn: str) -> AsyncGenerator[Database]:
    """A pool on it; nothing that is written there may be committed."""
    database = await Database.open(bench_dsn)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def bench(bench_dsn: str, bench_database: Database) -> Bench:
    """The product beside the oracle's rows."""
    connection = await connect(bench_dsn, server_settings={"timezone": "UTC"})
    try:
        world = await World.load(connection)
    finally:
        await connection.close()
    return Bench(build(), world, Executor(bench_database, max_cost=sys.maxsize))
