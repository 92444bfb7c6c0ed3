"""Measures the frames of the matrix of 50 people and 116 apps while it scrolls: `python -m tests.console.frames`.

Prints, for steps of 34 and of 400 pixels a frame, the median of five runs: frames, the longest in milliseconds and how
many took more than 50; the longest task of the page's thread by its own clock, and how many took more than 50.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.clients.serving import Served, serving
from tests.console.browsers import look
from tests.support.databases import shared_server

RUNS: Final = 5
FIGURES: Final = {
    "frames": "frames",
    "longest": "ms: the longest frame",
    "late": "frames above 50 ms",
    "task": "ms: the longest task, by its thread's clock",
    "long": "tasks above 50 ms",
}


async def measure() -> None:
    """Measure, and print the medians with the least and the most of the runs."""
    runs: list[list[dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with shared_server() as databases, serving(databases, Path(folder, "log")) as served:
            runs += [await _run(served) for _ in range(RUNS)]
    for steps in zip(*runs, strict=True):
        print(f"{steps[0]['step']} px a frame, {RUNS} runs: median (least-most)")
        for figure, words in FIGURES.items():
            seen = [run[figure] for run in steps]
            print(f"  {median(seen):8.1f} ({min(seen):.1f}-{max(seen):.1f}) {words}")


async def _run(served: Served) -> list[dict[str, Any]]:
    return [json.loads(check.name) for check in await look("frames.mjs", served)]


if __name__ == "__main__":
    sys.exit(asyncio.run(measure()))
