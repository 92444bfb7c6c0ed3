"""A check that response times do not reveal hidden names: `python -m tests.support.timing [N]`.

It sends requests in the mode `absent` for a hidden name and for an unknown one of the same length, in random order, and
prints the p of a permutation test on the difference of the medians. A small p would be a leak.
"""

import asyncio
import random
import statistics
import sys
import time
from typing import Final

from resolvers.request import GraphQLRequest
from schema.hidden_fields import HiddenFields
from tests.golden.world import World
from tests.support.databases import shared_server, twin_template

QUESTIONS: Final = {
    "a field": ("{ viewer { companies { nodes { %s } } } }", "projects"),
    "a type": ('{ node(id: "x") { ... on %s { id } } }', "Project"),
    "a variable's type": ("query ($f: %s) { __typename }", "ProjectFilter"),
    "an enum value": ("{ viewer { companies { nodes { documents(kinds: [%s]) { totalCount } } } } }", "WORK_ORDER"),
    "introspection": ('{ __type(name: "%s") { name } }', "Project"),
}
PERMUTATIONS: Final = 2_000


async def main(count: int) -> None:
    """Send the requests as a user of the demo without the app of the hidden name."""
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
    """An unknown name of the same length; always the same one, like the hidden name."""
    return ("Qz" * len(name))[: len(name)]


def _permuted(one: list[float], other: list[float]) -> float:
    """The share of random divisions of all times that differ at least as much (p)."""
    seen = abs(statistics.median(one) - statistics.median(other))
    times, more = one + other, 0
    for _ in range(PERMUTATIONS):
        random.shuffle(times)
        more += abs(statistics.median(times[: len(one)]) - statistics.median(times[len(one) :])) >= seen
    return (more + 1) / (PERMUTATIONS + 1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
