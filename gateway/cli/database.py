"""The database of a command, with one connection; and its migration."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.connection import COMMAND
from db.database import Database, PoolSettings
from gateway.cli.terminal import say
from gateway.server.database import migrate_to_here, open_dsn
from gateway.settings import Settings

T = TypeVar("T")


async def using_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """The result of `work` on the database. Raises DatabaseError, EmbeddedError and what `work` raises."""
    async with open_dsn(settings) as dsn:
        database = await Database.open(dsn, PoolSettings(size=1, application_name=COMMAND))
        try:
            return await work(database)
        finally:
            await database.close()


async def migrate_database(settings: Settings) -> None:
    """Migrate the database to this version's tables and app catalogue; the person is told of waits and steps.

    Raises DatabaseError and EmbeddedError.
    """
    async with open_dsn(settings) as dsn:
        await migrate_to_here(settings, dsn, say)
