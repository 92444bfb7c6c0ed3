"""Limits on tries: passwords, sign-ups, e-mails. A try is written down and counted before it happens.

A try has one row in each bucket (a limited thing). It is admitted under a lock on its buckets, so that tries at the
same moment cannot exceed a limit, and its rows are deleted when it was right. The limits stand beside the mutations
that use them, as `AttemptLimit` (DECISIONS D54).
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
from resolvers.fair_use.waiting_client import waiting
from resolvers.fair_use.worker_threads import take

Tries: TypeAlias = Sequence[uuid.UUID]
"""The keys of one try's rows."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE: Final = 4
OF_ADDRESS: Final = 2
"""Maximum number of tries under way in a process, and of one line (address) of these; others wait, uncounted."""

PLACES: Final = 20
"""Maximum number of tries of one line in a process, waiting ones included; one more is refused at once."""

PATIENCE: Final = 10.0
"""Maximum number of seconds that a try waits for its turn; then it is refused."""

ANY_NUMBER: Final = 2**31 - 1

LONGEST_DELAY: Final = 2.0
DELAY: Final = 0.1
"""Maximum delay of a try in seconds, and delay for each try beyond the limit of `Guard.slows`."""

MOST_COUNTED: Final = 100
"""Maximum number of tries that are counted for a delay."""

IS_FULL: Final = """
exists (
  select from unnest($1::bytea[], $2::int[], $3::interval[]) w(bucket, most, per)
  where w.most <= (
    select count(*) from (
      select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
    ) counted
  )
)
"""
COUNT_ATTEMPTS: Final = f"""
select {IS_FULL}, (
  select count(*) from (
    select from attempt where bucket = $4 and at > now() - $5::interval limit {MOST_COUNTED}
  ) counted
)
"""
ADMIT_ATTEMPT: Final = "select id from admit_try($1, $2, $3, $4, $5) id"
"""A function in the database, so that one statement takes the locks on the buckets, counts and inserts."""

DELETE_ATTEMPTS: Final = "delete from attempt where id = any($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limited thing: at most `most` tries in `per`. Its key is a hash, which does not reveal the thing."""

    key: bytes
    most: int
    per: timedelta

    def counted_only(self) -> "Bucket":
        """The same bucket, which still counts but never refuses."""
        return replace(self, most=ANY_NUMBER)

    @property
    def lock(self) -> int:
        """The number of its advisory lock."""
        return int.from_bytes(self.key[:8], signed=True)


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """A limit for each thing of one kind, such as each e-mail address: at most `most` tries in `per`."""

    kind: str
    most: int
    per: timedelta

    def on(self, *things: str) -> Bucket:
        """The bucket of one thing, named by these texts."""
        digest = hashlib.sha256()
        for part in (self.kind, *things):
            text = part.encode("utf-8", "surrogatepass")
            digest.update(len(text).to_bytes(8) + text)
        return Bucket(digest.digest(), self.most, self.per)


@dataclass(frozen=True, slots=True)
class Guard:
    """The limits of a try: a full bucket in `limits` refuses it, `slows` only delays it.

    The try waits in the line of its network, or in `line`.
    """

    limits: tuple[Bucket, ...]
    slows: Bucket | None = None
    line: str | None = None

    def besides_one(self) -> "Guard":
        """The same limits with one try more, so that a try that is already written down does not count."""
        return replace(self, limits=tuple(replace(bucket, most=bucket.most + 1) for bucket in self.limits))

    @property
    def buckets(self) -> list[bytes]:
        """The keys of all buckets in which a try is written down."""
        return [bucket.key for bucket in (*self.limits, *((self.slows,) if self.slows else ()))]


def delay(counted: int, most: int) -> float:
    """The delay of a try in seconds, after `counted` recent wrong ones; the first `most` cause none."""
    return min(LONGEST_DELAY, DELAY * max(0, counted - most))


async def admit(connection: Connection, guard: Guard) -> Tries | None:
    """Write a try down, in the connection's transaction. Returns None, and writes nothing, when a limit is reached."""
    locks = sorted(bucket.lock for bucket in guard.limits)
    rows = await connection.fetch(ADMIT_ATTEMPT, locks, *_limits(guard), guard.buckets)
    return [row["id"] for row in rows] or None


async def take_back(connection: Connection, tries: Tries) -> None:
    """Delete a try that was right, so that it no longer counts."""
    await connection.execute(DELETE_ATTEMPTS, tries)


async def is_reached(database: Database, guard: Guard) -> bool:
    """True when a limit is reached, so that a try would be refused."""
    return (await _look(database, guard))[0]


@asynccontextmanager
async def trying(database: Database, guard: Guard) -> AsyncGenerator[Tries | None]:
    """A block for a slow try. Yields the try, written down and committed; None when it is refused.

    Tries at the same thing take turns in a process: one under way counts as wrong, and should not refuse a right one.
    Lines take turns with each other. A waiting try ends when its client leaves. No connection is held during a wait or
    the block. Raises Left.
    """
    async with AsyncExitStack() as stack:
        try:
            tries = await _begun(database, guard, stack)
        except Crowded:
            tries = None
        yield tries


async def _begun(database: Database, guard: Guard, stack: AsyncExitStack) -> Tries | None:
    """A try that holds its turn until the stack is closed; None when a limit is reached. Raises Crowded and Left."""
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
    """True when a limit is reached; and the delay of the try in seconds."""
    slows = guard.slows
    slowing = (slows.key, slows.per) if slows else (b"", MINUTE)
    full, counted = await database.read(COUNT_ATTEMPTS, (*_limits(guard), *slowing))
    return full, delay(counted, slows.most) if slows else 0.0


def _limits(guard: Guard) -> tuple[list[bytes], list[int], list[timedelta]]:
    return (
        [bucket.key for bucket in guard.limits],
        [bucket.most for bucket in guard.limits],
        [bucket.per for bucket in guard.limits],
    )


class _Turns:
    """The turns of tries at the same moment in one process."""

    def __init__(self) -> None:
        self._shares = Shares(AT_ONCE, OF_ADDRESS, PLACES, PATIENCE)
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._here: Counter[str] = Counter()

    def of(self, bucket: Bucket) -> asyncio.Lock:
        """The lock of all tries in one bucket; it is forgotten with the last of them."""
        return self._locks.setdefault(bucket.key, asyncio.Lock())

    @asynccontextmanager
    async def turn(self, line: str) -> AsyncGenerator[None]:
        """A block for a try of a line whose turn it is. Raises Crowded."""
        await take(self._shares, line)
        try:
            yield
        finally:
            self._shares.give(line)

    @contextmanager
    def place(self, line: str) -> Generator[None]:
        """A block for a try of a line, waiting or under way. Raises Crowded when the line is full."""
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
    """The turns of all tries on one database pool, which belongs to one event loop."""
    return _TURNS.setdefault(database, _Turns())
