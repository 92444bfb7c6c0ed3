"""The change of figures from an earlier gateway to this one, with its spread and a verdict.

A figure is worse only if it is so by more than the spread: that of all pairs, or that of the medians of the runs (with
restarted servers), whichever is wider.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.bench.contenders.servers import BEFORE
from tests.bench.report.figures import OURS, Rounds, pairs
from tests.bench.report.spread import SURE, Estimate, estimate

TELLING: Final = 0.05
"""The spread above which a figure without a visible change proves nothing."""

FEWEST: Final = 3
"""Number of pairs below which the spread is unknown."""

Pairs = Sequence[tuple[float, float]]
"""The pairs of one run: each value before, with the value after that was measured next to it."""

Run = Mapping[str, Mapping[str, Rounds]]
"""The rounds of one run, by operation and contender."""


class Became(Enum):
    """The verdict on a figure for which less is better."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "the same"
    OPEN = "not decided"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after; `change` is after divided by before, `runs` are the medians of the runs."""

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
    """The verdict on a change, given its spread."""
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
    """The ratio to a contender; it changes as the CPU does, since the contender's CPU cancels out of the quotient."""
    before, after = (
        estimate(ours.cpu_ms / theirs.cpu_ms for ours, theirs in pairs(row[of], row[contender]))
        for of in (BEFORE, OURS)
    )
    return Change(f"{name}: gateway ÷ {contender}", "×", before, after, cpu.change, cpu.runs)


def _memory(run: Run) -> Pairs:
    """The maximum of one run, before and after."""
    most = [[round_.rss_mib for row in run.values() for round_ in row.get(of, {}).values()] for of in (BEFORE, OURS)]
    return [(max(most[0]), max(most[1]))] if all(most) else []
