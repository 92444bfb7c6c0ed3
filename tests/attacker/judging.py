"""The comparison of a request's work with its bounds, and the report about many requests."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.attacker.bounds import (
    ANSWER,
    BACKEND,
    BEGINNING,
    BYTES_OF_A_POINT,
    EXCESS,
    NODES,
    RELATIONS,
    SQL,
    WORST,
)
from tests.attacker.victim import Asked, Work

LOST: Final = frozenset({"INTERNAL", "UNAVAILABLE", "TIMEOUT"})
MEASURES: Final = ("nodes", "sql", "relations", "buffers", "memory", "answer", "python", "backend")


def excesses(work: Work) -> Iterator[str]:
    """The bounds that a request broke; they hold for refused requests, too."""
    for what, found, most in (
        ("nodes compiled", work.nodes, NODES),
        ("bytes of SQL", work.sql, SQL),
        ("relations", work.relations, RELATIONS),
        ("bytes in a backend", work.memory, BACKEND),
        ("bytes of the answer", work.answer, max(ANSWER, BYTES_OF_A_POINT * work.cost)),
    ):
        if found > most:
            yield f"{found:,} {what}, at most {most:,}"
    yield from sorted(LOST.intersection(work.codes))


@dataclass(slots=True)
class Account:
    """The requests so far, with the work of each."""

    asked: list[tuple[Asked, Work]] = field(default_factory=list[tuple[Asked, Work]])
    broken: list[str] = field(default_factory=list[str])

    def add(self, asked: Asked, work: Work) -> None:
        """Add a request."""
        self.asked.append((asked, work))
        told = list(excesses(work))
        if told:
            self.broken.append(f"{'; '.join(told)}: {work} {asked.text[:400]}")

    @property
    def admitted(self) -> list[tuple[Asked, Work]]:
        """The requests that were answered."""
        return [(asked, work) for asked, work in self.asked if work.admitted]

    @property
    def median(self) -> float:
        """The median of the CPU seconds for a point of cost, over the admitted requests."""
        return statistics.median(work.cpu / max(1, work.cost) for _, work in self.admitted)

    def outliers(self) -> list[tuple[Asked, Work]]:
        """The admitted requests that took far more CPU than usual for their cost, the worst first."""
        median = self.median
        found = [(work.cpu / (BEGINNING + work.cost * median), asked, work) for asked, work in self.admitted]
        found.sort(key=lambda one: -one[0])
        return [(asked, work) for times, asked, work in found if times > EXCESS]

    def worst(self) -> list[tuple[Asked, Work]]:
        """The admitted requests with most CPU for their cost, and those with most of each measure; at most a dozen."""
        admitted, median = self.admitted, self.median
        rows = sorted(admitted, key=lambda one: -one[1].cpu / (BEGINNING + one[1].cost * median))[: WORST // 3]
        for measure in MEASURES:
            rows.append(max(admitted, key=lambda one: getattr(one[1], measure)))
        return list({asked.text: (asked, work) for asked, work in rows}.values())[:WORST]

    def write(self, file: Path) -> None:
        """Write the worst requests as lines that can be repeated (`python -m tests.attacker FILE`)."""
        file.write_text("".join(f"{asked.text}\n" for asked, _ in self.worst()), encoding="utf-8")

    def report(self) -> str:
        """The report for people."""
        codes = Counter(work.codes[0] if work.codes else "?" for _, work in self.asked if not work.admitted)
        lines = [
            f"{len(self.asked)} asked, {len(self.admitted)} admitted; refused: {dict(codes.most_common())}",
            f"median CPU of a point: {self.median * 1e6:.2f} µs",
            *(f"{measure:>10}: {self._spread(measure)}" for measure in MEASURES),
            f"most bytes of the answer for a point, above {ANSWER // 8:,} bytes: {self._dearest():.1f}",
            f"outliers of CPU: {len(self.outliers())}",
            *(f"{work}\n  {asked.text[:600]}" for asked, work in self.outliers()[:WORST]),
        ]
        return "\n".join(lines)

    def _spread(self, measure: str) -> str:
        values: Sequence[float] = sorted(getattr(work, measure) for _, work in self.admitted)
        some = [values[int(len(values) * share)] for share in (0.5, 0.9, 0.99)]
        return "median, 90 %, 99 %, most: " + ", ".join(
            f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" for value in (*some, values[-1])
        )

    def _dearest(self) -> float:
        return max(
            (work.answer / max(1, work.cost) for _, work in self.admitted if work.answer > ANSWER // 8), default=0
        )
