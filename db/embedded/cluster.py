"""The files of one server: takes its folder, prepares a data folder that PostgreSQL can open.

Functions that change files run only while the owner's lock (`lock.py`) is held.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from db.embedded.binaries import Binaries
from db.embedded.errors import EmbeddedError
from db.embedded.identity import Identity, blocked_at, hand_over
from db.embedded.layout import Layout, open_private
from db.embedded.process import Child

INITDB_OPTIONS = (
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
OLD_SERVER_SECONDS = 30.0


async def prepare(layout: Layout, binaries: Binaries, identity: Identity, *, sync: bool) -> None:
    """Make a missing data folder, and remove the leftovers of a dead server. Raises EmbeddedError."""
    for half in layout.folder.glob(f"{layout.unfinished_prefix}*"):
        await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)
    _refuse_unreachable(layout, identity)
    if not layout.version_file.exists():
        await _initialise(layout, binaries, identity, sync=sync)
    major = layout.version_file.read_text().strip()
    if major != str(binaries.major):
        raise EmbeddedError(
            f"The data in {layout.data} was made by PostgreSQL {major}, and these programs are PostgreSQL "
            f"{binaries.major}. Point ENFACT_PG_BIN at the bin folder of a PostgreSQL {major}, or move the folder "
            f"away and load a dump of it (pg_dump of {major}) into a new one."
        )
    await asyncio.to_thread(hand_over, layout.data, identity)
    await _clear_leftovers(layout)


def running_postgres(pid: int) -> bool:
    """True when process `pid` is alive and runs PostgreSQL's server program."""
    return _program(pid) == "postgres"


def log_tail(log: Path, start: int) -> str:
    """The last lines written to `log` after byte `start`, at most 2000 characters."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - 8000))
        lines = file.read().decode(errors="replace").strip().splitlines()[-12:]
        return "\n".join(lines)[-2000:]
    return ""


async def _initialise(layout: Layout, binaries: Binaries, identity: Identity, *, sync: bool) -> None:
    """Run initdb beside the final folder and rename it at the end, so that no unfinished data folder is ever used."""
    if layout.data_is_foreign():
        raise EmbeddedError(
            f"{layout.data} is not empty and is no data folder of PostgreSQL. Move it away or choose another folder."
        )
    half = Path(tempfile.mkdtemp(prefix=layout.unfinished_prefix, dir=layout.folder))
    try:
        hand_over(half, identity)
        await _run_initdb(binaries, identity, half, sync=sync)
        _put_in_place(half, layout)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


async def _run_initdb(binaries: Binaries, identity: Identity, target: Path, *, sync: bool) -> None:
    command = [str(binaries.folder / "initdb"), "-D", str(target), *INITDB_OPTIONS, *(() if sync else ("--no-sync",))]
    with tempfile.TemporaryFile() as output:
        try:
            child = Child(command, identity, output.fileno(), signal.SIGKILL)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"The program {command[0]} cannot be started: {error}") from error
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.kill()
            await child.wait()
            raise
        if code != 0:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-2000:]
            raise EmbeddedError(f"PostgreSQL could not make its data folder in {target.parent}. initdb said:\n{said}")


def _refuse_unreachable(layout: Layout, identity: Identity) -> None:
    wall = blocked_at(layout.folder, identity)
    if wall is not None:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the user that it runs as (uid {identity.uid}, without root's "
            f"powers) may not enter {wall}. Let others pass through it (chmod o+x), choose a folder elsewhere, or "
            "start this program as a normal user."
        )
    if layout.data.exists() and os.geteuid() not in (0, layout.data.stat().st_uid):
        raise EmbeddedError(
            f"{layout.data} belongs to another user (uid {layout.data.stat().st_uid}). "
            "Start this program as that user or as root, or choose another folder."
        )


async def _clear_leftovers(layout: Layout) -> None:
    """Remove the pid file and sockets of an earlier server, after waiting for one that is still ending.

    Raises EmbeddedError when that server does not end.
    """
    pid = _pid_in(layout.pid_file)
    if pid is not None and not await _gone(pid, layout.data):
        raise EmbeddedError(
            f"{layout.pid_file} names process {pid}, a PostgreSQL server that this program did not start and that "
            f"does not end. Stop it (kill -INT {pid}) if it serves {layout.data}; if it serves another folder, "
            "delete that file."
        )
    if pid is None:
        layout.pid_file.unlink(missing_ok=True)
    elif _program(pid) is not None:
        _name_ourselves(layout.pid_file)
    for leftover in layout.sockets():
        leftover.unlink(missing_ok=True)


async def _gone(pid: int, data: Path) -> bool:
    """True when no server runs as `pid`; waits first for a server in this data folder to end."""
    if running_postgres(pid) and not _may_work_in(pid, data):
        return False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OLD_SERVER_SECONDS):
            while running_postgres(pid):  # noqa: ASYNC110 (the end of another's process makes no event)
                await asyncio.sleep(0.02)
    return not running_postgres(pid)


def _may_work_in(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        return True


def _name_ourselves(pid_file: Path) -> None:
    """Replace the process id in the pid file by our own, since PostgreSQL takes its parent's id for stale.

    The rest stays: PostgreSQL uses it to find orphans of the dead server that still use its memory.
    """
    fd = open_private(pid_file, os.O_RDWR)
    with os.fdopen(fd, "r+b") as file:
        rest = file.read().partition(b"\n")[2]
        file.seek(0)
        file.write(f"{os.getpid()}\n".encode() + rest)
        file.truncate()


def _pid_in(file: Path) -> int | None:
    """The process id in a pid file; None without a file or a number (after an unfinished write)."""
    try:
        pid = int(file.read_text(errors="replace").partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid > 0 else None


def _program(pid: int) -> str | None:
    """The name of a process's program; "" for a zombie, None for no process."""
    if sys.platform != "linux":
        asked = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
        return Path(asked.stdout.strip()).name if asked.returncode == 0 else None
    try:
        before, _, after = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return "" if after.split()[0] in "ZX" else before.partition("(")[2]


def _put_in_place(half: Path, layout: Layout) -> None:
    """Rename the folder and sync the rename: a power cut that undid it would lose rows committed since."""
    half.rename(layout.data)
    fd = os.open(layout.folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
