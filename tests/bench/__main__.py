"""The command `python -m tests.bench`: prepares the data, starts the contenders, compares, measures and reports."""

import asyncio
import contextlib
import fcntl
import os
import platform
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from db.embedded import EmbeddedError
from tests.bench import cluster
from tests.bench.fetching import Unavailable
from tests.bench.figures import Figures, as_json
from tests.bench.load import LoadError
from tests.bench.measuring import FULL, QUICK, Bench, Plan, compare, measure, postmaster
from tests.bench.normalise import Differs
from tests.bench.operations import OPERATIONS
from tests.bench.report import operation_table, target_table, targets
from tests.bench.servers import CONTENDERS, Place, Server, free_port, pin_ourselves, started
from tests.bench.toggles import Toggles

HERE: Final = Path(__file__).parent
CACHE: Final = HERE.parents[1] / ".cache" / "bench"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is measured, and how long."""

    contenders: Sequence[str]
    operations: Sequence[str]
    plan: Plan

    @property
    def is_complete(self) -> bool:
        """Whether everything is measured, thoroughly."""
        return self.plan is FULL and len(self.contenders) == len(CONTENDERS) and len(self.operations) == len(OPERATIONS)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Short rounds: under two minutes.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this contender or operation; may be repeated.", show_default=False),
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write the figures there.")] = None,
) -> None:
    """Measure the gateway beside what one would take instead, over the same tables.

    The first run makes the data set (a minute or two) and fetches what it compares with; both are kept in .cache/bench.
    """
    console = Console(stderr=True)
    choice = _choice(only or [], QUICK if quick else FULL)
    try:
        with _alone():
            asyncio.run(_run(choice, json, console))
    except (LoadError, Differs, EmbeddedError) as error:
        console.print(f"[red]bench:[/] {error}", highlight=False, markup=True)
        raise typer.Exit(1) from None


def _choice(names: Sequence[str], plan: Plan) -> Choice:
    unknown = [name for name in names if name not in CONTENDERS and name not in OPERATIONS]
    if unknown:
        known = ", ".join([*CONTENDERS, *OPERATIONS])
        raise typer.BadParameter(f"{', '.join(unknown)}: neither contender nor operation ({known})")
    contenders = [name for name in CONTENDERS if name in names] or list(CONTENDERS)
    operations = [name for name in OPERATIONS if name in names] or list(OPERATIONS)
    return Choice(contenders, operations, plan)


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
    pin_ourselves()
    with _bars(console) as bars:
        data = bars.add_task("data set", total=None)

        def load_progress(done: int, total: int) -> None:
            bars.update(data, description="making the data set (once)", completed=done, total=total)

        folder = CACHE / "postgres"
        async with cluster.running(folder, list(CONTENDERS), load_progress) as server:
            bars.update(data, description="data set", completed=1, total=1)
            found = _measure(choice, server, Bench(postmaster(folder), Toggles()), bars, console)
    out = Console()
    for name, row in found.items():
        out.print(operation_table(name, row, None))
    out.print(target_table(targets(found)))
    written = orjson.dumps(as_json(found, machine=_machine()), option=orjson.OPT_INDENT_2) + b"\n"
    if json is not None:
        json.write_bytes(written)


def _measure(
    choice: Choice, server: cluster.Cluster, bench: Bench, bars: Progress, console: Console
) -> dict[str, dict[str, Figures]]:
    with contextlib.ExitStack() as stack:
        servers: list[Server] = []
        task = bars.add_task("starting", total=len(choice.contenders))
        for name in choice.contenders:
            bars.update(task, description=f"starting {name}")
            place = Place(server.dsn(name), free_port(), CACHE)
            try:
                servers.append(stack.enter_context(started(CONTENDERS[name], place)))
            except Unavailable as reason:
                console.print(f"[yellow]skipped:[/] {name}: {reason}", highlight=False)
            bars.advance(task)
        bars.update(task, description="comparing answers")
        compare(bench, servers, choice.operations)
        bars.update(task, description="all answer the same")
        total = len(choice.operations) * len(servers) * (choice.plan.rounds + 1)
        task = bars.add_task("measuring", total=total)

        def step(what: str, done: int) -> None:
            bars.update(task, description=what, advance=done)

        return {name: dict(row) for name, row in measure(bench, servers, choice.operations, choice.plan, step)}


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _machine() -> dict[str, Any]:
    return {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


if __name__ == "__main__":
    app()
