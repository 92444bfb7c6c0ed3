"""Several worker processes on one listening socket, kept alive until the gateway is stopped.

The parent owns the socket (and the embedded PostgreSQL). A worker that dies is replaced, however often; the gateway
ends only when no worker gets ready any more.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from socket import socket

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


class WorkersEnd(RuntimeError):
    """The workers end again and again before they are ready, and none of them serves."""


class Workers:
    """The worker processes on one listening socket; `environment` holds their settings.

    `page` is the descriptor of the page that they share. `shutdown_seconds` is what a worker needs at most to end.
    """

    def __init__(
        self,
        listener: socket,
        count: int,
        environment: Mapping[str, str],
        log: Log,
        *,
        page: int,
        shutdown_seconds: float,
    ) -> None:
        self._listener = listener
        self._page = page
        self._count = count
        self._environment = dict(environment)
        self._log = log
        self._shutdown_seconds = shutdown_seconds
        self._processes: set[Process] = set()
        self._ready: set[Process] = set()
        self._started = False
        self._stopping = asyncio.Event()
        self._signal = signal.SIGINT
        self._calls = 0

    def hindrance(self) -> str | None:
        """Why no requests are taken, whatever the database does; None when they are."""
        if self._stopping.is_set():
            return "the gateway is stopping"
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
        slots = [asyncio.create_task(self._keep_one(number, on_start)) for number in range(self._count)]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([*slots, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            stopped.cancel()
            await self._finish(slots)
        for slot in done - {stopped}:
            slot.result()

    async def _keep_one(self, number: int, on_start: Callable[[], None]) -> None:
        loop, failed, pause = asyncio.get_running_loop(), 0, FIRST_PAUSE
        while not self._stopping.is_set():
            began = loop.time()
            served, code = await self._run_one(number, on_start)
            if self._stopping.is_set():
                return
            failed = 0 if served or self._ready else failed + 1
            if failed == MOST_FAILED_STARTS:
                raise WorkersEnd(f"The workers end before they are ready (exit code {code}); the log says why.")
            pause = FIRST_PAUSE if loop.time() - began > STEADY_SECONDS else pause
            pause = min(pause, SERVED_PAUSE if served else LONGEST_PAUSE)
            self._log.event("worker ended, starting another one", exit_code=code, served=served, pause=pause)
            await asyncio.sleep(pause)
            pause *= 2

    async def _run_one(self, number: int, on_start: Callable[[], None]) -> tuple[bool, int]:
        """Run the worker of a number to its end; returns whether it got ready, and its exit code."""
        fds = (self._listener.fileno(), self._page)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.server.worker", *map(str, (*fds, number)), stdin=PIPE, stdout=PIPE,
            pass_fds=fds, env=self._environment, start_new_session=True,
        )  # fmt: skip
        self._processes.add(process)
        try:
            if self._stopping.is_set():
                process.send_signal(self._signal)
            served = await self._await_ready(process, on_start)
            return served, await process.wait()
        finally:
            self._processes.discard(process)
            self._ready.discard(process)

    async def _await_ready(self, process: Process, on_start: Callable[[], None]) -> bool:
        """Wait for a worker to get ready, False when it ends before; calls `on_start` once, when all are ready."""
        if process.stdout is None or await process.stdout.readline() != READY:
            return False
        self._ready.add(process)
        if len(self._ready) == self._count and not self._started:
            self._started = True
            on_start()
        return True

    async def _finish(self, slots: list[asyncio.Task[None]]) -> None:
        self._send_all()
        await asyncio.wait(slots, timeout=self._shutdown_seconds + KILL_MARGIN_SECONDS)
        self._end_all()
        for slot in slots:
            slot.cancel()
        await asyncio.wait(slots)

    def _send_all(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self._signal)

    def _end_all(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def worker_environment(dsn: str, settings: Settings) -> dict[str, str]:
    """The environment of a worker: ours, the database, the command line's options that it needs, the secret keys."""
    keys = settings.secret_keys
    known = {"ENFACT_SECRET_KEYS": keys.get_secret_value()} if keys is not None else {}
    said = {"ENFACT_HOST": settings.host, "ENFACT_EXPOSE_DEMO": str(settings.expose_demo)}
    return {**os.environ, "DATABASE_URL": dsn, **said, **known}
