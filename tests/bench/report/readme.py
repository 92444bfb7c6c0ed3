"""Writes the figures of results.json into the README."""

import re
from collections.abc import Mapping
from math import inf
from typing import Any, Final

from tests.bench.report.spread import Estimate
from tests.bench.report.tables import percent

OPERATIONS: Final = {
    "viewer": "viewer: who am I, one company",
    "matrix": "matrix: 20 users × 116 apps",
    "invoices": "50 invoices with customer",
    "deep": "20 invoices, customer, lines",
    "dashboard": "dashboard of twelve lists",
    "accountant": "accountant: 62 companies",
    "create_customer": "create: a customer, ten fields",
    "update_customer": "update: two fields of a customer",
    "write": "write: one toggle",
}
CONTENDERS: Final = {
    "bare": "bare",
    "hand_written": "by hand",
    "mercurius": "Mercurius",
    "postgraphile": "PostGraphile",
    "strawberry": "Strawberry",
    "ariadne": "Ariadne",
}
TABLE: Final = re.compile(r"^\| operation \| gateway \|.*?\n(?=\n)", re.MULTILINE | re.DOTALL)
GATES: Final = re.compile(r"(?<=30 gated fields cost )[0-9.]+(?= times)")
GATES_FIGURE: Final = "30 gated fields in lists against no gates"


Cell = Mapping[str, Any]


def with_figures(readme: str, results: Mapping[str, Any]) -> str:
    """The README with the figures of a complete run. Raises LookupError when it has no place for them."""
    for place, said in ((TABLE, _table(results["operations"])), (GATES, _gates(results["figures"]))):
        if not place.search(readme):
            raise LookupError("the README has no place for the figures")
        readme = place.sub(said, readme, count=1)
    return readme


def _table(operations: Mapping[str, Mapping[str, Cell]]) -> str:
    """The table: CPU in microseconds, and its ratio to the gateway's with the spread."""
    lines = [
        "| operation | gateway | " + " | ".join(CONTENDERS.values()) + " |",
        "|---|" + "--:|" * (1 + len(CONTENDERS)),
    ]
    for name, words in OPERATIONS.items():
        if name not in operations:  # the run is older than the operation
            continue
        row = operations[name]
        ours = _estimate(row["gateway"]["cpu_ms"])
        others = (_compared(row[contender]) for contender in CONTENDERS)
        lines.append(f"| {words} | {1000 * ours.value:,.0f}{_spread(ours)} | " + " | ".join(others) + " |")
    return "\n".join(lines) + "\n"


def _compared(theirs: Cell) -> str:
    times = _estimate(theirs["ratio"])
    digits = 2 if times.value < 1 else 1 if times.value < 9.95 else 0
    return f"{1000 * theirs['cpu_ms']['value']:,.0f} ({times.value:.{digits}f}{_spread(times)})"


def _gates(figures: list[Cell]) -> str:
    (found,) = [figure["estimate"] for figure in figures if figure["figure"] == GATES_FIGURE]
    return f"{found['value']:.2f}"


def _spread(found: Estimate) -> str:
    """The spread of a figure in words, empty when it is unknown."""
    return f" {percent(found)}" if found.part < inf else ""


def _estimate(cell: Mapping[str, float]) -> Estimate:
    return Estimate(cell["value"], cell.get("low", -inf), cell.get("high", inf))
