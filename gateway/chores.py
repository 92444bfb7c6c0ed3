"""Work beside the requests, and what is told of a database that does not answer."""

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from db.errors import Crowded, DatabaseError, DatabaseMisconfigured, DatabaseTimeout
from gateway.logs import Log, causes


class Chores:
    """Work beside the requests: begun together, cancelled together. What fails is logged by kind, and not begun again.

    Work that should go on after a failure catches it itself.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Let these run from now on."""
        for work in works:
            task = asyncio.create_task(self._run(work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        """Cancel them, and return when the last one is over; harmless when repeated."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 (whatever it is, requests are answered all the same)
            self._log.event("background work ended", kind=type(error).__name__, work=work.__qualname__)


class Outage:
    """Tells the log once that the database does not answer, and once that it does again, however many requests ask."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._since: float | None = None
        self._hopeless = False

    def report(self, error: DatabaseError) -> bool:
        """The database did not do what was asked; True when an outage begins with that.

        A statement that took too long is no outage, nor is a queue that is full. One that turns out not to end by
        waiting is told a second time.
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
        """The database answers."""
        if self._since is not None:
            seconds = round(time.monotonic() - self._since, 1)
            self._since = None
            self._log.event("database answers again", seconds=seconds)
