"""Writes what is compared elsewhere: the siblings of every golden case, and the schema as text. Never in CI."""

import asyncio
import os
import sys
from pathlib import Path

from gateway import sdl
from tests.databases import ROOT, demo_template, shared_server
from tests.golden.case import read_cases
from tests.golden.record import record
from tests.golden.world import World


async def write() -> int:
    """Write all files anew; gives how many of them changed."""
    changed = _put(ROOT / "schema" / "schema.graphql", sdl.current())
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
    """Refuse in CI, else write."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        sys.exit("Golden files are written by a person, who reviews them: never in CI.")
    print(f"{asyncio.run(write())} files changed; review them with git diff.")


if __name__ == "__main__":
    main()
