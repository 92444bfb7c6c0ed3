"""The console in a browser: every page is accessible in every language, and small."""

from tests.clients.serving import Served
from tests.console.browsers import assert_right


async def test_every_page_is_accessible_in_every_language(served: Served, whole: dict[str, bool]) -> None:
    await assert_right("pages.mjs", 4 + 1 + 3, served, whole)


async def test_pages_are_small_and_come_from_the_gateway_alone(served: Served) -> None:
    await assert_right("serving.mjs", 3, served)


async def test_the_explorer_shows_what_each_person_sees(served: Served, whole: dict[str, bool]) -> None:
    await assert_right("explorer.mjs", 4 + 2 + 3 + 1, served, whole)


async def test_the_reference_is_found_read_and_accessible(served: Served, whole: dict[str, bool]) -> None:
    await assert_right("reference.mjs", 7 + 2 + 3, served, whole)
