"""The command `python -m tests.bench`: prepares the data, starts the contenders, compares, measures and reports."""

import asyncio
import contextlib
import fcntl
import os
import platform
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from db.connection import connect
from db.embedded import EmbeddedError
from db.errors import DatabaseError
from tests.bench import cluster, floor
from tests.bench.chart import chart
from tests.bench.extras import STEPS, Extras
from tests.bench.fetching import Unavailable
from tests.bench.figures import Figures, as_json
from tests.bench.load import LoadError
from tests.bench.measuring import FULL, QUICK, Bench, Plan, compare, measure, postmaster
from tests.bench.normalise import Differs
from tests.bench.operations import OPERATIONS
from tests.bench.readme import with_figures
from tests.bench.report import Target, operation_table, target_table, targets
from tests.bench.servers import CONTENDERS, UNGATED, Contender, Place, Server, free_port, pin_ourselves, started
from tests.bench.toggles import Toggles

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "bench"
README: Final = HERE.parents[1] / "README.md"
FOLDER: Final = CACHE / "postgres"
NARROW: Final = 100
OUT: Final = Console(width=None if Console().width >= NARROW else NARROW)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is measured, and how long."""

    contenders: Sequence[str]
    operations: Sequence[str]
    plan: Plan
    extras: bool

    @property
    def is_complete(self) -> bool:
        """Whether everything is measured, thoroughly."""
        everybody = len(self.contenders) == len(CONTENDERS) and len(self.operations) == len(OPERATIONS)
        return everybody and self.plan is FULL and self.extras


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Short rounds: under two minutes.")] = False,
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
    json: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write the figures there.")] = None,
) -> None:
    """Measure the gateway beside what one would take instead, over the same tables.

    The first run makes the data set (a minute or two) and fetches what it compares with; both are kept in .cache/bench.
    """
    console = Console(stderr=True)
    if sys.platform != "linux":
        console.print("bench: it runs on Linux only, for it reads CPU times from /proc.")
        raise typer.Exit(1)
    choice = _choice(only or [], QUICK if quick else FULL, extras)
    try:
        with _alone():
            asyncio.run(_run(choice, json, console))
    except (LoadError, Differs, EmbeddedError, DatabaseError, floor.Failed) as error:
        console.print(f"[red]bench:[/] {error}", highlight=False, markup=True)
        raise typer.Exit(1) from None


def _choice(names: Sequence[str], plan: Plan, extras: bool | None) -> Choice:
    unknown = [name for name in names if name not in CONTENDERS and name not in OPERATIONS]
    if unknown:
        known = ", ".join([*CONTENDERS, *OPERATIONS])
        raise typer.BadParameter(f"{', '.join(unknown)}: neither contender nor operation ({known})")
    contenders = [name for name in CONTENDERS if name in names] or list(CONTENDERS)
    operations = [name for name in OPERATIONS if name in names] or list(OPERATIONS)
    wanted = plan is FULL and not names if extras is None else extras
    if wanted and "gateway" not in contenders:
        raise typer.BadParameter("the extras are figures of the gateway")
    return Choice(contenders, operations, plan, wanted)


@contextlib.contextmanager
def _alone() -> Generator[None]:
    """Two benchmarks at once would measure each other."""
    CACHE.mkdir(parents=True, exist_ok=True)
    CACHE.chmod(0o711 if os.geteuid() == 0 else 0o700)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LoadError("another benchmark is running in this folder") from None
        yield


async def _run(choice: Choice, json: Path | None, console: Console) -> None:
    processors = pin_ourselves()
    with _bars(console) as bars:
        data = bars.add_task("data set", total=None)

        def load_progress(done: int, total: int) -> None:
            bars.update(data, description="making the data set (once)", completed=done, total=total)

        users = [*CONTENDERS, UNGATED.name, floor.USER]
        async with cluster.running(FOLDER, users, load_progress) as database:
            bars.update(data, description="data set", completed=1, total=1)
            results = await _measure(choice, database, processors, bars, console)
    for name, row in results.table.items():
        OUT.print(operation_table(name, row, results.floor.get(name)))
    found = [*targets(results.table), *results.extras]
    OUT.print(target_table(found))
    _write(choice, results, found, json)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was measured."""

    table: dict[str, Mapping[str, Figures]]
    floor: Mapping[str, float]
    extras: Sequence[Target]


async def _measure(
    choice: Choice, database: cluster.Cluster, processors: Sequence[int], bars: Progress, console: Console
) -> Results:
    bench = Bench(postmaster(FOLDER), Toggles())
    with contextlib.ExitStack() as stack:

        def start(contender: Contender) -> Server:
            place = Place(database.dsn(contender.name), free_port(), processors, CACHE)
            return stack.enter_context(started(contender, place))

        servers = list(_started(choice, start, bars, console))
        task = bars.add_task("comparing answers", total=1)
        compare(bench, servers, choice.operations)
        bars.update(task, description="all answer the same", completed=1)
        rounds = len(choice.operations) * len(servers) * (choice.plan.rounds + 1)
        task = bars.add_task("measuring", total=rounds + len(choice.operations))

        def step(what: str, done: int) -> None:
            bars.update(task, description=what, advance=done)

        table = dict(measure(bench, servers, choice.operations, choice.plan, step))
        lowest = floor.floor(database.socket, bench.postmaster, choice.operations, choice.plan.floor_seconds, step)
        bars.update(task, description="measured", completed=rounds + len(choice.operations))
        extras: Sequence[Target] = ()
        if choice.extras:
            extras = await _extras(bench, servers, start, database, bars)
        return Results(table, lowest, extras)


def _started(
    choice: Choice, start: Callable[[Contender], Server], bars: Progress, console: Console
) -> Iterator[Server]:
    task = bars.add_task("starting", total=len(choice.contenders))
    for name in choice.contenders:
        bars.update(task, description=f"starting {name}")
        try:
            yield start(CONTENDERS[name])
        except Unavailable as reason:
            console.print(f"[yellow]skipped:[/] {name}: {reason}", highlight=False)
        bars.advance(task)
    bars.update(task, description="started")


async def _extras(
    bench: Bench,
    servers: Sequence[Server],
    start: Callable[[Contender], Server],
    database: cluster.Cluster,
    bars: Progress,
) -> Sequence[Target]:
    task = bars.add_task("more figures of the gateway", total=STEPS)
    (gateway,) = [server for server in servers if server.contender.name == "gateway"]
    admin = await connect(database.dsn("postgres"))
    try:
        extras = Extras(bench, gateway, start(UNGATED), admin)
        return await extras.measure(lambda what, done: bars.update(task, description=what, advance=done))
    finally:
        await admin.close()


def _write(choice: Choice, results: Results, found: Sequence[Target], json: Path | None) -> None:
    """Write what was asked for, and the README's table and chart when everything was measured thoroughly."""
    more = {
        "pgbench": results.floor,
        "figures": [asdict(target) for target in found],
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            "million_additions_ms": round(_million_additions(), 1),
        },
    }
    written = orjson.dumps(as_json(results.table, **more), option=orjson.OPT_INDENT_2) + b"\n"
    if json is not None:
        json.write_bytes(written)
    complete = choice.is_complete and all(len(row) == len(CONTENDERS) for row in results.table.values())
    if complete:
        README.write_text(with_figures(README.read_text(), orjson.loads(written)))
    folder = HERE if complete else CACHE
    (folder / "results.json").write_bytes(written)
    if any("gateway" in row for row in results.table.values()):
        (folder / "results.svg").write_text(chart(results.table))
        OUT.print(f"chart: {(folder / 'results.svg').relative_to(HERE.parents[1])}", highlight=False)


def _million_additions() -> float:
    """Milliseconds of CPU that a loop in Python takes here, the best of some: machines differ, and have bad days."""
    taken: list[float] = []
    for _ in range(5):
        began, total = time.process_time(), 0
        for n in range(1_000_000):
            total += n
        taken.append(time.process_time() - began)
    return 1_000 * min(taken)


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


if __name__ == "__main__":
    app()
