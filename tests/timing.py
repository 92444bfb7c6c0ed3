"""Does time tell a hidden name from one that never was? `python -m tests.timing [N]` asks, and prints what it finds.

Requests in the mode `absent` for a hidden name and for unknown ones of the same length, interleaved in random order; a
permutation test over the difference of the medians. A small p would be a leak.
"""

import asyncio
import random
import statistics
import sys
import time
from typing import Final

from resolvers.request import GraphQLRequest
from schema.access import HiddenFields
from tests.databases import shared_server, twin_template
from tests.golden.world import World

QUESTIONS: Final = {
    "a field": ("{ viewer { companies { nodes { %s } } } }", "projects"),
    "a type": ('{ node(id: "x") { ... on %s { id } } }', "Project"),
    "a variable's type": ("query ($f: %s) { __typename }", "ProjectFilter"),
    "an enum value": ("{ viewer { companies { nodes { documents(kinds: [%s]) { totalCount } } } } }", "WORK_ORDER"),
    "introspection": ('{ __type(name: "%s") { name } }', "Project"),
}
PERMUTATIONS: Final = 2_000


async def main(count: int) -> None:
    """Ask as somebody of the demo who lacks what is asked about."""
    async with (
        shared_server() as databases,
        World.open(databases, await twin_template(databases)) as world,
        world.signed_in("noah") as token,
    ):
        for what, (document, name) in QUESTIONS.items():
            hidden, unknown = await _times(world, token, document, name, count)
            p = _permuted(hidden, unknown)
            medians = [1e6 * statistics.median(times) for times in (hidden, unknown)]
            sys.stdout.write(f"{what:<18} hidden {medians[0]:7.1f} µs, unknown {medians[1]:7.1f} µs, p = {p:.3f}\n")


async def _times(world: World, token: str, document: str, name: str, count: int) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(-20, count):
        order = [0, 1]
        random.shuffle(order)
        for which in order:
            asked = name if which == 0 else _other(name)
            began = time.perf_counter()
            await world.executor.execute(
                GraphQLRequest(document % asked, token=token, hidden_fields=HiddenFields.ABSENT)
            )
            if n >= 0:
                times[which].append(time.perf_counter() - began)
    return times


def _other(name: str) -> str:
    """A name of the same length that there never was; always the same, as the hidden one is."""
    return ("Qz" * len(name))[: len(name)]


def _permuted(one: list[float], other: list[float]) -> float:
    """How often a random division of all times differs by as much."""
    seen = abs(statistics.median(one) - statistics.median(other))
    times, more = one + other, 0
    for _ in range(PERMUTATIONS):
        random.shuffle(times)
        more += abs(statistics.median(times[: len(one)]) - statistics.median(times[len(one) :])) >= seen
    return (more + 1) / (PERMUTATIONS + 1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
