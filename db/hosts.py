"""A race between the hosts of an address, since the driver's limit of time is for all of them together.

A frozen server accepts connections and never answers. So each host has a time of its own, and the next one is asked
a moment later; the first that answers and is of the wanted kind wins.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from db.dsn import Host
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable

PAUSE: Final = 0.25
"""Seconds before the next host is asked, as for addresses of one name (RFC 8305); at once after a failure."""

LIMIT: Final = 1.0
"""Seconds that each host has for the whole of connecting, unless the address says `connect_timeout`."""

C = TypeVar("C")


class Race(Generic[C]):
    """A race between hosts; `connect` opens a connection to one, `end` ends one that came too late."""

    def __init__(
        self, connect: Callable[[Host], Awaitable[C]], end: Callable[[C], object], limit: float = LIMIT
    ) -> None:
        self._connect = connect
        self._end = end
        self._limit = limit
        self._running: dict[asyncio.Task[C], Host] = {}
        self._errors: dict[Host, DatabaseError] = {}

    async def run(self, hosts: Sequence[Host]) -> tuple[Host, C]:
        """The first host that can be used, and the connection to it.

        Raises DatabaseMisconfigured when every host refuses for good, else DatabaseUnavailable, with each one's reason.
        """
        won = None
        try:
            won = await self._first(list(hosts))
        finally:
            await self._end_others(won)
        if won is None:
            raise self._failure()
        return won

    async def _first(self, waiting: list[Host]) -> tuple[Host, C] | None:
        """The winner; None when no host can be used."""
        while waiting or self._running:
            if waiting:
                host = waiting.pop(0)
                self._running[asyncio.create_task(self._ask(host))] = host
            if (won := await self._wait(PAUSE if waiting else None)) is not None:
                return won
        return None

    async def _ask(self, host: Host) -> C:
        try:
            async with asyncio.timeout(self._limit):
                return await self._connect(host)
        except TimeoutError:
            raise DatabaseUnavailable(f"no answer within {self._limit:g} s") from None

    async def _wait(self, seconds: float | None) -> tuple[Host, C] | None:
        """Wait for an answer, at most so long; returns the winner, if there is one now. Keeps the errors of others."""
        await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task, host in list(self._running.items()):
            if task.done():
                del self._running[task]
                error = task.exception()
                if error is None:
                    return host, task.result()
                if not isinstance(error, DatabaseError):
                    raise error
                self._errors[host] = error
        return None

    async def _end_others(self, won: tuple[Host, C] | None) -> None:
        """Give up the other hosts and end what they open meanwhile; when cancelled, the winner's connection too."""
        for task in self._running:
            task.add_done_callback(self._end_late)
            task.cancel()
        if not self._running:
            return
        try:
            await asyncio.wait(self._running)
        except asyncio.CancelledError:
            if won is not None:
                self._end(won[1])
            raise

    def _end_late(self, task: asyncio.Task[C]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._end(task.result())

    def _failure(self) -> DatabaseError:
        reasons = "; ".join(f"{host}: {error}" for host, error in self._errors.items())
        is_hopeless = all(isinstance(error, DatabaseMisconfigured) for error in self._errors.values())
        return (DatabaseMisconfigured if is_hopeless else DatabaseUnavailable)(f"No host can be used. {reasons}")
