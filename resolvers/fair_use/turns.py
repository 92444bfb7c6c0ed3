"""Turns for work that keeps the event loop busy: documents new to this process are parsed, validated and compiled.

The work is done in pieces, one after the other, first for the payers with the least of it lately. Between two pieces
all requests go on for as long as a piece took. A document that is in the caches needs no turn.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

from db.sharing import PAYER, Payer, Place, Shares
from resolvers.fair_use.breath import BREATH

T = TypeVar("T")

PIECE: Final = 0.005
"""Seconds after which work is interrupted, at its next breath."""

AHEAD: Final = 0.010
"""Seconds of work that may be done before the loop has had its time for them, so a quiet server does not wait."""

FORGIVEN: Final = 10
"""Seconds for which a second of work counts against its payer."""

MOST: Final = 1_000
"""Maximum number of payers whose work is remembered before the forgiven ones are dropped."""


class Turns:
    """Does work in turns; of one payer at most `queue` wait, for at most `patience` seconds until the work begins."""

    def __init__(self, queue: int = 100, patience: float = 5.0, clock: Callable[[], float] = time.perf_counter) -> None:
        self._shares = Shares(sys.maxsize, 1, queue, patience)
        self._clock = clock
        self._owed = 0.0  # the moment until which the loop has its time for the work done
        self._spent: dict[Payer, float] = {}  # the moment until which a payer's work counts against it
        self._next: dict[Payer, Place] = {}
        self._promised = False
        self._timer: asyncio.TimerHandle | None = None
        self.pieces = 0
        self.seconds = 0.0

    async def do(self, work: Callable[[], T]) -> T:
        """Do work for the payer of the current task and return its result. Raises Crowded, and what the work raises."""
        payer = PAYER.get()
        if not self._shares.take(payer):
            await self._shares.wait(payer)
        pieces = greenlet(work)
        try:
            while True:
                await self._turn(payer)
                result = self._piece(payer, pieces)
                if pieces.dead:
                    return cast("T", result)
                await asyncio.sleep(0)
        finally:
            if pieces:  # it has begun, and its task was cancelled
                pieces.throw(GreenletExit)
            self._shares.give(payer)

    def _piece(self, payer: Payer, pieces: greenlet) -> Any:
        """Go on with some work until it is done or has taken `PIECE`."""
        began = self._clock()
        until = began + PIECE

        def pause() -> None:
            if self._clock() >= until:
                around = getcurrent().parent
                assert around is not None, "work is done beside what waits for it"
                around.switch()

        BREATH.pause = pause
        try:
            return pieces.switch()
        finally:
            BREATH.pause = None
            self._count(payer, began, self._clock() - began)
            self._serve()

    def _count(self, payer: Payer, began: float, took: float) -> None:
        """Record the time that a piece took: the loop and the other payers come before the payer's next piece."""
        self.pieces += 1
        self.seconds += took
        self._owed = max(self._owed, began) + 2 * took
        self._spent[payer] = max(self._spent.get(payer, 0.0), began) + FORGIVEN * took
        if len(self._spent) > MOST:
            self._spent = {one: until for one, until in self._spent.items() if until > began}

    async def _turn(self, payer: Payer) -> None:
        """Return when it is the payer's turn; a payer does one thing at a time."""
        if not (self._promised or self._next) and self._wait() <= 0:
            return
        place: Place = asyncio.get_running_loop().create_future()
        self._next[payer] = place
        self._serve()
        try:
            await place
        except BaseException:
            if self._next.pop(payer, None) is None:
                self._promised = False
                self._serve()
            raise
        self._promised = False

    def _wait(self) -> float:
        """Seconds until another piece may begin."""
        return self._owed - AHEAD - self._clock()

    def _serve(self) -> None:
        """Promise the next piece to the payer with the least work, if one may begin, else set a timer until then."""
        if self._promised or not self._next:
            return
        wait = self._wait()
        if wait <= 0:
            now = self._clock()
            payer = min(self._next, key=lambda payer: max(self._spent.get(payer, 0.0), now))
            place = self._next.pop(payer)
            self._promised = True
            if place.done():  # cancelled: `_turn` takes the promise back
                return
            place.set_result(None)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._serve()
