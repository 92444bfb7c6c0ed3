"""The program that becomes the server's user, and then a program of PostgreSQL; `identity.launched` has its arguments.

Libraries start threads in a child that is forked, which may then enter no user namespace. This program is started
instead, isolated and without packages. Without a program of PostgreSQL it only tries to become the user.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final

CLONE_NEWUSER: Final = 0x10000000
PR_SET_PDEATHSIG: Final = 1
INNER_ID: Final = 65534
"""The user and the group that the program is in its namespace."""

NOT_STARTED: Final = 126
"""The exit code when the program was not started."""


def launch(drop: str, uid: int, gid: int, parent: int, death_signal: int, *program: str) -> None:
    """Become the user of an `Identity`, then the program, which gets `death_signal` when `parent` has died.

    The order matters, since a change of credentials clears the request of the signal. Raises OSError.
    """
    if drop == "NamespaceDrop":
        _enter_namespace(uid, gid)
    elif drop == "UserDrop":
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    binding(parent, death_signal)()
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):  # which Python handles or ignores
        signal.signal(number, signal.SIG_DFL)
    if program:
        os.execv(program[0], program)  # noqa: S606 (no shell is wanted)


def _enter_namespace(uid: int, gid: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{INNER_ID} {gid} 1")
    _write("/proc/self/uid_map", f"{INNER_ID} {uid} 1")


def _write(file: str, content: str) -> None:
    descriptor = os.open(file, os.O_WRONLY)
    os.write(descriptor, content.encode())
    os.close(descriptor)


def binding(parent: int, death_signal: int) -> Callable[[], None]:
    """The function by which a child requests `death_signal` for the end of the thread that has started it.

    It exits if `parent` has died before. It only makes system calls, so it may run between fork and exec.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    arguments = [ctypes.c_ulong(number) for number in (PR_SET_PDEATHSIG, death_signal, 0, 0, 0)]

    def bind() -> None:
        prctl(*arguments)
        if os.getppid() != parent:
            os._exit(NOT_STARTED)

    return bind


def main(arguments: Sequence[str]) -> None:
    """Launch by the arguments of the command line; exit with a sentence on stderr when that fails."""
    drop, uid, gid, parent, death_signal, *program = arguments
    try:
        launch(drop, int(uid), int(gid), int(parent), int(death_signal), *program)
    except OSError as error:
        sys.stderr.write(f"{' '.join(program[:1]) or drop} cannot be started: {error}\n")
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1:])
