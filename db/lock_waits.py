"""Waiting for locks that others hold, in short tries with pauses, so that nobody waits long behind a migration."""

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import asyncpg

from db.connection import Connection
from db.errors import DRIVER_ERRORS, DatabaseError, DatabaseTimeout

Report: TypeAlias = Callable[[str], None]
"""A function that takes a sentence for the operator."""

LOCKED: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""Errors after which a later try may get the lock."""

BLOCKERS: Final = """
select
    coalesce('table ' || waiting.relation::regclass, 'the end of a transaction') wanted,
    holder.pid, holder.application_name application, holder.xact_start since
from pg_locks waiting
cross join unnest(pg_blocking_pids(waiting.pid)) blocking(pid)
join pg_stat_activity holder on holder.pid = blocking.pid
where waiting.pid = $1 and not waiting.granted
order by holder.xact_start
limit 1
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: of waiting in total, for one lock, and of the first and the longest pause between two tries."""

    total: float = 600.0
    lock: float = 2.0
    first_pause: float = 0.5
    longest_pause: float = 30.0

    def pause(self, attempt: int) -> float:
        """Seconds after a failed try, the first being 1: twice as many each time, and up to half of them less."""
        longest = min(self.longest_pause, self.first_pause * 2 ** min(attempt - 1, 30))
        return longest * random.uniform(0.5, 1)  # noqa: S311 (no secret)


PATIENCE: Final = Patience()
"""The patience of a start without settings."""


@dataclass(slots=True)
class LockWaits:
    """The waits of one run: their sum has a bound, and the operator is told of each.

    A try that failed counts as the time that it may wait; a wait that succeeds, as that for an index, as long as it was
    seen (`watched`).
    """

    patience: Patience
    report: Report
    work: str = "Migration"
    blocker: str = "others"
    _waited: float = field(default=0.0, init=False)
    _reported: str = field(default="", init=False)

    @property
    def left(self) -> float:
        """Seconds of waiting that the patience still allows; never less than one try."""
        return max(self.patience.lock, self.patience.total - self._waited)

    async def repeat(self, work: str, action: Callable[[], Awaitable[object]]) -> None:
        """Run `action`, again as long as it fails for a lock. Raises DatabaseTimeout when the patience is used up."""
        for attempt in itertools.count(1):
            self.work, before = f"{work}, try {attempt}", self._waited
            try:
                await action()
            except LOCKED:
                self._waited = max(self._waited, before + self.patience.lock)
                await self.pause(self.patience.pause(attempt))
            else:
                return

    async def pause(self, seconds: float) -> None:
        """Wait after a try. Raises DatabaseTimeout when the patience is used up."""
        self._waited += seconds
        if self._waited > self.patience.total:
            raise DatabaseTimeout(
                f"{self.work}: given up after {self.patience.total:.0f} s of waiting for {self.blocker}. "
                "What was done before stays done; end what is waited for, then start again."
            )
        await asyncio.sleep(seconds)

    def tell(self, blocker: str, seconds: float = 0.0) -> None:
        """Report for what the work waits, once for each try, and count the `seconds` since the last look."""
        self._waited += seconds
        sentence = f"{self.work}: waiting for {blocker}"
        if sentence != self._reported:
            self._reported = sentence
            self.report(sentence)
        self.blocker = blocker


@asynccontextmanager
async def watched(waits: LockWaits, pid: int, observer: Callable[[], Awaitable[Connection]]) -> AsyncGenerator[None]:
    """A block in which a connection that `observer` opens looks for what the backend `pid` waits for, and tells it."""
    watching = asyncio.create_task(_watch(waits, pid, observer))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def _watch(waits: LockWaits, pid: int, observer: Callable[[], Awaitable[Connection]]) -> None:
    """Look eight times during each try; without a connection to look with, the migration goes on without a report."""
    with suppress(DatabaseError, *DRIVER_ERRORS):
        connection = await observer()
        try:
            period = waits.patience.lock / 8
            while True:
                await asyncio.sleep(period)
                if (row := await connection.fetchrow(BLOCKERS, pid)) is not None:
                    waits.tell(_in_words(row), period)
        finally:
            connection.terminate()


def _in_words(row: asyncpg.Record) -> str:
    since = f", in a transaction since {row['since']:%Y-%m-%d %H:%M:%S} UTC" if row["since"] else ""
    application = f" ({row['application']})" if row["application"] else ""
    return f"a lock on {row['wanted']} held by process {row['pid']}{application}{since}"
