"""Figures of measured rounds: medians with their spread, ratios round by round, and their JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tests.bench.report.spread import Estimate, estimate

NANOSECONDS: Final = 1e6
"""Nanoseconds of a millisecond."""

OURS: Final = "gateway"


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one operation on one contender; CPU in nanoseconds for all requests together."""

    requests: int
    seconds: float
    server_cpu: int
    postgres_cpu: int
    latencies: Sequence[float]
    rss_mib: float

    @property
    def cpu_ms(self) -> float:
        """CPU of one request, of server and PostgreSQL together."""
        return self._each(self.server_cpu + self.postgres_cpu)

    @property
    def server_ms(self) -> float:
        """CPU of one request in the server."""
        return self._each(self.server_cpu)

    @property
    def postgres_ms(self) -> float:
        """CPU of one request in PostgreSQL."""
        return self._each(self.postgres_cpu)

    def latency_ms(self, part: float) -> float:
        """The latency that `part` (0 to 1) of the requests did not exceed, in milliseconds."""
        return 1e3 * percentile(sorted(self.latencies), part)

    def _each(self, nanoseconds: int) -> float:
        return nanoseconds / NANOSECONDS / self.requests


Rounds = Mapping[int, Round]
"""Rounds by their number: rounds of the same number were measured right after each other."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one operation on one contender; CPU in milliseconds per request.

    `ratio` and `more_ms` compare its CPU with the gateway's in the same round; None when the gateway was not measured.
    """

    rounds: int
    cpu_ms: Estimate
    cpu_server_ms: Estimate
    cpu_postgres_ms: Estimate
    rps: Estimate
    p50_ms: Estimate
    p99_ms: Estimate
    rss_mib: Estimate
    ratio: Estimate | None = None
    more_ms: Estimate | None = None


Table = Mapping[str, Mapping[str, Figures]]
"""The figures by operation and contender."""


def figures(rounds: Rounds, ours: Rounds | None = None) -> Figures:
    """The medians of the rounds with their spread, compared with those of `ours` if given."""
    all_ = rounds.values()
    both = pairs(ours or {}, rounds)
    return Figures(
        rounds=len(rounds),
        cpu_ms=estimate(r.cpu_ms for r in all_),
        cpu_server_ms=estimate(r.server_ms for r in all_),
        cpu_postgres_ms=estimate(r.postgres_ms for r in all_),
        rps=estimate(r.requests / r.seconds for r in all_),
        p50_ms=estimate(r.latency_ms(0.5) for r in all_),
        p99_ms=estimate(r.latency_ms(0.99) for r in all_),
        rss_mib=estimate(r.rss_mib for r in all_),
        ratio=estimate(ratios(both)) if both else None,
        more_ms=estimate(theirs.cpu_ms - first.cpu_ms for first, theirs in both) if both else None,
    )


def pairs(first: Rounds, second: Rounds) -> list[tuple[Round, Round]]:
    """The rounds that were measured right after each other."""
    return [(first[n], second[n]) for n in sorted(first.keys() & second.keys())]


def ratios(both: Sequence[tuple[Round, Round]]) -> list[float]:
    """The CPU of the second divided by that of the first, round by round."""
    return [second.cpu_ms / first.cpu_ms for first, second in both]


def percentile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of the values does not exceed; 0 when there is none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * part // 1).__int__() - 1)]


def ratio(table: Table, operation: str, contender: str) -> Estimate | None:
    """A contender's CPU for an operation, divided by the gateway's; None when one of them was not measured."""
    found = table.get(operation, {}).get(contender)
    return found.ratio if found is not None else None


def as_json(table: Table, **more: Any) -> dict[str, Any]:
    """The content of the file of results; figures that were not measured are left out."""
    operations = {
        operation: {contender: _figures_as_json(found) for contender, found in row.items()}
        for operation, row in table.items()
    }
    return {"operations": operations, **more}


def estimate_as_json(found: Estimate) -> dict[str, float]:
    """A figure with its interval."""
    return {name: round(value, 4) for name, value in asdict(found).items()}


def _figures_as_json(found: Figures) -> dict[str, Any]:
    named = {name: getattr(found, name) for name in Figures.__slots__}
    shown = {name: estimate_as_json(value) for name, value in named.items() if isinstance(value, Estimate)}
    return {"rounds": found.rounds, **shown}
