"""The database of a command, with one connection."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.connection import COMMAND
from db.database import Database, PoolSettings
from gateway.server.opened import open_dsn
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
