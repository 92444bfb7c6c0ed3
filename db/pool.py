"""A bounded pool of connections, last in first out: takes a function that connects, lends connections to payers.

Written here because asyncpg's own pool takes a tenth of a small request's time. This one has no proxies, no reset, and
one timer for all lent connections.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from db.connection import Connection
from db.errors import DatabaseUnavailable, NoMoreConnections
from db.sharing import Payer, Shares

REFUSED_FOR: Final = 1.0
"""Seconds for which no connection is asked for after the server has refused one."""

Connect = Callable[[], Awaitable[Connection]]


class Pool:
    """A pool with one connection for each place in `shares` (`sharing.py`).

    A connection that is lent for more than `longest` seconds is ended, so that no caller waits for a server that is
    gone. One timer watches all of them; the driver would start one for each query.

    When the server refuses further connections, callers wait up to `patience` seconds for one that is given back; the
    server is not asked again for a second, and then by the first of them.
    """

    def __init__(self, connect: Connect, shares: Shares, longest: float, patience: float = 5.0) -> None:
        self._connect = connect
        self._shares = shares
        self._longest = longest
        self._patience = patience
        self.refusals = 0
        self._refusal: NoMoreConnections | None = None
        self._asked_again = 0.0  # time from which the server is asked again after a refusal
        self._hoping: deque[asyncio.Future[Connection | None]] = deque()
        self._turns = 0  # of those who waited and ask the server now
        self._second: asyncio.TimerHandle | None = None
        self._free: list[Connection] = []
        self._lent: dict[Connection, float] = {}  # time of its end, soonest first
        self._overdue: set[Connection] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._doomed: set[Connection] = set()
        self._closed = False
        self._drained = asyncio.Event()

    async def acquire(self, payer: Payer, *, brief: bool = False) -> Connection:
        """A connection, not known to be closed, as soon as the payer has a place.

        Each place has a free connection or room to open one. Raises Crowded, DatabaseUnavailable, and the errors of
        connecting.
        """
        if not self._shares.take(payer, brief=brief):
            await self._shares.wait(payer, brief=brief)
        try:
            return self._unused() or await self._open()
        except BaseException:
            self._shares.give(payer)
            raise

    def take(self, payer: Payer, *, brief: bool = False) -> Connection | None:
        """A connection that is free at once; None when there is none for this payer."""
        if self._free and self._shares.take(payer, brief=brief):
            connection = self._free.pop()
            if not connection.is_closed():
                return self._lend(connection)
            self._shares.give(payer)
        return None

    def claim(self, connection: Connection, payer: Payer) -> bool:
        """Take this connection. Returns False when it is not free, or the payer has no place at once."""
        if connection not in self._free or not self._shares.take(payer):
            return False
        self._free.remove(connection)
        self._lend(connection)
        return True

    @property
    def opened(self) -> int:
        """The number of open connections."""
        return len(self._free) + self.lent

    @property
    def lent(self) -> int:
        """The number of connections in use."""
        return len(self._lent) + len(self._overdue)

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a connection."""
        return self._shares.waiting + len(self._hoping)

    @property
    def idle(self) -> list[Connection]:
        """The free connections, least recently used first."""
        return self._free.copy()

    def is_overdue(self, connection: Connection) -> bool:
        """True when the connection was ended because it was lent for too long."""
        return connection in self._overdue

    def release(self, connection: Connection, payer: Payer) -> None:
        """Give a connection back. One that is closed, in a transaction, or expired meanwhile is ended."""
        self._put_back(connection)
        self._shares.give(payer)
        if self._closed and not self._lent and not self._overdue:
            self._drained.set()

    def expire(self) -> None:
        """Let no connection that is open now be lent again; ends the free ones at once."""
        self._doomed.update(self._lent)
        free, self._free = self._free, []
        for connection in free:
            connection.terminate()

    def end(self, is_wrong: Callable[[Connection], bool]) -> int:
        """End the connections of which `is_wrong` is true at once, lent ones too. Returns their number."""
        wrong = [connection for connection in (*self._free, *self._lent) if is_wrong(connection)]
        self._free = [connection for connection in self._free if connection not in wrong]
        for connection in wrong:
            connection.terminate()
        return len(wrong)

    def abandon(self) -> None:
        """Stop lending, and end all connections at once, lent ones too."""
        self._closed = True
        self._shares.refuse(_closed())
        self.end(lambda _: True)

    async def close(self) -> None:
        """Stop lending, wait for the lent connections, and end all; harmless when repeated."""
        self._closed = True
        self.expire()
        self._shares.refuse(_closed())
        if self._lent or self._overdue:
            await self._drained.wait()

    def _unused(self) -> Connection | None:
        """A free connection that is open, lent now; None without one. Raises DatabaseUnavailable in a closed pool."""
        if self._closed:
            raise _closed()
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return self._lend(connection)
        return None

    async def _open(self) -> Connection:
        """A connection that is opened or, if the server takes no more, given back. Raises as `acquire` does."""
        if not self._hoping and not self._turns:  # nobody overtakes who waits
            connection = await self._ask_server()
            if connection is not None:
                return connection
        try:
            async with asyncio.timeout(self._patience):
                return await self._wait_for_one()
        except TimeoutError as error:
            raise NoMoreConnections(str(self._refusal)) from error

    async def _ask_server(self) -> Connection | None:
        """A connection that is opened, lent now; None when the server refuses, or refused within the last second."""
        if self._closed:
            raise _closed()
        if time.monotonic() < self._asked_again:
            return None
        try:
            return self._lend(await self._connect())
        except NoMoreConnections as error:
            self._refusal, self._asked_again = error, time.monotonic() + REFUSED_FOR
            self.refusals += 1
            return None

    async def _wait_for_one(self) -> Connection:
        """A connection that is given back, or opened when it is this caller's turn to ask the server; lent now."""
        connection = self._unused() or await self._given_back()
        while connection is None:
            connection = await self._ask_in_turn() or self._unused() or await self._given_back(again=True)
        return connection

    async def _ask_in_turn(self) -> Connection | None:
        """Ask the server as the first of those who wait; the next one asks at once, or a second after a refusal."""
        is_refused = False
        try:
            connection = await self._ask_server()
            is_refused = connection is None
        finally:
            self._end_turn(is_refused=is_refused)
        return connection

    async def _given_back(self, *, again: bool = False) -> Connection | None:
        """The next connection that is given back, lent now; None for the turn to ask the server.

        Who waits `again` comes before the others. Raises NoMoreConnections when there is nothing to wait for.
        """
        if not self._lent and not self._overdue and not self._turns:
            raise NoMoreConnections(str(self._refusal))
        hope: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._hoping.insert(0 if again else len(self._hoping), hope)
        self._watch_refusal()
        try:
            return await hope
        except BaseException:
            if hope.cancelled():
                self._hoping = deque(other for other in self._hoping if other is not hope)
            elif (connection := hope.result()) is not None:
                self._put_back(connection)
            else:
                self._end_turn(is_refused=False)
            raise

    def _watch_refusal(self) -> None:
        """Let the first who waits ask the server when the second after the refusal is over."""
        if self._second is None:
            seconds = max(0.0, self._asked_again - time.monotonic())
            self._second = asyncio.get_running_loop().call_later(seconds, self._end_refusal)

    def _end_refusal(self) -> None:
        self._second = None
        if not self._turns:
            self._hand_on(None)

    def _end_turn(self, *, is_refused: bool) -> None:
        self._turns -= 1
        if is_refused:
            self._watch_refusal()
        else:
            self._hand_on(None)

    def _put_back(self, connection: Connection) -> None:
        """Take a connection back: for who waits for one, else among the free ones, or end it."""
        self._lent.pop(connection, None)
        self._overdue.discard(connection)
        unusable = connection.is_closed() or connection.is_in_transaction()
        if unusable or self._closed or connection in self._doomed:
            self._doomed.discard(connection)
            connection.terminate()
            self._asked_again = 0.0  # the server has room for another one
            self._hand_on(None)
        elif not self._hoping or not self._hand_on(connection):
            self._free.append(connection)

    def _hand_on(self, connection: Connection | None) -> bool:
        """Lend a connection to who waits for one, or let them ask the server; False when nobody waits."""
        while self._hoping:
            hope = self._hoping.popleft()
            if not hope.done():
                if connection is None:
                    self._turns += 1
                else:
                    self._lend(connection)
                hope.set_result(connection)
                return True
        return False

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
