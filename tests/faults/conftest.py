"""Databases for the tests of what is known of companies: each test has companies of its own."""

from collections.abc import AsyncGenerator

import pytest

from db.connection import Connection, connect
from tests.support.databases import Databases


@pytest.fixture(scope="module")
async def dsn(databases: Databases, template: str) -> AsyncGenerator[str]:
    """The address of a database of the module's own."""
    dsn = await databases.clone(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def connection(dsn: str) -> AsyncGenerator[Connection]:
    """A connection to it."""
    connection = await connect(dsn)
    yield connection
    await connection.close()
