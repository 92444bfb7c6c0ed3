"""Who is to look again: takes what the database told, wakes the subscriptions that it may concern.

A wake-up says nothing but that it is time to read. Each subscription is woken now and then in any case, for what passes
with time, and for notifications that were lost.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator, Hashable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from db.sharing import Shares

PERIOD: Final = 15.0
"""Seconds after which a subscription is read again at the latest, if there is a connection free for it."""

SPREAD: Final = 0.8
"""How much of the period passes at least: what began together does not go on together."""

HEAVY: Final = 10_000
"""What it costs to read a subscription that is heavy: it is read less often, and waits for other heavy ones only."""

REST: Final = 0.0001
"""Seconds for which a heavy one is not read again, for each point of its cost."""

QUEUE: Final = 1_000_000
LONGEST_WAIT: Final = 3_600.0
"""How many may wait for their turn and for how long: as many as there are, until it comes."""


class Wake:
    """One subscription's alarm: set any number of times, it is answered once."""

    __slots__ = ("_due", "_waiter", "company", "credential")

    def __init__(self, company: uuid.UUID | None) -> None:
        self.company = company
        self.credential: uuid.UUID | None = None
        self._due = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """It is time to look."""
        self._due = True
        self._ring()

    async def wait(self, longest: float | None = None) -> bool:
        """Return when it is time to look; after so many seconds (the period) at most. One task at a time.

        Tells whether somebody said that it is.
        """
        loop = asyncio.get_running_loop()
        if not self._due:
            self._waiter = loop.create_future()
            timer = loop.call_later((longest or PERIOD) * random.uniform(SPREAD, 1), self._ring)  # noqa: S311 (no secret)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        told, self._due = self._due, False
        return told

    def _ring(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Wakes:
    """The alarms of a process, by what may change their answer.

    `at_once` is how many subscriptions read at the same time, each for another account: requests want connections,
    too. `wanted` is set once somebody subscribes, and is what whoever listens to the database waits for.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._reading = Shares(at_once, 1, QUEUE, LONGEST_WAIT)
        self._reading_heavy = Shares(1, 1, QUEUE, LONGEST_WAIT)
        self.wanted = asyncio.Event()
        self._all: set[Wake] = set()
        self._by: dict[Hashable, set[Wake]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Wake]:
        return iter(self._all)

    @asynccontextmanager
    async def turn(self, account: Hashable, cost: int = 0) -> AsyncGenerator[None]:
        """A block in which a subscription of this account is read, which costs so much.

        Accounts have their turns one after the other. Of heavy ones one is read at a time, so that others find a place;
        nobody waits for those but each other.
        """
        if cost <= HEAVY:
            async with _place(self._reading, account):
                yield
        else:
            async with _place(self._reading_heavy, account), _place(self._reading, ("heavy", account)):
                yield

    def add(self, company: uuid.UUID | None) -> Wake:
        """A new alarm, for what changes in a company."""
        wake = Wake(company)
        self._all.add(wake)
        self._put("company", company, wake)
        self.wanted.set()
        return wake

    def know(self, wake: Wake, credential: uuid.UUID) -> None:
        """It is for what happens to this credential, too."""
        if wake.credential is None and wake in self._all:
            wake.credential = credential
            self._put("credential", credential, wake)

    def remove(self, wake: Wake) -> None:
        """Nobody wants to be woken by it any more; harmless when repeated."""
        if wake in self._all:
            self._all.discard(wake)
            self._drop("company", wake.company, wake)
            self._drop("credential", wake.credential, wake)

    def company(self, key: uuid.UUID) -> None:
        """Access changed in a company."""
        self._set(self._by.get(("company", key), ()))

    def credential(self, key: uuid.UUID) -> None:
        """A credential ended, or ends sooner."""
        self._set(self._by.get(("credential", key), ()))

    def all(self) -> None:
        """Anything may have happened."""
        self._set(self._all)

    def _set(self, wakes: Iterable[Wake]) -> None:
        for wake in wakes:
            wake.set()

    def _put(self, what: str, key: uuid.UUID | None, wake: Wake) -> None:
        if key is not None:
            self._by.setdefault((what, key), set()).add(wake)

    def _drop(self, what: str, key: uuid.UUID | None, wake: Wake) -> None:
        found = self._by.get((what, key))
        if found is not None:
            found.discard(wake)
            if not found:
                del self._by[what, key]


@asynccontextmanager
async def _place(shares: Shares, payer: Hashable) -> AsyncGenerator[None]:
    if not shares.take(payer):
        await shares.wait(payer)
    try:
        yield
    finally:
        shares.give(payer)
