"""The report at the terminal: takes figures, gives rich tables, and which targets are reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from tests.bench.figures import Figures, Table, ratio
from tests.bench.operations import OPERATIONS, READS

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
    at_most = lambda bound: lambda value: value <= bound  # noqa: E731
    at_least = lambda bound: lambda value: value >= bound  # noqa: E731
    return [
        _ours(table, "gateway against hand_written, each read", "hand_written", READS, "at most 0.95 ×", at_most(0.95)),
        _ours(table, "gateway against bare, lists", "bare", LISTS, "at most 1.2 ×", at_most(1.2)),
        _viewer(table),
        _theirs(table, "mercurius against gateway, viewer", "mercurius", ("viewer",), "at least 1.2 ×", at_least(1.2)),
        _theirs(table, "mercurius against gateway, other reads", "mercurius", LISTS, "at least 1.4 ×", at_least(1.4)),
        _theirs(table, "postgraphile against gateway, each read", "postgraphile", READS, "at least 1.7 ×", at_least(1.7)),
        *(
            _theirs(table, f"{name} against gateway", name, ("matrix", "invoices", "deep"), "at least 8 ×", at_least(8))
            for name in ("strawberry", "ariadne")
        ),
    ]  # fmt: skip


Test = Callable[[float], bool]


def _ours(table: Table, figure: str, against: str, operations: Sequence[str], wanted: str, test: Test) -> Target:
    return _judged(figure, wanted, {name: ratio(table, name, "gateway", against) for name in operations}, test)


def _theirs(table: Table, figure: str, contender: str, operations: Sequence[str], wanted: str, test: Test) -> Target:
    return _judged(figure, wanted, {name: ratio(table, name, contender) for name in operations}, test)


def _judged(figure: str, wanted: str, ratios: Mapping[str, float | None], test: Test) -> Target:
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


def _floor(floor: float | None) -> str | None:
    return None if floor is None else f"pgbench with the statement of bare: {1000 * floor:,.0f} µs of PostgreSQL"
