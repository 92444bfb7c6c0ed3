"""Workers as forks of the process that starts them, which has loaded the product: a start takes no second of CPU.

What they do from there on is the product's. A gateway that is started anew starts its workers anew, too.
"""

import asyncio
import gc
import os
import signal
import sys
import traceback
import warnings
from asyncio import StreamReader
from asyncio.subprocess import Process
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, cast

from db import connection, database
from gateway.server import worker, workers
from resolvers.execution.product import default_compiler
from resolvers.fair_use.worker_threads import WorkerThreads
from resolvers.mutations import passwords

STANDARD: Final = (0, 1, 2)
NAME: Final = "worker"
"""The beginning of the name of such a process; the descriptor of its socket follows."""


@dataclass(eq=False, slots=True)
class Fork:
    """A worker's process: what the product uses of asyncio.subprocess.Process."""

    pid: int
    stdout: StreamReader
    _ended: "asyncio.Future[int]"

    @property
    def returncode(self) -> int | None:
        """The exit code when it has ended, else None."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """The exit code once it has ended."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """Send a signal. Raises ProcessLookupError when it has ended."""
        if self._ended.done():
            raise ProcessLookupError
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once. Raises ProcessLookupError when it has ended."""
        self.send_signal(signal.SIGKILL)


async def start_process(fds: tuple[int, int], number: int, environment: Mapping[str, str]) -> Process:
    """What gateway.server.workers.start_process does, without loading the product once more."""
    default_compiler()
    (stdin, alive), (said, stdout) = os.pipe(), os.pipe()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    with _without_signals() as usual:
        pid = _fork()
        if pid == 0:
            with suppress(RuntimeError):  # newer Pythons have left it at the fork
                asyncio._leave_task(loop, cast("asyncio.Task[object]", task))
            os._exit(_run(partial(_work, (stdin, stdout), fds, number, environment, usual)))
    os.close(stdin)
    os.close(stdout)
    return cast("Process", Fork(pid, await _reader(said), _end(pid, alive)))


@contextmanager
def forked_workers() -> Generator[None]:
    """Let workers that this process starts within the block be forks of it."""
    usual, workers.start_process = workers.start_process, start_process
    try:
        yield
    finally:
        workers.start_process = usual


def _fork() -> int:
    """os.fork, beside threads, too, of which the fork needs nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


@contextmanager
def _without_signals() -> Generator[set[int]]:
    """Keep signals back, so that none comes to a fork that has this process's handlers; the usual mask."""
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield {int(number) for number in usual}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


async def _reader(said: int) -> StreamReader:
    """What a process writes to a pipe."""
    reader = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(said, "rb", buffering=0)
    )
    return reader


def _end(pid: int, alive: int) -> "asyncio.Future[int]":
    """The exit code of a child; `alive` is closed then."""
    loop, watch = asyncio.get_running_loop(), os.pidfd_open(pid)
    ended: asyncio.Future[int] = loop.create_future()

    def reap() -> None:
        loop.remove_reader(watch)
        os.close(watch)
        os.close(alive)
        ended.set_result(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    loop.add_reader(watch, reap)
    return ended


# --- in the worker


def _work(
    stdio: tuple[int, int], fds: tuple[int, int], number: int, environment: Mapping[str, str], mask: set[int]
) -> None:
    """Make this fork a worker, and work. Nothing of the process that it was is ever collected or closed."""
    gc.freeze()
    os.setsid()
    _take_files(stdio, fds)
    _take_signals(mask)
    Path("/proc/self/comm").write_text(f"{NAME} {fds[0]}", encoding="ascii")
    asyncio._set_running_loop(None)
    database.connect = connection.connect  # without the fence of a test's own process
    # Threads are not in a fork, and what its process had given them to do would wait for good.
    setattr(passwords, "WORK", WorkerThreads(ThreadPoolExecutor(passwords.AT_ONCE), passwords.AT_ONCE))  # noqa: B010
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [NAME, *map(str, (*fds, number))]
    worker.main()


def _take_files(stdio: tuple[int, int], fds: tuple[int, int]) -> None:
    """Have the standard files and those that are passed on, and no others."""
    for file, wanted in zip(stdio, STANDARD, strict=False):
        os.dup2(file, wanted)
    last = STANDARD[-1]
    for kept in (*sorted(fds), os.sysconf("SC_OPEN_MAX")):
        os.closerange(last + 1, kept)
        last = kept
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(file, mode) for file, mode in zip(STANDARD, "rww", strict=True))


def _take_signals(mask: set[int]) -> None:
    """Have the handlers that Python has at its start."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _run(main: Callable[[], None]) -> int:
    """The exit code of a program, whatever it raises: a fork never goes on as the process that it was."""
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 (as Python does)
        with suppress(OSError):
            traceback.print_exc()
            sys.stderr.flush()
        return 1
    return 0
