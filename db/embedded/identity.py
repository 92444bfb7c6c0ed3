"""The system user of the server: takes a folder, chooses an identity for PostgreSQL, which refuses root."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.embedded import launcher
from db.embedded.errors import EmbeddedError
from db.embedded.launcher import binding

if sys.platform != "win32":
    import pwd


@dataclass(frozen=True, slots=True)
class Identity:
    """The user and group on disk; `drop` is the way in which a root process becomes them."""

    uid: int
    gid: int
    drop: "NoDrop | NamespaceDrop | UserDrop"


@dataclass(frozen=True, slots=True)
class NoDrop:
    """No change: this process is not root, and the server runs as the same user."""


@dataclass(frozen=True, slots=True)
class NamespaceDrop:
    """A user namespace that shows the server another number; root stays the owner on disk."""


@dataclass(frozen=True, slots=True)
class UserDrop:
    """A change to an unprivileged user of the machine."""


def choose_identity(folder: Path, data: Path) -> Identity:
    """The identity for the server of `folder`. Raises EmbeddedError when root can become no other user.

    Root serves another user's folder as that user, who can then use it later.
    """
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), NoDrop())
    made = data.exists()
    place = (data if made else folder).stat()
    if place.st_uid != 0 and (made or _has_entry(place.st_uid)):
        return Identity(place.st_uid, place.st_gid, UserDrop())
    if namespaces_allowed():
        return Identity(0, 0, NamespaceDrop())
    return _nobody()


def namespaces_allowed() -> bool:
    """True when this root process may start a child in a user namespace (containers often refuse)."""
    if sys.platform != "linux":
        return False
    command, _ = launched([], Identity(os.geteuid(), os.getegid(), NamespaceDrop()))
    try:
        return subprocess.run(command, timeout=10, capture_output=True, check=False).returncode == 0
    except (subprocess.SubprocessError, OSError):
        return False


def launched(
    command: Sequence[str], identity: Identity, death_signal: int = signal.SIGINT
) -> tuple[Sequence[str], Callable[[], None] | None]:
    """How a child becomes `identity` and then `command`: its command line, and what it does between fork and exec.

    The child gets `death_signal` when the thread that has started it ends. Where the user stays there is no launcher,
    since a process that was root when it started may have lost access to Python.
    """
    parent, number = os.getpid(), int(death_signal)
    if isinstance(identity.drop, NoDrop):
        return command, binding(parent, number)
    numbers = map(str, (identity.uid, identity.gid, parent, number))
    return [sys.executable, "-I", "-S", launcher.__file__, type(identity.drop).__name__, *numbers, *command], None


def blocked_at(path: Path, identity: Identity) -> Path | None:
    """The outermost folder on the way to `path`, or `path` itself, that `identity` may not enter; None without one."""
    if isinstance(identity.drop, NoDrop):
        return None
    resolved = path.resolve()
    for folder in [*reversed(resolved.parents), resolved]:
        if not _may_enter(folder, identity):
            return folder
    return None


def hand_over(tree: Path, identity: Identity) -> None:
    """Make `identity` the owner of `tree` and all below it; of `tree` itself last, which marks the end of the work."""
    if tree.stat().st_uid == identity.uid:
        return
    for path in tree.rglob("*"):
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    os.chown(tree, identity.uid, identity.gid, follow_symlinks=False)


def _may_enter(folder: Path, identity: Identity) -> bool:
    status = folder.stat()
    if status.st_uid == identity.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == identity.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _has_entry(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> Identity:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, this system refuses user namespaces, and it has no user 'nobody'. "
            "Start this program as a normal user, or set DATABASE_URL to a server that runs elsewhere."
        ) from None
    return Identity(nobody.pw_uid, nobody.pw_gid, UserDrop())
