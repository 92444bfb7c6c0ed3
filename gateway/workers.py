"""Several processes on one port: takes a listening socket, keeps N workers alive until it is stopped.

The parent owns the socket (and the embedded PostgreSQL); a worker that dies is started again.
"""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from socket import socket

from gateway.logs import Log

READY = b"ready\n"
QUICK_SECONDS = 5.0
MOST_QUICK_ENDS = 5
PAUSE_SECONDS = 0.5
KILL_MARGIN_SECONDS = 5.0


class WorkersEnd(RuntimeError):
    """The workers end again and again right after their start."""


class Workers:
    """The worker processes on one listening socket; `environment` holds their settings."""

    def __init__(
        self, listener: socket, count: int, environment: Mapping[str, str], log: Log, *, shutdown_seconds: float
    ) -> None:
        self._listener = listener
        self._count = count
        self._environment = dict(environment)
        self._log = log
        self._shutdown_seconds = shutdown_seconds
        self._processes: set[Process] = set()
        self._ready: set[Process] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let every worker finish what runs; asked twice, end them at once."""
        if self._stopping.is_set():
            self._end_all()
        self._stopping.set()

    async def run(self, on_start: Callable[[], None]) -> None:
        """Serve until `stop`; `on_start` is called once all accept requests. Raises WorkersEnd."""
        slots = [asyncio.create_task(self._keep_one(on_start)) for _ in range(self._count)]
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([*slots, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            stopped.cancel()
            await self._finish(slots)
        for slot in done - {stopped}:
            slot.result()

    async def _keep_one(self, on_start: Callable[[], None]) -> None:
        loop, quick = asyncio.get_running_loop(), 0
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._run_one(on_start)
            if self._stopping.is_set():
                return
            quick = quick + 1 if loop.time() - began < QUICK_SECONDS else 0
            if quick == MOST_QUICK_ENDS:
                raise WorkersEnd(f"The workers end right after their start (exit code {code}); the log says why.")
            self._log.event("worker ended, starting another one", exit_code=code)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _run_one(self, on_start: Callable[[], None]) -> int:
        fd = self._listener.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.worker", str(fd), stdin=PIPE, stdout=PIPE, pass_fds=(fd,),
            env=self._environment, start_new_session=True,
        )  # fmt: skip
        self._processes.add(process)
        try:
            if self._stopping.is_set():
                process.terminate()
            await self._await_ready(process, on_start)
            return await process.wait()
        finally:
            self._processes.discard(process)

    async def _await_ready(self, process: Process, on_start: Callable[[], None]) -> None:
        if process.stdout is not None and await process.stdout.readline() == READY and len(self._ready) < self._count:
            self._ready.add(process)
            if len(self._ready) == self._count:
                on_start()

    async def _finish(self, slots: list[asyncio.Task[None]]) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.wait(slots, timeout=self._shutdown_seconds + KILL_MARGIN_SECONDS)
        self._end_all()
        for slot in slots:
            slot.cancel()
        await asyncio.wait(slots)

    def _end_all(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def worker_environment(dsn: str, host: str) -> dict[str, str]:
    """The environment of a worker: ours, whose settings it reads, the database, and the host that is listened on."""
    return {**os.environ, "DATABASE_URL": dsn, "ENFACT_HOST": host}
