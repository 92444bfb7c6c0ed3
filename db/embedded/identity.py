"""The system user of the server: takes a folder, chooses an identity for PostgreSQL, which refuses root.

Functions that run between fork and exec use only values that were prepared before the fork.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from db.embedded.errors import EmbeddedError

if sys.platform != "win32":
    import pwd

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
INNER_ID = 65534


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
    try:
        subprocess.run(
            ["/bin/true"],
            preexec_fn=_namespace_entry(),
            timeout=10,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError:
        return True
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def entry(identity: Identity, death_signal: int = signal.SIGINT) -> Callable[[], None]:
    """The function that a child runs before exec: become `identity`, then request `death_signal` at the parent's death.

    The order matters, since a change of credentials clears the request. So does the thread: the kernel sends the signal
    when the thread that forked ends.
    """
    become = _become(identity)
    bind = _parent_binding(death_signal)

    def enter() -> None:
        become()
        bind()

    return enter


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


def _become(identity: Identity) -> Callable[[], None]:
    match identity.drop:
        case NoDrop():
            return lambda: None
        case NamespaceDrop():
            return _namespace_entry()
        case UserDrop():
            return _user_entry(identity.uid, identity.gid)


def _user_entry(uid: int, gid: int) -> Callable[[], None]:
    def enter() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    return enter


def _namespace_entry() -> Callable[[], None]:
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    uid_map, gid_map = (f"{INNER_ID} {number} 1".encode() for number in (os.geteuid(), os.getegid()))

    def enter() -> None:
        if unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        _write("/proc/self/setgroups", b"deny")
        _write("/proc/self/gid_map", gid_map)
        _write("/proc/self/uid_map", uid_map)

    return enter


def _write(file: str, content: bytes) -> None:
    fd = os.open(file, os.O_WRONLY)
    os.write(fd, content)
    os.close(fd)


def _parent_binding(death_signal: int) -> Callable[[], None]:
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    arguments = [ctypes.c_ulong(number) for number in (PR_SET_PDEATHSIG, death_signal, 0, 0, 0)]
    parent = os.getpid()

    def bind() -> None:
        prctl(*arguments)
        if os.getppid() != parent:
            os._exit(1)

    return bind
