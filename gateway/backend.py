"""The database side of the gateway: opens the database of the settings, with an executor and a readiness check.

As long as the database is open it also runs the periodic work: session uses, connection care, notifications.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from db.connection import has_several_hosts
from db.database import Database, PoolSettings
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.installation import is_demo
from db.lease import Reason, ReplicaSettings
from db.replicas import Replicas
from db.schema_version import is_migrated
from db.secrets import Keyring
from gateway.background import BackgroundTasks, Outage, keep_ending_grants, keep_purging
from gateway.logs import Log, causes
from gateway.notifications import keep_hinting, keep_waking
from gateway.pool import pool_settings
from gateway.readiness import Readiness
from gateway.settings import Settings
from resolvers.execution.executor import Executor
from resolvers.execution.subscriptions import LiveOperation
from resolvers.execution.viewer_schema import SchemaText, WriteText, write_sdl
from resolvers.mutations.context import Quota
from resolvers.operation.persisted import NO_NAMES, OperationNames, PersistedDocuments
from resolvers.request import GraphQLRequest, Result
from resolvers.request_limits import MAX_COST, Limits

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
USES_PAUSE = 60.0
"""Seconds between two writes of the sessions that were used."""

CARE_PAUSE = 60.0
"""Seconds between two checks of the memory that idle connections hold."""

DEMO_PAUSE = 60.0
"""Seconds between two checks for a demo that was loaded meanwhile."""

FOLLOW_PAUSE = 1.0
"""Seconds between two questions which of several hosts takes writes."""

BACK_PAUSE = 1.0
"""Seconds between two checks for a database that was away and answers again."""


class RequestExecutor(Protocol):
    """Answers GraphQL requests."""

    def execute(self, request: GraphQLRequest) -> Coroutine[Any, Any, Result]:
        """The result. Raises RequestError for a request error, DatabaseError when the database does not answer.

        A DatabaseError has been reported already: the caller only answers the client.
        """
        ...

    def start(self, request: GraphQLRequest) -> Coroutine[Any, Any, Result | LiveOperation]:
        """The result, or the subscription that the request opens. Raises as `execute` does."""
        ...

    async def watch(self, request: GraphQLRequest) -> LiveOperation:
        """A subscription that ends when the request's credential is no longer valid. Raises as `execute` does."""
        ...

    async def schema_text(self, request: GraphQLRequest, write: WriteText = write_sdl) -> SchemaText:
        """The schema as the caller sees it, written by `write`. Raises as `execute` does."""
        ...


class Backend(Protocol):
    """An executor with a lifetime: usable from `open` to `close`."""

    @property
    def executor(self) -> RequestExecutor | None:
        """The executor; None as long as there is no database."""
        ...

    async def open(self) -> None:
        """Get ready; returns even when the database is away for the moment."""
        ...

    async def close(self) -> None:
        """Let running work finish and release everything."""
        ...

    async def ready(self) -> str | None:
        """None when requests can be answered, else the reason why not."""
        ...

    def figures(self) -> Mapping[str, float]:
        """Numbers for metrics, by the names of `gateway.metrics.registry.FIGURES`; none while there is no database."""
        ...

    async def holds_demo(self) -> bool:
        """True if the database holds the demo; False while it is away."""
        ...

    @property
    def names(self) -> OperationNames:
        """The names of the operations of trusted documents."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions under which requests are answered.

    `shows_secrets`: a demo shows the secrets that would be mailed, because there is no mail and only this machine
    reaches it. `keyring` holds the keys for secrets, `known` the persisted documents. No operation may cost more than
    `max_cost`, nor write more rows than `quota` allows. Root fields of Mutation in `forbidden` are refused. `replicas`
    answer queries.
    """

    shows_secrets: bool = False
    keyring: Keyring | None = None
    known: PersistedDocuments | None = None
    max_cost: int = MAX_COST
    quota: Quota | None = None
    forbidden: frozenset[str] = frozenset()
    replicas: ReplicaSettings = field(default_factory=ReplicaSettings)


class DatabaseBackend:
    """The executor on a PostgreSQL, and its background tasks.

    `listen_dsn` is the address of the connection that listens for notifications, `dsn` by default. One that is not
    `alone` leaves to its parent what a gateway does once.
    """

    def __init__(
        self,
        dsn: str,
        pool: PoolSettings,
        log: Log,
        terms: Terms | None = None,
        *,
        listen_dsn: str | None = None,
        alone: bool = True,
    ) -> None:
        self.executor: Executor | None = None
        self._dsn = dsn
        self._pool = pool
        self._log = log
        self._terms = terms or Terms()
        self._listen_dsn = listen_dsn or dsn
        self._alone = alone
        self._outage = Outage(log)
        self._chores = BackgroundTasks(log)
        self._readiness = Readiness(dsn)
        self._database: Database | None = None
        self._replicas: Replicas | None = None
        self._connecting: asyncio.Task[None] | None = None

    @property
    def names(self) -> OperationNames:
        """The names of the operations of trusted documents."""
        return self._terms.known.names if self._terms.known is not None else NO_NAMES

    async def open(self) -> None:
        """Connect; when the database is away, keep trying in the background. Raises DatabaseMisconfigured."""
        try:
            await self._connect()
        except DatabaseUnavailable as error:
            self._outage.report(error)
            self._connecting = asyncio.create_task(self._keep_connecting())

    async def close(self) -> None:
        """End the background tasks, wait for the connections in use, then close all; harmless when repeated."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._database is not None and self.executor is not None:
            await self._write_uses(self._database, self.executor)
        await self._chores.end()
        if self._database is not None:
            await self._database.close()
        await self._readiness.close()

    async def ready(self) -> str | None:
        """None when the database answers and this version may use it, else the reason.

        Also None while it is away and replicas answer in its stead.
        """
        if self._replicas is not None and self._replicas.is_stale:
            return None
        return "the database cannot be reached" if self._database is None else await self._readiness.reason()

    def figures(self) -> Mapping[str, float]:
        """Numbers for metrics, by their names; none while there is no database."""
        if self._database is None or self.executor is None:
            return {}
        return {**self._database.figures(), **self.executor.figures()}

    async def holds_demo(self) -> bool:
        """True if the database holds the demo; False while it is away."""
        try:
            return self._database is not None and await _holds_demo(self._database)
        except DatabaseError as error:
            self._report(error)
            return False

    async def _connect(self) -> None:
        replicas = self._replicas_of_terms()
        database = await Database.open(self._dsn, self._pool)
        try:
            executor = Executor(
                database,
                shows_secrets=self._terms.shows_secrets and await _holds_demo(database),
                report=self._report,
                keyring=self._terms.keyring,
                known=self._terms.known,
                max_cost=self._terms.max_cost,
            )
            executor.limit_writes(self._terms.quota)
            executor.forbid(self._terms.forbidden)
            if replicas is not None:
                executor.ask(replicas)
        except BaseException:
            await database.close()
            raise
        self._database, self.executor, self._replicas = database, executor, replicas
        self._chores.begin(self._works(database, executor))
        self._outage.end()

    def _works(self, database: Database, executor: Executor) -> list[Coroutine[Any, Any, None]]:
        """The background work of an open database."""
        works = [
            self._keep_writing_uses(database, executor),
            self._keep_backends_small(database),
            keep_waking(self._listen_dsn, executor.wakes, executor.feed, self._log),
            keep_hinting(self._listen_dsn, executor.hints, self._log),
            executor.feed.keep_looking(),
        ]
        if self._replicas is not None:
            works.append(self._replicas.keep_looking())
        if self._alone:
            works += [keep_ending_grants(database, self._log), keep_purging(database, self._log)]
        if has_several_hosts(self._dsn):
            works.append(self._keep_following(database))
        if self._terms.shows_secrets:
            works.append(self._keep_looking_for_demo(database, executor))
        return list(works)

    def _replicas_of_terms(self) -> Replicas | None:
        """The replicas, which are looked at once the database is open. Raises DatabaseMisconfigured."""
        settings = self._terms.replicas
        return Replicas(self._listen_dsn, settings, self._pool, self._report_replica) if settings.dsns else None

    def _report_replica(self, name: str, reason: Reason | None) -> None:
        """Log that a replica answers from now on, or why it does not."""
        if reason is None:
            self._log.event("replica answers", replica=name)
        else:
            self._log.event("replica answers nothing", replica=name, reason=reason.value)

    def _report(self, error: DatabaseError) -> None:
        """Report the error of a request; the first of an outage starts the watch for its end."""
        if self._outage.report(error) and self._database is not None:
            self._chores.begin([self._watch_for_end()])

    async def _watch_for_end(self) -> None:
        """Wait until the database answers again, then report the end of the outage."""
        while True:
            await asyncio.sleep(BACK_PAUSE)
            try:
                await self._readiness.ask()
            except Exception:  # noqa: BLE001, S112 (any error means that the database does not answer)
                continue
            self._outage.end()
            return

    async def _keep_following(self, database: Database) -> None:
        """Leave a host that no longer takes writes, or no longer answers, as soon as another one does."""
        while True:
            await asyncio.sleep(FOLLOW_PAUSE)
            with suppress(Exception):  # any error means that no host is known to take writes
                await self._readiness.ask()
            if (host := self._readiness.host) is not None and (ended := database.follow(host)):
                self._log.event("another host takes the writes", host=str(host), connections=ended)

    async def _keep_looking_for_demo(self, database: Database, executor: Executor) -> None:
        """Notice a demo that is loaded while the gateway runs."""
        while True:
            await asyncio.sleep(DEMO_PAUSE)
            try:
                executor.shows_secrets = await _holds_demo(database)
            except DatabaseError as error:
                self._report(error)

    async def _keep_backends_small(self, database: Database) -> None:
        while True:
            await asyncio.sleep(CARE_PAUSE)
            ended = await database.look_after()
            if self._replicas is not None:
                ended += await self._replicas.look_after()
            if ended:
                self._log.event("database connections replaced", count=ended)

    async def _keep_writing_uses(self, database: Database, executor: Executor) -> None:
        while True:
            await asyncio.sleep(USES_PAUSE)
            await self._write_uses(database, executor)

    async def _write_uses(self, database: Database, executor: Executor) -> None:
        """Write which sessions were used; after a failure a later use is written instead."""
        try:
            await executor.uses.write(database)
        except DatabaseUnavailable as error:
            self._report(error)
        except Exception as error:  # noqa: BLE001 (the worst effect is a session that expires a little early)
            self._log.event("uses of sessions not written", kind=type(error).__name__)

    async def _keep_connecting(self) -> None:
        """Try to connect until that succeeds, after any error: until then no request is answered.

        The same cause is logged only once in a row.
        """
        pause, logged = FIRST_PAUSE, None
        while self._database is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._connect()
            except DatabaseError as error:
                self._outage.report(error)
            except Exception as error:  # noqa: BLE001 (any error: the next attempt may succeed)
                if (why := causes(error)) != logged:
                    self._log.event("database not opened", **why)
                    logged = why


async def _holds_demo(database: Database) -> bool:
    """True if the database holds the demo; False for one that is not migrated or is newer (`ready` reports those)."""
    async with database.transaction() as connection:
        try:
            return await is_migrated(connection) and await is_demo(connection)
        except DatabaseMisconfigured:
            return False


def database_backend(
    settings: Settings, log: Log, quota: Quota | None = None, *, alone: bool = True
) -> DatabaseBackend:
    """The backend on DATABASE_URL, which has to be set (the command line sets it for the embedded server).

    One that is not `alone` leaves to its parent what a gateway does once.

    Raises ValueError without DATABASE_URL, and ManifestBroken.
    """
    if settings.database_url is None:
        raise ValueError("DATABASE_URL is not set")
    terms = terms_of(settings, quota)
    dsn = settings.database_url.get_secret_value()
    return DatabaseBackend(dsn, pool_settings(settings), log, terms, listen_dsn=settings.listen_dsn(dsn), alone=alone)


def terms_of(settings: Settings, quota: Quota | None = None) -> Terms:
    """The conditions that the settings say. Raises ManifestBroken."""
    return Terms(
        shows_secrets=settings.smtp_url is None and not settings.hides_demo,
        keyring=settings.keyring,
        known=known_operations(settings),
        max_cost=settings.max_cost,
        quota=quota,
        forbidden=frozenset() if settings.plan_changes else frozenset({"changePlan"}),
        replicas=settings.replicas,
    )


def known_operations(settings: Settings) -> PersistedDocuments | None:
    """The documents of the manifests in the settings and of the console, and the limits of others; None for the usual.

    Raises ManifestBroken.
    """
    limits = settings.limits
    if not settings.documents and limits == Limits() and not settings.has_console:
        return None
    from gateway import persisted_manifests  # noqa: PLC0415 (not every gateway needs one)
    from gateway.operation_files import own_operations  # noqa: PLC0415

    own = own_operations(settings)
    return persisted_manifests.known_operations(settings.documents, limits, only=settings.documents_only, own=own)
