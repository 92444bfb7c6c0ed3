"""Background tasks beside the requests, and the log's report of a database outage."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from db.database import Database
from db.errors import Crowded, DatabaseError, DatabaseMisconfigured, DatabaseTimeout, DatabaseUnavailable
from gateway.logs import Log, causes, describe
from resolvers.execution import lapses
from resolvers.execution import purge as purging
from resolvers.execution.lapses import end_grants
from resolvers.execution.purge import purge


class BackgroundTasks:
    """Tasks beside the requests, cancelled together. A failure is logged by its kind; the task is not restarted.

    Work that should go on after a failure has to catch it itself.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Start a task for each of these."""
        for work in works:
            task = asyncio.create_task(self._run(work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        """Cancel all tasks, and return when the last one is over; harmless when repeated."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 (no failure of it may stop the requests)
            self._log.event("background work ended", kind=type(error).__name__, work=work.__qualname__)


class Outage:
    """Logs the beginning and the end of a database outage, each once however many requests meet it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._since: float | None = None
        self._hopeless = False

    def report(self, error: DatabaseError) -> bool:
        """Take note of a database error; True when an outage begins with it.

        A statement timeout or a full queue is not an outage. An outage that turns out to be a wrong configuration,
        which does not end by waiting, is logged a second time.
        """
        if isinstance(error, DatabaseTimeout | Crowded):
            return False
        begins, hopeless = self._since is None, isinstance(error, DatabaseMisconfigured)
        if begins or (hopeless and not self._hopeless):
            self._log.event("database does not answer", **causes(error))
            self._hopeless = hopeless
        if begins:
            self._since = time.monotonic()
        return begins

    def end(self) -> None:
        """The database answers: end the outage, if there is one."""
        if self._since is not None:
            seconds = round(time.monotonic() - self._since, 1)
            self._since = None
            self._log.event("database answers again", seconds=seconds)


async def keep_ending_grants(database: Database, log: Log) -> None:
    """Write the ends of grants that were made until a moment; no error ends it.

    After a failure the next look writes them.
    """
    await _keep(partial(end_grants, database), lambda: lapses.PAUSE, log, "ends of grants wait for the database")


async def keep_purging(database: Database, log: Log) -> None:
    """Remove rows that were deleted long ago, about once an hour and at no fixed moment; no error ends it."""
    await _keep(partial(purge, database), _some_time, log, "deleted rows wait for the database")


def _some_time() -> float:
    """Seconds until the next look: gateways that were started together do not look together."""
    return random.uniform(0, 2 * purging.PAUSE)  # noqa: S311


async def _keep(work: Callable[[], Awaitable[object]], pause: Callable[[], float], log: Log, failing: str) -> None:
    """Do work again and again, after a pause each time; no error ends it.

    Only the first of several failures in a row is logged; a database that is away is told of by requests and letters.
    """
    away = False
    while True:
        await asyncio.sleep(pause())
        try:
            await work()
            away = False
        except (DatabaseUnavailable, DatabaseTimeout, Crowded):
            continue
        except Exception as error:  # noqa: BLE001 (any error: the next look may succeed)
            if not away:
                reasons = causes(error) if isinstance(error, DatabaseError) else describe(error)
                log.event(failing, **reasons)
            away = True
