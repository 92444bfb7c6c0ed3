"""The console in a browser: every page is accessible in every language, and small."""

from tests.clients.node import problems
from tests.clients.serving import Served
from tests.console.browsers import look


async def test_every_page_is_accessible_in_every_language(served: Served, whole: dict[str, bool]) -> None:
    seen = await look("pages.mjs", served, whole)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 4 + 1 + 3


async def test_pages_are_small_and_come_from_the_gateway_alone(served: Served) -> None:
    seen = await look("serving.mjs", served)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 3


async def test_the_explorer_shows_what_each_person_sees(served: Served, whole: dict[str, bool]) -> None:
    seen = await look("explorer.mjs", served, whole)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 4 + 2 + 3 + 1


async def test_the_reference_is_found_read_and_accessible(served: Served, whole: dict[str, bool]) -> None:
    seen = await look("reference.mjs", served, whole)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 7 + 2 + 3
