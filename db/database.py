"""The pool of connections: takes a DSN and settings, gives reads of one row, transactions and a health check.

No connection keeps session state between two users, so nothing is reset when one is given back.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import asyncpg

from db.connection import Connection, connect, require_version
from db.errors import DRIVER_ERRORS, ConnectionLost, DatabaseTimeout, DatabaseUnavailable, translate, translate_refusal
from db.pool import Connect, Pool


def _default_size() -> int:
    return 2 * (os.cpu_count() or 1) + 2


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How the pool behaves; times are in seconds.

    `statement_cache` is per connection; 0 is for a pooler in transaction mode that knows no prepared statements. A
    statement of more than `longest_cached` characters is planned each time: a backend would keep megabytes for it.
    The client ends a connection that is in use for `longest_loan`, in case the server is gone: it is longer than the
    server needs to give a transaction up. What a transaction holds it holds for a moment only, since it waits for
    others for `lock_timeout` at most.
    """

    size: int = 0
    statement_cache: int = 64
    longest_cached: int = 32_768
    connect_timeout: float = 5.0
    acquire_timeout: float = 5.0
    statement_timeout: float = 10.0
    lock_timeout: float = 1.0
    idle_in_transaction_timeout: float = 5.0
    longest_loan: float = 30.0
    application_name: str = "enfact"


class Database:
    """A bounded pool of connections to one PostgreSQL, taken last in first out."""

    def __init__(self, pool: Pool, settings: PoolSettings) -> None:
        """Use `Database.open`."""
        self._pool = pool
        self._acquire_timeout = settings.acquire_timeout
        self._writers = asyncio.Semaphore(max(1, (settings.size or _default_size()) // 2))

    @classmethod
    async def open(cls, dsn: str, settings: PoolSettings | None = None) -> Self:
        """Connect and check the server's version. Raises DatabaseUnavailable or DatabaseMisconfigured."""
        settings = settings or PoolSettings()
        size = settings.size or _default_size()
        pool = Pool(_connecting(dsn, settings), size, settings.acquire_timeout, settings.longest_loan)
        pool.release(await pool.acquire())
        return cls(pool, settings)

    async def close(self) -> None:
        """Wait for the connections in use to come back, then end them all; harmless when repeated."""
        await self._pool.close()

    async def read(self, sql: str, arguments: Sequence[object]) -> asyncpg.Record:
        """The one row of a statement that only reads.

        A connection that turns out to be dead is replaced once. Raises DatabaseTimeout, DatabaseUnavailable,
        LookupError when there is no row, and the driver's error for a wrong statement.
        """
        replaced = False
        while True:
            connection = self._pool.take() or await self._pool.acquire()
            try:
                row = await connection.fetchrow(sql, *arguments)
            except DRIVER_ERRORS as error:
                problem = self._problem(connection, error)
                if replaced or not isinstance(problem, ConnectionLost):
                    raise problem from error
                replaced = True
                self._pool.expire()
            else:
                if row is None:
                    raise LookupError("the statement gave no row")
                return row
            finally:
                self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection inside a transaction (read committed): committed at the end, undone by any exception.

        It is never repeated. Raises as `read` does; what the body raises passes through.
        """
        async with self.statements() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """A connection without a transaction: each statement stands by itself, and holds nothing once it has ended.

        Nothing is repeated. Raises as `read` does; what the body raises passes through.
        """
        async with self._writing():
            connection = await self._pool.acquire()
            try:
                yield connection
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise self._problem(connection, error) from error
            finally:
                self._pool.release(connection)

    def _problem(self, connection: Connection, error: Exception) -> Exception:
        """What an error of the driver means."""
        if self._pool.is_overdue(connection):
            return DatabaseTimeout("The database did not answer in time.")
        return translate(error)

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[None]:
        """One of the places for transactions, which are half of the pool.

        Those that wait for a lock leave the rest to reads.
        """
        try:
            async with asyncio.timeout(self._acquire_timeout):
                await self._writers.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("Too many transactions are under way.") from error
        try:
            yield
        finally:
            self._writers.release()

    async def ping(self) -> None:
        """Return when the database answers. Raises DatabaseTimeout or DatabaseUnavailable."""
        await self.read("select 1", ())


def _connecting(dsn: str, settings: PoolSettings) -> Connect:
    """How the pool opens a connection."""

    async def open_connection() -> Connection:
        connection = await connect(
            dsn,
            timeout=settings.connect_timeout,
            statement_cache_size=settings.statement_cache,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=settings.longest_cached,
            server_settings=_server_settings(settings),
        )
        await _prepare(connection)
        return connection

    return open_connection


def _server_settings(settings: PoolSettings) -> dict[str, str]:
    return {
        "application_name": settings.application_name,
        "timezone": "UTC",
        "datestyle": "ISO",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",
        "pg_trgm.word_similarity_threshold": "0.5",
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.idle_in_transaction_timeout),
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


async def _prepare(connection: Connection) -> None:
    """Check the server (another one may answer after a failover), and let `varchar` arrive as bytes."""
    try:
        require_version(connection.get_server_version()[0])
        await connection.set_type_codec(
            "varchar", schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
        )
    except BaseException as error:
        connection.terminate()
        if isinstance(error, DRIVER_ERRORS):
            raise translate_refusal(error) from error
        raise
