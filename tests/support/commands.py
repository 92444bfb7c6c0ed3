"""`enfact`, as a person runs it: a process with arguments, an environment, a folder and an input of its own.

Python and the product take a command two seconds of CPU to load. Here one process has loaded them for all commands of a
test process, and each command is a fork of it, also a gateway, and its workers (forked_workers.py).
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, NoReturn

ENFACT: Final = [sys.executable, "-m", "gateway.cli"]
COMMAND_SECONDS: Final = 180.0
LONGEST: Final = 200_000
"""Bytes of a command's arguments and environment."""

NOTHING: Final[Mapping[str, object]] = {}
FILES: Final = 4
"""The files of a command: its input, output and errors, and where its process and its end are told."""


def environment(**values: str) -> dict[str, str]:
    """This process's variables without the product's, and `values`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ENFACT_", "DATABASE_URL"))}
    return inherited | {"ENFACT_DRAIN": "0"} | values


@dataclass(slots=True)
class Process:
    """A command that runs: what subprocess.Popen has of it."""

    args: list[str]
    pid: int
    _end: IO[bytes] = field(repr=False)
    stdout: IO[str] | None = None
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code when it has ended, else None."""
        return self._ended(0)

    def wait(self, timeout: float = COMMAND_SECONDS) -> int:
        """The exit code once it has ended. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float) -> int | None:
        if self.returncode is None and select.select([self._end], [], [], seconds)[0]:
            self.returncode = int(self._end.readline())
            self._end.close()
        return self.returncode


def enfact(*arguments: str, stdin: str = "", **values: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these variables; gives its exit code and what it wrote."""
    variables = environment(**{"COLUMNS": "200", **values})
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        process = _start(arguments, variables, given.fileno(), out.fileno(), err.fileno())
        try:
            code = process.wait()
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess([*ENFACT, *arguments], code, _text(out.read()), _text(err.read()))


def enfact_anew(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """The same in a Python that loads everything itself."""
    return subprocess.run(
        [*ENFACT, *arguments], env=environment(**{"COLUMNS": "200", **values}), capture_output=True, text=True,
        timeout=COMMAND_SECONDS, check=False,
    )  # fmt: skip


def _text(written: bytes) -> str:
    return written.decode().replace("\r\n", "\n")


def start(
    *arguments: str, stderr: IO[bytes] | None = None, patched: Mapping[str, object] = NOTHING, **values: str
) -> Process:
    """Start the command with these variables, in a session of its own; `stdout` of the process is a pipe.

    `patched` are values of other modules by their dotted names, as the command's process is to see them.
    """
    reader, writer = os.pipe()
    try:
        with Path(os.devnull).open("rb") as nothing:
            errors = sys.__stderr__ if stderr is None else stderr
            assert errors is not None
            files = nothing.fileno(), writer, errors.fileno()
            process = _start(arguments, environment(**values), *files, patched=patched)
    finally:
        os.close(writer)
    process.stdout = os.fdopen(reader, encoding="utf-8")
    return process


def _start(
    arguments: tuple[str, ...], variables: Mapping[str, str], *files: int, patched: Mapping[str, object] = NOTHING
) -> Process:
    """A command whose input, output and errors are `files`."""
    told = {"arguments": arguments, "environment": variables, "folder": str(Path.cwd()), "patched": patched}
    reader, writer = os.pipe()
    try:
        socket.send_fds(_loaded(), [json.dumps(told).encode()], [*files, writer])
    finally:
        os.close(writer)
    progress = os.fdopen(reader, "rb", buffering=0)
    return Process([*ENFACT, *arguments], int(progress.readline()), progress)


@cache
def _loaded() -> socket.socket:
    """The way to the process that has loaded the product; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(there.fileno())], env=environment(), pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def end() -> None:
        here.close()
        process.wait()

    atexit.register(end)
    return here


# --- in the process that has loaded the product


def _serve(connection: socket.socket) -> list[str] | None:
    """Fork for each command. Returns in the forks, with their arguments; None in this process, at its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        told, files, _, _ = socket.recv_fds(connection, LONGEST, FILES)
        if not told:
            return None
        if os.fork() == 0:
            connection.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch(files.pop())
            return _become(json.loads(told), files)
        for file in files:
            os.close(file)


def _watch(progress: int) -> None:
    """Fork once more: return there, and here tell how that process ends."""
    pid = os.fork()
    if pid:
        os.write(progress, f"{pid}\n".encode())
        os.write(progress, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
        os._exit(0)
    os.close(progress)
    os.setsid()


def _become(told: Any, files: list[int]) -> list[str]:
    """Make this process the command's; returns its arguments."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(told["folder"])
    variables: Mapping[str, str] = told["environment"]
    os.environ.clear()
    os.environ.update(variables)
    for name, value in told["patched"].items():
        module, _, attribute = name.rpartition(".")
        setattr(import_module(module), attribute, value)
    return told["arguments"]


def main() -> None:
    """Load the product, then run what is asked for."""
    from gateway.cli.main import app  # noqa: PLC0415 (a test process does not load the command)
    from gateway.server import workers  # noqa: PLC0415
    from resolvers.execution.product import default_compiler  # noqa: PLC0415
    from tests.support.forked_workers import start_process  # noqa: PLC0415

    import_module("gateway.server.database")
    workers.start_process = start_process
    default_compiler()
    gc.freeze()
    arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        sys.argv[1:] = arguments
        _end(app)


def _end(command: Callable[..., None]) -> NoReturn:
    """Run the command to its exit code. Python's own end would touch, and so copy, all that was loaded."""
    code: Any = 1
    try:
        command(prog_name="enfact")
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 (as Python does)
        traceback.print_exc()
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    main()
