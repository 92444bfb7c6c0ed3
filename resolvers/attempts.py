"""Limits on what may be tried: passwords, sign-ups, letters. What is counted is written down before it is tried.

A try is a row for each thing that is limited. It is admitted under a lock on these things, so that tries at the same
moment cannot slip through, and taken back when it was right. The limits are those of api.md, "Logins".
"""

import asyncio
import hashlib
import ipaddress
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

from db.connection import Connection
from db.database import Database

Tries: TypeAlias = Sequence[uuid.UUID]
"""The rows of one try."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE: Final = 4
"""So many tries are under way in a process; the others wait without being counted."""

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
    """What limits a try: full buckets in `limits` refuse it, `slows` only makes it wait."""

    limits: tuple[Bucket, ...]
    slows: Bucket | None = None

    @property
    def buckets(self) -> list[bytes]:
        """All that a try is written down for."""
        return [bucket.key for bucket in (*self.limits, *((self.slows,) if self.slows else ()))]


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the 64 bits of an IPv6 address that one household gets."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{int(ip) >> 64:016x}/64"


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


@asynccontextmanager
async def trying(database: Database, guard: Guard) -> AsyncGenerator[Tries | None]:
    """Try something that takes long: gives the try, which is written down and committed; None when it is refused.

    Tries at the same thing take turns within a process: those under way count as wrong ones, and should not refuse
    a right one. No connection is held while anybody waits or tries.
    """
    turns = _turns(database)
    async with turns.of(guard.limits[0]):
        refused, wait = await _look(database, guard)
        if refused:
            yield None
            return
        await asyncio.sleep(wait)
        async with turns.places:
            async with database.statements() as connection:
                tries = await admit(connection, guard)
            yield tries


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
        self.places = asyncio.Semaphore(AT_ONCE)
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def of(self, bucket: Bucket) -> asyncio.Lock:
        """The lock of those who try the same; it is forgotten with the last of them."""
        return self._locks.setdefault(bucket.key, asyncio.Lock())


_TURNS: Final[WeakKeyDictionary[Database, _Turns]] = WeakKeyDictionary()


def _turns(database: Database) -> _Turns:
    """The turns of those who use this pool, and with it its event loop."""
    return _TURNS.setdefault(database, _Turns())
