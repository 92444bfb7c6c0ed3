"""resolvers/live.py: who is told what as it changes, and every way in which that ends."""

from collections.abc import AsyncGenerator
from typing import Final

import pytest

from tests.databases import Databases
from tests.firm import Firm
from tests.live import ACCESS, Station, open_station

KEY: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } errors { code } } }
"""
VIEW: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token errors { code } } }"


@pytest.fixture(scope="module")
async def station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    async with open_station(databases, template) as station:
        yield station


@pytest.fixture
async def firm(station: Station) -> Firm:
    return await station.outside.found("DISCOUNTS", "STOCK")


async def test_an_employee_is_told_of_a_toggle_and_of_nothing_before(station: Station, firm: Firm) -> None:
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    told = (await anna.next())["accessChanged"]
    assert (told["role"], told["external"], told["until"]) == ("EMPLOYEE", False, None)
    assert "DISCOUNTS" in told["apps"]
    await station.toggle(firm, "anna", "DISCOUNTS", on=False)
    assert "DISCOUNTS" not in (await anna.next())["accessChanged"]["apps"]
    assert anna.told.empty()
