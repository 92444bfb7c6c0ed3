"""Rows that were deleted long ago are removed, with what is theirs, unless others refer to them."""

import asyncio
import io
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Final

import pytest

from db.connection import connect
from db.database import Database
from db.declarations import Table
from db.tables.metadata import DELETED, metadata
from gateway import background
from gateway.logs import open_log
from resolvers.execution import purge as purging
from resolvers.execution.purge import purge, statements
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import TYPES, WRITES, Desk, write_of
from tests.support.databases import Databases

DELETE: Final = "update {} set deleted_at = now() - $2::text::interval where id = $1"
IS_THERE: Final = "select exists (select from {} where id = $1)"
DOCUMENT: Final = """
insert into document (company_id, kind, number, sequence_number, date, status, total_excl, total_vat, total_incl,
                      total_incl_base, customer_id, site_address_id)
values ($1, 'INVOICE', $4, $5, '2026-01-01', 'SENT', 0, 0, 0, 0, $2, $3)
"""
COPY: Final = """
insert into contact
select (jsonb_populate_record(t, jsonb_build_object('company_id', $1::uuid, 'deleted_at', null))).* from contact t
where t.id = $2
"""
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ContactPerson": {"lastName": "x"},
    "Address": {"name": "x", "kind": "SITE"},
}
FORGET_STOCK: Final = "delete from stock_movement where product_id = $1"
LONG_AGO, LATELY = "30 days 1 minute", "29 days 23 hours"
MADE_ALONE: Final = [name for name in TYPES if any(w.type_.name == name and w.creates for w in WRITES.values())]
TRAIL: Final = "select count(*) from change where key = $1"


@pytest.fixture(scope="module")
async def desk(databases: Databases, template: str) -> AsyncGenerator[Desk]:
    """A firm whose rows are deleted."""
    async with Desk.open(databases, template) as desk:
        yield desk


@pytest.fixture
async def database(desk: Desk) -> AsyncGenerator[Database]:
    """The connections of the job."""
    database = await Database.open(desk.dsn)
    yield database
    await database.close()


def key_of(id_: str) -> uuid.UUID:
    return uuid.UUID(hex=id_[4:])


def table_of(type_name: str) -> Table:
    return next(write.table for write in WRITES.values() if write.type_.name == type_name)


async def deleted(desk: Desk, type_name: str, age: str = LONG_AGO) -> uuid.UUID:
    """The key of a row that was deleted some time ago, to which nothing refers."""
    key = key_of(await desk.made(type_name))
    await desk.connection.execute(FORGET_STOCK, key)
    await desk.connection.execute(DELETE.format(table_of(type_name).name), key, age)
    return key


async def is_there(desk: Desk, table: str, key: uuid.UUID) -> bool:
    return await desk.connection.fetchval(IS_THERE.format(table), key)


async def refer(desk: Desk, customer: uuid.UUID | None, address: uuid.UUID | None = None) -> None:
    """A document of a customer or at an address."""
    n = await desk.connection.fetchval("select count(*)::int + 1 from document where company_id = $1", desk.firm.key)
    await desk.connection.execute(DOCUMENT, desk.firm.key, customer, address, str(n), n)


def test_every_table_with_deleted_rows_is_looked_through() -> None:
    names = {table.name for table in metadata.sorted_tables if DELETED in table.columns}
    assert {write.table.name for write in WRITES.values()} <= names
    assert sorted(name for one in statements() for name in names if f"from {name} t\n" in one) == sorted(names)


@pytest.mark.parametrize("type_name", MADE_ALONE)
async def test_what_cannot_be_restored_any_more_is_removed(desk: Desk, database: Database, type_name: str) -> None:
    table = table_of(type_name).name
    gone, kept, alive = [await deleted(desk, type_name, age) for age in (LONG_AGO, LATELY, LATELY)]
    await desk.connection.execute(f"update {table} set deleted_at = null where id = $1", alive)
    trail = await desk.connection.fetchval(TRAIL, gone)
    await purge(database)
    assert [await is_there(desk, table, key) for key in (gone, kept, alive)] == [False, True, True]
    assert await desk.connection.fetchval(TRAIL, gone) == trail > 0, "the trail stays"


async def test_what_others_refer_to_stays_until_they_do_no_more(desk: Desk, database: Database) -> None:
    customer, group = await deleted(desk, "Customer"), await deleted(desk, "ProductGroup")
    await refer(desk, customer)
    product = key_of(await desk.made("Product"))
    await desk.connection.execute("update product set group_id = $2 where id = $1", product, group)
    await purge(database)
    await desk.connection.execute(DELETE.format("product"), product, LONG_AGO)
    await purge(database)
    assert await is_there(desk, "product", product), "its stock was counted"
    assert [await is_there(desk, "contact", customer), await is_there(desk, "product_group", group)] == [True] * 2
    await desk.connection.execute("update document set customer_id = null where customer_id = $1", customer)
    await desk.connection.execute(FORGET_STOCK, product)
    await purge(database)
    assert [await is_there(desk, "contact", customer), await is_there(desk, "product_group", group)] == [False] * 2
    assert not await is_there(desk, "product", product), "what refers to a row goes before it"


async def test_what_belongs_to_a_row_goes_with_it_unless_others_refer_to_that(desk: Desk, database: Database) -> None:
    keys: dict[str, list[uuid.UUID]] = {"contact": [], "contact_person": [], "contact_address": []}
    for _ in range(2):
        customer = await desk.made("Customer")
        keys["contact"].append(key_of(customer))
        for type_name, given in PARTS.items():
            create = write_of(type_name, WriteAction.CREATE)
            shown = f"{create.member} {{ id }}"
            payload = await desk.write(desk.firm["owner"], create, shown, customerId=customer, **given)
            keys[create.table.name].append(key_of(payload[create.member]["id"]))
        await desk.connection.execute(DELETE.format("contact"), keys["contact"][-1], LONG_AGO)
    await refer(desk, None, keys["contact_address"][1])
    await purge(database)
    for table, of_table in keys.items():
        assert [await is_there(desk, table, key) for key in of_table] == [False, True], table


async def test_a_row_of_another_company_is_judged_by_its_own(desk: Desk, database: Database) -> None:
    """Both have the same id."""
    mine = await deleted(desk, "Customer")
    await desk.connection.execute(COPY, desk.other.key, mine)
    await refer(desk, mine)
    find = "select company_id from contact where id = $1 order by company_id"
    await purge(database)
    assert {row[0] for row in await desk.connection.fetch(find, mine)} == {desk.firm.key, desk.other.key}
    await desk.connection.execute("update document set customer_id = null where customer_id = $1", mine)
    await purge(database)
    assert [row[0] for row in await desk.connection.fetch(find, mine)] == [desk.other.key]


async def test_a_bounded_number_is_looked_at_at_a_time(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "AT_ONCE", 2)
    keys = [await deleted(desk, "Unit") for _ in range(5)]
    product = key_of(await desk.made("Product"))
    await desk.connection.execute("update product set unit_id = $2 where id = $1", product, keys[0])
    assert await purge(database) >= 4
    assert [await is_there(desk, "unit", key) for key in keys] == [True, False, False, False, False]
    await desk.connection.execute("update product set unit_id = null where id = $1", product)
    assert await purge(database) == 1


async def test_a_row_that_somebody_uses_waits_and_holds_nobody_up(desk: Desk, database: Database) -> None:
    used, free = await deleted(desk, "Customer"), await deleted(desk, "Customer")
    connection = await connect(desk.dsn)
    try:
        async with connection.transaction():
            await connection.execute("select from contact where id = $1 for key share", used)
            await connection.execute("select from company where id = $1 for update", desk.firm.key)
            async with asyncio.timeout(60):
                await purge(database)
            assert [await is_there(desk, "contact", key) for key in (used, free)] == [True, False]
    finally:
        await connection.close()
    await purge(database)
    assert not await is_there(desk, "contact", used)


async def test_two_at_once_remove_a_row_once(desk: Desk, database: Database) -> None:
    keys = [await deleted(desk, "PriceTier") for _ in range(20)]
    async with asyncio.timeout(60):
        counts = await asyncio.gather(*(purge(database) for _ in range(4)))
    assert sum(counts) == len(keys)


async def test_the_gateway_goes_on_with_it(desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure, too, of which it writes once."""
    monkeypatch.setattr(purging, "PAUSE", 0.01)
    key, lines = await deleted(desk, "Unit"), io.StringIO()
    await desk.connection.execute("alter table unit rename column deleted_at to gone_at")
    task = asyncio.create_task(background.keep_purging(database, open_log("info", "json", lines)))
    try:
        async with asyncio.timeout(60):
            await _until(lambda: _is_so(bool(lines.getvalue())))
            await desk.connection.execute("alter table unit rename column gone_at to deleted_at")
            await _until(lambda: _is_gone(desk, key))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    (line,) = lines.getvalue().splitlines()
    assert "deleted rows wait for the database" in line


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    while not await is_so():  # noqa: ASYNC110 (the job tells nobody of what it does)
        await asyncio.sleep(0.01)


async def _is_so(what: bool) -> bool:
    return what


async def _is_gone(desk: Desk, key: uuid.UUID) -> bool:
    return not await is_there(desk, "unit", key)
