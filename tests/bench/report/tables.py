"""The report at the terminal: tables of the figures, and the targets with their verdicts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from rich.table import Table as RichTable

from tests.bench.loads.operations import OPERATIONS, READS, WRITES
from tests.bench.report.change import Became, Change
from tests.bench.report.figures import OURS, Figures, Table, ratio
from tests.bench.report.spread import Estimate, Verdict, at_least, at_most

MOST_MIB: Final = 100
LISTS: Final = tuple(name for name in READS if name != "viewer")
DEEP: Final = ("matrix", "invoices", "deep")
MARKS: Final = {
    Verdict.REACHED: "[green]reached[/]",
    Verdict.MISSED: "[red]not reached[/]",
    Verdict.OPEN: "[yellow]not decided by this spread[/]",
    Verdict.UNMEASURED: "[yellow]NOT MEASURED[/]",
}
COLOURS: Final = {Became.WORSE: "red", Became.BETTER: "green", Became.OPEN: "yellow", Became.SAME: "default"}


@dataclass(frozen=True, slots=True)
class Target:
    """One figure with a target."""

    figure: str
    wanted: str
    found: str
    verdict: Verdict
    estimate: Estimate | None = None


def operation_table(name: str, row: Mapping[str, Figures], floor: Estimate | None) -> RichTable:
    """All contenders of one operation, the cheapest first."""
    title = f"{name}: {OPERATIONS[name].about}"
    table = RichTable(title=title, title_justify="left", caption_justify="left", caption=_floor(floor))
    table.add_column("contender", no_wrap=True)
    for heading in ("rounds", "CPU µs", "× ours", "server", "PostgreSQL", "req/s", "p50 ms", "p99 ms", "MiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for contender, found in sorted(row.items(), key=lambda item: item[1].cpu_ms.value):
        table.add_row(
            contender,
            str(found.rounds),
            shown(found.cpu_ms.scaled(1_000)),
            shown(found.ratio, 2) if found.ratio is not None else "",
            shown(found.cpu_server_ms.scaled(1_000)),
            shown(found.cpu_postgres_ms.scaled(1_000)),
            shown(found.rps),
            shown(found.p50_ms, 2),
            shown(found.p99_ms, 1),
            shown(found.rss_mib),
            style="bold" if contender == OURS else None,
        )
    return table


def shown(found: Estimate, digits: int = 0) -> str:
    """A figure and its spread in per cent, rounded up."""
    return f"{found.value:,.{digits}f} {percent(found)}"


def percent(found: Estimate) -> str:
    """The spread in per cent, rounded up."""
    return f"±{min(999, ceil(100 * found.part - 1e-9))}%" if found.part < inf else "±?"


def target_table(targets: Sequence[Target]) -> RichTable:
    """The targets, their values, and whether they are reached."""
    table = RichTable(title="targets", title_justify="left")
    for heading in ("figure", "wanted", "found", ""):
        table.add_column(heading)
    for target in targets:
        table.add_row(target.figure, target.wanted, target.found, MARKS[target.verdict])
    return table


def change_table(changes: Sequence[Change], commit: str) -> RichTable:
    """Every figure before and after, with its verdict."""
    caption = "less is better; worse is what is so by more than the spread of all rounds and of the runs' medians"
    table = RichTable(title=f"before ({commit}) and after", title_justify="left", caption=caption)
    for heading in ("figure", "before", "after", "change", "spread", "runs", ""):
        table.add_column(heading, justify="left" if heading in ("figure", "") else "right", no_wrap=True)
    for one in changes:
        table.add_row(
            one.figure,
            in_unit(one.before, one.unit),
            in_unit(one.after, one.unit),
            signed(one.change.value),
            f"±{100 * one.change.spread:.1f}%",
            " ".join(map(signed, one.runs)),
            f"[{COLOURS[one.became]}]{one.became.value}[/]",
        )
    return table


def signed(quotient: float) -> str:
    """A change in per cent."""
    return f"{100 * (quotient - 1):+.1f}%"


def in_unit(found: Estimate, unit: str) -> str:
    """A figure in its unit; less than 10 milliseconds are shown in microseconds."""
    if unit == "ms" and found.value < 10:
        return f"{shown(found.scaled(1_000))} µs"
    return f"{shown(found, 2 if unit == '×' else 0)} {unit}"


def targets(table: Table, extras: Sequence[Target] = ()) -> list[Target]:
    """All targets with their values; those of the operations come first."""
    return [*_compared(table), _viewer(table), _memory(table), *extras]


def _compared(table: Table) -> Iterator[Target]:
    yield from _ours(0.95, table, "hand_written", READS)
    yield from _ours(1.2, table, "bare", LISTS)
    yield from _theirs(1.2, table, "mercurius", ("viewer",))
    yield from _theirs(1.4, table, "mercurius", LISTS)
    yield from _theirs(1.7, table, "postgraphile", READS)
    yield from _theirs(8, table, "strawberry", DEEP)
    yield from _theirs(8, table, "ariadne", DEEP)
    yield from _ours(1.25, table, "hand_written", WRITES)
    yield from _ours(1.25, table, "mercurius", ("create_customer", "write"))
    yield from _theirs(1.1, table, "postgraphile", WRITES)
    yield from _theirs(1.7, table, "strawberry", WRITES)


def _ours(bound: float, table: Table, against: str, operations: Sequence[str]) -> Iterator[Target]:
    for name in operations:
        theirs = ratio(table, name, against)
        found = theirs.inverse() if theirs is not None else None
        yield _judged(f"gateway ÷ {against}, {name}", f"at most {bound:g} ×", found, at_most(bound, found))


def _theirs(bound: float, table: Table, contender: str, operations: Sequence[str]) -> Iterator[Target]:
    for name in operations:
        found = ratio(table, name, contender)
        yield _judged(f"{contender} ÷ gateway, {name}", f"at least {bound:g} ×", found, at_least(bound, found))


def _judged(figure: str, wanted: str, found: Estimate | None, verdict: Verdict) -> Target:
    return Target(figure, wanted, "" if found is None else shown(found, 2), verdict, found)


def _viewer(table: Table) -> Target:
    bare = table.get("viewer", {}).get("bare")
    figure, wanted = "gateway less bare, viewer", "at most 40 µs"
    if bare is None or bare.more_ms is None:
        return Target(figure, wanted, "", Verdict.UNMEASURED)
    more = bare.more_ms.scaled(-1_000)
    return Target(figure, wanted, f"{more.value:.0f} ±{more.spread:.0f} µs", at_most(40, more), more)


def _memory(table: Table) -> Target:
    sizes = [row[OURS].rss_mib for row in table.values() if OURS in row]
    most = max(sizes, default=None, key=lambda size: size.high)
    wanted = f"at most {MOST_MIB} MiB"
    words = "" if most is None else f"{most.value:.0f} ±{most.spread:.1f} MiB"
    return Target("memory of one worker under load", wanted, words, at_most(MOST_MIB, most), most)


def _floor(floor: Estimate | None) -> str | None:
    if floor is None:
        return None
    return f"pgbench with the statement of bare: {shown(floor.scaled(1_000))} µs of PostgreSQL"
