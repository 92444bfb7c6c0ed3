"""The page that all workers of a gateway share: a file without a name, which each of them maps.

First the table of rate limits, then the moment of the last readiness probe, then for each worker whether it has
counted and when its event loop ran last, then the counters of each worker, then the names of the operations that have
counters.
"""

import mmap
import os
import tempfile
import time
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

SALT: Final = 16
BUCKETS: Final = 1 << 16
RATES: Final = SALT + 8 * BUCKETS
"""Bytes of the table of rate limits (`gateway/http/rate_limits.py`): a random salt, and a number for each bucket."""

GRAIN: Final = mmap.ALLOCATIONGRANULARITY
COUNTERS_AT: Final = -(-RATES // GRAIN) * GRAIN
EACH: Final = 8_192
"""Counters of each worker."""

MOST_WORKERS: Final = 65
"""Maximum number of processes: ENFACT_WORKERS, and one that takes the place of another."""

BEATS: Final = 1 + MOST_WORKERS
"""Number of the first worker's beat; before it the last readiness probe, then 1 for each worker that has counted."""

COMMON: Final = BEATS + MOST_WORKERS
"""Numbers before the counters."""

BEAT_PAUSE: Final = 1.0
"""Seconds between two beats of a worker."""

BEAT_LIMIT: Final = 5.0
"""Seconds since its last beat after which a worker's event loop is taken to be stuck."""

COUNTERS: Final = 8 * (COMMON + EACH * MOST_WORKERS)
NAMES_AT: Final = COUNTERS_AT + COUNTERS
NAMES: Final = 65_536
"""Bytes of the names, each with a line feed after it."""


def new_page() -> int:
    """The file descriptor of a new page for the processes of a gateway; what nobody writes takes no memory."""
    with tempfile.TemporaryFile() as file:
        file.write(os.urandom(SALT))
        file.truncate(NAMES_AT + NAMES)
        file.flush()
        return os.dup(file.fileno())


def names_in(fd: int) -> list[str]:
    """The names in a page, in the order of their counters."""
    return os.pread(fd, NAMES, NAMES_AT).rstrip(b"\0").decode().splitlines()


def add_names(fd: int, names: Iterable[str]) -> None:
    """Add names to a page after those that it has, as far as there is room; only the process that made it does."""
    known = names_in(fd)
    added = [name for name in names if name not in known]
    lines = b"".join(f"{name}\n".encode() for name in (*known, *added))
    whole = lines[: lines.rfind(b"\n", 0, NAMES) + 1]
    os.pwrite(fd, whole, NAMES_AT)


class SharedPage(NamedTuple):
    """A page, by its file descriptor, and the number of the worker that maps it."""

    fd: int
    worker: int = 0


class SharedCounters:
    """The counters of one worker, `mine`, and the sums of all. Each worker writes its own, so none needs a lock.

    A worker that takes the number of one that ended goes on with its counters.
    """

    def __init__(self, page: SharedPage) -> None:
        self._numbers = memoryview(mmap.mmap(page.fd, COUNTERS, offset=COUNTERS_AT)).cast("d")
        self._worker = page.worker
        first = COMMON + EACH * page.worker
        self.mine = self._numbers[first : first + EACH]
        self._numbers[1 + page.worker] = 1

    @classmethod
    def own(cls) -> Self:
        """Counters of this process alone."""
        fd = new_page()
        try:
            return cls(SharedPage(fd))
        finally:
            os.close(fd)

    def sums(self, count: int) -> list[float]:
        """The sums over all workers of the first `count` counters."""
        sums = [0.0] * count
        for worker in range(MOST_WORKERS):
            if self._numbers[1 + worker]:
                first = COMMON + EACH * worker
                values = self._numbers[first : first + count]
                sums = [a + b for a, b in zip(sums, values, strict=True)]
        return sums

    def note_probe(self) -> None:
        """Note that somebody asked just now whether the gateway is ready."""
        self._numbers[0] = time.monotonic()

    def was_probed(self, seconds: float) -> bool:
        """True when any worker was asked for its readiness within the last `seconds`."""
        return self._numbers[0] > 0 and time.monotonic() - self._numbers[0] <= seconds

    def beat(self) -> None:
        """Note that the event loop of this worker runs."""
        self._numbers[BEATS + self._worker] = time.monotonic()

    def has_beaten(self, seconds: float) -> bool:
        """True when the event loop of any worker ran within the last `seconds`."""
        return time.monotonic() - max(self._numbers[BEATS:COMMON]) <= seconds
