"""The place of the data folder, in a module of its own: help texts name it, and settings take a while to import."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def default_data_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The platform's usual folder for application data of the current user; the system's for a user without a home."""
    try:
        home = Path(environ.get("HOME") or "~").expanduser()
    except RuntimeError:  # a container may give a number that is no user
        return Path("/var/lib/enfact")
    if platform == "darwin":
        return home / "Library" / "Application Support" / "enfact"
    shared = environ.get("XDG_DATA_HOME", "")
    return (Path(shared) if shared.startswith("/") else home / ".local" / "share") / "enfact"
