"""Estimates: the median of the values of rounds, with its confidence interval.

The intervals are those of order statistics, which assume nothing about the distribution of a machine's noise.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import comb, inf
from random import Random
from typing import Final

CONFIDENCE: Final = 0.95
SURE: Final = 0.99
"""The confidence for verdicts, higher than usual because one report has many."""

DRAWS: Final = 400


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """The distance from the figure to the farther end of the interval."""
        return max(self.high - self.value, self.value - self.low)

    @property
    def part(self) -> float:
        """The spread as a part of the figure."""
        return self.spread / abs(self.value) if self.value else inf if self.spread else 0.0

    def scaled(self, factor: float) -> "Estimate":
        """The same in another unit."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Estimate(self.value * factor, low, high)

    def inverse(self) -> "Estimate":
        """One divided by it; it has to be above zero."""
        return Estimate(1 / self.value, 1 / self.high, 1 / self.low)


class Verdict(Enum):
    """The verdict on a target, by a figure and its spread."""

    REACHED = "reached"
    MISSED = "not reached"
    OPEN = "not decided by this spread"
    UNMEASURED = "not measured"


def estimate(values: Iterable[float], confidence: float = CONFIDENCE) -> Estimate:
    """The median and its interval; with too few values for this confidence the interval includes all of them."""
    ordered = sorted(values)
    place = rank(len(ordered), confidence)
    return Estimate(statistics.median(ordered), ordered[place - 1], ordered[-place])


def pooled(groups: Sequence[Sequence[float]], figure: Callable[[list[float]], float]) -> Estimate:
    """A figure of all values together, with an interval by bootstrap: groups are drawn again from the given ones."""
    chance = Random(1)
    drawn = sorted(figure([value for group in chance.choices(groups, k=len(groups)) for value in group])
                   for _ in range(DRAWS))  # fmt: skip
    outside = round(DRAWS * (1 - CONFIDENCE) / 2)
    value = figure([value for group in groups for value in group])
    return Estimate(value, min(value, drawn[outside]), max(value, drawn[-1 - outside]))


def rank(count: int, confidence: float = CONFIDENCE) -> int:
    """The place, counted from each end of the sorted values, of the interval's bounds for the median; 1: all values."""
    allowed = (1 - confidence) / 2 * 2**count
    place, below = 1, 1
    while 2 * place < count and (below := below + comb(count, place)) <= allowed:
        place += 1
    return place


def at_most(bound: float, found: Estimate | None) -> Verdict:
    """The verdict whether a figure is at most a bound, given its spread."""
    if found is None:
        return Verdict.UNMEASURED
    return Verdict.REACHED if found.high <= bound else Verdict.MISSED if found.low > bound else Verdict.OPEN


def at_least(bound: float, found: Estimate | None) -> Verdict:
    """The verdict whether a figure is at least a bound, given its spread."""
    if found is None:
        return Verdict.UNMEASURED
    return Verdict.REACHED if found.low >= bound else Verdict.MISSED if found.high < bound else Verdict.OPEN


@dataclass(frozen=True, slots=True)
class Patience:
    """The number of rounds: until the spread is at most `part` of the figure, at least `fewest`, at most `most`."""

    fewest: int
    most: int
    part: float

    def is_over(self, values: Sequence[float]) -> bool:
        """Whether the values of the rounds so far suffice."""
        if len(values) < self.fewest:
            return False
        return len(values) >= self.most or estimate(values).part <= self.part
