"""The command `python -m tests.bench`: prepares the data, measures, and prints the report."""

import asyncio
import contextlib
import fcntl
import os
import platform
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from db.embedded import EmbeddedError
from db.errors import DatabaseError
from tests.bench.contenders.before import checkout
from tests.bench.contenders.normalise import Differs
from tests.bench.contenders.servers import BEFORE, CONTENDERS, SHARED, UNGATED, pin_ourselves
from tests.bench.data import cluster
from tests.bench.loads.generator import LoadError
from tests.bench.loads.operations import OPERATIONS
from tests.bench.measures import floor
from tests.bench.measures.course import Choice, Course, Results
from tests.bench.measures.measuring import FULL, QUICK, Plan
from tests.bench.report.change import Became, Change
from tests.bench.report.chart import chart
from tests.bench.report.figures import as_json, estimate_as_json
from tests.bench.report.readme import with_figures
from tests.bench.report.tables import Target, change_table, operation_table, target_table, targets

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "bench"
README: Final = HERE.parents[1] / "README.md"
FOLDER: Final = CACHE / "postgres"
NARROW: Final = 180
OUT: Final = Console(width=None if Console().width >= NARROW else NARROW)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Few and short rounds: two to three minutes.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this contender or operation; may be repeated.", show_default=False),
    ] = None,
    extras: Annotated[
        bool | None,
        typer.Option(
            "--extras/--no-extras",
            help="Floods, gates against none, first times: some minutes; part of a whole run.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        bool | None,
        typer.Option(
            "--beside/--no-beside",
            help="A small request beside the worst of others: four minutes; part of a whole run.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Another checkout, whose gateway is measured as `before`; exit status 1 when something is worse.",
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, max=9, help="How often before and after are measured, on servers started anew.")
    ] = 1,
    json: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write the figures there.")] = None,
) -> None:
    """Compare the gateway with its alternatives, on the same tables.

    The first run creates the data set (a minute or two) and fetches the alternatives; both are kept in .cache/bench.
    """
    console = Console(stderr=True)
    if sys.platform != "linux":
        console.print("bench: it runs on Linux only, for it reads CPU times from /proc.")
        raise typer.Exit(1)
    choice = _choice(only or [], QUICK if quick else FULL, extras, beside)
    if against is None and runs > 1:
        raise typer.BadParameter("--runs is for --against")
    if against is not None and "gateway" not in choice.contenders:
        raise typer.BadParameter("--against compares the gateway")
    try:
        with _alone():
            before = checkout(against) if against is not None else None
            results = asyncio.run(_run(choice.compared_with(before, runs), console))
    except (LoadError, Differs, EmbeddedError, DatabaseError, floor.Failed) as error:
        console.print(f"bench: {error}", style="red", highlight=False, markup=False)
        raise typer.Exit(1) from None
    _report(results)
    _write(choice, results, json)
    if any(change.became is Became.WORSE for change in results.changes):
        raise typer.Exit(1)


def _choice(names: Sequence[str], plan: Plan, extras: bool | None, beside: bool | None) -> Choice:
    unknown = [name for name in names if name not in CONTENDERS and name not in OPERATIONS]
    if unknown:
        known = ", ".join([*CONTENDERS, *OPERATIONS])
        raise typer.BadParameter(f"{', '.join(unknown)}: neither contender nor operation ({known})")
    contenders = [name for name in CONTENDERS if name in names] or list(CONTENDERS)
    operations = [name for name in OPERATIONS if name in names] or list(OPERATIONS)
    whole = plan is FULL and not names
    wanted = whole if extras is None else extras
    if wanted and "gateway" not in contenders:
        raise typer.BadParameter("the extras are figures of the gateway")
    return Choice(contenders, operations, plan, wanted, whole if beside is None else beside)


@contextlib.contextmanager
def _alone() -> Generator[None]:
    """Hold a lock within the block, so that only one benchmark runs: two would distort each other."""
    CACHE.mkdir(parents=True, exist_ok=True)
    CACHE.chmod(0o711 if os.geteuid() == 0 else 0o700)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LoadError("another benchmark is running in this folder") from None
        yield


class Bars:
    """The progress at the terminal; each part has a bar of its own."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def part(self, name: str, total: float) -> None:
        """Begin a part, and end the one before."""
        self.end()
        self._task = self._bars.add_task(name, total=total)

    def step(self, what: str, done: float) -> None:
        """Show the next step, and how much of the part is done."""
        if self._task is not None:
            self._bars.update(self._task, description=what, completed=done)

    def end(self) -> None:
        """End the current part."""
        if self._task is not None:
            (total,) = [task.total for task in self._bars.tasks if task.id == self._task]
            self._bars.update(self._task, completed=total)
            self._bars.stop_task(self._task)


async def _run(choice: Choice, console: Console) -> Results:
    processors = pin_ourselves()
    with _bars(console) as progress:
        bars = Bars(progress)
        bars.part("data set", 1)

        def load_progress(done: int, total: int) -> None:
            bars.step("making the data set (once)", done / total)

        users = [*CONTENDERS, UNGATED.name, SHARED.name, BEFORE, floor.USER]
        async with cluster.running(FOLDER, users, choice.before, load_progress) as database:
            course = Course(choice, database, FOLDER, CACHE, processors, bars.part, bars.step, console.print)
            results = await course.run()
            bars.end()
    return results


def _report(results: Results) -> None:
    for name, row in results.table.items():
        OUT.print(operation_table(name, row, results.floor.get(name)))
    if results.changes:
        OUT.print(change_table(results.changes, results.commit or ""))
    OUT.print(target_table(_targets(results)))
    for name, reason in results.missing.items():
        OUT.print(f"NOT MEASURED: {name}: {reason}", style="bold red", highlight=False, markup=False)


def _targets(results: Results) -> list[Target]:
    return targets(results.table, results.extras)


def _write(choice: Choice, results: Results, json: Path | None) -> None:
    """Write the requested files, and after a complete measurement the README's table and chart."""
    more: dict[str, Any] = {
        "pgbench": {name: estimate_as_json(found) for name, found in results.floor.items()},
        "figures": [_target_as_json(target) for target in _targets(results)],
        "missing": results.missing,
        "against": results.commit,
        "changes": [_change_as_json(change) for change in results.changes],
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            "million_additions_ms": round(_million_additions(), 1),
        },
    }
    table = {name: {of: found for of, found in row.items() if of != BEFORE} for name, row in results.table.items()}
    written = orjson.dumps(as_json(table, **more), option=orjson.OPT_INDENT_2) + b"\n"
    if json is not None:
        json.write_bytes(written)
    complete = choice.is_complete and all(len(row) == len(CONTENDERS) for row in table.values())
    if complete:
        README.write_text(with_figures(README.read_text(), orjson.loads(written)))
    folder = HERE if complete else CACHE
    (folder / "results.json").write_bytes(written)
    if any("gateway" in row for row in table.values()):
        (folder / "results.svg").write_text(chart(table))
        OUT.print(f"chart: {(folder / 'results.svg').relative_to(HERE.parents[1])}", highlight=False)


def _target_as_json(target: Target) -> Mapping[str, Any]:
    shown = {name: value for name, value in asdict(target).items() if name != "estimate"}
    found = {"estimate": estimate_as_json(target.estimate)} if target.estimate is not None else {}
    return {**shown, "verdict": target.verdict.value, **found}


def _change_as_json(change: Change) -> Mapping[str, Any]:
    return {
        "figure": change.figure,
        "unit": change.unit,
        **{name: estimate_as_json(getattr(change, name)) for name in ("before", "after", "change")},
        "runs": [round(run, 4) for run in change.runs],
        "became": change.became.value,
    }


def _million_additions() -> float:
    """Milliseconds of CPU of a Python loop on this machine, the best of several runs, to compare machines."""
    taken: list[float] = []
    for _ in range(5):
        began, total = time.process_time(), 0
        for n in range(1_000_000):
            total += n
        taken.append(time.process_time() - began)
    return 1_000 * min(taken)


def _bars(console: Console) -> Progress:
    return Progress(TextColumn("{task.description:<60}"), BarColumn(), TimeElapsedColumn(), console=console)


if __name__ == "__main__":
    app()
