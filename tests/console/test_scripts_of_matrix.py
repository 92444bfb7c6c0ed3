"""The matrix in a browser: its bar, its switches of groups, and a large one. A file of its own, for another process."""

import pytest

from tests.clients.serving import Served
from tests.console.browsers import assert_right


@pytest.mark.parametrize(("script", "count"), [("bar.mjs", 12), ("groups.mjs", 8), ("large.mjs", 2)])
async def test_a_browser_finds_nothing_wrong(served: Served, whole: dict[str, bool], script: str, count: int) -> None:
    await assert_right(script, count, served, whole)
