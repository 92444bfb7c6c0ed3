"""Databases in which every company has a twin and every table of tenants its policy, and the product on them."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from resolvers.compiler import Compiler
from resolvers.execution import Executor
from resolvers.request import GraphQLRequest, Result
from tests.databases import Databases, demo_template
from tests.differential.dataset import build
from tests.golden.world import World
from tests.rls.fence import FencedDatabase, FencedExecutor, fenced_dsn, make_role, put_fences
from tests.rls.twins import add_twins

FILES = (Path(__file__).with_name("fence.py"), Path(__file__).with_name("twins.py"))


@dataclass(frozen=True, slots=True)
class Pair:
    """The same database twice: for a superuser, whom no policy stops, and behind the fences."""

    open: Database
    fenced: FencedDatabase

    def products(self, compiler: Compiler | None = None) -> tuple[Executor, Executor]:
        """The product without and with fences."""
        return Executor(self.open, compiler), FencedExecutor(self.fenced, compiler)


async def told(product: Executor, request: GraphQLRequest) -> Result | str:
    """The answer, or the name of the error that came instead."""
    try:
        return await product.execute(request)
    except Exception as error:  # noqa: BLE001 (a leak may break the statement, which tells as well)
        return type(error).__name__


@asynccontextmanager
async def open_pair(dsn: str) -> AsyncGenerator[Pair]:
    """Pools of both users on a database."""
    settings = PoolSettings(size=1, statement_cache=500, longest_cached=200_000)
    open_, fenced = await Database.open(dsn, settings), await Database.open(fenced_dsn(dsn), settings)
    try:
        yield Pair(open_, FencedDatabase(fenced))
    finally:
        await open_.close()
        await fenced.close()


@asynccontextmanager
async def open_worlds(databases: Databases, template: str) -> AsyncGenerator[tuple[World, World]]:
    """Two views of one clone of the demo with twins: without and with fences."""
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    try:
        await make_role(connection)
        async with open_pair(dsn) as pair:
            open_, fenced = pair.products()
            yield (
                World(pair.open, open_, connection, databases, template),
                World(pair.fenced, fenced, connection, databases, template),
            )
    finally:
        await connection.close()
        await databases.drop(dsn)


@pytest.fixture(scope="session")
async def twin_template(databases: Databases) -> str:
    """The name of the demo with twins and fences."""
    source = await demo_template(databases)
    content = hashlib.sha256(source.encode() + b"".join(file.read_bytes() for file in FILES)).hexdigest()
    return await databases.template("twins", content, _fill, source=source)


@pytest.fixture(scope="session")
async def worlds(databases: Databases, twin_template: str) -> AsyncGenerator[tuple[World, World]]:
    """The demo with twins, for tests that leave it as it is."""
    async with open_worlds(databases, twin_template) as worlds:
        yield worlds


@pytest.fixture(scope="session")
async def pair(databases: Databases, template: str) -> AsyncGenerator[Pair]:
    """The small and nasty data set with twins."""
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await build().write(connection)
    finally:
        await connection.close()
    await _fill(dsn)
    async with open_pair(dsn) as pair:
        yield pair
    await databases.drop(dsn)


async def _fill(dsn: str) -> None:
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await add_twins(connection)
            await put_fences(connection)
    finally:
        await connection.close()
