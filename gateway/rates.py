"""How many requests an address and an API key may make: takes who asks, gives what is left and whether it was too much.

Token buckets (GCRA), kept in a table of fixed size that all workers share: there is nothing to tidy up, and nothing
that a flood of names could fill. The answer tells clients by the fields RateLimit and RateLimit-Policy
(draft-ietf-httpapi-ratelimit-headers).
"""

import mmap
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

from db.tokens import CredentialKind, kind_of
from gateway.faults import Headers
from gateway.settings import Settings

PLACES: Final = 1 << 16
SALT: Final = 16
SIZE: Final = SALT + 8 * PLACES
NETWORK: Final = 64
"""Who has an IPv6 address mostly has so many bits of network, and all addresses in it."""


HOUR: Final = 3_600
UNCONFIRMED: Final = 10
"""Whose address is not confirmed may write this part of what others may."""

ROUNDING: Final = 1e-5
"""Seconds, and requests, by which sums of moments may be off."""


class Table:
    """When each bucket will be full again, by the name's hash; shared by all processes that open the same file.

    A name has two places, and the fuller bucket of the two counts: somebody is held back for others only if both his
    places are taken. Processes write without a lock; at worst two requests at the same moment count as one.
    """

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, SIZE)
        self._salt = self._map[:SALT]
        self._full_at = memoryview(self._map)[SALT:].cast("d")

    @classmethod
    def own(cls) -> "Table":
        """A table of this process only, which keeps no descriptor open but that of its mapping."""
        fd = new_table()
        try:
            return cls(fd)
        finally:
            os.close(fd)

    def places(self, name: bytes) -> tuple[int, int]:
        """The two places of a name; which ones cannot be told without the table."""
        digest = int.from_bytes(blake2b(name, key=self._salt, digest_size=4).digest())
        return digest % PLACES, digest // PLACES

    def full_at(self, places: tuple[int, int]) -> float:
        """When the bucket is full again, by the monotonic clock of the machine."""
        return min(self._full_at[places[0]], self._full_at[places[1]])

    def fill_at(self, places: tuple[int, int], moment: float) -> None:
        """Let it be full again at that moment."""
        for place in places:
            self._full_at[place] = max(self._full_at[place], moment)


def new_table() -> int:
    """The descriptor of a new table, for `Table` of this process and its workers; its file has no name."""
    with tempfile.TemporaryFile() as file:
        file.write(os.urandom(SALT))
        file.truncate(SIZE)
        file.flush()
        return os.dup(file.fileno())


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit: `rate` requests a second on average, `burst` at once."""

    name: str
    rate: float
    burst: int

    @property
    def header(self) -> str:
        """The policy as RateLimit-Policy has it: the quota and the seconds in which it comes back."""
        return f'"{self.name}";q={self.burst};w={ceil(self.burst / self.rate)}'


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a request was told of a limit: requests left, seconds until the quota is whole again, and until the next.

    `wait` is 0 when it may pass.
    """

    policy: Policy
    left: int
    whole: float
    wait: float = 0.0


class Limit:
    """One policy over a table of buckets."""

    def __init__(self, policy: Policy, table: Table, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._table = table
        self._clock = clock
        self._interval = 1 / policy.rate
        self._depth = policy.burst / policy.rate

    def take(self, name: bytes, amount: int = 1) -> Allowance:
        """So many requests more under that name; nothing is taken of a bucket that has not as many."""
        now = self._clock()
        places = self._table.places(self._policy.name.encode() + name)
        full_at = max(self._table.full_at(places), now) + amount * self._interval
        wait = full_at - now - self._depth
        if wait > ROUNDING:
            return Allowance(self._policy, 0, full_at - amount * self._interval - now, wait)
        self._table.fill_at(places, full_at)
        return Allowance(self._policy, int((self._depth - full_at + now) / self._interval + ROUNDING), full_at - now)


class Rows:
    """How many rows an account, an address and a company may write: of whose address is not confirmed a part."""

    def __init__(self, burst: int, an_hour: int, table: Table, clock: Callable[[], float] = time.monotonic) -> None:
        self._bursts = {True: burst, False: max(1, burst // UNCONFIRMED)}
        self._limits = {
            confirmed: Limit(Policy(f"rows {confirmed}", rate, self._bursts[confirmed]), table, clock)
            for confirmed, rate in ((True, an_hour / HOUR), (False, an_hour / UNCONFIRMED / HOUR))
        }

    def take(self, name: bytes, rows: int, *, confirmed: bool) -> int | None:
        """Count so many rows more under a name: gives 0, or after how many seconds they may be written.

        None when they are more than may ever be written at once; of what is refused nothing is counted.
        """
        if rows > self._bursts[confirmed]:
            return None
        return ceil(self._limits[confirmed].take(name, rows).wait)


class Rates:
    """The limits of a gateway: requests by the client's address and by API key, and rows that are written."""

    def __init__(self, address: Limit | None, key: Limit | None, rows: Rows | None = None) -> None:
        self._address = address
        self._key = key
        self.rows = rows

    @classmethod
    def of(cls, settings: Settings, fd: int | None = None) -> "Rates | None":
        """The limits of the settings, over the table behind a descriptor (None: one of this process); None for none."""
        if not settings.rate and not settings.key_rate and not settings.write_rate:
            return None
        table = Table.own() if fd is None else Table(fd)
        return cls(
            Limit(Policy("address", settings.rate, settings.burst), table) if settings.rate else None,
            Limit(Policy("key", settings.key_rate, settings.key_burst), table) if settings.key_rate else None,
            Rows(settings.write_burst, settings.write_rate, table) if settings.write_rate else None,
        )

    def of_address(self, address: str) -> Allowance | None:
        """One request more from that address; None without such a limit."""
        return self._address.take(network(address)) if self._address is not None else None

    def of_key(self, token: str | None) -> Allowance | None:
        """One request more by that API key; None without such a limit, and for what is no API key."""
        if self._key is None or token is None or kind_of(token) is not CredentialKind.API_KEY:
            return None
        return self._key.take(token.encode())


@lru_cache(maxsize=1_024)
def network(address: str) -> bytes:
    """What counts as one address: an IPv4 address, or a network of IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address.encode()
    if isinstance(parsed, IPv6Address):
        return parsed.ipv4_mapped.packed if parsed.ipv4_mapped else parsed.packed[: NETWORK // 8]
    return parsed.packed


def headers(allowances: Sequence[Allowance]) -> Headers:
    """The fields that tell a client of its limits, and when to come back if one of them is used up."""
    left = ", ".join(f'"{one.policy.name}";r={one.left};t={ceil(one.whole)}' for one in allowances)
    told: Headers = (
        (b"ratelimit-policy", ", ".join(one.policy.header for one in allowances).encode()),
        (b"ratelimit", left.encode()),
    )
    wait = max((one.wait for one in allowances), default=0.0)
    return (*told, (b"retry-after", b"%d" % ceil(wait))) if wait > 0 else told
