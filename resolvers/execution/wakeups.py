"""Wake-ups: takes the database's notifications, wakes the subscriptions whose answer may have changed.

A wake-up carries no data; it only says that it is time to read. Each subscription also wakes after a period, for
changes that come with time and for lost notifications.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncGenerator, Hashable, Iterable, Iterator, Set
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from db.sharing import Shares

PERIOD: Final = 15.0
"""Seconds after which a subscription is read again at the latest, if there is a connection free for it."""

SPREAD: Final = 0.8
"""Smallest part of the period that passes; a random part spreads subscriptions that began together."""

HEAVY: Final = 10_000
"""Cost of one reading above which a subscription is heavy: it is read less often, and one heavy one at a time."""

REST: Final = 0.0001
"""Seconds for which a heavy subscription is not read again, for each point of its cost."""

SLICE: Final = 200
"""Number of alarms that are set before everything else in the process has its turn."""

QUEUE: Final = 1_000_000
LONGEST_WAIT: Final = 3_600.0
"""Maximum number of waiting subscriptions, and maximum wait in seconds: both so large that they never refuse one."""


class WakeUp:
    """One subscription's alarm: set any number of times before a wait, it ends one wait.

    `has_news` is True once it was set for changes of business data; who reads them makes it False. `peers` are the
    alarms of those who read the same: a period that is over for one ends their waits, too, so that they read together.
    """

    __slots__ = ("_due", "_waiter", "company", "credential", "follows", "has_news", "peers", "reading")

    def __init__(self, company: uuid.UUID | None, *, follows: bool = False) -> None:
        self.company = company
        self.follows = follows
        self.credential: uuid.UUID | None = None
        self.has_news = False
        self.reading: Hashable | None = None
        self.peers: Set[WakeUp] = frozenset()
        self._due = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """End the current wait, or the next one."""
        self._due = True
        self.ring()

    async def wait(self, longest: float | None = None) -> bool:
        """Wait until the alarm is set, `longest` seconds (None: the period) at most. One task at a time.

        Returns True when it was set, False when the time was over.
        """
        loop = asyncio.get_running_loop()
        if not self._due:
            self._waiter = loop.create_future()
            elapse = self._elapse if longest is None else self.ring
            timer = loop.call_later((longest or PERIOD) * random.uniform(SPREAD, 1), elapse)  # noqa: S311 (no secret)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        was_due, self._due = self._due, False
        return was_due

    def _elapse(self) -> None:
        """End the waits of all peers."""
        self.ring()
        for wake in self.peers:
            wake.ring()

    def ring(self) -> None:
        """End the current wait, if there is one."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class WakeUps:
    """The alarms of a process, by company and by credential.

    `at_once` is the maximum number of subscriptions that read at the same time, each for another account, since
    requests need connections, too. `wanted` is set by the first subscription; the listener starts then.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._reading = Shares(at_once, 1, QUEUE, LONGEST_WAIT)
        self._reading_heavy = Shares(1, 1, QUEUE, LONGEST_WAIT)
        self.wanted = asyncio.Event()
        self.echoes = 0
        self.echo_seconds = 0.0
        self._all: set[WakeUp] = set()
        self._late: dict[WakeUp, None] = {}
        self._by: dict[tuple[str, Hashable], set[WakeUp]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[WakeUp]:
        return iter(self._all)

    def echoed(self, seconds: float) -> None:
        """Count how long a notification takes that the listener sends to itself."""
        self.echoes += 1
        self.echo_seconds += seconds

    @asynccontextmanager
    async def turn(self, account: Hashable, cost: int = 0) -> AsyncGenerator[None]:
        """A block for one reading of this cost for this account.

        Accounts take turns. Heavy readings run one at a time and wait for each other, so that light ones find a place.
        """
        if cost <= HEAVY:
            async with self._reading.place(account):
                yield
        else:
            async with self._reading_heavy.place(account), self._reading.place(("heavy", account)):
                yield

    def add(self, company: uuid.UUID | None, *, follows: bool = False) -> WakeUp:
        """A new alarm, for changes of access in a company (None: no company); `follows`: of business data, too."""
        wake = WakeUp(company, follows=follows)
        self._all.add(wake)
        if company is not None:
            self._put("company", company, wake)
            if follows:
                self._put("changes", company, wake)
        self.wanted.set()
        return wake

    def know(self, wake: WakeUp, credential: uuid.UUID, reading: Hashable | None = None) -> None:
        """Let the alarm ring for this credential, too, and make those with an equal `reading` peers.

        The first credential stays; a removed alarm stays removed.
        """
        if wake.credential is None and wake in self._all:
            wake.credential, wake.reading = credential, reading
            self._put("credential", credential, wake)
            if reading is not None:
                wake.peers = self._put("reading", reading, wake)

    def remove(self, wake: WakeUp) -> None:
        """Forget the alarm; harmless when repeated."""
        if wake in self._all:
            self._all.discard(wake)
            self._late.pop(wake, None)
            self._drop("company", wake.company, wake)
            self._drop("changes", wake.company, wake)
            self._drop("credential", wake.credential, wake)
            self._drop("reading", wake.reading, wake)

    def company(self, key: uuid.UUID) -> None:
        """Wake the subscriptions of a company where access changed."""
        self._set(self._by.get(("company", key), ()))

    def changes(self, key: uuid.UUID) -> int:
        """Wake the subscriptions that follow the business data of a company. Returns their number."""
        woken = self._by.get(("changes", key), set())
        for wake in woken:
            wake.has_news = True
        self._set(woken)
        return len(woken)

    @property
    def followed(self) -> set[uuid.UUID]:
        """The companies whose business data subscriptions follow."""
        return {key for what, key in self._by if what == "changes" and isinstance(key, uuid.UUID)}

    def follows(self, key: uuid.UUID) -> bool:
        """True if a subscription follows the business data of a company."""
        return ("changes", key) in self._by

    def credential(self, key: uuid.UUID) -> None:
        """Wake the subscriptions of a credential that ended, or ends sooner."""
        self._set(self._by.get(("credential", key), ()))

    def all(self) -> None:
        """Wake all: anything may have changed."""
        self._set(self._all)

    def _set(self, wakes: Iterable[WakeUp]) -> None:
        """Set alarms: some at once, the others in slices, between which everything else has its turn."""
        is_ringing = bool(self._late)
        self._late.update(dict.fromkeys(wakes))
        if not is_ringing:
            self._set_some()

    def _set_some(self) -> None:
        for wake in tuple(islice(self._late, SLICE)):
            del self._late[wake]
            wake.set()
        if self._late:
            asyncio.get_running_loop().call_soon(self._set_some)

    async def settled(self) -> None:
        """Return once the alarms that are to be set now are, and those whom they wake have had their turn."""
        slices = -(-len(self._late) // SLICE)
        for _ in range(slices + 1 if slices else 0):
            await asyncio.sleep(0)

    def _put(self, what: str, key: Hashable, wake: WakeUp) -> set[WakeUp]:
        """Add an alarm to those of a key. Returns all of these."""
        found = self._by.setdefault((what, key), set())
        found.add(wake)
        return found

    def _drop(self, what: str, key: Hashable | None, wake: WakeUp) -> None:
        found = self._by.get((what, key))
        if found is not None:
            found.discard(wake)
            if not found:
                del self._by[what, key]
