"""Processes are killed under load: the service comes back by itself, and what was acknowledged is there.

ENFACT_TEST_KILL_ROUNDS kills as many times as it says and prints what was acknowledged and found;
ENFACT_TEST_KILL_SEED plays another game.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.faults.ledger import APPS, Ledger
from tests.faults.load import Client, Reader, Writer
from tests.faults.victims import KINDS, Victims
from tests.gateway.cli.test_main import gateway
from tests.support.company import Firm

ROUNDS: Final = int(os.environ.get("ENFACT_TEST_KILL_ROUNDS") or 0)
SEED: Final = int(os.environ.get("ENFACT_TEST_KILL_SEED") or 1)
COMPANIES, WORKERS = 3, 2
BACK_SECONDS: Final = 30.0
STEP: Final = 0.02
SLOWEST_DRAW: Final = 0.4
"""Seconds that the load runs, at most, before somebody is killed."""


@dataclass(slots=True)
class Game:
    """A gateway under load, and what became of each round."""

    victims: Victims
    clients: Sequence[Client]
    random: Random
    back: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def ledgers(self) -> list[Ledger]:
        return [client.ledger for client in self.clients if isinstance(client, Writer)]

    async def round(self, kind: str) -> int:
        """Load, a kill, the way back, and a look at the database; gives how many acknowledged writes were found."""
        async with self.load():
            await self.served_again(kind)
            await asyncio.sleep(self.random.uniform(0.05, SLOWEST_DRAW))
            began = time.monotonic()
            pid = await self.victims.kill(kind, self.random)
            await self.until(f"{kind} {pid} is replaced", lambda: self.victims.is_replaced(pid, WORKERS))
            await self.served_again(kind)
            self.back[kind].append(time.monotonic() - began)
        async with self.victims.connection() as connection:
            return sum([await ledger.check(connection) for ledger in self.ledgers])

    @asynccontextmanager
    async def load(self) -> AsyncGenerator[None]:
        """All clients at work; what one of them finds wrong is raised."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for client in self.clients:
                group.create_task(client.run(stop))
            try:
                yield
            finally:
                stop.set()

    async def served_again(self, kind: str) -> None:
        """Return once every client has got something since now."""
        before = [client.served for client in self.clients]

        async def all_served() -> bool:
            return all(client.served > count for client, count in zip(self.clients, before, strict=True))

        await self.until(f"every client is served after the end of a {kind}", all_served)

    async def until(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        """Return once it is so; AssertionError when that takes longer than the service may be away."""
        deadline = time.monotonic() + BACK_SECONDS
        while not await condition():
            assert time.monotonic() < deadline, f"not within {BACK_SECONDS:.0f} s (seed {SEED}): {what}"
            await asyncio.sleep(STEP)

    def report(self) -> str:
        """The figures."""
        outcomes = sum((client.outcomes for client in self.clients), Counter[str]())
        acknowledged = sum(len(ledger.acknowledged) for ledger in self.ledgers)
        made = sum(len(ledger.changes) for ledger in self.ledgers) - acknowledged
        unanswered = sum(ledger.unanswered for ledger in self.ledgers)
        back = "; ".join(
            f"{kind}: {len(of)} killed, back after {sum(of) / len(of):.1f} s, at most {max(of):.1f} s"
            for kind, of in self.back.items()
            if of
        )
        return (
            f"\n{back}\nwrites acknowledged: {acknowledged}; unanswered: {unanswered}, of which {made} were made\n"
            f"answers: {dict(outcomes.most_common())}\n"
        )


def _kinds(random: Random) -> Iterator[str]:
    """The kinds of process to kill, each as often as the others."""
    while True:
        yield from random.sample(KINDS, len(KINDS))


async def test_what_was_acknowledged_outlives_any_process(data_folder: Path) -> None:
    random = Random(SEED)
    serving = gateway(
        "--data", str(data_folder), "--no-demo", "--workers", str(WORKERS),
        ENFACT_LOG_LEVEL="off", ENFACT_RATE="0", ENFACT_WRITE_RATE="0",
    )  # fmt: skip
    running = await asyncio.to_thread(serving.__enter__)
    try:
        victims = Victims.of(running, data_folder)
        async with victims.connection() as connection:
            ledgers = [Ledger(await Firm.found(connection, *APPS)) for _ in range(COMPANIES)]
        clients = [sort(running.url, ledger, random) for ledger in ledgers for sort in (Writer, Reader)]
        game = Game(victims, clients, random)
        kinds = _kinds(random)
        for n in range(ROUNDS or len(KINDS)):
            found = await game.round(next(kinds))
            if ROUNDS:
                print(f"round {n + 1}: {found} acknowledged writes found", flush=True)
        if ROUNDS:
            print(game.report(), flush=True)
        assert running.process.poll() is None
    finally:
        await asyncio.to_thread(serving.__exit__, None, None, None)
