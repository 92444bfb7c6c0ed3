"""The owner's lock: takes a file, gives "this process owns the server" until released or dead."""

import contextlib
import os
import sys
import weakref
from pathlib import Path

from db.embedded.layout import open_private

if sys.platform != "win32":
    import fcntl


class OwnerLock:
    """An exclusive lock on one file; the kernel frees it when the process dies, whatever the cause."""

    def __init__(self, file: Path) -> None:
        """Open `file`, made when missing. Raises OSError."""
        self._fd = open_private(file, os.O_RDWR)
        self.held = False
        # A forked worker shares the lock through its copy of the descriptor and would keep it after our death.
        forked = weakref.WeakMethod(self.close)
        os.register_at_fork(after_in_child=lambda: close() if (close := forked()) else None)

    def acquire(self) -> bool:
        """True when this process now owns the lock; never waits."""
        if not self.held and self._fd >= 0:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.held = True
                self._sign()
        return self.held

    def owner(self) -> str:
        """The process id that the owner wrote, for messages; empty when unknown."""
        return os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()

    def close(self) -> None:
        """Let go of the lock and of the file; harmless when repeated."""
        fd, self._fd, self.held = self._fd, -1, False
        if fd >= 0:
            os.close(fd)

    def _sign(self) -> None:
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
