"""What stands behind the gateway: takes settings, gives the executor on an open database, and whether that is ready.

Beside the requests it does what has to be done now and then, as long as the database is open.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Protocol

from db.database import Database, PoolSettings
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.installation import is_demo
from db.migrate import is_migrated
from gateway.http import Executor
from gateway.logs import Log
from gateway.settings import Settings
from resolvers.execution import Executor as DatabaseExecutor

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
USES_PAUSE = 60.0
"""Seconds between two writes of the sessions that were used."""


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


class Chores:
    """Work beside the requests: begun together, cancelled together. What fails is logged by kind, and not begun again.

    Work that should go on after a failure catches it itself.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._running: list[asyncio.Task[None]] = []

    def begin(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Let these run from now on."""
        self._running += [asyncio.create_task(self._run(work)) for work in works]

    async def end(self) -> None:
        """Cancel them, and return when the last one is over; harmless when repeated."""
        running, self._running = self._running, []
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 (whatever it is, requests are answered all the same)
            self._log.event("background work ended", kind=type(error).__name__, work=work.__qualname__)


class DatabaseBackend:
    """The executor on a PostgreSQL, and the chores that come with it.

    `sends_letters` tells that there is mail; a demo without it shows what would be mailed.
    """

    def __init__(self, dsn: str, pool: PoolSettings, log: Log, *, sends_letters: bool = False) -> None:
        self.executor: DatabaseExecutor | None = None
        self._dsn = dsn
        self._pool = pool
        self._log = log
        self._sends_letters = sends_letters
        self._chores = Chores(log)
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
        """End the chores, wait for the connections in use, then close all; harmless when repeated."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        await self._chores.end()
        if self._database is not None:
            if self.executor is not None:
                await self._write_uses(self._database, self.executor)
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
        database = await Database.open(self._dsn, self._pool)
        try:
            shows_secrets = not self._sends_letters and await _holds_demo(database)
        except BaseException:
            await database.close()
            raise
        self._database = database
        self.executor = executor = DatabaseExecutor(database, shows_secrets=shows_secrets)
        self._chores.begin(self._works(database, executor))

    def _works(self, database: Database, executor: DatabaseExecutor) -> list[Coroutine[Any, Any, None]]:
        """What goes on beside the requests."""
        return [self._keep_writing_uses(database, executor)]

    async def _keep_writing_uses(self, database: Database, executor: DatabaseExecutor) -> None:
        while True:
            await asyncio.sleep(USES_PAUSE)
            await self._write_uses(database, executor)

    async def _write_uses(self, database: Database, executor: DatabaseExecutor) -> None:
        """Write which sessions were used; when that fails, a later use is written."""
        try:
            await executor.uses.write(database)
        except Exception as error:  # noqa: BLE001 (a session that ends a little early is no reason to end)
            self._log.event("uses of sessions not written", kind=type(error).__name__)

    async def _keep_connecting(self) -> None:
        pause = FIRST_PAUSE
        while self._database is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._connect()
            except DatabaseError as error:
                self._log.event("database unavailable, trying again", kind=type(error).__name__, pause=pause)


async def _holds_demo(database: Database) -> bool:
    """Whether it is the demo; not of a database that is not migrated, or by a newer version: `ready` tells of those."""
    async with database.transaction() as connection:
        try:
            return await is_migrated(connection) and await is_demo(connection)
        except DatabaseMisconfigured:
            return False


def database_backend(settings: Settings, log: Log) -> DatabaseBackend:
    """The backend on DATABASE_URL, which has to be set (the command line sets it for the embedded server)."""
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    pool = PoolSettings(
        size=settings.pool_size, statement_cache=settings.statement_cache, statement_timeout=settings.deadline
    )
    return DatabaseBackend(
        settings.database_url.get_secret_value(), pool, log, sends_letters=settings.smtp_url is not None
    )
