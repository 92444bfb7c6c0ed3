"""What became of the figures of an earlier gateway: takes pairs of before and after, gives change, spread and verdict.

Something is worse when it is so by more than the spread: that of all pairs, or of the medians of the runs, which were
measured on servers started anew, whichever is wider.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.bench.figures import OURS, Rounds, pairs
from tests.bench.servers import BEFORE
from tests.bench.spread import SURE, Estimate, estimate

TELLING: Final = 0.05
"""A spread beyond which a figure that shows no change shows nothing."""

FEWEST: Final = 3
"""Pairs below which nothing is known of the spread."""

Pairs = Sequence[tuple[float, float]]
"""Of one run: each before with the after that was measured right beside it."""

Run = Mapping[str, Mapping[str, Rounds]]
"""The rounds of one run: operation -> contender -> rounds."""


class Became(Enum):
    """What became of a figure of which less is better."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "the same"
    OPEN = "not decided"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after; `change` is after divided by before, `runs` are its medians run by run."""

    figure: str
    unit: str
    before: Estimate
    after: Estimate
    change: Estimate
    runs: Sequence[float]

    @property
    def became(self) -> Became:
        """The verdict."""
        return became(self.change)


def change_of(runs: Sequence[Pairs]) -> tuple[Estimate, Sequence[float]]:
    """The median of after divided by before, with the wider of the two spreads, and the median of each run."""
    quotients = [[after / before for before, after in run] for run in runs if run]
    medians = [statistics.median(run) for run in quotients]
    all_ = [quotient for run in quotients for quotient in run]
    found = estimate(all_, SURE)
    spread = max(found.spread, max(medians) - min(medians)) if len(all_) >= FEWEST else found.value
    return Estimate(found.value, found.value - spread, found.value + spread), medians


def became(change: Estimate) -> Became:
    """What a change says beyond its spread."""
    if change.low > 1:
        return Became.WORSE
    if change.high < 1:
        return Became.BETTER
    return Became.SAME if change.spread <= TELLING else Became.OPEN


def changed(figure: str, unit: str, runs: Sequence[Pairs]) -> Change | None:
    """The change of a figure over all runs; None when no run has it."""
    both = [pair for run in runs for pair in run]
    if not both:
        return None
    before, after = (estimate(values) for values in zip(*both, strict=True))
    change, medians = change_of(runs)
    return Change(figure, unit, before, after, change, medians)


def changes(runs: Sequence[Run]) -> list[Change]:
    """The CPU of every operation, its ratio to each contender of the first run, and memory."""
    found: list[Change] = []
    for name, first in runs[0].items():
        cpu = changed(f"{name}: CPU", "ms", [_cpu(run[name]) for run in runs])
        if cpu is not None:
            others = [contender for contender in first if contender not in (OURS, BEFORE)]
            found += [cpu, *(_against(cpu, name, contender, first) for contender in others)]
    memory = changed("memory under load", "MiB", [_memory(run) for run in runs])
    return found if memory is None else [*found, memory]


def _cpu(row: Mapping[str, Rounds]) -> Pairs:
    return [(before.cpu_ms, after.cpu_ms) for before, after in pairs(row.get(BEFORE, {}), row.get(OURS, {}))]


def _against(cpu: Change, name: str, contender: str, row: Mapping[str, Rounds]) -> Change:
    """The ratio to a contender, which changes as the CPU does: the contender's falls out of the quotient."""
    before, after = (
        estimate(ours.cpu_ms / theirs.cpu_ms for ours, theirs in pairs(row[of], row[contender]))
        for of in (BEFORE, OURS)
    )
    return Change(f"{name}: gateway ÷ {contender}", "×", before, after, cpu.change, cpu.runs)


def _memory(run: Run) -> Pairs:
    """The highest of one run, which has one of each only."""
    most = [[round_.rss_mib for row in run.values() for round_ in row.get(of, {}).values()] for of in (BEFORE, OURS)]
    return [(max(most[0]), max(most[1]))] if all(most) else []
