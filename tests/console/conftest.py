"""Fixtures for browsers: one gateway over the demo for all of them."""

from collections.abc import AsyncGenerator

import pytest

from tests.clients.serving import Served, serving
from tests.support.databases import Databases


@pytest.fixture(scope="session")
async def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Served]:
    """A gateway over the demo; what tests change they put back."""
    async with serving(databases, tmp_path_factory.mktemp("console") / "log") as served:
        yield served


@pytest.fixture
def whole(pytestconfig: pytest.Config) -> dict[str, bool]:
    """Whether axe looks at every page in every language and colour scheme, for scripts (scripts/accessible.mjs)."""
    return {"whole": bool(pytestconfig.getoption("long"))}
