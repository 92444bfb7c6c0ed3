"""Brings a database to the schema and the catalogue of this code: takes a DSN and the apps, changes what differs.

Safe to run in many processes at once; a database that is up to date costs one connection and two queries.
"""

from collections.abc import Sequence
from pathlib import Path

import asyncpg

from db.catalogue import AppRow, is_current, write
from db.connection import Connection, connect, require_version
from db.errors import DatabaseMisconfigured, translate

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x656E66616374
"""The advisory lock under which a database is changed: the letters of enfact."""

SETTINGS = {"application_name": "enfact migration", "timezone": "UTC", "lock_timeout": "5min", "statement_timeout": "0"}


async def migrate(dsn: str, catalogue: Sequence[AppRow]) -> None:
    """Upgrade the schema to the newest revision and write the catalogue of apps, all in one transaction.

    Raises DatabaseUnavailable, or DatabaseMisconfigured: the server is too old, the database was migrated by newer
    code, or the catalogue contradicts the database.
    """
    connection = await connect(dsn, target_session_attrs="read-write", server_settings=SETTINGS)
    try:
        require_version(connection.get_server_version()[0])
        if not await is_migrated(connection):
            await _upgrade(dsn, catalogue)
        elif not await is_current(connection, catalogue):
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
                await write(connection, catalogue)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise translate(error) from error
    finally:
        await connection.close()


async def is_migrated(connection: Connection) -> bool:
    """Whether the schema is the one of this code. Raises DatabaseMisconfigured for a revision that it does not know."""
    revision = await _revision(connection)
    if revision is not None and revision not in revisions():
        raise DatabaseMisconfigured(
            f"The database is at revision {revision}, which this version of the program does not know: "
            "a newer version migrated it. Start that version or a later one."
        )
    return revision == revisions()[-1]


def revisions() -> list[str]:
    """The revisions that this code knows, oldest first: what the names of the migrations' files begin with."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


async def _revision(connection: Connection) -> str | None:
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    return await connection.fetchval("select version_num::text from alembic_version")


async def _upgrade(dsn: str, catalogue: Sequence[AppRow]) -> None:
    # Alembic and SQLAlchemy's engine take longer to import than an up-to-date database takes to check.
    from db.upgrade import upgrading  # noqa: PLC0415

    async with upgrading(dsn, SETTINGS) as run:
        await run.connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        if not await is_migrated(run.connection):
            await run.upgrade()
        await write(run.connection, catalogue)
