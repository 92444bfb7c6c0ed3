"""The small data set of edge cases, with twins (twins.py) behind a fence (fence.py), and the product on it."""

import sys
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from resolvers.compilation.compiler import Compiler
from resolvers.execution.executor import Executor
from tests.differential.data.stored import data_set_template
from tests.rls.guard import GUARD
from tests.rls.twins import add_twins
from tests.support.databases import Databases


@dataclass(frozen=True, slots=True)
class Hall:
    """The data set; `database` is the product's pool, behind the fence."""

    dsn: str
    database: Database

    def product(self, compiler: Compiler | None = None) -> Executor:
        """The product, with its own compiler or another one."""
        return Executor(self.database, compiler, max_cost=sys.maxsize)


@pytest.fixture(scope="package", autouse=True)
def each_is_compared() -> Generator[None]:
    """Here the fence itself is tested: no run of a statement is left out."""
    samples, GUARD.samples = GUARD.samples, False
    yield
    GUARD.samples = samples


@pytest.fixture(scope="session")
async def hall(databases: Databases) -> AsyncGenerator[Hall]:
    """The data set for tests that do not change it."""
    dsn = await databases.clone(await data_set_template(databases))
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await add_twins(connection)
    finally:
        await connection.close()
    database = await Database.open(dsn, PoolSettings(size=1, statement_cache=500, longest_cached=200_000))
    yield Hall(dsn, database)
    await database.close()
    await databases.drop(dsn)
