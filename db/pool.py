"""A bounded set of connections, taken last in first out: takes a way to connect, lends connections to who pays.

Kept by hand, since asyncpg's own pool costs a tenth of a small request: no proxy, no reset, no timer unless one waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from db.connection import Connection
from db.errors import DatabaseUnavailable
from db.sharing import Payer, Shares

Connect = Callable[[], Awaitable[Connection]]


class Pool:
    """The connections that `shares` has places for; what it raises is raised for who waits for one.

    A connection that is lent for more than `longest` seconds is ended, so that a server that is gone cannot keep
    anybody waiting; one timer watches over all of them, where the driver would start one for each query.
    """

    def __init__(self, connect: Connect, shares: Shares, longest: float) -> None:
        self._connect = connect
        self._shares = shares
        self._longest = longest
        self._free: list[Connection] = []
        self._lent: dict[Connection, float] = {}  # until when, the first to be due first
        self._overdue: set[Connection] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._doomed: set[Connection] = set()
        self._closed = False
        self._drained = asyncio.Event()

    async def acquire(self, payer: Payer) -> Connection:
        """A connection that is open as far as is known. Raises Crowded, DatabaseUnavailable, and what connecting does.

        There is a connection for each place: who has one finds a connection, or room to open one.
        """
        if not self._shares.take(payer):
            await self._shares.wait(payer)
        try:
            return self._unused() or self._lend(await self._connect())
        except BaseException:
            self._shares.give(payer)
            raise

    def take(self, payer: Payer) -> Connection | None:
        """A connection that is free at once, None if there is none for this payer."""
        if self._free and self._shares.take(payer):
            connection = self._free.pop()
            if not connection.is_closed():
                return self._lend(connection)
            self._shares.give(payer)
        return None

    def claim(self, connection: Connection, payer: Payer) -> bool:
        """Take this very connection, if it is free and there is a place for the payer at once."""
        if connection not in self._free or not self._shares.take(payer):
            return False
        self._free.remove(connection)
        self._lend(connection)
        return True

    @property
    def idle(self) -> list[Connection]:
        """The connections that are free, those that were used least lately first."""
        return self._free.copy()

    def is_overdue(self, connection: Connection) -> bool:
        """Whether it was ended because it was lent for too long."""
        return connection in self._overdue

    def release(self, connection: Connection, payer: Payer) -> None:
        """Give a connection back; one that has ended, or was doomed meanwhile, is not lent again."""
        self._lent.pop(connection, None)
        self._overdue.discard(connection)
        unusable = connection.is_closed() or connection.is_in_transaction()
        if unusable or self._closed or connection in self._doomed:
            self._doomed.discard(connection)
            connection.terminate()
        else:
            self._free.append(connection)
        self._shares.give(payer)
        if self._closed and not self._lent and not self._overdue:
            self._drained.set()

    def expire(self) -> None:
        """Let no connection that is open now be lent again."""
        self._doomed.update(self._lent)
        free, self._free = self._free, []
        for connection in free:
            connection.terminate()

    async def close(self) -> None:
        """Lend no more, wait for what is lent, and end all connections; harmless when repeated."""
        self._closed = True
        self.expire()
        self._shares.refuse(_closed())
        if self._lent or self._overdue:
            await self._drained.wait()

    def _unused(self) -> Connection | None:
        """A free connection that has not ended. Raises DatabaseUnavailable once the pool is closed."""
        if self._closed:
            raise _closed()
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return self._lend(connection)
        return None

    def _lend(self, connection: Connection) -> Connection:
        self._lent[connection] = time.monotonic() + self._longest
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(self._longest, self._end_overdue)
        return connection

    def _end_overdue(self) -> None:
        self._watch = None
        now = time.monotonic()
        for connection, until in list(self._lent.items()):
            if until > now:
                self._watch = asyncio.get_running_loop().call_later(until - now, self._end_overdue)
                return
            del self._lent[connection]
            self._overdue.add(connection)
            connection.terminate()


def _closed() -> DatabaseUnavailable:
    return DatabaseUnavailable("The pool of connections is closed.")
