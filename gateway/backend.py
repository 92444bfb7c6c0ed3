"""What stands behind the gateway: takes a DSN, gives the executor on an open database, and whether that is ready."""

import asyncio
from typing import Protocol

from db.database import Database, PoolSettings
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.migrate import is_migrated
from gateway.http import Executor
from gateway.logs import Log
from gateway.settings import Settings
from resolvers.execution import Executor as DatabaseExecutor

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Backend(Protocol):
    """What answers requests, from `open` to `close`."""

    @property
    def executor(self) -> Executor | None:
        """None while there is nothing to ask."""
        ...

    async def open(self) -> None:
        """Get ready; returns although the database is away for the moment."""
        ...

    async def close(self) -> None:
        """Let running work finish and give everything back."""
        ...

    async def ready(self) -> str | None:
        """None when requests can be answered, else why not."""
        ...


class DatabaseBackend:
    """The executor on a PostgreSQL."""

    def __init__(self, dsn: str, pool: PoolSettings, log: Log) -> None:
        self.executor: Executor | None = None
        self._dsn = dsn
        self._pool = pool
        self._log = log
        self._database: Database | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._migrated = False

    async def open(self) -> None:
        """Connect; go on trying in the background when the database is away. Raises DatabaseMisconfigured."""
        try:
            await self._connect()
        except DatabaseUnavailable:
            self._log.event("database unavailable, trying again")
            self._connecting = asyncio.create_task(self._keep_connecting())

    async def close(self) -> None:
        """Wait for the connections in use, then close all; harmless when repeated."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._database is not None:
            await self._database.close()

    async def ready(self) -> str | None:
        """None when the database answers and is migrated; a schema that was once current stays good enough."""
        if self._database is None:
            return "the database cannot be reached"
        try:
            if self._migrated:
                await self._database.ping()
            else:
                async with self._database.transaction() as connection:
                    self._migrated = await is_migrated(connection)
        except DatabaseMisconfigured:
            return "the database was migrated by a newer version"
        except DatabaseError:
            return "the database does not answer"
        return None if self._migrated else "the database is not migrated"

    async def _connect(self) -> None:
        self._database = await Database.open(self._dsn, self._pool)
        self.executor = DatabaseExecutor(self._database)

    async def _keep_connecting(self) -> None:
        pause = FIRST_PAUSE
        while self._database is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._connect()
            except DatabaseError as error:
                self._log.event("database unavailable, trying again", kind=type(error).__name__, pause=pause)


def database_backend(settings: Settings, log: Log) -> DatabaseBackend:
    """The backend on DATABASE_URL, which has to be set (the command line sets it for the embedded server)."""
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    pool = PoolSettings(
        size=settings.pool_size, statement_cache=settings.statement_cache, statement_timeout=settings.deadline
    )
    return DatabaseBackend(settings.database_url.get_secret_value(), pool, log)
