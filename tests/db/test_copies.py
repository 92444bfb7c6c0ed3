"""What the database writes by itself: a company's name in its memberships whatever happens at once, reading keys."""

import asyncio
from uuid import UUID, uuid4

import pytest

from db.connection import Connection, connect
from db.database import Database
from db.tables import metadata
from db.text.folding import reading_key
from tests.support.company import blocked

STALE = "select count(*) from membership m join company c on c.id = m.company_id where m.company_name <> c.name"
COPY = "select company_name from membership where account_id = $1"
RENAME = "update company set name = $2 where id = $1"
JOIN = """
insert into membership (company_id, account_id, role, first_name, last_name)
values ($1, $2, 'EMPLOYEE', 'An', 'Peeters')
"""
NAMED = """
insert into product (company_id, sequence_number, number, name, price, vat_rate) values ($1, 1, 'P1', $2, 1, 21)
"""
KEY_OF_PRODUCT = "select name_key from product"
TRIGGERS = """
select tgrelid::regclass::text, tgname::text from pg_trigger where tgname ~ '^set_.*_key$' and tgenabled = 'A'
"""
STORED = [
    (table.name, name.removesuffix("_key"))
    for table in metadata.sorted_tables
    for name in table.columns
    if name.endswith("_key") and name.removesuffix("_key") in table.columns
]
"""Table, and column whose reading key is stored."""


async def _founded(connection: Connection) -> tuple[UUID, UUID]:
    company = await connection.fetchval("insert into company (name) values ('Before') returning id")
    account = await connection.fetchval(
        "insert into account (email, first_name, last_name) values ($1, 'An', 'Peeters') returning id",
        f"{uuid4().hex}@peeters.example",
    )
    return company, account


async def test_a_new_name_is_copied(fresh_database: Database) -> None:
    async with fresh_database.transaction() as connection:
        company, account = await _founded(connection)
        await connection.execute(JOIN, company, account)
        assert await connection.fetchval(COPY, account) == "Before"
        await connection.execute(RENAME, company, "After")
        assert await connection.fetchval(COPY, account) == "After"
        assert await connection.fetchval(STALE) == 0


async def test_who_joins_during_a_renaming_has_the_new_name(fresh_database: Database, fresh_dsn: str) -> None:
    async with fresh_database.transaction() as connection:
        company, account = await _founded(connection)
    other = await connect(fresh_dsn)
    try:
        async with fresh_database.transaction() as connection:
            await connection.execute(RENAME, company, "After")
            joining = asyncio.create_task(other.execute(JOIN, company, account))
            await blocked(connection)
        await joining
        assert await other.fetchval(STALE) == 0
    finally:
        await other.close()


async def test_a_renaming_waits_for_who_joins(fresh_database: Database, fresh_dsn: str) -> None:
    async with fresh_database.transaction() as connection:
        company, account = await _founded(connection)
    other = await connect(fresh_dsn)
    try:
        async with fresh_database.transaction() as connection:
            await connection.execute(JOIN, company, account)
            renaming = asyncio.create_task(other.execute(RENAME, company, "After"))
            await blocked(connection)
        await renaming
        assert await other.fetchval(STALE) == 0
    finally:
        await other.close()


@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_a_name_has_its_key_however_it_is_written(fresh_database: Database, role: str) -> None:
    async with fresh_database.transaction() as connection:
        company, account = await _founded(connection)
        await connection.execute("select set_config('session_replication_role', $1, true)", role)
        await connection.execute(NAMED, company, "Émile 007")
        assert await connection.fetchval(KEY_OF_PRODUCT) == "emile 17" == reading_key("Émile 007")
        await connection.execute("update product set name = 'Zoë'")
        assert await connection.fetchval(KEY_OF_PRODUCT) == "zoe"
        await connection.execute("set local session_replication_role = origin")
        await connection.execute(JOIN, company, account)
        await connection.execute(RENAME, company, "Café 12")
        keys = await connection.fetchrow("select company_name_key, last_name_key from membership")
        assert keys is not None
        assert tuple(keys) == ("cafe 212", "peeters")


async def test_each_stored_key_has_its_triggers_always(worker_dsn: str) -> None:
    connection = await connect(worker_dsn)
    try:
        found = {(row[0], row[1]) for row in await connection.fetch(TRIGGERS)}
    finally:
        await connection.close()
    assert found == {(table, f"set_{when}{column}_key") for table, column in STORED for when in ("", "changed_")}
    assert len(STORED) == 5
