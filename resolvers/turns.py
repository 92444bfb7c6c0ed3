"""Work that keeps the loop busy, in turns: what is new to this process has to be read, validated and compiled.

It is done in pieces, one after the other, for those who had least of it lately first; between two pieces everybody's
requests go on for as long as a piece took. What is known already needs no turn.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

from db.sharing import PAYER, Payer, Place, Shares
from resolvers.breath import BREATH

T = TypeVar("T")

PIECE: Final = 0.005
"""Seconds after which work is interrupted, at the next place where it can be."""

AHEAD: Final = 0.010
"""Seconds of work that may be done before the loop has had its time for them: a quiet server does not wait."""

FORGIVEN: Final = 10
"""Seconds until a second of work does not count against its payer any more."""

MOST: Final = 1_000
"""So many payers' work is remembered before what has been forgiven is looked for."""


class Turns:
    """Does work in turns; at most `queue` pieces of one payer wait, for at most `patience` seconds until they begin."""

    def __init__(self, queue: int = 100, patience: float = 5.0, clock: Callable[[], float] = time.perf_counter) -> None:
        self._shares = Shares(sys.maxsize, 1, queue, patience)
        self._clock = clock
        self._owed = 0.0  # until when the loop has its time for what was done
        self._spent: dict[Payer, float] = {}  # until when a payer's work counts
        self._next: dict[Payer, Place] = {}
        self._promised = False
        self._timer: asyncio.TimerHandle | None = None

    async def do(self, work: Callable[[], T]) -> T:
        """The result of work that is paid by who pays for the current task. Raises Crowded, and what the work does."""
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
            if pieces:  # it has begun, and nobody wants it any more
                pieces.throw(GreenletExit)
            self._shares.give(payer)

    def _piece(self, payer: Payer, pieces: greenlet) -> Any:
        """Go on with some work until it is done or has taken long enough."""
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
        """Remember what a piece took: the loop and the other payers come before the next one."""
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
        """Promise the next piece to who had least, if one may begin, else look again when it may."""
        if self._promised or not self._next:
            return
        wait = self._wait()
        if wait <= 0:
            now = self._clock()
            payer = min(self._next, key=lambda payer: max(self._spent.get(payer, 0.0), now))
            place = self._next.pop(payer)
            self._promised = True
            if place.done():  # cancelled: he will say so
                return
            place.set_result(None)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._serve()
