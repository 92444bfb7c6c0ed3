"""The same databases without row level security: the tests of this folder use pools of the product as they come."""

from collections.abc import AsyncGenerator

import pytest

from tests.support.databases import Databases, migrated_template


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
async def fresh_dsn(databases: Databases, template: str) -> AsyncGenerator[str]:
    """The address of a migrated database of the test's own, for tests that commit."""
    dsn = await databases.clone(template)
    yield dsn
    await databases.drop(dsn)
