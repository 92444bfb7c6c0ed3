"""One child process: takes a command and an identity, runs it and returns its exit code.

Works under any event loop: the calling thread forks the child, and another thread waits for its end.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from db.embedded.identity import Identity, launched

FAST_STOP_SECONDS = 20.0
IMMEDIATE_STOP_SECONDS = 10.0
PASSED_ON = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
WATCHDOG = 'read -r _; kill -INT "$0"'


class Child:
    """A running program of PostgreSQL, which does not outlive this process.

    Make it in the main thread: Linux ends the child with the thread that forked it.
    """

    def __init__(self, command: Sequence[str], identity: Identity, output: int, death_signal: int) -> None:
        """Start `command`, with both outputs to descriptor `output`. Raises OSError, SubprocessError."""
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        line, before = launched(command, identity, death_signal)
        self._process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(os.environ),
            cwd="/",
            preexec_fn=before,  # noqa: PLW1509 (it only makes system calls)
            start_new_session=True,
        )
        self._watchdog = self._start_watchdog()
        threading.Thread(target=self._watch, name=f"wait {Path(command[0]).name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code (negative: the signal); None while it runs."""
        return self._process.poll()

    async def wait(self) -> int:
        """Wait for the end; returns the exit code."""
        await self._ended.wait()
        return self._process.wait()

    async def stop(self) -> None:
        """End a server: fast shutdown, an immediate one after 20 s, a kill after 10 s more.

        When cancelled it requests an immediate shutdown at once.
        """
        try:
            for number, seconds in ((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS)):
                self._process.send_signal(number)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._ended.wait()
                        return
            self.kill()
            await self._ended.wait()
        except asyncio.CancelledError:
            self._process.send_signal(signal.SIGQUIT)
            raise

    def kill(self) -> None:
        """Kill the child and all processes in its session."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _start_watchdog(self) -> "subprocess.Popen[bytes] | None":
        """A shell that notices our death by its pipe and stops the child; None where the kernel does that."""
        if dies_with_parent():
            return None
        try:
            return subprocess.Popen(
                ["/bin/sh", "-c", WATCHDOG, str(self.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            self._process.kill()
            raise

    def _watch(self) -> None:
        self._process.wait()
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.wait()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)


def dies_with_parent() -> bool:
    """True where the kernel ends a child whose parent died."""
    return sys.platform == "linux"


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What of our variables a program gets; our home may be closed to it, where libpq looks for certificates."""
    return {name: ours[name] for name in PASSED_ON if name in ours} | {"HOME": "/", "LC_ALL": "C"}
