"""Interleaved rounds of every operation on every contender.

In each round every contender has a turn, each time in another order. A contender whose ratio to the gateway is known
well enough has no more turns; the gateway goes on as long as any other contender does.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench.contenders.normalise import Differs, difference, normalised, without_own
from tests.bench.contenders.servers import BEFORE, CONTENDERS, Server
from tests.bench.loads.customers import CustomerPatches, NewCustomers
from tests.bench.loads.generator import Check, LoadError, Run, ask, run
from tests.bench.loads.operations import CONNECTIONS, OPERATIONS, WRITES, Operation
from tests.bench.loads.toggles import Toggles
from tests.bench.loads.writes import Writes, companies
from tests.bench.measures import processes
from tests.bench.report.figures import OURS, Round, Rounds, pairs, ratios
from tests.bench.report.spread import Patience

FEWEST, MOST = 16, 5_000
"""The least and the most requests of one round."""

WRITERS: Final[Mapping[str, Callable[[Sequence[int]], Writes]]] = dict(
    zip(WRITES, (NewCustomers, CustomerPatches, Toggles), strict=True)
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The duration of a measurement: seconds of warming up, of a round, and of all rounds of an operation at most.

    `usual` decides when the rounds suffice; `close` does so for the gateway of another checkout, which differs less
    from this one than other contenders do. Of writes there are `writes` in a round of any contender, and `warm_writes`
    before the first, so that all contenders have the same number of rows.
    """

    warm_seconds: float
    round_seconds: float
    most_seconds: float
    usual: Patience
    close: Patience
    floor_rounds: int
    writes: int
    warm_writes: int


QUICK = Plan(0.3, 0.1, 8.0, Patience(6, 8, 0.1), Patience(6, 10, 0.05), floor_rounds=2, writes=160, warm_writes=320)
FULL = Plan(2.5, 0.4, 45.0, Patience(7, 25, 0.02), Patience(9, 35, 0.01), floor_rounds=6, writes=480, warm_writes=2_400)
AGAIN = Plan(1.5, 0.4, 25.0, FULL.usual, FULL.close, floor_rounds=0, writes=480, warm_writes=960)
"""The plan of further runs of the two gateways."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A contender whose answer differs, and where."""

    server: Server
    where: str


@dataclass(frozen=True, slots=True)
class Bench:
    """The measurement's environment: PostgreSQL's first process, and the writes of each contender so far."""

    postmaster: int
    _writes: dict[tuple[str, str], Writes] = field(default_factory=dict[tuple[str, str], Writes])

    def writes(self, server: Server, operation: Operation) -> Writes:
        """The writes of an operation by a contender, which go on when it is started anew."""
        contender, name = server.contender.name, operation.name
        if (contender, name) not in self._writes:
            mine = companies([*CONTENDERS, BEFORE].index(contender))
            self._writes[contender, name] = WRITERS[name](mine)
        return self._writes[contender, name]

    def answers(self, server: Server, operation: Operation) -> object:
        """The normalised answer. Raises Differs and LoadError."""
        contender = server.contender
        write = self.writes(server, operation).next(0) if operation.name in WRITES else None
        request = contender.request(operation) if write is None else contender.change(operation, write)
        body = ask(server.port, request)
        try:
            found = normalised(body, contender.reshape.get(operation.name))
        except Differs as error:
            raise Differs(f"{contender.name}, {operation.name}: {error}") from None
        return found if write is None else without_own(found, write.own)

    def round(self, server: Server, operation: Operation, count: int) -> Round:
        """Measure one round. Raises LoadError."""
        server_before = self._server(server)
        postgres_before = self._postgres(server)
        done = self.load(server, operation, count)
        server_after, postgres_after = self._server(server), self._postgres(server)
        return Round(
            count,
            done.seconds,
            _spent(server_before, server_after),
            _spent(postgres_before, postgres_after),
            done.latencies,
            processes.resident(list(server_after)),
        )

    def load(self, server: Server, operation: Operation, count: int) -> Run:
        """Send `count` requests. Raises LoadError."""
        if operation.name in WRITES:
            return load_writes(server, operation, self.writes(server, operation), count)
        request = server.contender.request(operation)
        return run(server.port, CONNECTIONS, count, lambda _: request)

    def prepare(self, server: Server, operation: Operation, plan: Plan) -> int:
        """Warm up; returns the number of requests of a round."""
        if operation.name in WRITES:
            self.load(server, operation, plan.warm_writes)
            return plan.writes
        return _bounded(self._warm(server, operation, plan.warm_seconds) * plan.round_seconds)

    def _warm(self, server: Server, operation: Operation, seconds: float) -> float:
        """Send requests for `seconds`; returns the number answered per second at the end."""
        until = time.perf_counter() + seconds
        count, rate = CONNECTIONS, 0.0
        while True:
            rate = count / self.load(server, operation, count).seconds
            left = until - time.perf_counter()
            if left <= 0:
                return rate
            count = _bounded(rate * min(left, seconds / 3))

    def _server(self, server: Server) -> Mapping[int, int]:
        return {pid: processes.cpu([pid]) for pid in processes.tree(server.pid)}

    def _postgres(self, server: Server) -> Mapping[int, int]:
        pids = processes.backends(self.postmaster).get(server.user, [])
        return {pid: processes.cpu([pid]) for pid in pids}


def compare(bench: Bench, servers: Sequence[Server], operations: Sequence[str]) -> Iterator[Difference]:
    """Send every operation to every contender; yields those with another answer than the first one. Raises LoadError.

    Contenders answer a write alike when they have written equally often before.
    """
    for name in operations:
        operation = OPERATIONS[name]
        wanted = bench.answers(servers[0], operation)
        for server in servers[1:]:
            if _asks(server, operation):
                where = difference(wanted, bench.answers(server, operation), name)
                if where is not None:
                    yield Difference(server, where)


def measure(
    bench: Bench, servers: Sequence[Server], operations: Sequence[str], plan: Plan, step: Callable[[str, float], None]
) -> Iterator[tuple[str, Mapping[str, Rounds]]]:
    """The rounds of one operation after the other; `step` reports the next turn and the part done. Raises LoadError."""
    for n, name in enumerate(operations):
        operation = OPERATIONS[name]
        asked = {server.contender.name: server for server in servers if _asks(server, operation)}
        turns = Turns(plan, list(asked))
        counts: dict[str, int] = {}
        for contender, server in asked.items():
            step(f"{name}: warming up {contender}", n)
            counts[contender] = bench.prepare(server, operation, plan)
        until = time.perf_counter() + plan.most_seconds
        for contender in turns.all(lambda until=until: time.perf_counter() > until):
            step(f"{name}, round {turns.number + 1}: {contender}", n + turns.part)
            turns.done(contender, bench.round(asked[contender], operation, counts[contender]))
        yield name, turns.rounds


class Turns:
    """The order of turns: yields the next contender until all ratios are known, and collects the rounds."""

    def __init__(self, plan: Plan, contenders: Sequence[str]) -> None:
        self.plan = plan
        self.number = 0
        self.rounds: dict[str, dict[int, Round]] = {contender: {} for contender in contenders}

    def all(self, is_late: Callable[[], bool]) -> Iterator[str]:
        """The contenders in turn, until no more rounds are needed, or it is late after the fewest rounds."""
        while waiting := self._waiting():
            if is_late() and self.number >= self.plan.usual.fewest:
                return
            first = self.number % len(waiting)
            yield from waiting[first:] + waiting[:first]
            self.number += 1

    def done(self, contender: str, found: Round) -> None:
        """Keep a contender's round."""
        self.rounds[contender][self.number] = found

    @property
    def part(self) -> float:
        """The approximate part of the rounds that is done; they may be over sooner."""
        return min(1.0, self.number / self.plan.usual.most)

    def _waiting(self) -> list[str]:
        """The contenders that need more rounds, and the gateway with them."""
        others = [name for name in self.rounds if name != OURS and not self._is_known(name)]
        if OURS in self.rounds and (others or not self._is_known(OURS)):
            others.insert(0, OURS)
        return others

    def _is_known(self, contender: str) -> bool:
        patience = self.plan.close if contender == BEFORE else self.plan.usual
        rounds, ours = self.rounds[contender], self.rounds.get(OURS, {})
        if contender == OURS or not ours:
            return patience.is_over([round_.cpu_ms for round_ in rounds.values()])
        return patience.is_over(ratios(pairs(ours, rounds)))


def postmaster(folder: Path) -> int:
    """The process id of the PostgreSQL server on a folder."""
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def load_writes(server: Server, operation: Operation, writes: Writes, count: int) -> Run:
    """Send `count` writes, and check that each is done. Raises LoadError."""

    def source(connection: int) -> bytes:
        return server.contender.change(operation, writes.next(connection))

    return run(server.port, CONNECTIONS, count, source, check_of(writes))


def check_of(writes: Writes) -> Check:
    """The check of the answers to writes."""

    def check(connection: int, body: bytes) -> None:
        if not writes.is_done(connection, body):
            raise LoadError(f"nothing was written: {body[:600].decode(errors='replace')}")

    return check


def _asks(server: Server, operation: Operation) -> bool:
    return operation.name not in server.contender.lacks


def _bounded(count: float) -> int:
    return max(FEWEST, min(MOST, round(count)))


def _spent(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    return sum(value - before.get(pid, 0) for pid, value in after.items())
