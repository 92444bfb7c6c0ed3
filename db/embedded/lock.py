"""The owner's lock: takes a file; the process that holds the lock owns the server until it lets go or dies."""

import contextlib
import os
import sys
import weakref
from pathlib import Path

from db.embedded.layout import open_private

if sys.platform != "win32":
    import fcntl


class OwnerLock:
    """An exclusive lock on one file; the kernel frees it when the process dies for any reason."""

    def __init__(self, file: Path) -> None:
        """Open `file`, which is made when missing. Raises OSError."""
        self._fd = open_private(file, os.O_RDWR)
        self.held = False
        # A forked worker shares the lock through its copy of the descriptor and would keep it after our death.
        forked = weakref.WeakMethod(self.close)
        os.register_at_fork(after_in_child=lambda: close() if (close := forked()) else None)

    def acquire(self) -> bool:
        """Try to take the lock, without waiting. Returns True when this process holds it now."""
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
        """Release the lock and close the file; harmless when repeated."""
        fd, self._fd, self.held = self._fd, -1, False
        if fd >= 0:
            os.close(fd)

    def _sign(self) -> None:
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
