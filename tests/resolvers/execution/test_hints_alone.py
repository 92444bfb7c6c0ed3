"""The subscription `changed` where nothing looks by itself: what the hints of writes alone do."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import chain
from typing import Any, Final

import asyncpg
import pytest

from db.database import Database
from resolvers.execution import change_feed, wakeups
from tests.resolvers.execution.test_changes import Readings, Writer, do, firm, follow, node, told, writer
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.subscribers import CREATE, Station, open_station

__all__ = ["firm", "writer"]  # fixtures

UPDATE: Final = """
mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) { customer { version } errors { code } } }
"""
DELETE: Final = """
mutation ($input: DeleteCustomerInput!) { deleteCustomer(input: $input) { deletedId errors { code } } }
"""


@pytest.fixture
async def station(databases: Databases, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Station]:
    """A station whose first look is over: one that has run longer has settled already when it looks next."""
    monkeypatch.setattr(change_feed, "PERIOD", 3_600)
    monkeypatch.setattr(wakeups, "PERIOD", 3_600)
    async with open_station(databases, template) as station:
        elsewhere = await station.outside.found()
        first = await follow(station, elsewhere["owner"].token, elsewhere)
        await Writer(station, elsewhere, station.connection).create("Customer")
        await told(first)
        yield station


async def test_all_followers_of_a_company_are_woken_by_one_look(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    followers = [await follow(station, firm[name].token, firm, "CUSTOMER") for name in ("owner", "anna", "bram")]
    elsewhere = await station.outside.found()
    await follow(station, elsewhere["owner"].token, elsewhere)
    await writer.create("Customer")
    for follower in followers:
        await told(follower)
    await asyncio.sleep(2 * change_feed.CALM)
    readings = Readings(monkeypatch)
    quiet = Writer(station, firm, writer.connection, hints=False)
    async with writer.connection.transaction():
        customers = [await quiet.create("Customer") for _ in range(20)]
    for _ in range(10):
        writer.hint()
    for follower in followers:
        assert {entry["entityId"] for entry in await told(follower)} == {f"cus_{key.hex}" for key in customers}
    await asyncio.sleep(2 * change_feed.CALM)
    assert len(followers) <= readings.count <= 2 * len(followers)


def rests(station: Station, firm: Firm) -> bool:
    """Whether a company has been looked at for a change, and is not looked at again for a long while."""
    calm = station.executor.feed._calm  # pyright: ignore[reportPrivateUsage]
    return calm.get(firm.key, 0) > asyncio.get_running_loop().time() + 1_800


async def test_a_company_that_changes_all_the_time_is_told_in_few_events(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it does not hold up what happens in another one."""
    other, last = await station.outside.found(), await station.outside.found()
    busy, quiet = await follow(station, firm["anna"].token, firm), await follow(station, other["anna"].token, other)
    later = await follow(station, last["anna"].token, last)
    customer, elsewhere = await writer.create("Customer"), Writer(station, other, writer.connection)
    assert await told(busy) == [node("CUSTOMER", customer)]
    first = await elsewhere.create("Customer")
    assert await told(quiet) == [node("CUSTOMER", first)]

    monkeypatch.setattr(change_feed, "CALM", 3_600)
    await writer.change("Customer", customer)
    readings = Readings(monkeypatch)
    assert await told(busy) == [node("CUSTOMER", customer, 2)]
    async with asyncio.timeout(20):
        while not rests(station, firm):  # noqa: ASYNC110  # a reading for an earlier change may have told of this one
            await asyncio.sleep(0.01)
        await Writer(station, last, writer.connection).create("Customer")
        await told(later)  # whoever was woken before has begun to read
        while readings.under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    readings.asked.clear()
    for _ in range(30):
        await writer.change("Customer", customer)
        await asyncio.sleep(0.02)
    second = await elsewhere.create("Customer")
    assert await told(quiet) == [node("CUSTOMER", second)]
    assert other.key.hex in chain(*readings.asked)
    assert firm.key.hex not in chain(*readings.asked)
    assert busy.told.empty()


async def test_what_a_mutation_writes_is_told_to_a_colleague(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its hint alone: nothing looks by itself meanwhile. What is refused or changes nothing is not told."""
    anna, token = await follow(station, firm["anna"].token, firm), firm["owner"].token
    await station.heard()
    made = (await do(station, token, CREATE, companyId=firm.id, name="Claes"))["customer"]
    expected = {"entity": "CUSTOMER", "entityId": made["id"], "kind": "UPSERTED", "version": 1}
    assert await told(anna) == [expected]
    await do(station, token, UPDATE, customerId=made["id"], name="Claes")
    await do(station, token, UPDATE, customerId=made["id"], name="Claeys")
    assert await told(anna) == [expected | {"version": 2}]
    await do(station, token, DELETE, customerId=made["id"])
    assert await told(anna) == [expected | {"kind": "DELETED", "version": 3}]
    assert anna.told.empty()


async def test_an_error_of_the_server_ends_no_feed(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the companies of the look that failed are looked at again, long before it is time for all."""
    failures, read = [asyncpg.InternalServerError("invalid page in block 7")], Database.read

    async def fail_once(self: Database, statement: str, arguments: Any, **options: Any) -> Any:
        if statement == change_feed.FIND_CHANGES and failures:
            raise failures.pop()
        return await read(self, statement, arguments, **options)

    follower = await follow(station, firm["owner"].token, firm, "CUSTOMER")
    monkeypatch.setattr(Database, "read", fail_once)
    await writer.create("Customer")
    assert len(await told(follower)) == 1
    assert failures == []
