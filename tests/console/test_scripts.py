"""The pages in a browser: what is changed in Utilisateurs is seen by others, can be taken back, and is not lost."""

import pytest

from tests.clients.node import problems
from tests.clients.serving import Served
from tests.console.browsers import look


@pytest.mark.parametrize(
    ("script", "count"),
    [("people.mjs", 13), ("bar.mjs", 12), ("letters.mjs", 11), ("groups.mjs", 8), ("large.mjs", 2), ("others.mjs", 14)],
)
async def test_a_browser_finds_nothing_wrong(served: Served, whole: dict[str, bool], script: str, count: int) -> None:
    seen = await look(script, served, whole)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == count
