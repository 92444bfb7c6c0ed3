"""The small and nasty data set with twins behind a fence, and the product on it."""

import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from resolvers.compiler import Compiler
from resolvers.execution import Executor
from tests.databases import Databases
from tests.differential.dataset import build
from tests.rls.twins import add_twins


@dataclass(frozen=True, slots=True)
class Hall:
    """The data set; `database` is a pool of the product, behind the fence."""

    dsn: str
    database: Database

    def product(self, compiler: Compiler | None = None) -> Executor:
        """The product, or what another compiler makes of it."""
        return Executor(self.database, compiler, max_cost=sys.maxsize)


@pytest.fixture(scope="session")
async def hall(databases: Databases, template: str) -> AsyncGenerator[Hall]:
    """For tests that leave it as it is."""
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await build().write(connection)
            await add_twins(connection)
    finally:
        await connection.close()
    database = await Database.open(dsn, PoolSettings(size=1, statement_cache=500, longest_cached=200_000))
    yield Hall(dsn, database)
    await database.close()
    await databases.drop(dsn)
