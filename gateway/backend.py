"""What stands behind the gateway: takes settings, gives the executor on an open database, and whether that is ready.

Beside the requests it does what has to be done now and then, as long as the database is open.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from db.database import Database, PoolSettings
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.installation import is_demo
from db.migrate import is_migrated
from db.secrets import Keyring
from gateway.behind import Executor
from gateway.chores import Chores, Outage
from gateway.live import keep_waking
from gateway.logs import Log, causes
from gateway.settings import Settings
from resolvers.cost import MAX_COST
from resolvers.execution import Executor as DatabaseExecutor
from resolvers.known import KnownOperations
from resolvers.writing import Quota

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
USES_PAUSE = 60.0
"""Seconds between two writes of the sessions that were used."""

DEMO_PAUSE = 60.0
"""Seconds between two looks whether the database is the demo by now."""

BACK_PAUSE = 1.0
"""Seconds between two looks whether a database that was away answers again."""


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


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms requests are answered.

    `sends_letters` tells that there is mail; a demo without it shows what would be mailed. `keyring` has the keys for
    secrets, `known` the operations that are known in advance; none may cost more than `max_cost`, nor write more rows
    than the `quota` says.
    """

    sends_letters: bool = False
    keyring: Keyring | None = None
    known: KnownOperations | None = None
    max_cost: int = MAX_COST
    quota: Quota | None = None


class DatabaseBackend:
    """The executor on a PostgreSQL, and the chores that come with it.

    `listen_dsn` is where notifications come from, `dsn` by default.
    """

    def __init__(
        self, dsn: str, pool: PoolSettings, log: Log, terms: Terms | None = None, *, listen_dsn: str | None = None
    ) -> None:
        self.executor: DatabaseExecutor | None = None
        self._dsn = dsn
        self._pool = pool
        self._log = log
        self._terms = terms or Terms()
        self._listen_dsn = listen_dsn or dsn
        self._outage = Outage(log)
        self._chores = Chores(log)
        self._database: Database | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._migrated = False

    async def open(self) -> None:
        """Connect; go on trying in the background when the database is away. Raises DatabaseMisconfigured."""
        try:
            await self._connect()
        except DatabaseUnavailable as error:
            self._outage.report(error)
            self._connecting = asyncio.create_task(self._keep_connecting())

    async def close(self) -> None:
        """End the chores, wait for the connections in use, then close all; harmless when repeated."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._database is not None and self.executor is not None:
            await self._write_uses(self._database, self.executor)
        await self._chores.end()
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
        database = await Database.open(self._dsn, self._pool)
        try:
            executor = DatabaseExecutor(
                database,
                shows_secrets=not self._terms.sends_letters and await _holds_demo(database),
                report=self._report,
                keyring=self._terms.keyring,
                known=self._terms.known,
                max_cost=self._terms.max_cost,
            )
            executor.limit_writes(self._terms.quota)
        except BaseException:
            await database.close()
            raise
        self._database, self.executor = database, executor
        self._chores.begin(self._works(database, executor))
        self._outage.end()

    def _works(self, database: Database, executor: DatabaseExecutor) -> list[Coroutine[Any, Any, None]]:
        """What goes on beside the requests."""
        works = [
            self._keep_writing_uses(database, executor),
            keep_waking(self._listen_dsn, executor.wakes, self._log),
        ]
        if not self._terms.sends_letters:
            works.append(self._keep_looking_for_demo(database, executor))
        return list(works)

    def _report(self, error: DatabaseError) -> None:
        """A request met this."""
        if self._outage.report(error) and self._database is not None:
            self._chores.begin([self._watch_for_end(self._database)])

    async def _watch_for_end(self, database: Database) -> None:
        """Return when the database answers again."""
        while True:
            await asyncio.sleep(BACK_PAUSE)
            try:
                await database.ping()
            except Exception:  # noqa: BLE001, S112 (whatever it is, that is no answer)
                continue
            self._outage.end()
            return

    async def _keep_looking_for_demo(self, database: Database, executor: DatabaseExecutor) -> None:
        """Notice a demo that is loaded while we run."""
        while True:
            await asyncio.sleep(DEMO_PAUSE)
            try:
                executor.shows_secrets = await _holds_demo(database)
            except DatabaseError as error:
                self._report(error)

    async def _keep_writing_uses(self, database: Database, executor: DatabaseExecutor) -> None:
        while True:
            await asyncio.sleep(USES_PAUSE)
            await self._write_uses(database, executor)

    async def _write_uses(self, database: Database, executor: DatabaseExecutor) -> None:
        """Write which sessions were used; when that fails, a later use is written."""
        try:
            await executor.uses.write(database)
        except DatabaseUnavailable as error:
            self._report(error)
        except Exception as error:  # noqa: BLE001 (a session that ends a little early is no reason to end)
            self._log.event("uses of sessions not written", kind=type(error).__name__)

    async def _keep_connecting(self) -> None:
        """Connect, whatever it fails for: until then no request is answered. The same cause is told once in a row."""
        pause, told = FIRST_PAUSE, None
        while self._database is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._connect()
            except DatabaseError as error:
                self._outage.report(error)
            except Exception as error:  # noqa: BLE001 (whatever it is, the next try may do)
                if (why := causes(error)) != told:
                    self._log.event("database not opened", **why)
                    told = why


async def _holds_demo(database: Database) -> bool:
    """Whether it is the demo; not of a database that is not migrated, or by a newer version: `ready` tells of those."""
    async with database.transaction() as connection:
        try:
            return await is_migrated(connection) and await is_demo(connection)
        except DatabaseMisconfigured:
            return False


def database_backend(settings: Settings, log: Log, quota: Quota | None = None) -> DatabaseBackend:
    """The backend on DATABASE_URL, which has to be set (the command line sets it for the embedded server).

    Raises ManifestBroken.
    """
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    pool = PoolSettings(
        size=settings.pool_size, statement_cache=settings.statement_cache, statement_timeout=settings.deadline
    )
    terms = Terms(
        sends_letters=settings.smtp_url is not None,
        keyring=settings.keyring,
        known=known_operations(settings),
        max_cost=settings.max_cost,
        quota=quota,
    )
    listen_dsn = settings.listen_url.get_secret_value() if settings.listen_url is not None else None
    return DatabaseBackend(settings.database_url.get_secret_value(), pool, log, terms, listen_dsn=listen_dsn)


def known_operations(settings: Settings) -> KnownOperations | None:
    """The operations of the manifests that are set; None without manifests. Raises ManifestBroken."""
    if not settings.documents:
        return None
    from gateway import manifests  # noqa: PLC0415 (only who sets manifests needs it)

    return manifests.known_operations(settings.documents, only=settings.documents_only)
