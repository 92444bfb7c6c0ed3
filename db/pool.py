"""A bounded set of connections, taken last in first out: takes a way to connect, lends connections.

Kept by hand, since asyncpg's own pool costs a tenth of a small request: no proxy, no reset, no timer unless one waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from db.connection import Connection
from db.errors import DatabaseUnavailable

Connect = Callable[[], Awaitable[Connection]]


class Pool:
    """At most `size` connections; whoever waits longer than `patience` seconds for one gets DatabaseUnavailable."""

    def __init__(self, connect: Connect, size: int, patience: float) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._free: list[Connection] = []
        self._lent: set[Connection] = set()
        self._places = 0  # connections that are open or being opened
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._doomed: set[Connection] = set()
        self._closed = False
        self._drained = asyncio.Event()

    async def acquire(self) -> Connection:
        """A connection that is open as far as is known. Raises DatabaseUnavailable, and what connecting raises."""
        while True:
            if self._closed:
                raise DatabaseUnavailable("The pool of connections is closed.")
            while self._free:
                connection = self._free.pop()
                if not connection.is_closed():
                    self._lent.add(connection)
                    return connection
                self._places -= 1
            if self._places < self._size:
                return await self._open()
            await self._wait()

    def release(self, connection: Connection) -> None:
        """Give a connection back; one that has ended, or was doomed meanwhile, is not lent again."""
        self._lent.discard(connection)
        unusable = connection.is_closed() or connection.is_in_transaction()
        if unusable or self._closed or connection in self._doomed:
            self._doomed.discard(connection)
            self._places -= 1
            connection.terminate()
        else:
            self._free.append(connection)
        self._wake()
        if self._closed and not self._lent:
            self._drained.set()

    def expire(self) -> None:
        """Let no connection that is open now be lent again."""
        self._doomed |= self._lent
        free, self._free = self._free, []
        self._places -= len(free)
        for connection in free:
            connection.terminate()

    async def close(self) -> None:
        """Lend no more, wait for what is lent, and end all connections; harmless when repeated."""
        self._closed = True
        self.expire()
        while self._waiting:
            self._wake()
        if self._lent:
            await self._drained.wait()

    async def _open(self) -> Connection:
        self._places += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._places -= 1
            self._wake()
            raise
        self._lent.add(connection)
        return connection

    async def _wait(self) -> None:
        """Until a place or a connection may be free."""
        try:
            async with asyncio.timeout(self._patience):
                await self._wait_for_place()
        except TimeoutError as error:
            message = f"No connection to the database became free within {self._patience} seconds."
            raise DatabaseUnavailable(message) from error

    async def _wait_for_place(self) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():
                self._wake()  # what was meant for us is for the next one
            raise

    def _wake(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
