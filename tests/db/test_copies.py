"""What the database copies by itself: the name of a company stands in its memberships, whatever happens at once."""

import asyncio
from uuid import UUID, uuid4

from db.connection import Connection, connect
from db.database import Database
from tests.firm import blocked

STALE = "select count(*) from membership m join company c on c.id = m.company_id where m.company_name <> c.name"
COPY = "select company_name from membership where account_id = $1"
RENAME = "update company set name = $2 where id = $1"
JOIN = """
insert into membership (company_id, account_id, role, first_name, last_name)
values ($1, $2, 'EMPLOYEE', 'An', 'Peeters')
"""


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
