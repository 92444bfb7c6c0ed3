"""Processes are killed under load: the service comes back, and what was acknowledged is there, once and whole.

Each kind of process is killed once, with --long fifty are in all. ENFACT_TEST_KILL_ROUNDS kills as many times as it
says and prints what was acknowledged and found; ENFACT_TEST_KILL_SEED plays another game.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.faults.book import Book
from tests.faults.forgetful import Clerk, ForgetfulOwner
from tests.faults.game import WORKERS, Game
from tests.faults.ledger import APPS, Ledger
from tests.faults.load import Reader, Writer
from tests.faults.victims import KINDS, Victims
from tests.gateway.cli.test_main import Gateway, gateway
from tests.support.company import Firm

ROUNDS: Final = int(os.environ.get("ENFACT_TEST_KILL_ROUNDS") or 0)
SEED: Final = int(os.environ.get("ENFACT_TEST_KILL_SEED") or 1)
LONG: Final = 50
COMPANIES: Final = 2
"""How many companies there are with one writer and one reader each, and how many with clients that lose answers."""

CLERKS: Final = ("owner", "partner")
"""Those who write customers and products of one company, with the same keys."""


def kinds(random: Random) -> Iterator[str]:
    """The kinds of process to kill, each as often as the others."""
    while True:
        yield from random.sample(KINDS, len(KINDS))


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[Gateway]:
    """A gateway with workers, on an embedded server."""
    started = gateway(
        "--data", str(folder), "--no-demo", "--workers", str(WORKERS),
        ENFACT_LOG_LEVEL="off", ENFACT_RATE="0", ENFACT_WRITE_RATE="0",
    )  # fmt: skip
    running = await asyncio.to_thread(started.__enter__)
    try:
        yield running
        assert running.process.poll() is None
    finally:
        await asyncio.to_thread(started.__exit__, None, None, None)


async def begin(running: Gateway, folder: Path, random: Random) -> tuple[Game, list[Ledger], list[Clerk]]:
    """The companies, and their clients."""
    victims = Victims.of(running, folder)
    async with victims.connection() as connection:
        ledgers = [Ledger(await Firm.found(connection, *APPS)) for _ in range(2 * COMPANIES)]
    books = [Book(ledger.firm) for ledger in ledgers[COMPANIES:]]
    clerks = [Clerk.of(running.url, book, who, random) for book in books for who in CLERKS]
    others = [sort.of(running.url, ledger, random) for ledger in ledgers[:COMPANIES] for sort in (Writer, Reader)]
    owners = [ForgetfulOwner.of(running.url, ledger, random) for ledger in ledgers[COMPANIES:]]
    return Game(victims, [*others, *owners, *clerks], [*ledgers, *books], random), ledgers, clerks


def report(game: Game, ledgers: list[Ledger], clerks: list[Clerk]) -> str:
    """The figures."""
    acknowledged = sum(len(ledger.acknowledged) for ledger in ledgers)
    made = sum(len(ledger.changes) for ledger in ledgers) - acknowledged
    unanswered = sum(ledger.unanswered for ledger in ledgers)
    served, lost, replayed = (sum(getattr(clerk, name) for clerk in clerks) for name in ("served", "lost", "replayed"))
    return (
        f"\nseed {SEED}; {game.report()}\n"
        f"toggles: {acknowledged} writes acknowledged, {unanswered} unanswered, of which {made} were made\n"
        f"rows: {served} writes, {lost} answers lost, {replayed} writes answered as done before\n"
    )


async def test_what_was_acknowledged_outlives_any_process(data_folder: Path, pytestconfig: pytest.Config) -> None:
    random = Random(SEED)
    rounds = ROUNDS or (LONG if pytestconfig.getoption("long") else len(KINDS))
    async with serving(data_folder) as running:
        game, ledgers, clerks = await begin(running, data_folder, random)
        kind = kinds(random)
        for n in range(rounds):
            found = await game.round(next(kind))
            if ROUNDS:
                print(f"round {n + 1}: {found} acknowledged writes found", flush=True)
        if ROUNDS:
            print(report(game, ledgers, clerks), flush=True)
        assert all(clerk.replayed for clerk in clerks)
