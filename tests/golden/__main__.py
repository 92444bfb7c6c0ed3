"""Writes the files that the tests compare: every golden case, the schema as text, the page of errors. Never in CI."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from gateway.cli import errors, sdl
from tests.golden.case import read_cases
from tests.golden.record import record
from tests.golden.world import World
from tests.support.databases import ROOT, demo_template, shared_server

ERRORS: Final = ROOT / "schema" / "ERRORS.md"


async def write() -> int:
    """Write all files anew; returns the number of changed ones."""
    changed = _put(ROOT / "schema" / "schema.graphql", sdl.current()) + _put(ERRORS, errors.page())
    async with shared_server() as databases, World.open(databases, await demo_template(databases)) as world:
        for case in read_cases():
            for suffix, text in (await record(world, case)).items():
                changed += _put(case.file.with_suffix(suffix), text)
    return changed


def _put(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.write_text(text, encoding="utf-8")
    print(f"wrote {file.relative_to(ROOT)}")
    return True


def main() -> None:
    """Write the files; refuse in CI."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        sys.exit("Golden files are written by a person, who reviews them: never in CI.")
    print(f"{asyncio.run(write())} files changed; review them with git diff.")


if __name__ == "__main__":
    main()
