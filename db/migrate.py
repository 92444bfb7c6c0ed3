"""Migration of a database to the schema and the catalogue of this code: takes a DSN and the apps.

Safe to run in many processes at once, and beside readers and writers: nobody waits longer behind it than one try for a
lock. A database that is up to date costs one connection and two queries.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from db.app_catalogue import AppRow, is_current, write
from db.connection import MIGRATION, Connection, connect, require_encoding, require_version
from db.errors import DRIVER_ERRORS, translate
from db.lock_waits import PATIENCE, LockWaits, Patience, Report, watched
from db.schema_version import SchemaState, read_standing, read_version

LOCK = 0x656E66616374
"""The advisory lock under which a database is changed: the letters of enfact."""

LOOK_AGAIN = 0.1
"""Seconds after which a process that waits for another one to migrate looks again."""

SETTINGS = {"application_name": MIGRATION, "timezone": "UTC", "statement_timeout": "0"}


async def migrate(
    dsn: str, catalogue: Sequence[AppRow], patience: Patience = PATIENCE, report: Report = lambda _: None
) -> None:
    """Upgrade the schema to the newest revision and write the catalogue of apps; `report` is told of waits and steps.

    A new database is made in one transaction. In one that is there each migration is recorded when it is done, so that
    a run that was interrupted goes on. A database of newer code that this one may use is left as it is.
    Raises DatabaseUnavailable; DatabaseTimeout when others hold locks for too long; DatabaseMisconfigured when the
    server is too old, the encoding is not UTF8, only newer code may use the database, or the catalogue contradicts
    the database.
    """
    connection, waits = await _connect(dsn, patience), LockWaits(patience, report)
    try:
        require_version(connection.get_server_version()[0])
        require_encoding(connection)
        if await _is_up_to_date(connection, catalogue, report):
            return
        async with _alone(connection, waits):
            if not await _is_up_to_date(connection, catalogue, report):
                await _bring_up_to_date(dsn, connection, catalogue, waits)
    except DRIVER_ERRORS as error:
        raise translate(error) from error
    finally:
        await connection.close()


async def _connect(dsn: str, patience: Patience) -> Connection:
    settings = SETTINGS | {"lock_timeout": f"{patience.lock:.3f}s"}
    return await connect(dsn, target_session_attrs="read-write", server_settings=settings)


async def _is_up_to_date(connection: Connection, catalogue: Sequence[AppRow], report: Report) -> bool:
    """True when there is nothing to do for this code."""
    match await read_standing(connection):
        case SchemaState.BEHIND:
            return False
        case SchemaState.CURRENT:
            return await is_current(connection, catalogue)
        case SchemaState.AHEAD:
            report("A newer version migrated the database; this version may use it, and leaves it as it is")
            return True


@asynccontextmanager
async def _alone(connection: Connection, waits: LockWaits) -> AsyncGenerator[None]:
    """A block that one process at a time is in.

    The lock is asked for again and again: who waited for it in a statement would have a snapshot, and an index that
    another process builds concurrently waits for every snapshot.
    """
    while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
        waits.tell("another process that migrates")
        await waits.pause(LOOK_AGAIN)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock_all()")


async def _bring_up_to_date(dsn: str, connection: Connection, catalogue: Sequence[AppRow], waits: LockWaits) -> None:
    version = await read_version(connection)
    if version is not None and version.standing() is SchemaState.CURRENT:
        await _write_catalogue(connection, catalogue, waits)
        return
    # Alembic and SQLAlchemy's engine take longer to import than an up-to-date database takes to check.
    from db.alembic_runner import running  # noqa: PLC0415

    async with running(connection) as runner:
        if version is None:
            async with runner.making():
                await write(connection, catalogue)
        else:
            pid = await connection.fetchval("select pg_backend_pid()")
            async with watched(waits, pid, partial(_connect, dsn, waits.patience)):
                await runner.upgrade(version, waits)
                await _write_catalogue(connection, catalogue, waits)


async def _write_catalogue(connection: Connection, catalogue: Sequence[AppRow], waits: LockWaits) -> None:
    async def write_once() -> None:
        async with connection.transaction():
            await write(connection, catalogue)

    await waits.repeat("The catalogue of apps", write_once)
