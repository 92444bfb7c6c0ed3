"""Places that are shared out: takes who pays, gives each a few at once, and lets the others wait in turn.

A place that becomes free is handed to whoever is next, so nobody is overtaken. Nothing here has a lock or a task of
its own, and there is a timer only while somebody waits.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Final, TypeAlias

from db.errors import Crowded, DatabaseError, DatabaseUnavailable

Payer: TypeAlias = Hashable
"""Whose share something is taken from: an account, a network address, or the gateway itself."""

GATEWAY: Final[Payer] = ("the gateway",)
"""Who pays for what nobody asked for."""

PAYER: Final[ContextVar[Payer]] = ContextVar("PAYER", default=GATEWAY)
"""Who pays for what the current task does."""

Place: TypeAlias = "asyncio.Future[None]"


class Shares:
    """`places` at once, at most `each` of them one payer's.

    Where nobody may have all, whoever has some leaves the last one to who has none. Who finds none waits for it: at
    most `queue` of one payer, at most `patience` seconds. Those who have the fewest places are served first, one after
    the other.
    """

    def __init__(self, places: int, each: int, queue: int, patience: float) -> None:
        self._free = places
        self._kept = int(each < places)  # for who has none
        self._each = each
        self._queue = queue
        self._patience = patience
        self._held: dict[Payer, int] = {}
        self._queues: dict[Payer, deque[Place]] = {}
        self._lines = [OrderedDict[Payer, None]() for _ in range(each)]  # of payers who wait, by what they hold
        self._until: dict[Place, tuple[float, Payer]] = {}  # who waits until when (loop clock), soonest first
        self._clock: asyncio.TimerHandle | None = None

    def take(self, payer: Payer) -> bool:
        """Take a place if there is one for this payer at once."""
        held = self._held.get(payer, 0)
        if held >= self._each or self._free <= (self._kept if held else 0):
            return False
        self._free -= 1
        self._held[payer] = held + 1
        return True

    async def wait(self, payer: Payer) -> None:
        """Take a place as soon as it is this payer's turn.

        Raises Crowded where the payer's own requests are why there is none, else DatabaseUnavailable.
        """
        place = self._join(payer)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give(payer)  # it was ours, and nobody will use it
            else:
                self._leave(payer, place)
            raise

    def give(self, payer: Payer) -> None:
        """Give one of this payer's places back, to who is next."""
        held = self._held[payer]
        if held > 1:
            self._held[payer] = held - 1
        else:
            del self._held[payer]
        self._free += 1
        if self._queues:
            self._step(payer, held)
            self._serve()

    def refuse(self, error: DatabaseError) -> None:
        """End the waiting of all."""
        for place in self._until:
            if not place.done():
                place.set_exception(error)
        self._until.clear()

    def _join(self, payer: Payer) -> Place:
        """Stand at the end of the payer's queue. Raises Crowded."""
        queue = self._queues.get(payer)
        if queue is None:
            queue = self._queues[payer] = deque()
            self._step(payer, self._each)
        elif len(queue) >= self._queue:
            raise Crowded(f"{self._queue} requests of the same payer are waiting.")
        loop = asyncio.get_running_loop()
        place: Place = loop.create_future()
        queue.append(place)
        self._until[place] = (loop.time() + self._patience, payer)
        if self._clock is None:
            self._clock = loop.call_later(self._patience, self._give_up, loop)
        return place

    def _leave(self, payer: Payer, place: Place) -> None:
        """Stand in the payer's queue no more."""
        self._until.pop(place, None)
        queue = self._queues.get(payer)
        if queue is not None and place in queue:
            queue.remove(place)
            if not queue:
                self._dissolve(payer)

    def _dissolve(self, payer: Payer) -> None:
        """The payer's queue is over."""
        del self._queues[payer]
        held = self._held.get(payer, 0)
        if held < self._each:
            del self._lines[held][payer]

    def _step(self, payer: Payer, before: int) -> None:
        """Stand in the line of what the payer holds now, no more in that of what it held before, if it waits."""
        if payer in self._queues:
            if before < self._each:
                del self._lines[before][payer]
            held = self._held.get(payer, 0)
            if held < self._each:
                self._lines[held][payer] = None

    def _serve(self) -> None:
        """Hand out what is free to those whose turn it is."""
        while (payer := self._next()) is not None:
            queue = self._queues[payer]
            place = queue.popleft()
            if not queue:
                self._dissolve(payer)
            if place.done():  # cancelled, and not yet told
                continue
            self._until.pop(place, None)
            held = self._held.get(payer, 0)
            self._held[payer] = held + 1
            self._free -= 1
            self._step(payer, held)
            place.set_result(None)

    def _next(self) -> Payer | None:
        """Who may have a place now: of those who hold the fewest, the one who has waited longest for a turn."""
        for held, line in enumerate(self._lines):
            if self._free <= (self._kept if held else 0):
                return None
            if line:
                return next(iter(line))
        return None

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the waiting of those whose patience is over."""
        self._clock = None
        now = loop.time()
        for place, (until, payer) in list(self._until.items()):
            if until > now:
                self._clock = loop.call_at(until, self._give_up, loop)
                return
            del self._until[place]
            if not place.done():
                place.set_exception(self._too_late(payer))

    def _too_late(self, payer: Payer) -> DatabaseError:
        if payer in self._held:
            return Crowded(f"The payer's own requests left no place within {self._patience} seconds.")
        return DatabaseUnavailable(f"Nothing became free within {self._patience} seconds.")
