"""The end of a demo: deletes everything in a database that was filled with the demo, and only there."""

from collections.abc import Callable
from typing import Final

from db.connection import Connection, connect
from db.installation import DemoRefused, is_demo, serving_gateways

KEPT: Final = ("alembic_version", "app", "app_requirement", "app_text")
"""The tables that a migration fills, not the demo."""

FIND_TABLES: Final = """
select string_agg(format('%I', tablename), ', ') from pg_tables
where schemaname = current_schema() and tablename <> all ($1::text[])
"""
"""All others that are there, also in the demo of another version."""


async def empty_demo(dsn: str, may_empty: Callable[[int], bool]) -> bool:
    """Delete all rows of a demo. `may_empty` takes the number of companies and returns the consent.

    Returns False, and deletes nothing, without it. Returns True for a database without companies, too. Raises
    DemoRefused for one that is not a demo, and while a gateway serves from it.
    """
    connection = await connect(dsn)
    try:
        companies = await _companies(connection)
        if not companies:
            return True
        await _check(connection)
        if not may_empty(companies):
            return False
        async with connection.transaction():
            await connection.execute("lock table company in exclusive mode")
            await _check(connection)
            await connection.execute(f"truncate {await connection.fetchval(FIND_TABLES, KEPT)}")
        return True
    finally:
        await connection.close()


async def _companies(connection: Connection) -> int:
    """The number of companies; none in a database that was never migrated."""
    if await connection.fetchval("select to_regclass('company')") is None:
        return 0
    return await connection.fetchval("select count(*) from company")


async def _check(connection: Connection) -> None:
    """Raise DemoRefused unless the database is a demo that no gateway serves from."""
    if not await is_demo(connection):
        raise DemoRefused("This database was not filled with the demo, so nothing in it is deleted.")
    if await serving_gateways(connection):
        raise DemoRefused("A gateway serves from this database: stop it first, then ask again.")
