"""Rate limits: requests by address and by API key, and written rows.

Token buckets (GCRA), kept in a table of fixed size that all workers share: nothing has to be cleaned up, and a flood of
names cannot fill it. Answers state the limits in the fields RateLimit and RateLimit-Policy
(draft-ietf-httpapi-ratelimit-headers).
"""

import mmap
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from typing import Final

from db.tokens import CredentialKind, kind_of
from gateway.http.errors import Headers
from gateway.settings import Settings
from gateway.shared_page import BUCKETS, RATES, SALT, new_page
from resolvers.addresses import network

HOUR: Final = 3_600
UNCONFIRMED: Final = 10
"""An account with an unconfirmed e-mail address may write the number of rows of others, divided by this."""

ROUNDING: Final = 1e-5
"""Tolerance for rounding errors, in seconds and in requests."""


class Table:
    """The moment at which each bucket is full again, by hashed name; shared by all processes that map the same file.

    A name has two buckets, and the fuller of the two counts: other names slow a name down only if they use both
    of its buckets. Processes write without a lock; at worst two requests at the same moment count as one.
    """

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, RATES)
        self._salt = self._map[:SALT]
        self._full_at = memoryview(self._map)[SALT:].cast("d")

    @classmethod
    def own(cls) -> "Table":
        """A table of this process alone."""
        fd = new_page()
        try:
            return cls(fd)
        finally:
            os.close(fd)

    def buckets(self, name: bytes) -> tuple[int, int]:
        """The two buckets of a name; without the table's salt they cannot be guessed."""
        digest = int.from_bytes(blake2b(name, key=self._salt, digest_size=4).digest())
        return digest % BUCKETS, digest // BUCKETS

    def full_at(self, buckets: tuple[int, int]) -> float:
        """The moment at which the bucket is full again, by the machine's monotonic clock."""
        return min(self._full_at[buckets[0]], self._full_at[buckets[1]])

    def fill_at(self, buckets: tuple[int, int], moment: float) -> None:
        """Set the moment at which the bucket is full again; an earlier one changes nothing."""
        for bucket in buckets:
            self._full_at[bucket] = max(self._full_at[bucket], moment)


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit: `rate` requests a second on average, `burst` at once."""

    name: str
    rate: float
    burst: int

    @property
    def header(self) -> str:
        """The policy in the form of RateLimit-Policy: the quota, and the seconds until an empty one is full again."""
        return f'"{self.name}";q={self.burst};w={ceil(self.burst / self.rate)}'


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a limit after a request: requests left, and seconds until the quota is whole again.

    `wait` is the seconds until the request may be repeated, 0 when it may pass now.
    """

    policy: Policy
    left: int
    whole: float
    wait: float = 0.0


class Limit:
    """One policy, with its buckets in a table."""

    def __init__(self, policy: Policy, table: Table, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._table = table
        self._clock = clock
        self._interval = 1 / policy.rate
        self._depth = policy.burst / policy.rate

    def take(self, name: bytes, amount: int = 1) -> Allowance:
        """Take `amount` requests (at most a burst) from the bucket of a name; nothing when it has less."""
        now = self._clock()
        buckets = self._table.buckets(self._policy.name.encode() + name)
        taken = min(amount, self._policy.burst) * self._interval
        full_at = max(self._table.full_at(buckets), now) + taken
        wait = full_at - now - self._depth
        if wait > ROUNDING:
            return Allowance(self._policy, 0, full_at - taken - now, wait)
        self._table.fill_at(buckets, full_at)
        return Allowance(self._policy, int((self._depth - full_at + now) / self._interval + ROUNDING), full_at - now)

    def charge(self, name: bytes, amount: int) -> float:
        """Take `amount` requests from the bucket of a name, whatever it has; returns the seconds that it lacks."""
        now = self._clock()
        buckets = self._table.buckets(self._policy.name.encode() + name)
        full_at = max(self._table.full_at(buckets), now) + amount * self._interval
        self._table.fill_at(buckets, full_at)
        return max(0.0, full_at - now - self._depth - ROUNDING)


class RowLimit:
    """The limit on rows written by an account, an address or a company; lower for unconfirmed e-mail addresses."""

    def __init__(self, burst: int, an_hour: int, table: Table, clock: Callable[[], float] = time.monotonic) -> None:
        self._bursts = {True: burst, False: max(1, burst // UNCONFIRMED)}
        self._limits = {
            confirmed: Limit(Policy(f"rows {confirmed}", rate, self._bursts[confirmed]), table, clock)
            for confirmed, rate in ((True, an_hour / HOUR), (False, an_hour / UNCONFIRMED / HOUR))
        }

    def take(self, name: bytes, rows: int, *, confirmed: bool) -> int | None:
        """Count `rows` more under a name: returns 0, or the seconds after which they may be written.

        None when they are more than may ever be written at once. Refused rows are not counted.
        """
        if rows > self._bursts[confirmed]:
            return None
        return ceil(self._limits[confirmed].take(name, rows).wait)

    def charge(self, name: bytes, rows: int, *, confirmed: bool) -> int:
        """Count `rows` that were written under a name: returns 0, or the seconds until more may be written."""
        return ceil(self._limits[confirmed].charge(name, rows))


class Rates:
    """The limits of a gateway: requests by the client's address and by API key, and written rows.

    Health probes are counted apart: an address that has used up its requests still gets answers to its probes.
    """

    def __init__(
        self, address: Limit | None, key: Limit | None, health: Limit | None = None, rows: RowLimit | None = None
    ) -> None:
        self._address = address
        self._key = key
        self._health = health
        self.rows = rows

    @classmethod
    def of(cls, settings: Settings, fd: int | None = None) -> "Rates | None":
        """The limits of the settings, on the table of descriptor `fd` (None: a new one); None without any limit."""
        if not settings.rate and not settings.key_rate and not settings.write_rate:
            return None
        table = Table.own() if fd is None else Table(fd)
        return cls(
            Limit(Policy("address", settings.rate, settings.burst), table) if settings.rate else None,
            Limit(Policy("key", settings.key_rate, settings.key_burst), table) if settings.key_rate else None,
            Limit(Policy("health", settings.rate, settings.burst), table) if settings.rate else None,
            RowLimit(settings.write_burst, settings.write_rate, table) if settings.write_rate else None,
        )

    def of_address(self, address: str, weight: int = 1) -> Allowance | None:
        """Count a request of an address, as `weight` ordinary ones; None without such a limit."""
        return self._address.take(network(address).encode(), weight) if self._address is not None else None

    def of_health(self, address: str) -> Allowance | None:
        """Count a health probe of an address; None without such a limit."""
        return self._health.take(network(address).encode()) if self._health is not None else None

    def may_ask(self, name: str) -> bool:
        """Count a request of an address in the form of `resolvers.addresses.network`; False for one too many."""
        return self._address is None or self._address.take(name.encode()).wait == 0

    def of_key(self, token: str | None, weight: int = 1) -> Allowance | None:
        """Count a request by an API key, as `weight` ordinary ones; None without such a limit, and for other tokens."""
        if self._key is None or token is None or kind_of(token) is not CredentialKind.API_KEY:
            return None
        return self._key.take(token.encode(), weight)


def headers(allowances: Sequence[Allowance]) -> Headers:
    """The header fields with the state of the limits, and Retry-After if one of them is used up."""
    left = ", ".join(f'"{one.policy.name}";r={one.left};t={ceil(one.whole)}' for one in allowances)
    headers: Headers = (
        (b"ratelimit-policy", ", ".join(one.policy.header for one in allowances).encode()),
        (b"ratelimit", left.encode()),
    )
    wait = max((one.wait for one in allowances), default=0.0)
    return (*headers, (b"retry-after", b"%d" % ceil(wait))) if wait > 0 else headers
