"""Interleaved rounds: takes running servers and a plan, gives the rounds of every operation on every contender.

In each round every contender has a turn, in another order each time. A contender whose ratio to the gateway is known
well enough has no more turns; the gateway goes on as long as any other does.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import processes
from tests.bench.figures import OURS, Round, Rounds, pairs, ratios
from tests.bench.load import Check, LoadError, Run, ask, run
from tests.bench.normalise import Differs, difference, normalised
from tests.bench.operations import OPERATIONS, Operation
from tests.bench.servers import BEFORE, Server
from tests.bench.spread import Patience
from tests.bench.toggles import Toggles

CONNECTIONS = 16
FEWEST, MOST = 16, 5_000
"""Requests of one round."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured: seconds of warming up, of a round, and of all rounds of an operation; when that is enough.

    `close` is for the gateway of another checkout, which differs less from this one than other contenders do.
    """

    warm_seconds: float
    round_seconds: float
    most_seconds: float
    usual: Patience
    close: Patience
    floor_rounds: int


QUICK = Plan(0.3, 0.1, 8.0, Patience(6, 8, 0.1), Patience(6, 10, 0.05), floor_rounds=2)
FULL = Plan(2.5, 0.4, 45.0, Patience(7, 25, 0.02), Patience(9, 35, 0.01), floor_rounds=6)
AGAIN = Plan(1.5, 0.4, 25.0, FULL.usual, FULL.close, floor_rounds=0)
"""For further runs of the gateway and the one before."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A contender whose answer differs, and where."""

    server: Server
    where: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured: PostgreSQL's first process, and the toggles that writes to each database go through."""

    postmaster: int
    toggles: Mapping[str, Toggles]

    def answers(self, server: Server, operation: Operation) -> object:
        """The normalised answer to a read. Raises Differs and LoadError."""
        body = ask(server.port, server.contender.request(operation))
        try:
            return normalised(body, server.contender.reshape.get(operation.name))
        except Differs as error:
            raise Differs(f"{server.contender.name}, {operation.name}: {error}") from None

    def round(self, server: Server, operation: Operation, count: int) -> Round:
        """One round. Raises LoadError."""
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
        if operation.name == "write":
            change, toggles = server.contender.change, self.toggles[server.database]
            return run(server.port, CONNECTIONS, count, lambda n: change(toggles.next(n)), _check_of(toggles))
        request = server.contender.request(operation)
        return run(server.port, CONNECTIONS, count, lambda _: request)

    def warm(self, server: Server, operation: Operation, seconds: float) -> float:
        """Send requests for a while; gives how many a second were answered at the end."""
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
    """Ask every contender every read; gives each whose answer differs from the first contender's. Raises LoadError."""
    for name in operations:
        operation = OPERATIONS[name]
        if name == "write":
            continue
        wanted = bench.answers(servers[0], operation)
        for server in servers[1:]:
            if _asks(server, operation):
                where = difference(wanted, bench.answers(server, operation), name)
                if where is not None:
                    yield Difference(server, where)


def measure(
    bench: Bench, servers: Sequence[Server], operations: Sequence[str], plan: Plan, step: Callable[[str, float], None]
) -> Iterator[tuple[str, Mapping[str, Rounds]]]:
    """The rounds of one operation after the other; `step` is told what comes, and the part done. Raises LoadError."""
    for n, name in enumerate(operations):
        operation = OPERATIONS[name]
        asked = {server.contender.name: server for server in servers if _asks(server, operation)}
        turns = Turns(plan, list(asked))
        counts: dict[str, int] = {}
        for contender, server in asked.items():
            step(f"{name}: warming up {contender}", n)
            counts[contender] = _bounded(bench.warm(server, operation, plan.warm_seconds) * plan.round_seconds)
        until = time.perf_counter() + plan.most_seconds
        for contender in turns.all(lambda until=until: time.perf_counter() > until):
            step(f"{name}, round {turns.number + 1}: {contender}", n + turns.part)
            turns.done(contender, bench.round(asked[contender], operation, counts[contender]))
        yield name, turns.rounds


class Turns:
    """Whose turn it is: takes the rounds as they are done, gives who is next until all ratios are known."""

    def __init__(self, plan: Plan, contenders: Sequence[str]) -> None:
        self.plan = plan
        self.number = 0
        self.rounds: dict[str, dict[int, Round]] = {contender: {} for contender in contenders}

    def all(self, is_late: Callable[[], bool]) -> Iterator[str]:
        """Who is next, until nobody is, or it is late after the fewest rounds."""
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
        """About which part of the rounds is done; it may be over sooner."""
        return min(1.0, self.number / self.plan.usual.most)

    def _waiting(self) -> list[str]:
        """Who needs more rounds, and the gateway with them."""
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
    """The process id of the server on a folder."""
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _check_of(toggles: Toggles) -> Check:
    def check(connection: int, body: bytes) -> None:
        if not toggles.is_done(connection, body):
            raise LoadError(f"a toggle was not set: {body[:600].decode(errors='replace')}")

    return check


def _asks(server: Server, operation: Operation) -> bool:
    return operation.name not in server.contender.lacks


def _bounded(count: float) -> int:
    return max(FEWEST, min(MOST, round(count)))


def _spent(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    return sum(value - before.get(pid, 0) for pid, value in after.items())
