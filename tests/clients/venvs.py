"""Virtual environments for tools that do not fit into the one of the project: takes requirements, gives a Python.

They are kept in .cache, by name and requirements. Where packages cannot be had the test is skipped, but not in CI.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.clients.node import in_ci
from tests.support.databases import ROOT

FOLDER: Final = ROOT / ".cache" / "venvs"
DONE: Final = "done"
SECONDS: Final = 240.0


async def python_with(name: str, *requirements: str) -> Path:
    """The Python of a virtual environment with these packages; made when it is not there yet."""
    content = hashlib.sha256(repr((sys.version, requirements)).encode()).hexdigest()[:12]
    folder = FOLDER / f"{name}-{content}"
    python = folder / "bin" / "python"
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        for command, *others in _commands(folder, python, requirements):
            code, told = await run(*command)
            for other in others:
                if code != 0:
                    code, told = await run(*other)
            if code != 0:
                if in_ci():
                    pytest.fail(told)
                pytest.skip(f"{' '.join(requirements)} cannot be installed here: {told.strip()[-300:]}")
        (folder / DONE).touch()
    return python


async def run(*command: str | Path, folder: Path = ROOT, **environment: str) -> tuple[int, str]:
    """Run a program; gives its exit code and what it told."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(errors="replace")


def _commands(folder: Path, python: Path, requirements: tuple[str, ...]) -> list[list[list[str | Path]]]:
    """What is run one after the other, each with what is tried when it fails."""
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".venv-uv" / "bin")
    if uv is not None:
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python, *requirements]
        return [
            [[uv, "venv", "--quiet", "--no-project", "--python", sys.executable, folder]],
            [install, [*install, "--system-certs"]],  # a proxy with a certificate that this machine trusts
        ]
    return [
        [[sys.executable, "-m", "venv", folder]],
        [[python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]],
    ]
