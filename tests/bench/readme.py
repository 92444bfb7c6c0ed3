"""The README's share of the figures: takes a README and what results.json holds, gives the README with them."""

import re
from collections.abc import Mapping
from typing import Any, Final

OPERATIONS: Final = {
    "viewer": "viewer: who am I, one company",
    "matrix": "matrix: 20 users × 116 apps",
    "invoices": "50 invoices with customer",
    "deep": "20 invoices, customer, lines",
    "dashboard": "dashboard of twelve lists",
    "accountant": "accountant: 62 companies",
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


def with_figures(readme: str, results: Mapping[str, Any]) -> str:
    """The README with the figures of a whole run. Raises LookupError where it has no place for them."""
    for place, said in ((TABLE, _table(results["operations"])), (GATES, _gates(results["figures"]))):
        if not place.search(readme):
            raise LookupError("the README has no place for the figures")
        readme = place.sub(said, readme, count=1)
    return readme


def _table(operations: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """CPU in microseconds, and how many times the gateway's that is."""
    lines = [
        "| operation | gateway | " + " | ".join(CONTENDERS.values()) + " |",
        "|---|" + "--:|" * (1 + len(CONTENDERS)),
    ]
    for name, words in OPERATIONS.items():
        row = operations[name]
        ours = row["gateway"]["cpu_ms"]
        others = (_compared(row[contender]["cpu_ms"], ours) for contender in CONTENDERS)
        lines.append(f"| {words} | {1000 * ours:,.0f} | " + " | ".join(others) + " |")
    return "\n".join(lines) + "\n"


def _compared(theirs: float, ours: float) -> str:
    times = theirs / ours
    return f"{1000 * theirs:,.0f} ({times:.{2 if times < 1 else 1 if times < 9.95 else 0}f})"


def _gates(figures: list[Mapping[str, str]]) -> str:
    (found,) = [figure["found"] for figure in figures if figure["figure"] == GATES_FIGURE]
    return f"{float(found):.2f}"
