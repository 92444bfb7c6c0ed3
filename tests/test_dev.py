"""dev: the script says what it does before each long step, and installs once; a program stands in for uv."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support.databases import ROOT

UV: Final = """#!/bin/sh
case "$1" in
--version) echo "uv 0.13.9" ;;
python) command -v python3 ;;
sync)
    case "$*" in *--offline*) exit 1 ;; esac
    echo "sync compiles: $UV_COMPILE_BYTECODE" >&2
    mkdir -p .venv/bin
    printf '#!/bin/sh\\necho "ran $*, bytecode: ${PYTHONDONTWRITEBYTECODE-written}"\\n' >.venv/bin/python
    chmod +x .venv/bin/python ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script, what it reads, and a uv that makes a .venv with nothing in it."""
    for name in ("dev", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    uv = tmp_path / "bin" / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    return tmp_path


def dev(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    search = f"{checkout / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "./dev", *arguments], cwd=checkout, env={**inherited, "PATH": search, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_each_long_step_is_said_before_it_begins(checkout: Path) -> None:
    done = dev(checkout, "golden")
    assert (done.returncode, done.stdout) == (0, "ran -m tests.golden, bytecode: written\n")
    said = [line.removeprefix("dev: ").split()[0] for line in done.stderr.splitlines()]
    assert said == ["looking", "installing", "downloading", "sync", "installed."]
    assert "sync compiles: 1" in done.stderr


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    dev(checkout, "golden")
    again = dev(checkout, "golden")
    assert (again.returncode, again.stderr) == (0, "")


def test_an_unknown_command_is_refused_with_the_list(checkout: Path) -> None:
    refused = dev(checkout, "nothing")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "unknown command: nothing" in refused.stderr
    assert "serve" in refused.stderr
