"""The readiness probe: asks the database a question on a connection of its own, which is free whatever the pool does.

The connection is opened by the first question. Callers during a question share its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from db.connection import HEALTH, Connection, connect, host_of, prefer
from db.dsn import Host
from db.errors import DRIVER_ERRORS, ConnectionLost, DatabaseUnavailable, TakesNoWrites, translate

PATIENCE: Final = 2.0
"""Maximum number of seconds for the database's answer."""

TAKES_WRITES: Final = "select not pg_is_in_recovery() and not current_setting('default_transaction_read_only')::boolean"

Question: TypeAlias = Callable[[Connection], Awaitable[object]]
"""A function that asks something on the connection; its return value is ignored."""


async def require_writes(connection: Connection) -> None:
    """Raise TakesNoWrites when the server is a standby, or takes no writes for another reason."""
    if not await connection.fetchval(TAKES_WRITES):
        raise TakesNoWrites("The database takes no writes: its server is a standby, or is set to be read only.")


class ReadinessProbe:
    """Asks a database a question; one question at a time."""

    def __init__(self, dsn: str, question: Question) -> None:
        self._dsn = dsn
        self._question = question
        self._connection: Connection | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def host(self) -> Host | None:
        """The host of which the last answer came, where the address has several; None after a failure."""
        return host_of(self._connection) if self._connection is not None else None

    async def ask(self) -> None:
        """Wait for the answer to a question, this caller's own or one under way. Raises DatabaseError."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.shield(self._asking)

    async def close(self) -> None:
        """End the connection; harmless when repeated."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        self._end()

    async def _ask(self) -> None:
        """Ask in time; a connection that was lost since the last question is replaced once."""
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    await self._on_connection()
                except ConnectionLost:
                    await self._on_connection()
        except TimeoutError:
            raise DatabaseUnavailable("The database did not answer in time.") from None

    async def _on_connection(self) -> None:
        if self._connection is None or self._connection.is_closed():
            settings = {"application_name": HEALTH}
            self._connection = await connect(
                self._dsn, timeout=PATIENCE, statement_cache_size=0, server_settings=settings
            )
        try:
            await self._question(self._connection)
            prefer(self._connection)
        except BaseException as error:
            self._end()
            if isinstance(error, DRIVER_ERRORS) and not isinstance(error, TimeoutError):
                raise translate(error) from error
            raise

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
