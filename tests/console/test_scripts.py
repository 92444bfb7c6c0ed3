"""The pages in a browser: what is changed in Utilisateurs is seen by others, can be taken back, and is not lost."""

import pytest

from tests.clients.serving import Served
from tests.console.browsers import assert_right


@pytest.mark.parametrize(("script", "count"), [("people.mjs", 13), ("letters.mjs", 11), ("others.mjs", 14)])
async def test_a_browser_finds_nothing_wrong(served: Served, whole: dict[str, bool], script: str, count: int) -> None:
    await assert_right(script, count, served, whole)
