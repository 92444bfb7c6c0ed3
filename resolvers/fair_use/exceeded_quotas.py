"""Accounts and companies that have written more rows than they may, until the moment when they may again.

A declared mutation learns in its only statement who writes, and where, so its rows are counted after it; what goes
beyond the quota keeps later mutations waiting. Known in this process; the counts are those of all.
"""

import time
import uuid
from collections.abc import Callable
from math import ceil
from typing import Final

MOST: Final = 1_000
"""Maximum number of known debts, which each statement carries. A forgotten one comes again with the next write."""


class Debts:
    """The moments, by account or company, until which no more rows may be written."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[uuid.UUID, float] = {}

    def add(self, who: uuid.UUID, wait: int) -> None:
        """Record that no more rows may be written for `wait` seconds."""
        self._until.pop(who, None)
        if len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        self._until[who] = self._clock() + wait

    def open(self) -> list[uuid.UUID]:
        """Those who may not write now; what is over is forgotten."""
        if self._until:
            now = self._clock()
            self._until = {who: until for who, until in self._until.items() if until > now}
        return list(self._until)

    def wait(self, *who: uuid.UUID) -> int:
        """The seconds until all of these may write again, 1 at least."""
        return max(1, *(ceil(self._until.get(one, 0.0) - self._clock()) for one in who))
