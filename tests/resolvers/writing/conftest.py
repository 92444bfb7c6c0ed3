"""A desk for the tests of declared mutations."""

from collections.abc import AsyncGenerator

import pytest

from tests.resolvers.writing.desk import Desk
from tests.support.databases import Databases


@pytest.fixture(scope="module")
async def desk(databases: Databases, template: str) -> AsyncGenerator[Desk]:
    """A firm and its people, for the tests of one file."""
    async with Desk.open(databases, template) as desk:
        yield desk
