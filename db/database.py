"""The database: takes a DSN and settings, offers reads of one row, transactions and a health check on a pool.

No connection keeps session state between two users, so nothing is reset when a connection is given back.
"""

import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self
from weakref import WeakKeyDictionary

import asyncpg

from db.connection import REQUESTS, Connection, connect, host_of, is_standby, require_encoding, require_version
from db.dsn import Host
from db.errors import DRIVER_ERRORS, ConnectionLost, DatabaseTimeout, translate, translate_refusal
from db.pool import Connect, Pool
from db.session_settings import require_settings, session_settings
from db.sharing import GATEWAY, PAYER, Shares
from db.shielded import Undisturbed
from db.statement_cache import limit_memory
from db.time_codecs import set_time_codecs

READ_BACKEND_MEMORY: Final = "select sum(total_bytes)::bigint from pg_backend_memory_contexts"
"""The memory of a backend in bytes; only a superuser or a member of pg_read_all_stats may read it."""


LONGEST_LIFE: Final = 3_600.0
"""Maximum life of a backend in seconds where its memory cannot be read."""


def _default_size() -> int:
    return 2 * (os.cpu_count() or 1) + 3  # one place is kept for payers without any


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """The settings of the pool; times are in seconds.

    `statement_cache` is the maximum number of prepared statements of a connection; 0 is for a pooler in transaction
    mode without prepared statements. They take at most `statement_memory` bytes in the server, by estimate, and are
    dropped after `statement_lifetime`. A backend with more than `backend_memory` bytes is replaced. A statement of more
    than `longest_cached` characters is planned each time, since a backend would keep megabytes for it.

    One payer has at most `share` connections at once (0: a third of them, rounded up), more only for brief reads, and
    at most `queue` waiting requests.

    `longest_loan` is the maximum use of a connection before the client ends it, in case the server is gone; it is
    longer than the server's own time-outs of a transaction. A transaction waits for a lock at most `lock_timeout`, so
    it holds its own locks only for a moment; that is longer than the server takes to find a deadlock (1 second by
    default), so that a deadlock is one, and what met it may be run again.
    """

    size: int = 0
    share: int = 0
    queue: int = 100
    statement_cache: int = 500
    statement_memory: int = 32 << 20
    statement_lifetime: float = 600.0
    backend_memory: int = 128 << 20
    longest_cached: int = 32_768
    connect_timeout: float = 5.0
    acquire_timeout: float = 5.0
    statement_timeout: float = 10.0
    lock_timeout: float = 1.2
    idle_in_transaction_timeout: float = 5.0
    longest_loan: float = 30.0
    application_name: str = REQUESTS

    @property
    def places(self) -> int:
        """The number of connections."""
        return self.size or _default_size()

    @property
    def of_session(self) -> dict[str, str]:
        """The settings of each connection in PostgreSQL."""
        return session_settings(self.statement_timeout, self.lock_timeout, self.idle_in_transaction_timeout)

    def connections(self) -> Shares:
        """The shares of all connections."""
        return self._shares(self.places, self.share or -(-self.places // 3))

    def writers(self) -> Shares:
        """The shares of all that writes: what waits for a row leaves a third of the connections to reads."""
        return self._writing(self.places - max(1, self.places // 3))

    def transactions(self) -> Shares:
        """The shares of transactions, which keep locks over several statements: half of the connections."""
        return self._writing(self.places // 2)

    def _writing(self, most: int) -> Shares:
        places = max(1, most)
        return self._shares(places, self.share or (places + 1) // 2)

    def _shares(self, places: int, each: int) -> Shares:
        return Shares(places, max(1, min(each, places)), self.queue, self.acquire_timeout)


class Database:
    """A bounded pool of connections to one PostgreSQL, taken last in first out."""

    def __init__(self, pool: Pool, settings: PoolSettings) -> None:
        """Use `Database.open`."""
        self._pool = pool
        self._settings = settings
        self._writers, self._transactions = settings.writers(), settings.transactions()
        self._seen: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()  # time of the first look_after

    @classmethod
    async def open(cls, dsn: str, settings: PoolSettings | None = None) -> Self:
        """Connect and check the server, and that the connection's settings are in force.

        Raises DatabaseUnavailable and DatabaseMisconfigured.
        """
        settings = settings or PoolSettings()
        pool = Pool(_connecting(dsn, settings), settings.connections(), settings.longest_loan, settings.acquire_timeout)
        database = cls(pool, settings)
        try:
            async with database.statements() as connection:
                await require_settings(connection, settings.of_session)
        except BaseException:
            await pool.close()
            raise
        return database

    async def close(self) -> None:
        """Wait for the connections in use to come back, then end them all; harmless when repeated."""
        await self._pool.close()

    def abandon(self) -> None:
        """End all connections at once, in use or not, and lend no more: what waits for one ends as unavailable."""
        self._pool.abandon()

    @property
    def lent(self) -> int:
        """The number of connections in use."""
        return self._pool.lent

    async def read(self, sql: str, arguments: Sequence[object], *, brief: bool = False) -> asyncpg.Record:
        """The only row of a reading statement; a `brief` one may exceed its payer's share.

        A connection that turns out to be dead is replaced once. Raises DatabaseTimeout, DatabaseUnavailable, Crowded,
        LookupError without a row, and the driver's error for a wrong statement.
        """
        replaced, payer = False, PAYER.get()
        while True:
            connection = self._pool.take(payer, brief=brief) or await self._pool.acquire(payer, brief=brief)
            try:
                row = await connection.fetchrow(sql, *arguments)
            except DRIVER_ERRORS as error:
                problem = self._problem(connection, error)
                if replaced or not isinstance(problem, ConnectionLost):
                    raise problem from error
                replaced = True
            else:
                if row is None:
                    raise LookupError("the statement gave no row")
                return row
            finally:
                self._pool.release(connection, payer)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A block with a connection in a transaction (read committed): committed at its end, undone by any exception.

        Nothing is repeated. Raises as `read` does; other exceptions of the body pass through.
        """
        async with self.statements() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """A block with a connection without a transaction: each statement commits by itself and keeps no locks.

        Nothing is repeated. Raises as `read` does; other exceptions of the body pass through.
        """
        payer = PAYER.get()
        async with self._transactions.place(payer), self._writers.place(payer):
            connection = await self._pool.acquire(payer)
            try:
                yield connection
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise self._problem(connection, error) from error
            finally:
                self._pool.release(connection, payer)

    async def write(
        self, statement: str, arguments: Sequence[object], passing: tuple[type[Exception], ...] = ()
    ) -> asyncpg.Record | None:
        """Run one statement that commits by itself, and return its first row; None without one.

        Nothing is repeated. Raises as `read` does; the driver's errors in `passing` pass through. Once the statement is
        sent it goes on to its end: Disturbed, if the task was cancelled meanwhile, has the row.
        """
        payer = PAYER.get()
        if not self._writers.take(payer):
            await self._writers.wait(payer)
        try:
            connection = self._pool.take(payer) or await self._pool.acquire(payer)
            try:
                return await Undisturbed(connection.fetchrow(statement, *arguments))
            except passing:
                raise
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise self._problem(connection, error) from error
            finally:
                self._pool.release(connection, payer)
        finally:
            self._writers.give(payer)

    def _problem(self, connection: Connection, error: Exception) -> Exception:
        """The product's error for an error of the driver on this connection; after a loss no other one is trusted."""
        if self._pool.is_overdue(connection):
            return DatabaseTimeout("The database did not answer in time.")
        problem = translate(error, by_standby=is_standby(connection))
        if isinstance(problem, ConnectionLost):
            self._pool.expire()
        return problem

    def follow(self, host: Host) -> int:
        """Go to the host that takes writes now: end all connections to others, in use or not. Returns their number."""
        return self._pool.end(lambda connection: host_of(connection) != host)

    def figures(self) -> Mapping[str, float]:
        """Open connections, those in use, requests that wait for one, and connections that the server refused."""
        pool = self._pool
        return {
            "enfact_pool_connections": pool.opened,
            "enfact_pool_connections_lent": pool.lent,
            "enfact_pool_waiting": pool.waiting + self._writers.waiting + self._transactions.waiting,
            "enfact_pool_refused_total": pool.refusals,
        }

    async def look_after(self) -> int:
        """Check the idle connections, and end those whose backend is too large or too old. Returns their number."""
        ended = 0
        for connection in self._pool.idle:
            if self._pool.claim(connection, GATEWAY):
                try:
                    if not await self._is_fit(connection):
                        connection.terminate()
                        ended += 1
                except DRIVER_ERRORS:
                    connection.terminate()
                finally:
                    self._pool.release(connection, GATEWAY)
        return ended

    async def _is_fit(self, connection: Connection) -> bool:
        """True when a backend is small enough or, where its memory cannot be read, not too old.

        The query is prepared anew, which lets the driver close the statements that it has dropped.
        """
        seen = self._seen.setdefault(connection, time.monotonic())
        try:
            statement = await connection.prepare(READ_BACKEND_MEMORY)
            return (await statement.fetchval() or 0) <= self._settings.backend_memory
        except asyncpg.InsufficientPrivilegeError:
            await connection.prepare("select")
            return time.monotonic() - seen < LONGEST_LIFE

    async def ping(self) -> None:
        """Return when the database answers. Raises DatabaseTimeout or DatabaseUnavailable."""
        await self.read("select 1", ())


def _connecting(dsn: str, settings: PoolSettings) -> Connect:
    """Returns the function with which the pool opens a connection."""

    async def open_connection() -> Connection:
        connection = await connect(
            dsn,
            timeout=settings.connect_timeout,
            statement_cache_size=settings.statement_cache,
            max_cached_statement_lifetime=settings.statement_lifetime,
            max_cacheable_statement_size=settings.longest_cached,
            server_settings={"application_name": settings.application_name, **settings.of_session},
        )
        if settings.statement_cache:
            limit_memory(connection, settings.statement_memory)
        await _prepare(connection)
        return connection

    return open_connection


async def _prepare(connection: Connection) -> None:
    """Check the server (a failover may change its version) and set the codecs: `varchar` arrives as bytes."""
    try:
        require_version(connection.get_server_version()[0])
        require_encoding(connection)
        await connection.set_type_codec(
            "varchar", schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
        )
        await set_time_codecs(connection)
    except BaseException as error:
        connection.terminate()
        if isinstance(error, DRIVER_ERRORS):
            raise translate_refusal(error) from error
        raise
