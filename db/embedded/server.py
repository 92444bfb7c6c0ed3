"""The embedded server of one folder: takes the folder, returns a DSN that is valid while a process uses the folder.

Of the processes on a folder one owns the server. The others join it, and one of them takes over when the owner ends.
"""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from db.embedded.binaries import Binaries, find_binaries, reachable
from db.embedded.cluster import log_tail, prepare
from db.embedded.errors import EmbeddedError
from db.embedded.identity import Identity, choose_identity
from db.embedded.layout import (
    PORT,
    Layout,
    is_private,
    make_socket_folder,
    not_usable,
    open_folder,
    open_log,
    open_private,
    put_log_aside,
    remove_short_socket_folder,
)
from db.embedded.lock import OwnerLock
from db.embedded.probe import answers
from db.embedded.process import Child

DEFAULTS = MappingProxyType(
    {
        "jit": "off",
        "max_connections": "60",
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
)
"""The server's settings by default. Errors of statements are logged tersely, since they may quote a client's values."""

READY_SECONDS = 120.0
JOIN_SECONDS = 150.0
LOCK_POLL_SECONDS = 0.2
LOG_LOOK_SECONDS = 10.0
"""Seconds between two checks of the log's size."""

RETRY_PAUSES = (0.02, 0.05, 0.1, 0.3, 1.0)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
"""Seconds before the second restart in a row, and maximum; the first restart comes at once."""

SERVED_PAUSE, STEADY_SECONDS = 0.5, 5.0
"""Maximum pause in seconds after the end of a server that had answered; no pause when it lived longer than
STEADY_SECONDS."""

logger = logging.getLogger(__name__)


class Embedded:
    """A PostgreSQL server on a folder, which lives as long as the processes that use the folder."""

    def __init__(
        self, folder: Path, *, binaries: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`folder` holds all files; `binaries` is a `bin` folder in place of the wheel's.

        `settings` are the server's (`fsync=off` also makes a new folder without syncing it). Only those of the process
        that starts the server count, and they cannot change where it listens.
        """
        self._folder = folder
        self._binaries = binaries
        self._settings = {**DEFAULTS, **settings}
        self._layout: Layout | None = None
        self._lock: OwnerLock | None = None
        self._child: Child | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def owner(self) -> bool:
        """True when the server is a child of this process."""
        return self._lock is not None and self._lock.held

    async def start(self) -> str:
        """Start the server, or join a running one. Returns its DSN once it answers.

        Call it in the main thread. Raises EmbeddedError. A failed or cancelled start leaves nothing running.
        """
        if sys.platform == "win32":
            raise EmbeddedError(
                "The embedded PostgreSQL does not run on Windows. Set DATABASE_URL to a running server."
            )
        layout = open_folder(self._folder)
        if self._keeper is None:
            try:
                await self._own_or_join(layout)
            except OSError as error:
                await self._let_go()
                raise not_usable(layout.folder, str(error)) from error
            except BaseException:
                await self._let_go()
                raise
            self._keeper = asyncio.create_task(self._keep(layout), name=f"embedded PostgreSQL {layout.folder}")
        return layout.dsn

    async def stop(self) -> None:
        """Stop the server if this process owns it (fast shutdown, 20 s), else only leave it. Harmless when repeated."""
        keeper, self._keeper = self._keeper, None
        try:
            if keeper is not None:
                keeper.cancel()
                await asyncio.wait([keeper])
        finally:
            await self._let_go()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _own_or_join(self, layout: Layout) -> None:
        self._layout, self._lock = layout, OwnerLock(layout.lock)
        deadline = asyncio.get_running_loop().time() + JOIN_SECONDS
        while not self._lock.acquire():
            if await _joinable(layout):
                return
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(
                    f"Process {self._lock.owner()} owns the database folder {layout.folder}, and its server does not "
                    f"answer. End that process and start again; {layout.log} may tell why."
                )
            await asyncio.sleep(0.02)
        self._child = await self._launch(layout)

    async def _keep(self, layout: Layout) -> None:
        """Until cancelled: restart the server of this process, or take over the server of an owner that ended."""
        loop, pause = asyncio.get_running_loop(), 0.0
        while True:
            if self._child is not None:
                began = loop.time()
                logger.warning("PostgreSQL ended by itself (exit code %s)", await _tended(self._child, layout))
                self._child = None
                pause = 0.0 if loop.time() - began > STEADY_SECONDS else min(pause, SERVED_PAUSE)
            elif not (self._lock and self._lock.acquire()):
                await asyncio.sleep(LOCK_POLL_SECONDS)
                continue
            await asyncio.sleep(pause)
            pause = min(2 * pause or FIRST_PAUSE, LONGEST_PAUSE)
            try:
                self._child = await self._launch(layout)
                logger.warning("PostgreSQL runs again as process %s", self._child.pid)
            except Exception:
                logger.exception("PostgreSQL does not start; the next try is in %s s", pause)

    async def _launch(self, layout: Layout) -> Child:
        """Prepare the folder and start the server on it, while holding the lock. Returns a server that answers."""
        layout.ready.unlink(missing_ok=True)
        binaries = await asyncio.to_thread(find_binaries, self._binaries)
        identity = await asyncio.to_thread(choose_identity, layout.folder, layout.data)
        binaries = await asyncio.to_thread(reachable, binaries, identity, layout.copies)
        make_socket_folder(layout, identity)
        await prepare(layout, binaries, identity, sync=self._settings.get("fsync") != "off")
        child = await self._run(layout, binaries, identity)
        os.close(open_private(layout.ready, os.O_WRONLY))
        return child

    async def _run(self, layout: Layout, binaries: Binaries, identity: Identity) -> Child:
        """Start `postgres`, again when it ends at once: orphans of a killed server need a moment to end."""
        for pause in RETRY_PAUSES:
            try:
                return await self._run_once(layout, binaries, identity)
            except _EndedError:
                await asyncio.sleep(pause)
        return await self._run_once(layout, binaries, identity)

    async def _run_once(self, layout: Layout, binaries: Binaries, identity: Identity) -> Child:
        log = open_log(layout)
        written = os.fstat(log).st_size
        try:
            child = Child(self._command(layout, binaries), identity, log, signal.SIGINT)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"PostgreSQL cannot be started from {binaries.folder}: {error}") from error
        finally:
            os.close(log)
        try:
            await _until_ready(layout, child, written)
        except BaseException:
            await child.stop()
            raise
        return child

    def _command(self, layout: Layout, binaries: Binaries) -> list[str]:
        """The command line. PostgreSQL takes the last of two equal settings, so `fixed` comes last."""
        fixed = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": f'"{layout.socket}"',
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
        }
        pairs = [f"{name}={value}" for settings in (self._settings, fixed) for name, value in settings.items()]
        return [str(binaries.folder / "postgres"), "-D", str(layout.data), *(f"--{pair}" for pair in pairs)]

    async def _let_go(self) -> None:
        child, self._child = self._child, None
        lock, self._lock = self._lock, None
        try:
            if child is not None and self._layout is not None:
                self._layout.ready.unlink(missing_ok=True)
                await child.stop()
                remove_short_socket_folder(self._layout)
        finally:
            if lock is not None:
                lock.close()


class _EndedError(EmbeddedError):
    """The server ended before it answered."""


async def _until_ready(layout: Layout, child: Child, written: int) -> None:
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await answers(layout):
                if child.code is not None:
                    raise _EndedError(
                        f"PostgreSQL does not start on {layout.data} (exit code {child.code}). "
                        f"The end of {layout.log}:\n{log_tail(layout.log, written)}"
                    )
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise EmbeddedError(
            f"PostgreSQL on {layout.data} does not answer after {READY_SECONDS:.0f} s. "
            f"The end of {layout.log}:\n{log_tail(layout.log, written)}"
        ) from None


async def _tended(child: Child, layout: Layout) -> int:
    """Wait for the end of the server, and keep its log short meanwhile. Returns the exit code."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOG_LOOK_SECONDS):
                return await child.wait()
        try:
            await asyncio.to_thread(put_log_aside, layout)
        except OSError:
            logger.exception("The log of PostgreSQL is not put aside")


async def _joinable(layout: Layout) -> bool:
    """True when the ready file exists, the socket's folder is the server user's own, and the server answers."""
    try:
        ours = layout.ready.exists() and is_private(layout.socket, layout.data.stat().st_uid)
    except FileNotFoundError:
        return False
    return ours and await answers(layout)
