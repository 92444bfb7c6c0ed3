"""Several worker processes on one listening socket, kept alive until the gateway is stopped.

The parent owns the socket (and the embedded PostgreSQL). A worker that dies is replaced, however often; the gateway
ends only when no worker gets ready any more. With other settings the workers are replaced one by one.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from socket import socket
from typing import Any, Final, NamedTuple

from gateway.logs import Log
from gateway.settings import Settings

READY = b"ready\n"
MOST_FAILED_STARTS = 5
"""Maximum number of times in a row that a worker may end before it is ready, while no other one serves."""

FIRST_PAUSE, SERVED_PAUSE, LONGEST_PAUSE = 0.1, 0.5, 5.0
"""Seconds before a worker is replaced: the first pause, the maximum after a worker that got ready, and the maximum
after one that did not. The pause doubles while workers live for less than `STEADY_SECONDS`."""

STEADY_SECONDS = 5.0
KILL_MARGIN_SECONDS = 5.0
LOOK_SECONDS = 0.02
"""Seconds between two looks whether a worker has left its place to another one."""

START_SECONDS = 60.0
"""Seconds within which a worker that is to take the place of another one has to get ready."""


STOPPING: Final = "the gateway is stopping"


class WorkersEnd(RuntimeError):
    """The workers end again and again before they are ready, and none of them serves."""


class Conduct(NamedTuple):
    """The terms of workers: their environment, which holds their settings, and the seconds that their end may take.

    `shutdown` is for a worker that is told to stop, `retirement` for one that another takes the place of.
    """

    environment: Mapping[str, str]
    shutdown: float
    retirement: float


@dataclass(eq=False, slots=True)
class WorkerSlot:
    """The place of one worker: the process that is there, and the one that is ready to take its place."""

    process: Process | None = None
    successor: Process | None = None


class Workers:
    """The worker processes on one listening socket; `page` is the descriptor of the page that they share."""

    def __init__(
        self,
        listener: socket,
        count: int,
        conduct: Conduct,
        log: Log,
        *,
        page: int,
    ) -> None:
        self._listener = listener
        self._page = page
        self._slots = [WorkerSlot() for _ in range(count)]
        self._conduct = conduct
        self._log = log
        self._numbers = list(range(count + 1))
        self._processes: dict[Process, int] = {}
        """The running processes, each with the number of its counters."""
        self._ready: set[Process] = set()
        self._started = False
        self._stopping = asyncio.Event()
        self._replacing: asyncio.Task[str | None] | None = None
        self._signal = signal.SIGINT
        self._calls = 0

    @property
    def ready(self) -> int:
        """The number of workers that take requests."""
        return len(self._ready)

    def hindrance(self) -> str | None:
        """Why no requests are taken, whatever the database does; None when they are."""
        if self._stopping.is_set():
            return STOPPING
        return None if self._ready else "no worker is ready"

    def stop(self) -> None:
        """Let every worker finish its running requests; a second call lets them end at once, a third kills them."""
        self._stop(signal.SIGINT)

    def drain(self) -> None:
        """Let every worker drain (`Server.drain`), then finish; a second call ends the drain, a third kills them."""
        self._stop(signal.SIGTERM)

    def _stop(self, number: signal.Signals) -> None:
        self._signal = number
        self._calls += 1
        if self._calls > 2:
            self._end_all()
        elif self._stopping.is_set():
            self._send_all()
        self._stopping.set()

    async def run(self, on_start: Callable[[], None]) -> None:
        """Serve until `stop`; `on_start` is called once all accept requests. Raises WorkersEnd."""
        tasks = [asyncio.create_task(self._keep_one(slot, on_start)) for slot in self._slots]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            stopped.cancel()
            await self._finish([*tasks, *([self._replacing] if self._replacing is not None else [])])
        for task in done - {stopped}:
            task.result()

    async def replace(self, conduct: Conduct) -> str | None:
        """Give each place to a worker that runs so, one after the other; returns what hindered it.

        A worker leaves when its successor is ready. When a successor does not get ready, the workers stay that were
        not replaced before; others to come run as the successors do.
        """
        self._replacing = asyncio.create_task(self._replace_all(conduct))
        try:
            return await self._replacing
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._stopping.is_set() and task is not None and not task.cancelling():
                return STOPPING  # the end of all has cut it off
            raise

    async def _replace_all(self, conduct: Conduct) -> str | None:
        patience = max(self._conduct.retirement, conduct.retirement)
        for count, slot in enumerate(self._slots):
            if self._stopping.is_set():
                return STOPPING
            process = await self._start(conduct)
            if not await self._is_ready_in_time(process):
                await self._kill(process)
                if self._stopping.is_set():  # that is why it ended
                    return STOPPING
                return f"{count} of {len(self._slots)} workers were replaced; the next one did not get ready"
            self._conduct = conduct
            slot.successor = process
            while slot.successor is process and not self._stopping.is_set():
                if slot.process is not None:
                    await self._retire(slot.process, patience)
                await asyncio.sleep(LOOK_SECONDS)
            if self._stopping.is_set():  # the signal of all has reached it, too
                await process.wait()
                return STOPPING
        return None

    async def _retire(self, process: Process, patience: float) -> None:
        """Let a worker leave, and kill it when it does not within `patience` seconds."""
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(patience + KILL_MARGIN_SECONDS):
                await process.wait()
        except TimeoutError:
            await self._kill(process)

    async def _kill(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._forget(process)

    async def _keep_one(self, slot: WorkerSlot, on_start: Callable[[], None]) -> None:
        loop, failed, pause = asyncio.get_running_loop(), 0, FIRST_PAUSE
        while slot.successor is not None or not self._stopping.is_set():
            began = loop.time()
            served, code = await self._run_one(slot, on_start)
            if slot.successor is not None or self._stopping.is_set():
                continue
            failed = 0 if served or self._ready else failed + 1
            if failed == MOST_FAILED_STARTS:
                raise WorkersEnd(f"The workers end before they are ready (exit code {code}); the log says why.")
            pause = FIRST_PAUSE if loop.time() - began > STEADY_SECONDS else pause
            pause = min(pause, SERVED_PAUSE if served else LONGEST_PAUSE)
            self._log.event("worker ended, starting another one", exit_code=code, served=served, pause=pause)
            await asyncio.sleep(pause)
            pause *= 2

    async def _run_one(self, slot: WorkerSlot, on_start: Callable[[], None]) -> tuple[bool, int]:
        """Run the worker of a place to its end; returns whether it got ready, and its exit code."""
        if (process := slot.successor) is None:
            process = await self._start(self._conduct)
        else:
            slot.successor = None
        slot.process = process
        try:
            served = process in self._ready or await self._is_ready(process)
            if len(self._ready) >= len(self._slots) and not self._started:
                self._started = True
                on_start()
            return served, await process.wait()
        finally:
            slot.process = None
            self._forget(process)

    async def _start(self, conduct: Conduct) -> Process:
        """A process with the least number that is free."""
        number = self._numbers.pop(0)
        try:
            process = await start_process((self._listener.fileno(), self._page), number, conduct.environment)
        except BaseException:
            insort(self._numbers, number)
            raise
        self._processes[process] = number
        if self._stopping.is_set():
            process.send_signal(self._signal)
        return process

    def _forget(self, process: Process) -> None:
        """Free the number of a process that has ended; harmless when repeated."""
        self._ready.discard(process)
        if (number := self._processes.pop(process, None)) is not None:
            insort(self._numbers, number)

    async def _is_ready(self, process: Process) -> bool:
        """Wait for a worker to get ready; False when it ends before."""
        if process.stdout is None or await process.stdout.readline() != READY:
            return False
        self._ready.add(process)
        return True

    async def _is_ready_in_time(self, process: Process) -> bool:
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._is_ready(process)
        except TimeoutError:
            return False

    async def _finish(self, tasks: list[asyncio.Task[Any]]) -> None:
        self._send_all()
        await asyncio.wait(tasks, timeout=self._conduct.shutdown + KILL_MARGIN_SECONDS)
        self._end_all()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    def _send_all(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self._signal)

    def _end_all(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def start_process(fds: tuple[int, int], number: int, environment: Mapping[str, str]) -> Process:
    """A worker in a session of its own, which tells on its standard output that it is ready."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.server.worker", *map(str, (*fds, number)), stdin=PIPE, stdout=PIPE,
        pass_fds=fds, env=environment, start_new_session=True,
    )  # fmt: skip


def conduct_of(dsn: str, settings: Settings) -> Conduct:
    """The terms of workers by these settings, on this database."""
    shutdown = settings.shutdown + settings.drain
    return Conduct(_environment(dsn, settings), shutdown, settings.keep_alive + settings.shutdown)


def _environment(dsn: str, settings: Settings) -> dict[str, str]:
    """The environment of a worker: ours, the database, the command line's options that it needs, the secret keys."""
    keys = settings.secret_keys
    known = {"ENFACT_SECRET_KEYS": keys.get_secret_value()} if keys is not None else {}
    said = {"ENFACT_HOST": settings.host, "ENFACT_EXPOSE_DEMO": str(settings.expose_demo)}
    return {**os.environ, "DATABASE_URL": dsn, **said, **known}
