"""The pool of connections: takes a DSN and settings, gives reads of one row, transactions and a health check.

No connection keeps session state between two users, so nothing is reset when one is given back.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self, cast

import asyncpg

from db.connection import Connection, create_pool, require_version
from db.errors import DRIVER_ERRORS, ConnectionLost, DatabaseTimeout, DatabaseUnavailable, translate, translate_refusal

ENDLESS = 1 << 62
"""A number of queries that no connection reaches: a replaced connection plans all its statements anew."""


def _default_size() -> int:
    return 2 * (os.cpu_count() or 1) + 2


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How the pool behaves; times are in seconds.

    `statement_cache` is per connection; 0 is for a pooler in transaction mode that knows no prepared statements. A
    statement of more than `longest_cached` characters is planned each time: a backend would keep megabytes for it.
    The client gives a query up `answer_margin` after the server should have, in case the server is gone.
    """

    size: int = 0
    statement_cache: int = 64
    longest_cached: int = 32_768
    connect_timeout: float = 5.0
    acquire_timeout: float = 5.0
    statement_timeout: float = 10.0
    lock_timeout: float = 5.0
    idle_in_transaction_timeout: float = 15.0
    answer_margin: float = 5.0
    application_name: str = "enfact"


class Database:
    """A bounded pool of connections to one PostgreSQL, taken last in first out."""

    def __init__(self, pool: Any, settings: PoolSettings) -> None:
        """Use `Database.open`."""
        self._pool = pool
        self._acquire_timeout = settings.acquire_timeout
        self._writers = asyncio.Semaphore(max(1, (settings.size or _default_size()) // 2))

    @classmethod
    async def open(cls, dsn: str, settings: PoolSettings | None = None) -> Self:
        """Connect and check the server's version. Raises DatabaseUnavailable or DatabaseMisconfigured."""
        settings = settings or PoolSettings()
        return cls(await _create_pool(dsn, settings), settings)

    async def close(self) -> None:
        """Wait for the connections in use to come back, then end them all; harmless when repeated."""
        await self._pool.close()

    async def read(self, sql: str, arguments: Sequence[object]) -> asyncpg.Record:
        """The one row of a statement that only reads.

        A connection that turns out to be dead is replaced once. Raises DatabaseTimeout, DatabaseUnavailable,
        LookupError when there is no row, and the driver's error for a wrong statement.
        """
        try:
            return await self._read_once(sql, arguments)
        except ConnectionLost:
            await self._pool.expire_connections()
            return await self._read_once(sql, arguments)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection inside a transaction (read committed): committed at the end, undone by any exception.

        It is never repeated. Raises as `read` does; what the body raises passes through, and a server that stops
        answering in the middle raises TimeoutError.
        """
        async with self._writing():
            connection = await self._acquire()
            try:
                async with connection.transaction():
                    yield connection
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise translate(error) from error
            finally:
                await self._release(connection)

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

    async def _read_once(self, sql: str, arguments: Sequence[object]) -> asyncpg.Record:
        connection = await self._acquire()
        try:
            row = await connection.fetchrow(sql, *arguments)
        except TimeoutError as error:
            raise DatabaseTimeout("The database did not answer in time.") from error
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            await self._release(connection)
        if row is None:
            raise LookupError("the statement gave no row")
        return row

    async def _acquire(self) -> Connection:
        try:
            return cast("Connection", await self._pool.acquire(timeout=self._acquire_timeout))
        except TimeoutError as error:
            raise DatabaseUnavailable(
                f"No connection to the database became free within {self._acquire_timeout} seconds."
            ) from error
        except DRIVER_ERRORS as error:
            raise translate_refusal(error) from error

    async def _release(self, connection: Connection) -> None:
        await self._pool.release(connection)


async def _create_pool(dsn: str, settings: PoolSettings) -> Any:
    """A pool without a floor of connections: asyncpg's upkeep of one logs a traceback per try during an outage."""
    return await create_pool(
        dsn,
        init=_prepare_connection,
        reset=_keep_as_is,
        init_size=1,
        min_size=0,
        max_size=settings.size or _default_size(),
        max_queries=ENDLESS,
        max_inactive_connection_lifetime=0,
        timeout=settings.connect_timeout,
        command_timeout=settings.statement_timeout + settings.answer_margin,
        statement_cache_size=settings.statement_cache,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=settings.longest_cached,
        server_settings=_server_settings(settings),
    )


def _server_settings(settings: PoolSettings) -> dict[str, str]:
    return {
        "application_name": settings.application_name,
        "timezone": "UTC",
        "datestyle": "ISO",
        "jit": "off",
        "plan_cache_mode": "force_generic_plan",
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.idle_in_transaction_timeout),
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


async def _prepare_connection(connection: Any) -> None:
    """Check the server (another one may answer after a failover), and let `varchar` arrive as bytes."""
    require_version(connection.get_server_version().major)
    await connection.set_type_codec("varchar", schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes)


async def _keep_as_is(_connection: Any) -> None:
    """Reset nothing: the product leaves no session state, and asyncpg itself still undoes an open transaction."""
