"""Limits on what may be tried: passwords, sign-ups, letters. What is counted is written down before it is tried.

A try is a row for each thing that is limited. It is admitted under a lock on these things, so that tries at the same
moment cannot slip through, and taken back when it was right. The limits are those of api.md, "Logins".
"""

import asyncio
import hashlib
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

from db.connection import Connection
from db.database import Database
from db.errors import Crowded
from db.sharing import Shares
from resolvers.addresses import network
from resolvers.aside import take
from resolvers.patience import waiting

Tries: TypeAlias = Sequence[uuid.UUID]
"""The rows of one try."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE: Final = 4
OF_ADDRESS: Final = 2
"""Maximum number of tries under way in a process, and of one address; the others wait without being counted."""

PLACES: Final = 20
"""Maximum number of tries of one address in a process, those that wait included; one more is refused at once."""

PATIENCE: Final = 10.0
"""Seconds after which a try that waits for others is refused."""

ANY_NUMBER: Final = 2**31 - 1

LONGEST_DELAY: Final = 2.0
DELAY: Final = 0.1
"""Seconds: for each try of a login beyond its limit, and at most."""

MOST_COUNTED: Final = 100
"""Nobody waits longer for more tries than these."""

FULL: Final = """
exists (
  select from unnest($1::bytea[], $2::int[], $3::interval[]) w(bucket, most, per)
  where w.most <= (
    select count(*) from (
      select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
    ) counted
  )
)
"""
LOOK: Final = f"""
select {FULL}, (
  select count(*) from (
    select from attempt where bucket = $4 and at > now() - $5::interval limit {MOST_COUNTED}
  ) counted
)
"""
ADMIT: Final = "select id from admit_try($1, $2, $3, $4, $5) id"
"""A function of the database's, so that the locks on what is limited are held within one statement."""

TAKE_BACK: Final = "delete from attempt where id = any($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One thing that is limited: no more than `most` tries in `per`; what it is cannot be read from its key."""

    key: bytes
    most: int
    per: timedelta

    def counted_only(self) -> "Bucket":
        """The same, which counts and refuses nothing."""
        return replace(self, most=ANY_NUMBER)

    @property
    def lock(self) -> int:
        """The number of its advisory lock."""
        return int.from_bytes(self.key[:8], signed=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit for each thing of one kind."""

    kind: str
    most: int
    per: timedelta

    def on(self, *things: str) -> Bucket:
        """The bucket of one of them."""
        digest = hashlib.sha256()
        for part in (self.kind, *things):
            text = part.encode("utf-8", "surrogatepass")
            digest.update(len(text).to_bytes(8) + text)
        return Bucket(digest.digest(), self.most, self.per)


@dataclass(frozen=True, slots=True)
class Guard:
    """What limits a try: full buckets in `limits` refuse it, `slows` only makes it wait.

    It waits among those of its address, or in a line of its own that is called `line`.
    """

    limits: tuple[Bucket, ...]
    slows: Bucket | None = None
    line: str | None = None

    def besides_one(self) -> "Guard":
        """The same limits where one try, which is written down, does not count."""
        return replace(self, limits=tuple(replace(bucket, most=bucket.most + 1) for bucket in self.limits))

    @property
    def buckets(self) -> list[bytes]:
        """All that a try is written down for."""
        return [bucket.key for bucket in (*self.limits, *((self.slows,) if self.slows else ()))]


def delay(counted: int, most: int) -> float:
    """How many seconds a try waits when `counted` were wrong lately, of which `most` cost nothing."""
    return min(LONGEST_DELAY, DELAY * max(0, counted - most))


async def admit(connection: Connection, guard: Guard) -> Tries | None:
    """Write a try down, in the transaction of the connection; None (and nothing written) when a limit is reached."""
    locks = sorted(bucket.lock for bucket in guard.limits)
    rows = await connection.fetch(ADMIT, locks, *_limits(guard), guard.buckets)
    return [row["id"] for row in rows] or None


async def take_back(connection: Connection, tries: Tries) -> None:
    """A try was right: it counts no more."""
    await connection.execute(TAKE_BACK, tries)


async def is_reached(database: Database, guard: Guard) -> bool:
    """Whether a limit is reached, so that a try would be refused."""
    return (await _look(database, guard))[0]


@asynccontextmanager
async def trying(database: Database, guard: Guard) -> AsyncGenerator[Tries | None]:
    """Try something that takes long: gives the try, which is written down and committed; None when it is refused.

    Tries at the same thing take turns within a process: those under way count as wrong ones, and should not refuse
    a right one. Those of an address take turns with those of others, and leave when nobody waits for their answer. No
    connection is held while anybody waits or tries. Raises Left.
    """
    async with AsyncExitStack() as stack:
        try:
            tries = await _begun(database, guard, stack)
        except Crowded:
            tries = None
        yield tries


async def _begun(database: Database, guard: Guard, stack: AsyncExitStack) -> Tries | None:
    """A try whose turn it is until the stack is left; None when a limit is reached. Raises Crowded and Left."""
    turns, who = _turns(database), waiting()
    line = guard.line or network(who.address)
    stack.enter_context(turns.place(line))
    with who.patiently():
        await stack.enter_async_context(turns.of(guard.limits[0]))
        refused, wait = await _look(database, guard)
        if refused:
            return None
        await asyncio.sleep(wait)
        await stack.enter_async_context(turns.turn(line))
    async with database.statements() as connection:
        return await admit(connection, guard)


async def _look(database: Database, guard: Guard) -> tuple[bool, float]:
    """Whether a limit is reached already, and how many seconds a try has to wait."""
    slows = guard.slows
    slowing = (slows.key, slows.per) if slows else (b"", MINUTE)
    full, counted = await database.read(LOOK, (*_limits(guard), *slowing))
    return full, delay(counted, slows.most) if slows else 0.0


def _limits(guard: Guard) -> tuple[list[bytes], list[int], list[timedelta]]:
    return (
        [bucket.key for bucket in guard.limits],
        [bucket.most for bucket in guard.limits],
        [bucket.per for bucket in guard.limits],
    )


class _Turns:
    """Who may try now, of those who try at the same moment in one process."""

    def __init__(self) -> None:
        self._shares = Shares(AT_ONCE, OF_ADDRESS, PLACES, PATIENCE)
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._here: Counter[str] = Counter()

    def of(self, bucket: Bucket) -> asyncio.Lock:
        """The lock of those who try the same; it is forgotten with the last of them."""
        return self._locks.setdefault(bucket.key, asyncio.Lock())

    @asynccontextmanager
    async def turn(self, line: str) -> AsyncGenerator[None]:
        """A block for the one whose turn it is. Raises Crowded."""
        await take(self._shares, line)
        try:
            yield
        finally:
            self._shares.give(line)

    @contextmanager
    def place(self, line: str) -> Generator[None]:
        """A block for one of those in a line, who wait or try. Raises Crowded."""
        if self._here[line] >= PLACES:
            raise Crowded(f"{PLACES} tries of one line are under way.")
        self._here[line] += 1
        try:
            yield
        finally:
            self._here[line] -= 1
            if not self._here[line]:
                del self._here[line]


_TURNS: Final[WeakKeyDictionary[Database, _Turns]] = WeakKeyDictionary()


def _turns(database: Database) -> _Turns:
    """The turns of those who use this pool, and with it its event loop."""
    return _TURNS.setdefault(database, _Turns())
