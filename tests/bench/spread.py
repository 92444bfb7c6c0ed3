"""How well a figure is known: takes the values of rounds, gives their median with the interval that it lies in.

The intervals are those of order statistics: they ask nothing of how the noise of a machine is distributed.
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
"""For verdicts, of which there are many in one report."""

DRAWS: Final = 400


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and the interval in which it lies."""

    value: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """How far the interval reaches from the figure, on its wider side."""
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
    """What a figure and its spread say of a target."""

    REACHED = "reached"
    MISSED = "not reached"
    OPEN = "not decided by this spread"
    UNMEASURED = "not measured"


def estimate(values: Iterable[float], confidence: float = CONFIDENCE) -> Estimate:
    """The median and its interval; with too few values for this confidence the interval has them all."""
    ordered = sorted(values)
    place = rank(len(ordered), confidence)
    return Estimate(statistics.median(ordered), ordered[place - 1], ordered[-place])


def pooled(groups: Sequence[Sequence[float]], figure: Callable[[list[float]], float]) -> Estimate:
    """A figure of all values together, and where it lies when groups are drawn anew from these (a bootstrap)."""
    chance = Random(1)
    drawn = sorted(figure([value for group in chance.choices(groups, k=len(groups)) for value in group])
                   for _ in range(DRAWS))  # fmt: skip
    outside = round(DRAWS * (1 - CONFIDENCE) / 2)
    value = figure([value for group in groups for value in group])
    return Estimate(value, min(value, drawn[outside]), max(value, drawn[-1 - outside]))


def rank(count: int, confidence: float = CONFIDENCE) -> int:
    """Between the values of which place, from below and from above, the median lies; 1 is all of them."""
    allowed = (1 - confidence) / 2 * 2**count
    place, below = 1, 1
    while 2 * place < count and (below := below + comb(count, place)) <= allowed:
        place += 1
    return place


def at_most(bound: float, found: Estimate | None) -> Verdict:
    """Whether a figure is no higher than a bound, as far as its spread can tell."""
    if found is None:
        return Verdict.UNMEASURED
    return Verdict.REACHED if found.high <= bound else Verdict.MISSED if found.low > bound else Verdict.OPEN


def at_least(bound: float, found: Estimate | None) -> Verdict:
    """Whether a figure is no lower than a bound, as far as its spread can tell."""
    if found is None:
        return Verdict.UNMEASURED
    return Verdict.REACHED if found.low >= bound else Verdict.MISSED if found.high < bound else Verdict.OPEN


@dataclass(frozen=True, slots=True)
class Patience:
    """How long rounds go on: until a figure is known to `part` of itself, at least `fewest` and at most `most`."""

    fewest: int
    most: int
    part: float

    def is_over(self, values: Sequence[float]) -> bool:
        """Whether these values of the rounds so far suffice."""
        if len(values) < self.fewest:
            return False
        return len(values) >= self.most or estimate(values).part <= self.part
