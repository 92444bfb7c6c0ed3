"""Places shared fairly among payers: each payer has a few at once, further requests wait in turn.

A place that becomes free goes to the next payer in turn, so no one is overtaken. There is no lock and no task here, and
a timer only while a request waits.
"""

import asyncio
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeAlias

from db.errors import Crowded, DatabaseError, DatabaseUnavailable

Payer: TypeAlias = Hashable
"""The account, network, or other name whose share of the places a request uses."""

GATEWAY: Final[Payer] = ("the gateway",)
"""The payer of the gateway's own work."""

PAYER: Final[ContextVar[Payer]] = ContextVar("PAYER", default=GATEWAY)
"""The payer of the current task."""

Place: TypeAlias = "asyncio.Future[None]"


@dataclass(slots=True, eq=False)
class Waiter:
    """A request that waits for a place until a time (loop clock); `brief`: it needs the place only briefly."""

    payer: Payer
    brief: bool
    until: float
    place: Place


class Shares:
    """A number of places, shared fairly: at most `each` of them for one payer, more only for brief requests.

    When `each` is less than `places`, the last free place is kept for a payer who holds none. A request that finds no
    place waits: at most `queue` requests of one payer, at most `patience` seconds. Payers with the fewest places are
    served first, and take turns.
    """

    def __init__(self, places: int, each: int, queue: int, patience: float) -> None:
        self._free = places
        self._kept = int(each < places)  # for payers who hold none
        self._limits = (each, places)  # of one payer: not brief, brief
        self._queue = queue
        self._patience = patience
        self._held: dict[Payer, int] = {}
        self._queues: dict[Payer, deque[Waiter]] = {}
        self._lines: defaultdict[int, OrderedDict[Payer, None]] = defaultdict(OrderedDict)  # who waits, by places held
        self._waiting: dict[Waiter, None] = {}  # in the order of their ends
        self._clock: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return len(self._waiting)

    def take(self, payer: Payer, *, brief: bool = False) -> bool:
        """Take a place. Returns False when none is free for this payer, or another request of the payer waits."""
        held = self._held.get(payer, 0)
        if payer in self._queues or held >= self._limits[brief] or self._free <= (self._kept if held else 0):
            return False
        self._free -= 1
        self._held[payer] = held + 1
        return True

    async def wait(self, payer: Payer, *, brief: bool = False) -> None:
        """Take a place as soon as it is this payer's turn.

        Raises Crowded when the payer's own requests are the reason for a failure, else DatabaseUnavailable.
        """
        waiter = self._join(payer, brief=brief)
        place = waiter.place
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give(payer)  # the place was given to this request, which no longer needs it
            else:
                self._leave(waiter)
            raise

    def give(self, payer: Payer) -> None:
        """Give one of this payer's places back, for the next in turn."""
        held = self._held[payer]
        if self._queues and self._stays(payer, held) and self._serve_next(payer):
            return
        if held > 1:
            self._held[payer] = held - 1
        else:
            del self._held[payer]
        self._free += 1
        if self._queues:
            self._step(payer, held)
            self._serve()

    @asynccontextmanager
    async def place(self, payer: Payer) -> AsyncGenerator[None]:
        """A block with a place. Raises as `wait` does."""
        if not self.take(payer):
            await self.wait(payer)
        try:
            yield
        finally:
            self.give(payer)

    def refuse(self, error: DatabaseError) -> None:
        """End all waits with this error."""
        for waiter in self._waiting:
            if not waiter.place.done():
                waiter.place.set_exception(error)
        self._waiting.clear()

    def _stays(self, payer: Payer, held: int) -> bool:
        """True when this payer is the only one who waits, and may take the returned place again."""
        if len(self._queues) != 1 or payer not in self._queues:
            return False
        brief = self._queues[payer][0].brief
        return held <= self._limits[brief] and (held == 1 or self._free >= self._kept)

    def _join(self, payer: Payer, *, brief: bool) -> Waiter:
        """Add a waiter at the end of the payer's queue. Raises Crowded when the queue is full."""
        queue = self._queues.get(payer)
        if queue is None:
            queue = self._queues[payer] = deque()
            self._lines[self._held.get(payer, 0)][payer] = None
        elif len(queue) >= self._queue:
            raise Crowded(f"{self._queue} requests of the same payer are waiting.")
        loop = asyncio.get_running_loop()
        waiter = Waiter(payer, brief, loop.time() + self._patience, loop.create_future())
        queue.append(waiter)
        self._waiting[waiter] = None
        if self._clock is None:
            self._clock = loop.call_later(self._patience, self._give_up, loop)
        return waiter

    def _leave(self, waiter: Waiter) -> None:
        """Remove a waiter from its queue, and serve again: the next in the queue may be a brief request."""
        self._waiting.pop(waiter, None)
        queue = self._queues.get(waiter.payer)
        if queue is not None and waiter in queue:
            queue.remove(waiter)
            if not queue:
                self._dissolve(waiter.payer)
            self._serve()

    def _dissolve(self, payer: Payer) -> None:
        """Remove the payer's empty queue."""
        del self._queues[payer]
        del self._lines[self._held.get(payer, 0)][payer]

    def _step(self, payer: Payer, before: int) -> None:
        """Move a waiting payer from the line of the places that it held before to that of the places held now."""
        if payer in self._queues:
            del self._lines[before][payer]
            self._lines[self._held.get(payer, 0)][payer] = None

    def _serve(self) -> None:
        """Give the free places to the next payers in turn."""
        while (payer := self._next()) is not None:
            if self._serve_next(payer):
                held = self._held.get(payer, 0)
                self._held[payer] = held + 1
                self._free -= 1
                self._step(payer, held)

    def _serve_next(self, payer: Payer) -> bool:
        """Let the first in the payer's queue go on. Returns False when that request was cancelled meanwhile."""
        queue = self._queues[payer]
        waiter = queue.popleft()
        if not queue:
            self._dissolve(payer)
        if waiter.place.done():
            return False
        del self._waiting[waiter]
        waiter.place.set_result(None)
        return True

    def _next(self) -> Payer | None:
        """The payer who may have a place now: of those with the fewest places, the one who waits longest for a turn."""
        for held in sorted(self._lines):
            if self._free <= (self._kept if held else 0):
                return None
            for payer in self._lines[held]:
                if held < self._limits[self._queues[payer][0].brief]:
                    return payer
        return None

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waits whose time is over."""
        self._clock = None
        now = loop.time()
        for waiter in list(self._waiting):
            if waiter.until > now:
                self._clock = loop.call_at(waiter.until, self._give_up, loop)
                return
            del self._waiting[waiter]
            if not waiter.place.done():
                waiter.place.set_exception(self._too_late(waiter.payer))

    def _too_late(self, payer: Payer) -> DatabaseError:
        if payer in self._held:
            return Crowded(f"The payer's own requests left no place within {self._patience} seconds.")
        return DatabaseUnavailable(f"Nothing became free within {self._patience} seconds.")
