"""From measured rounds to figures: medians, percentiles, ratios, and the JSON that they are written as."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

NANOSECONDS = 1e6
"""In a millisecond."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one operation on one contender; CPU in nanoseconds for all requests together."""

    requests: int
    seconds: float
    server_cpu: int
    postgres_cpu: int
    latencies: Sequence[float]
    rss_mib: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of one operation on one contender; CPU in milliseconds a request."""

    cpu_ms: float
    cpu_server_ms: float
    cpu_postgres_ms: float
    rps: float
    p50_ms: float
    p99_ms: float
    rss_mib: float


Table = Mapping[str, Mapping[str, Figures]]
"""Operation -> contender -> figures."""


def figures(rounds: Sequence[Round]) -> Figures:
    """Medians over the rounds; percentiles over all requests; memory at its highest."""
    latencies = sorted(1e3 * latency for round_ in rounds for latency in round_.latencies)
    return Figures(
        cpu_ms=_median(_cpu(r, r.server_cpu + r.postgres_cpu) for r in rounds),
        cpu_server_ms=_median(_cpu(r, r.server_cpu) for r in rounds),
        cpu_postgres_ms=_median(_cpu(r, r.postgres_cpu) for r in rounds),
        rps=_median(r.requests / r.seconds for r in rounds),
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
        rss_mib=max(r.rss_mib for r in rounds),
    )


def percentile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of the values does not exceed; 0 when there is none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * part // 1).__int__() - 1)]


def ratio(table: Table, operation: str, contender: str, against: str = "gateway") -> float | None:
    """How many times the CPU of `against` a contender takes for an operation; None when one was not measured."""
    row = table.get(operation, {})
    if contender not in row or against not in row:
        return None
    return row[contender].cpu_ms / row[against].cpu_ms


def as_json(table: Table, **more: Any) -> dict[str, Any]:
    """What is written to a file; what was not measured is left out."""
    operations = {
        operation: {contender: _rounded(asdict(found)) for contender, found in row.items()}
        for operation, row in table.items()
    }
    return {"operations": operations, **more}


def _median(values: Any) -> float:
    return statistics.median(values)


def _cpu(round_: Round, nanoseconds: int) -> float:
    return nanoseconds / NANOSECONDS / round_.requests


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
