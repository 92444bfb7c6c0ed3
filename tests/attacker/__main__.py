"""Repeats operations that the long attack wrote down, and prints the work of each: `python -m tests.attacker FILE`."""

import asyncio
import json
import sys
from pathlib import Path

from tests.attacker.judging import excesses
from tests.attacker.victim import Asked, Victim
from tests.support.databases import shared_server


async def main(lines: list[str]) -> None:
    """Send the request of each line."""
    async with shared_server() as databases, Victim.open(databases) as victim:
        for line in lines:
            asked = Asked(**json.loads(line))
            answer, work = await victim.ask(asked)
            print(f"{asked.query[:200]}\n  {work}\n  {'; '.join(excesses(work)) or 'within the bounds'}")
            print(f"  {answer.response.text[:200]}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))
