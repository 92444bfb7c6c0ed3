"""The chart of the README: an SVG of the figures that is legible on light and dark backgrounds.

It has a row for each operation and a mark for each contender: the CPU of a request, divided by the gateway's, on a
logarithmic scale.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from tests.bench.loads.operations import OPERATIONS
from tests.bench.report.figures import Table, ratio

WIDTH, LEFT, RIGHT, TOP, ROW, RADIUS = 860, 250, 30, 88, 58, 9
LABEL: Final = "CPU for each request, compared with the gateway"

MARKS: Final[Mapping[str, tuple[str, str, str]]] = {
    "gateway": ("G", "gateway", "#0969da"),
    "hand_written": ("H", "hand-written", "#1a7f37"),
    "bare": ("B", "bare (floor)", "#57606a"),
    "mercurius": ("M", "Mercurius*", "#9a6700"),
    "postgraphile": ("P", "PostGraphile*", "#8250df"),
    "strawberry": ("S", "Strawberry", "#bf3989"),
    "ariadne": ("A", "Ariadne", "#cf222e"),
}
"""Letter, name and colour of each contender."""

STYLE: Final = """
text { font: 13px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.soft { font-size: 11px; fill: #59636e }
.mark { font-size: 10px; font-weight: 700; fill: #fff; text-anchor: middle }
.tick { text-anchor: middle }
.ground { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.ours { stroke: #0969da; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .soft { fill: #9198a1 }
  .mark { fill: #fff }
  .ground { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .ours { stroke: #4493f8 }
}
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """The x axis: maps ratios to positions, between two powers of two."""

    least: int
    most: int

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Scale":
        """A scale that includes all ratios."""
        least, most = math.floor(math.log2(min(ratios) * 0.92)), math.ceil(math.log2(max(ratios) * 1.08))
        return cls(min(-1, least), max(1, most))

    def x(self, value: float) -> float:
        """The x position of a ratio."""
        return LEFT + (math.log2(value) - self.least) / (self.most - self.least) * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """The powers of two on the scale, with their labels."""
        for n in range(self.least, self.most + 1):
            yield 2.0**n, f"{2**n} ×" if n >= 0 else f"1/{2**-n}"


def chart(table: Table) -> str:
    """The SVG. Raises ValueError when the gateway was not measured."""
    rows = {name: dict(_ratios(table, name)) for name in OPERATIONS if "gateway" in table.get(name, {})}
    if not rows:
        raise ValueError("there is nothing to compare with")
    scale = Scale.of([value for row in rows.values() for value in row.values()])
    height = TOP + ROW * len(rows) + 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{LABEL}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        _text(16, 24, "CPU for each request, server and PostgreSQL together", "title"),
        _text(16, 42, "gateway = 1, to the right is dearer, logarithmic; * has no authorization", "soft"),
        *_legend(rows),
        *_grid(scale, height),
    ]
    for n, (name, row) in enumerate(rows.items()):
        parts += _row(n, name, row, table[name]["gateway"].cpu_ms.value, scale)
    return "\n".join((*parts, "</svg>", ""))


def _ratios(table: Table, name: str) -> Iterator[tuple[str, float]]:
    for contender in MARKS:
        found = ratio(table, name, contender)
        if found is not None:
            yield contender, found.value


def _legend(rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    x = 24.0
    shown = {contender for row in rows.values() for contender in row}
    for contender, (_, words, _) in MARKS.items():
        if contender in shown:
            yield _mark(contender, x, 62)
            yield _text(x + 14, 66, words, "soft")
            x += 34 + 6.4 * len(words)


def _grid(scale: Scale, height: int) -> Iterator[str]:
    bottom = height - 38
    for tick, words in scale.ticks():
        x = scale.x(tick)
        kind = "ours" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{bottom}"/>'
        yield _text(x, bottom + 18, words, "soft tick")


def _row(n: int, name: str, row: Mapping[str, float], ours: float, scale: Scale) -> Iterator[str]:
    y = TOP + n * ROW + ROW / 2
    yield _text(16, y - 2, f"{name} ({1000 * ours:,.0f} µs)", "")
    yield _text(16, y + 13, OPERATIONS[name].about, "soft")
    taken: list[tuple[float, float]] = []
    for contender, value in row.items():  # the gateway is first, so its mark is in the middle
        x = scale.x(value)
        shift = _free_shift(x, taken)
        taken.append((x, shift))
        yield _mark(contender, x, y + shift)


def _free_shift(x: float, taken: list[tuple[float, float]]) -> float:
    """The vertical shift from the row's middle at which a mark covers no other one."""
    for shift in (0.0, -2.0 * RADIUS, 2.0 * RADIUS):
        if all(abs(x - other) >= 2 * RADIUS or shift != used for other, used in taken):
            return shift
    return 0.0


def _mark(contender: str, x: float, y: float) -> str:
    letter, words, colour = MARKS[contender]
    return (
        f'<g><title>{escape(words)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{colour}"/>'
        f'<text class="mark" x="{x:.1f}" y="{y + 3.5:.1f}">{letter}</text></g>'
    )


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
