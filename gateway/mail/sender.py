"""The sender: takes a database and a route for letters, sends what waits in the outbox until it is stopped.

It also keeps the outbox tidy, whether or not there is a way for letters to leave.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final

from db.database import Database, PoolSettings
from db.errors import DatabaseError
from db.outbox import Claimed, claim, settle, tidy
from gateway.logs import Log, causes, describe
from gateway.mail.carrier import Carrier, Route, Undelivered

POLL: Final = 2.0
"""Seconds between two looks into an empty outbox, or at a database that is away."""

LOOK_AGAIN: Final = 60.0
"""Seconds between two looks whether letters, which have to wait so far, may leave by now."""

MOST_AT_ONCE: Final = 4
TIDY_EVERY: Final = 3_600.0
LAST_LETTERS: Final = 5.0
"""Seconds that letters under way get to finish when the sender is stopped."""

SETTLE_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before trying again to write down that a letter was sent; all of them pass within the minute of its claim."""

NO_SMTP: Final = (
    "No SMTP server is set (ENFACT_SMTP_URL): invitations, confirmations and new passwords wait in the database, "
    "and letters that have waited for three days are not sent any more."
)
"""What the person who starts a gateway without SMTP is told, unless it is the demo."""


class MailSender:
    """Sends letters, a few at a time. Any number of them may run on one database; each letter is with one of them."""

    def __init__(self, database: Database, route: Route, log: Log) -> None:
        self._database = database
        self._route = route
        self._log = log
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._away = False
        # Gateways that were started together do not tidy together.
        self._tidied = time.monotonic() - random.random() * TIDY_EVERY  # noqa: S311

    async def run(self) -> None:
        """Send letters until cancelled; nothing else ends it."""
        try:
            while True:
                await self._places.acquire()
                task = asyncio.create_task(self._send(*await self._next()))
                self._under_way.add(task)
                task.add_done_callback(self._ended)
        finally:
            await self._finish()

    async def _next(self) -> tuple[Carrier, Claimed]:
        """The next letter and its carrier, waiting until there are both."""
        while True:
            pause = POLL
            try:
                await self._tidy()
                carrier = await self._route(self._database)
                letter = await claim(self._database) if carrier is not None else None
                self._away = False
                if carrier is None:
                    pause = LOOK_AGAIN
                elif letter is not None:
                    return carrier, letter
            except Exception as error:  # noqa: BLE001 (letters can wait; the gateway must not end because of them)
                self._report_away(error)
            await asyncio.sleep(pause)

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidied = time.monotonic()
            await tidy(self._database)

    async def _send(self, carrier: Carrier, letter: Claimed) -> None:
        """Carry one letter and write down how that went."""
        problem, final = None, False
        try:
            await carrier.carry(letter)
        except Undelivered as undelivered:
            problem, final = undelivered.problem, undelivered.final
        except Exception as error:  # noqa: BLE001 (the next letter may be better)
            problem = type(error).__name__
        if problem is not None:
            self._log.event(
                "letter not sent", kind=letter.kind, letter=str(letter.id), attempt=letter.attempt, problem=problem,
                final=final,
            )  # fmt: skip
        await self._settle(letter, problem, final=final)

    async def _settle(self, letter: Claimed, problem: str | None, *, final: bool) -> None:
        """Write down how it went, also when the database comes back only some seconds later."""
        for pause in (*SETTLE_PAUSES, None):
            try:
                await settle(self._database, letter.id, problem, final=final)
                return
            except Exception as error:  # noqa: BLE001 (the letter comes again: at least once)
                self._report_away(error)
            if pause is not None:
                await asyncio.sleep(pause)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._places.release()

    def _report_away(self, error: Exception) -> None:
        """Log that letters have to wait, once until the database answers again."""
        if not self._away:
            self._away = True
            told = causes(error) if isinstance(error, DatabaseError) else describe(error)
            self._log.event("letters wait for the database", **told)

    async def _finish(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=LAST_LETTERS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)


@asynccontextmanager
async def sending(dsn: str, route: Route, log: Log, pool: PoolSettings | None = None) -> AsyncGenerator[None]:
    """Letters are sent from here on, by two connections of their own (unless `pool` says otherwise), until the end."""
    task = asyncio.create_task(
        _send_from(dsn, route, log, pool or PoolSettings(size=2, application_name="enfact mail"))
    )
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _send_from(dsn: str, route: Route, log: Log, pool: PoolSettings) -> None:
    database = await _open(dsn, log, pool)
    try:
        await MailSender(database, route, log).run()
    finally:
        await database.close()


async def _open(dsn: str, log: Log, pool: PoolSettings) -> Database:
    """Connect, as often as that takes."""
    told = False
    while True:
        try:
            return await Database.open(dsn, pool)
        except DatabaseError as error:
            if not told:
                told = True
                log.event("letters wait for the database", **causes(error))
        await asyncio.sleep(POLL)
