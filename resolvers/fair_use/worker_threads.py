"""Worker threads for long work beside the event loop; the lines of waiting work are served in turn."""

import asyncio
import os
import sys
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from typing import Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from db.errors import Crowded, DatabaseUnavailable
from db.sharing import Shares
from resolvers.fair_use.waiting_client import waiting

P = ParamSpec("P")
T = TypeVar("T")

QUEUE: Final = 20
"""Maximum number of waiters in one line."""

PATIENCE: Final = 10.0
"""Maximum number of seconds for which work waits for a thread."""


class WorkerThreads:
    """Threads that do at most `at_once` pieces of work at a time, from each line in turn."""

    def __init__(self, threads: Executor, at_once: int) -> None:
        self._threads = threads
        self._at_once = at_once
        self._shares: WeakKeyDictionary[asyncio.AbstractEventLoop, Shares] = WeakKeyDictionary()

    async def do(self, line: Hashable, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Do work in a thread and return its result. Raises Crowded; Left if the client leaves before the work begins.

        A turn lasts until the thread is free again, also when the client has left meanwhile.
        """
        loop = asyncio.get_running_loop()
        shares = self._shares.setdefault(loop, Shares(self._at_once, self._at_once, QUEUE, PATIENCE))
        with waiting().patiently():
            await take(shares, line)
        working = loop.run_in_executor(self._threads, lambda: work(*args, **more))
        working.add_done_callback(lambda _: shares.give(line))
        return await asyncio.shield(working)


async def take(shares: Shares, line: Hashable) -> None:
    """Take a place as soon as it is free. Raises Crowded."""
    try:
        if not shares.take(line):
            await shares.wait(line)
    except DatabaseUnavailable as error:
        raise Crowded("Others took too long.") from error


def step_back() -> None:
    """Leave the first core to the loop and the database; threads that this thread starts do the same (Linux)."""
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[1:] or cores)
