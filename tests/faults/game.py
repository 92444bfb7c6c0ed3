"""A gateway under load whose processes are killed: takes the clients, and the books in which what they know is kept."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from db.connection import Connection
from tests.faults.load import Client
from tests.faults.victims import KINDS, Victims

WORKERS: Final = 2
BACK_SECONDS: Final = 30.0
STEP: Final = 0.02
SLOWEST_DRAW: Final = 0.4
"""Seconds that the load runs, at most, before somebody is killed."""


class Checked(Protocol):
    """What is known of a company."""

    async def check(self, connection: Connection) -> int:
        """Compare the database with what is known; gives how many answered writes it found. Raises AssertionError."""
        ...


@dataclass(slots=True)
class Game:
    """A gateway under load, and what became of each round."""

    victims: Victims
    clients: Sequence[Client]
    books: Sequence[Checked]
    random: Random
    back: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    async def round(self, kind: str) -> int:
        """Load, a kill, the way back, and a look at the database; gives how many answered writes were found."""
        async with self.load():
            await self.served_again(kind)
            await asyncio.sleep(self.random.uniform(0.05, SLOWEST_DRAW))
            began = time.monotonic()
            pid = await self.victims.kill(kind, self.random)
            await self.until(f"{kind} {pid} is replaced", lambda: self.victims.is_replaced(pid, WORKERS))
            await self.served_again(kind)
            self.back[kind].append(time.monotonic() - began)
        async with self.victims.connection() as connection:
            return sum([await book.check(connection) for book in self.books])

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
            assert time.monotonic() < deadline, f"not within {BACK_SECONDS:.0f} s: {what}"
            await asyncio.sleep(STEP)

    def report(self) -> str:
        """How long the service was away, and what was answered."""
        outcomes = sum((client.outcomes for client in self.clients), Counter[str]())
        back = "; ".join(
            f"{kind}: {len(of)} killed, back after {sum(of) / len(of):.1f} s, at most {max(of):.1f} s"
            for kind, of in self.back.items()
            if of
        )
        return f"{back}\nanswers: {dict(outcomes.most_common())}"
