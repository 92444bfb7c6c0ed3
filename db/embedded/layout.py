"""The files and folders of a server: takes its folder, returns the paths inside it and the socket's folder."""

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from db.embedded.errors import EmbeddedError
from db.embedded.identity import Identity

PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 100
SHORT_PLACE = Path("/tmp")  # noqa: S108 (TMPDIR is long on macOS; what lies there is checked)
SEPARATORS = frozenset(',"')
LOG_ROTATION_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one folder (absolute, links resolved, so that every process computes the same)."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def unfinished_prefix(self) -> str:
        """The prefix of the names of unfinished data folders."""
        return "data.tmp-"

    @property
    def version_file(self) -> Path:
        """The file with the major version that made the data."""
        return self.data / "PG_VERSION"

    @property
    def pid_file(self) -> Path:
        """The file with PostgreSQL's process id."""
        return self.data / "postmaster.pid"

    def data_is_foreign(self) -> bool:
        """True when the data folder has content that PostgreSQL did not make."""
        return self.data.exists() and not self.version_file.exists() and any(self.data.iterdir())

    @property
    def lock(self) -> Path:
        """The file of the owner's lock (`lock.py`)."""
        return self.folder / ".lock"

    @property
    def ready(self) -> Path:
        """The file that exists while the owner's server answers."""
        return self.folder / "ready"

    @property
    def log(self) -> Path:
        """PostgreSQL's log."""
        return self.folder / "postgres.log"

    @property
    def copies(self) -> Path:
        """The folder with copies of the programs, for an identity without access to the originals."""
        return self.folder / "programs"

    @property
    def socket(self) -> Path:
        """The socket's folder; a short one below /tmp when this path cannot be a socket address."""
        inside = self.folder / "socket"
        fits = len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        if fits and not SEPARATORS.intersection(str(inside)):
            return inside
        return SHORT_PLACE / f"enfact-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:20]}"

    @property
    def dsn(self) -> str:
        """The address for asyncpg; the port is part of the socket's name."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.socket), safe='/')}&port={PORT}"

    def sockets(self) -> Iterator[Path]:
        """The socket and its own lock file."""
        yield self.socket / SOCKET_NAME
        yield self.socket / f"{SOCKET_NAME}.lock"


def open_folder(folder: Path) -> Layout:
    """The layout of a folder, which is made when missing. Raises EmbeddedError."""
    try:
        resolved = folder.expanduser().resolve()
        if not resolved.is_dir():
            resolved.mkdir(parents=True)
            # Root's server runs without root's powers and must still be able to walk through.
            resolved.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise not_usable(folder, str(error)) from error
    return Layout(resolved)


def make_socket_folder(layout: Layout, identity: Identity) -> None:
    """Make the socket's folder, private to the server's user. Raises EmbeddedError when it is another user's."""
    try:
        layout.socket.mkdir(mode=0o700)
        os.chown(layout.socket, identity.uid, identity.gid, follow_symlinks=False)
    except FileExistsError:
        _take_over_socket_folder(layout, identity)
    if not is_private(layout.socket, identity.uid):
        raise EmbeddedError(
            f"{layout.socket} is not a folder private to the user that PostgreSQL runs as (uid {identity.uid}): "
            f"somebody else may have made it. Remove it, or choose a folder with a shorter path than {layout.folder}."
        )


def remove_short_socket_folder(layout: Layout) -> None:
    """Remove a socket's folder below /tmp."""
    if layout.socket.parent == SHORT_PLACE:
        with contextlib.suppress(OSError):
            layout.socket.rmdir()


def is_private(folder: Path, uid: int) -> bool:
    """True for a real folder (no link) of `uid` that no other user may enter."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o077


def open_log(layout: Layout) -> int:
    """A descriptor that appends to the log; a large log is put aside first."""
    put_log_aside(layout)
    return open_private(layout.log, os.O_WRONLY | os.O_APPEND)


def put_log_aside(layout: Layout) -> None:
    """Copy a large log over the last copy, and empty it; a running server goes on writing to it."""
    if not layout.log.exists() or layout.log.stat().st_size <= LOG_ROTATION_BYTES:
        return
    aside = layout.log.with_suffix(".log.1")
    aside.unlink(missing_ok=True)
    with (
        os.fdopen(open_private(layout.log, os.O_RDWR), "rb") as log,
        os.fdopen(open_private(aside, os.O_WRONLY), "wb") as copy,
    ):
        shutil.copyfileobj(log, copy)
        os.ftruncate(log.fileno(), 0)


def open_private(file: Path, flags: int) -> int:
    """A descriptor of `file`; a new file belongs to its folder's owner, so that root can work in a user's folder.

    Refuses links, which the folder's owner could point at another user's file. Raises OSError.
    """
    try:
        fd = os.open(file, flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _open_existing(file, flags)
    if os.geteuid() == 0:
        owner = file.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd


def _open_existing(file: Path, flags: int) -> int:
    fd = os.open(file, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(fd)
        raise PermissionError(f"{file} is not a plain file")
    return fd


def _take_over_socket_folder(layout: Layout, identity: Identity) -> None:
    """Give a private folder to `identity`, when this process is root; below /tmp only a folder that root owns."""
    within = layout.socket.parent == layout.folder
    if os.geteuid() == 0 and is_private(layout.socket, layout.socket.lstat().st_uid if within else 0):
        os.chown(layout.socket, identity.uid, identity.gid, follow_symlinks=False)


def not_usable(folder: Path, reason: str) -> EmbeddedError:
    """The error for a folder that this user may not work in."""
    return EmbeddedError(
        f"The database folder {folder} cannot be used: {reason}. "
        "Give this user the right to write there, or choose another folder."
    )
