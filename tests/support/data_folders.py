"""Data folders for gateways with an embedded PostgreSQL: one is made per content of db/, each test has a copy."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.databases import migrated_content, server_folder

MAKING_SECONDS: Final = 300
OF_A_SERVER: Final = ("data", "secrets.key")
"""What an embedded server leaves behind in its folder when it has ended."""


def copy_migrated_folder(to: Path) -> Path:
    """Copy a data folder that holds a migrated database without companies, as `enfact migrate` leaves it."""
    made = _migrated_folder()
    to.mkdir(mode=0o711, exist_ok=True)
    for name in OF_A_SERVER:
        if (made / name).is_dir():
            shutil.copytree(made / name, to / name, symlinks=True)
        elif (made / name).exists():
            shutil.copy2(made / name, to / name)
    return to


def _migrated_folder() -> Path:
    """The folder that is copied; the first process that needs it makes it, and removes those of other contents."""
    home = server_folder() / "folders"
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    wanted = home / migrated_content()[:12]
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (wanted / "data").exists():
            for old in home.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _make(home / "unfinished")
            (home / "unfinished").rename(wanted)
    return wanted


def _make(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ENFACT_", "DATABASE_"))}
    command = [sys.executable, "-m", "gateway.cli", "migrate", "--data", str(folder)]
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=MAKING_SECONDS)
