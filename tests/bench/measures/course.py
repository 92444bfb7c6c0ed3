"""The course of one complete measurement, on a running database.

First all contenders in rounds; then, with an earlier gateway, further runs of both gateways on restarted servers; then
PostgreSQL alone; last the measurements that change the data: clients beside each other, and floods.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from db.connection import connect
from tests.bench.contenders.before import Checkout
from tests.bench.contenders.fetching import Unavailable
from tests.bench.contenders.normalise import Differs
from tests.bench.contenders.servers import (
    BEFORE,
    CONTENDERS,
    SHARED,
    UNGATED,
    Contender,
    Place,
    Server,
    free_port,
    started,
)
from tests.bench.data import cluster
from tests.bench.loads.generator import LoadError
from tests.bench.loads.operations import OPERATIONS, READS
from tests.bench.measures import floor, processes
from tests.bench.measures.beside import STEPS as BESIDE_STEPS
from tests.bench.measures.beside import Beside, everywhere, nothing_beside
from tests.bench.measures.extras import FIGURES, SECOND, STEPS, TEXTS, Extras, Probe, compared, nothing_more
from tests.bench.measures.measuring import AGAIN, FULL, Bench, Plan, compare, measure, postmaster
from tests.bench.report.change import Change, Pairs, Run, changed, changes
from tests.bench.report.figures import OURS, Figures, Rounds, figures
from tests.bench.report.spread import Estimate
from tests.bench.report.tables import Target

STARTS: Final = 4
"""Number of starts of each of the two gateways in one run."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The selection of measurements, and their duration."""

    contenders: Sequence[str]
    operations: Sequence[str]
    plan: Plan
    extras: bool
    beside: bool
    before: Checkout | None = None
    runs: int = 1

    @property
    def is_complete(self) -> bool:
        """Whether everything is measured, in full length."""
        everybody = len(self.contenders) == len(CONTENDERS) and len(self.operations) == len(OPERATIONS)
        return everybody and self.plan is FULL and self.extras and self.beside

    def compared_with(self, before: Checkout | None, runs: int) -> "Choice":
        """The same choice, with an earlier gateway."""
        return replace(self, before=before, runs=runs)


@dataclass(slots=True)
class Results:
    """All measurements; `missing` has the reason for each contender that could not run."""

    table: dict[str, Mapping[str, Figures]] = field(default_factory=dict[str, Mapping[str, Figures]])
    floor: Mapping[str, Estimate] = field(default_factory=dict[str, Estimate])
    extras: list[Target] = field(default_factory=list[Target])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    commit: str | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """One measurement; `part` and `step` report the progress, `say` prints a message at once."""

    choice: Choice
    database: cluster.Cluster
    folder: Path
    cache: Path
    processors: Sequence[int]
    part: Callable[[str, float], None]
    step: Callable[[str, float], None]
    say: Callable[[str], None]
    results: Results = field(default_factory=Results)

    async def run(self) -> Results:
        """Measure everything that was chosen. Raises LoadError, Differs and floor.Failed."""
        self._start_once()
        bench = Bench(postmaster(self.folder))
        self._all_contenders(bench)
        self.part("pgbench", 1)
        rounds = self.choice.plan.floor_rounds
        self.results.floor = floor.floor(
            self.database.socket, bench.postmaster, self.choice.operations, rounds, self.step
        )
        self.results.extras += await self._beside(bench) if self.choice.beside else nothing_beside()
        self.results.extras += await self._extras(bench) if self.choice.extras else nothing_more()
        return self.results

    def _start_once(self) -> None:
        """Start the gateways once, so that Python compiles their modules: that takes memory only the first time."""
        gateways = [CONTENDERS[OURS]] if OURS in self.choice.contenders else []
        if self.choice.before is not None:
            gateways.append(self.choice.before.contender)
        self.part("starting once", len(gateways))
        for n, contender in enumerate(gateways):
            self.step(f"starting {contender.name} once", n)
            with self._start(contender):
                pass

    def _all_contenders(self, bench: Bench) -> None:
        """The first run with all contenders, and further ones of the two gateways."""
        runs: list[Run] = []
        more: list[Mapping[str, Pairs]] = []
        for n in range(self.choice.runs):
            with contextlib.ExitStack() as stack:
                servers = list(self._servers(stack, is_first=n == 0))
                self._compare(bench, servers, [one for one in self.choice.operations if n == 0 or one in READS])
                runs.append(self._rounds(bench, servers, n))
                if self.choice.before is not None:
                    more.append(self._more(bench, servers, n))
        self.results.table |= {name: _figures(row) for name, row in runs[0].items()}
        if self.choice.before is not None:
            self.results.commit = self.choice.before.commit
            self.results.changes = [*changes(runs), *_further(more)]

    def _servers(self, stack: contextlib.ExitStack, *, is_first: bool) -> Iterator[Server]:
        names = self.choice.contenders if is_first else [OURS]
        chosen = [CONTENDERS[name] for name in names]
        if self.choice.before is not None:
            chosen.insert(1, self.choice.before.contender)
        self.part("starting", len(chosen))
        for n, contender in enumerate(chosen):
            self.step(f"starting {contender.name}", n)
            try:
                yield stack.enter_context(self._start(contender))
            except (Unavailable, LoadError) as reason:
                if contender.name in (OURS, BEFORE):
                    raise
                self.results.missing[contender.name] = str(reason)
                self.say(f"[bold red]NOT MEASURED:[/] {contender.name}: {reason}")

    def _start(self, contender: Contender, processors: Sequence[int] | None = None) -> AbstractContextManager[Server]:
        database = self.database.database_of(contender.name)
        place = Place(
            self.database.dsn(contender.name, database),
            database,
            free_port(),
            processors or self.processors,
            self.cache,
        )
        return started(contender, place)

    def _compare(self, bench: Bench, servers: Sequence[Server], operations: Sequence[str]) -> None:
        self.part("comparing answers", 1)
        for found in compare(bench, servers, operations):
            said = f"{found.server.contender.name} and {servers[0].contender.name} differ: {found.where}"
            if found.server.contender.name != BEFORE:
                raise Differs(said)
            self.say(f"[bold yellow]{said}[/]")

    def _rounds(self, bench: Bench, servers: Sequence[Server], run: int) -> Run:
        operations = self.choice.operations
        self.part("measuring", len(operations))
        plan = AGAIN if run and self.choice.plan is FULL else self.choice.plan
        return dict(measure(bench, servers, operations, plan, lambda what, done: self._told(run, what, done)))

    def _told(self, run: int, what: str, done: float) -> None:
        self.step(f"run {run + 1}, {what}" if self.choice.runs > 1 else what, done)

    def _more(self, bench: Bench, servers: Sequence[Server], run: int) -> Mapping[str, Pairs]:
        """The further comparison with the earlier gateway: first times, lists, starts."""
        named = {server.contender.name: server for server in servers}
        self.part("before and after", len(FIGURES) + 1)

        def step(what: str, done: float) -> None:
            self._told(run, what, done)

        found = dict(compared(Probe(bench), named[BEFORE], named[OURS], step))
        step("starts", len(FIGURES))
        starts: list[tuple[float, float]] = []
        for n in range(STARTS):
            both = [named[BEFORE].contender, named[OURS].contender]
            taken = {one.name: self._start_cpu(one) for one in (both if n % 2 else both[::-1])}
            starts.append((taken[BEFORE], taken[OURS]))
        return {**found, "start, CPU": starts}

    def _start_cpu(self, contender: Contender) -> float:
        with self._start(contender) as server:
            return server.start_cpu_ms

    async def _beside(self, bench: Bench) -> Sequence[Target]:
        everything = sorted(range(len(self.processors) + 1))
        with everywhere(processes.tree(bench.postmaster)):
            beside = Beside(lambda: self._start(SHARED, everything), 1.0 if self.choice.plan is FULL else 0.4)
            self.part("beside each other", BESIDE_STEPS)
            return await beside.measure(self.step)

    async def _extras(self, bench: Bench) -> Sequence[Target]:
        self.part("more figures of the gateway", STEPS)
        admin = await connect(self.database.dsn("postgres"))
        try:
            with self._start(CONTENDERS[OURS]) as gateway, self._start(UNGATED) as ungated:
                large, *places = (self.database.dsn("postgres", name) for name in (TEXTS, cluster.RUN, SECOND))
                return await Extras(Probe(bench), gateway, ungated, admin, large, places).measure(self.step)
        finally:
            await admin.close()


def _figures(row: Mapping[str, Rounds]) -> Mapping[str, Figures]:
    return {contender: figures(rounds, row.get(OURS)) for contender, rounds in row.items()}


def _further(runs: Sequence[Mapping[str, Pairs]]) -> list[Change]:
    found = [changed(figure, "ms", [run[figure] for run in runs]) for figure in runs[0]]
    return [change for change in found if change is not None]
