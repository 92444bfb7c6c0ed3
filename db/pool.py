"""A bounded set of connections, taken last in first out: takes a way to connect, lends connections.

Kept by hand, since asyncpg's own pool costs a tenth of a small request: no proxy, no reset, no timer unless one waits.
"""

import asyncio
import time
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable
from operator import itemgetter

from db.connection import Connection
from db.errors import DatabaseUnavailable

Connect = Callable[[], Awaitable[Connection]]


class Pool:
    """At most `size` connections; whoever waits longer than `patience` seconds for one gets DatabaseUnavailable.

    A connection that is lent for more than `longest` seconds is ended, so that a server that is gone cannot keep
    anybody waiting; one timer watches over all of them, where the driver would start one for each query.
    """

    def __init__(self, connect: Connect, size: int, patience: float, longest: float) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._longest = longest
        self._free: list[Connection] = []
        self._lent: dict[Connection, float] = {}  # until when, the first to be due first
        self._overdue: set[Connection] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._places = 0  # connections that are open or being opened
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()  # until when (loop clock), soonest first
        self._clock: asyncio.TimerHandle | None = None
        self._doomed: set[Connection] = set()
        self._closed = False
        self._drained = asyncio.Event()

    async def acquire(self) -> Connection:
        """A connection that is open as far as is known. Raises DatabaseUnavailable, and what connecting raises."""
        until: float | None = None
        while True:
            connection = self.take()
            if connection is not None:
                return connection
            if self._places < self._size:
                return await self._open()
            if until is None:
                until = asyncio.get_running_loop().time() + self._patience
            await self._wait(until)

    def take(self) -> Connection | None:
        """A connection that is free at once, None if there is none. Raises DatabaseUnavailable."""
        if self._closed:
            raise DatabaseUnavailable("The pool of connections is closed.")
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return self._lend(connection)
            self._places -= 1
        return None

    def is_overdue(self, connection: Connection) -> bool:
        """Whether it was ended because it was lent for too long."""
        return connection in self._overdue

    def release(self, connection: Connection) -> None:
        """Give a connection back; one that has ended, or was doomed meanwhile, is not lent again."""
        self._lent.pop(connection, None)
        self._overdue.discard(connection)
        unusable = connection.is_closed() or connection.is_in_transaction()
        if unusable or self._closed or connection in self._doomed:
            self._doomed.discard(connection)
            self._places -= 1
            connection.terminate()
        else:
            self._free.append(connection)
        self._wake()
        if self._closed and not self._lent and not self._overdue:
            self._drained.set()

    def expire(self) -> None:
        """Let no connection that is open now be lent again."""
        self._doomed.update(self._lent)
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
        if self._lent or self._overdue:
            await self._drained.wait()

    async def _open(self) -> Connection:
        self._places += 1
        try:
            connection = await self._connect()
        except BaseException:
            self._places -= 1
            self._wake()
            raise
        return self._lend(connection)

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

    async def _wait(self, until: float) -> None:
        """Until a place or a connection may be free; who was woken and overtaken stands before those who came later."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        insort(self._waiting, (until, place), key=itemgetter(0))
        self._set_clock(loop)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._wake()  # what was meant for us is for the next one
            raise

    def _set_clock(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let it ring when the patience of the first in line is over; he has waited longest."""
        until = self._waiting[0][0]
        if self._clock is not None and self._clock.when() > until:
            self._clock.cancel()
            self._clock = None
        if self._clock is None:
            self._clock = loop.call_at(until, self._give_up, loop)

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waiting of those whose patience is over."""
        self._clock = None
        now = loop.time()
        while self._waiting and (self._waiting[0][0] <= now or self._waiting[0][1].done()):
            _, place = self._waiting.popleft()
            if not place.done():
                message = f"No connection to the database became free within {self._patience} seconds."
                place.set_exception(DatabaseUnavailable(message))
        if self._waiting:
            self._set_clock(loop)

    def _wake(self) -> None:
        while self._waiting:
            _, place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
