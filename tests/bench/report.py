"""The report at the terminal: takes figures, gives rich tables, and which targets are reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from tests.bench.figures import Figures, Table, ratio
from tests.bench.operations import OPERATIONS, READS

MOST_MIB = 100
LISTS = tuple(name for name in READS if name != "viewer")


@dataclass(frozen=True, slots=True)
class Target:
    """One figure that is to be reached; `reached` is None when it was not measured."""

    figure: str
    wanted: str
    found: str
    reached: bool | None


def operation_table(name: str, row: Mapping[str, Figures], floor: float | None) -> RichTable:
    """All contenders of one operation, the cheapest first."""
    title = f"{name}: {OPERATIONS[name].about}"
    table = RichTable(title=title, title_justify="left", caption_justify="left", caption=_floor(floor))
    table.add_column("contender", no_wrap=True)
    for heading in ("CPU µs", "× ours", "server", "PostgreSQL", "req/s", "p50 ms", "p99 ms", "MiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for contender, found in sorted(row.items(), key=lambda item: item[1].cpu_ms):
        ours = row.get("gateway")
        table.add_row(
            contender,
            f"{1000 * found.cpu_ms:,.0f}",
            f"{found.cpu_ms / ours.cpu_ms:.2f}" if ours else "",
            f"{1000 * found.cpu_server_ms:,.0f}",
            f"{1000 * found.cpu_postgres_ms:,.0f}",
            f"{found.rps:,.0f}",
            f"{found.p50_ms:.2f}",
            f"{found.p99_ms:.2f}",
            f"{found.rss_mib:.0f}",
            style="bold" if contender == "gateway" else None,
        )
    return table


def target_table(targets: Sequence[Target]) -> RichTable:
    """The targets, and what was found."""
    table = RichTable(title="targets", title_justify="left")
    for heading in ("figure", "wanted", "found", ""):
        table.add_column(heading)
    for target in targets:
        mark = {True: "[green]yes[/]", False: "[red]no[/]", None: "not measured"}[target.reached]
        table.add_row(target.figure, target.wanted, target.found, mark)
    return table


def targets(table: Table) -> list[Target]:
    """What the figures of the operations say of the targets that compare contenders."""
    deep = ("matrix", "invoices", "deep")
    return [
        _at_most(0.95, table, "gateway against hand_written, each read", "hand_written", READS),
        _at_most(1.2, table, "gateway against bare, lists", "bare", LISTS),
        _viewer(table),
        _at_least(1.2, table, "mercurius against gateway, viewer", "mercurius", ("viewer",)),
        _at_least(1.4, table, "mercurius against gateway, other reads", "mercurius", LISTS),
        _at_least(1.7, table, "postgraphile against gateway, each read", "postgraphile", READS),
        _at_least(8, table, "strawberry against gateway", "strawberry", deep),
        _at_least(8, table, "ariadne against gateway", "ariadne", deep),
        _memory(table),
    ]


def _at_most(bound: float, table: Table, figure: str, against: str, operations: Sequence[str]) -> Target:
    ratios = {name: ratio(table, name, "gateway", against) for name in operations}
    return _judged(figure, f"at most {bound:g} ×", ratios, lambda value: value <= bound)


def _at_least(bound: float, table: Table, figure: str, contender: str, operations: Sequence[str]) -> Target:
    ratios = {name: ratio(table, name, contender) for name in operations}
    return _judged(figure, f"at least {bound:g} ×", ratios, lambda value: value >= bound)


def _judged(figure: str, wanted: str, ratios: Mapping[str, float | None], test: Callable[[float], bool]) -> Target:
    known = {name: value for name, value in ratios.items() if value is not None}
    found = ", ".join(f"{name} {value:.2f}" for name, value in known.items())
    return Target(figure, wanted, found, all(map(test, known.values())) if known else None)


def _viewer(table: Table) -> Target:
    row = table.get("viewer", {})
    wanted = "bare + 40 µs"
    if "gateway" not in row or "bare" not in row:
        return Target("gateway against bare, viewer", wanted, "", None)
    more = 1000 * (row["gateway"].cpu_ms - row["bare"].cpu_ms)
    return Target("gateway against bare, viewer", wanted, f"bare + {more:.0f} µs", more <= 40)


def _memory(table: Table) -> Target:
    sizes = [row["gateway"].rss_mib for row in table.values() if "gateway" in row]
    most = max(sizes, default=None)
    figure, wanted = "memory of one worker under load", f"at most {MOST_MIB} MiB"
    return Target(figure, wanted, "" if most is None else f"{most:.0f} MiB", None if most is None else most <= MOST_MIB)


def _floor(floor: float | None) -> str | None:
    return None if floor is None else f"pgbench with the statement of bare: {1000 * floor:,.0f} µs of PostgreSQL"
