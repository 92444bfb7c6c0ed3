"""Interleaved rounds: takes running servers and a plan, gives the rounds of every operation on every contender."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import processes
from tests.bench.figures import Figures, Round, figures
from tests.bench.load import LoadError, Run, ask, run
from tests.bench.normalise import Differs, difference, normalised
from tests.bench.operations import OPERATIONS, Operation
from tests.bench.servers import Server
from tests.bench.toggles import Toggles

CONNECTIONS = 16
FEWEST, MOST = 16, 5_000
"""Requests of one round."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured: seconds of warming up, rounds, and seconds that a round should take."""

    warm_seconds: float
    rounds: int
    round_seconds: float
    floor_seconds: int


QUICK = Plan(warm_seconds=0.4, rounds=3, round_seconds=0.25, floor_seconds=1)
FULL = Plan(warm_seconds=2.5, rounds=7, round_seconds=0.8, floor_seconds=3)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured: PostgreSQL's first process, and the toggles that writes go through."""

    postmaster: int
    toggles: Toggles

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
            change = server.contender.change
            return run(server.port, CONNECTIONS, count, lambda n: change(self.toggles.next(n)), self._check_change)
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

    def _check_change(self, connection: int, body: bytes) -> None:
        if not self.toggles.is_done(connection, body):
            raise LoadError(f"a toggle was not set: {body[:600].decode(errors='replace')}")

    def _server(self, server: Server) -> Mapping[int, int]:
        return {pid: processes.cpu([pid]) for pid in processes.tree(server.pid)}

    def _postgres(self, server: Server) -> Mapping[int, int]:
        pids = processes.backends(self.postmaster).get(server.user, [])
        return {pid: processes.cpu([pid]) for pid in pids}


def compare(bench: Bench, servers: Sequence[Server], operations: Sequence[str]) -> None:
    """Ask every contender every read and raise Differs for the first answer that differs from the first contender's."""
    for name in operations:
        operation = OPERATIONS[name]
        if name == "write":
            continue
        wanted = bench.answers(servers[0], operation)
        for server in servers[1:]:
            if _asks(server, operation):
                where = difference(wanted, bench.answers(server, operation), name)
                if where is not None:
                    raise Differs(f"{server.contender.name} and {servers[0].contender.name} differ: {where}")


def measure(
    bench: Bench, servers: Sequence[Server], operations: Sequence[str], plan: Plan, step: Callable[[str, int], None]
) -> Iterator[tuple[str, Mapping[str, Figures]]]:
    """The figures of one operation after the other; `step` is told of each round that is done. Raises LoadError."""
    for name in operations:
        operation = OPERATIONS[name]
        asked = [server for server in servers if _asks(server, operation)]
        counts: dict[str, int] = {}
        rounds: dict[str, list[Round]] = {server.contender.name: [] for server in asked}
        for server in asked:
            rate = bench.warm(server, operation, plan.warm_seconds)
            counts[server.contender.name] = _bounded(rate * plan.round_seconds)
            step(f"{name}: warming up {server.contender.name}", 1)
        for n in range(plan.rounds):
            for server in asked[n % len(asked) :] + asked[: n % len(asked)]:
                found = bench.round(server, operation, counts[server.contender.name])
                rounds[server.contender.name].append(found)
                step(f"{name}: {server.contender.name}", 1)
        yield name, {contender: figures(found) for contender, found in rounds.items()}


def postmaster(folder: Path) -> int:
    """The process id of the server on a folder."""
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _asks(server: Server, operation: Operation) -> bool:
    return operation.name not in server.contender.lacks


def _bounded(count: float) -> int:
    return max(FEWEST, min(MOST, round(count)))


def _spent(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    return sum(value - before.get(pid, 0) for pid, value in after.items())
