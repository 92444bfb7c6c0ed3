"""The mail sender: sends the letters that wait in the outbox of a database, until it is stopped.

It also cleans up the outbox, with or without a transport for letters.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

from db.connection import MAIL
from db.database import Database, PoolSettings
from db.errors import DatabaseError
from db.outbox import Claimed, claim, settle, tidy
from gateway.logs import Log, causes, describe
from gateway.mail.transport import MailTransport, TransportChoice, Undelivered

POLL: Final = 2.0
"""Seconds between two reads of an empty outbox, or two tries of a database that is away."""

LOOK_AGAIN: Final = 60.0
"""Seconds between two checks for a transport, as long as there is none."""

MOST_AT_ONCE: Final = 4
TIDY_EVERY: Final = 3_600.0
LAST_LETTERS: Final = 5.0
"""Seconds that letters being sent get to finish when the sender is stopped."""

SETTLE_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each new try to record a letter's outcome; together they fit in the minute for which it is claimed."""

NO_SMTP: Final = (
    "No SMTP server is set (ENFACT_SMTP_URL): invitations, confirmations and new passwords wait in the database, "
    "and letters that have waited for three days are not sent any more."
)
"""The warning at the start of a gateway without SMTP, unless it serves the demo."""

Work: TypeAlias = Callable[[Database, Log], Coroutine[Any, Any, None]]
"""Work on a database that goes on until it is cancelled, and that no error ends."""


class MailSender:
    """Sends letters, a few at a time. Several senders may share a database; each letter is claimed by one of them."""

    def __init__(self, database: Database, route: TransportChoice, log: Log) -> None:
        self._database = database
        self._route = route
        self._log = log
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._away = False
        # A random moment: gateways that were started together do not clean up together.
        self._tidied = time.monotonic() - random.random() * TIDY_EVERY  # noqa: S311

    async def run(self) -> None:
        """Send letters until cancelled; no error ends it."""
        try:
            while True:
                await self._at_once.acquire()
                task = asyncio.create_task(self._send(*await self._next()))
                self._under_way.add(task)
                task.add_done_callback(self._ended)
        finally:
            await self._finish()

    async def _next(self) -> tuple[MailTransport, Claimed]:
        """The next letter and the transport for it; waits until there are both."""
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
            except Exception as error:  # noqa: BLE001 (any error: letters can wait, and the gateway must go on)
                self._report_away(error)
            await asyncio.sleep(pause)

    async def _tidy(self) -> None:
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidied = time.monotonic()
            await tidy(self._database)

    async def _send(self, carrier: MailTransport, letter: Claimed) -> None:
        """Send one letter and record the outcome."""
        problem, final = None, False
        try:
            await carrier.send(letter)
        except Undelivered as undelivered:
            problem, final = undelivered.problem, undelivered.final
        except Exception as error:  # noqa: BLE001 (any error: the next letter may succeed)
            problem = type(error).__name__
        if problem is not None:
            self._log.event(
                "letter not sent", kind=letter.kind, letter=str(letter.id), attempt=letter.attempt, problem=problem,
                final=final,
            )  # fmt: skip
        await self._settle(letter, problem, final=final)

    async def _settle(self, letter: Claimed, problem: str | None, *, final: bool) -> None:
        """Record the outcome of a letter, trying again for some seconds while the database is away."""
        for pause in (*SETTLE_PAUSES, None):
            try:
                await settle(self._database, letter.id, problem, final=final)
                return
            except Exception as error:  # noqa: BLE001 (any error: the letter is then sent again, at least once)
                self._report_away(error)
            if pause is not None:
                await asyncio.sleep(pause)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._at_once.release()

    def _report_away(self, error: Exception) -> None:
        """Log that letters have to wait; only once until the database answers again."""
        if not self._away:
            self._away = True
            reasons = causes(error) if isinstance(error, DatabaseError) else describe(error)
            self._log.event("letters wait for the database", **reasons)

    async def _finish(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=LAST_LETTERS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)


@asynccontextmanager
async def sending(dsn: str, route: TransportChoice, log: Log, beside: Sequence[Work] = ()) -> AsyncGenerator[None]:
    """Send letters within the block, on a pool of two connections that the works `beside` share."""
    task = asyncio.create_task(_send_from(dsn, route, log, beside))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _send_from(dsn: str, route: TransportChoice, log: Log, beside: Sequence[Work]) -> None:
    database = await _open(dsn, log, PoolSettings(size=2, application_name=MAIL))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(MailSender(database, route, log).run())
            for work in beside:
                tasks.create_task(work(database, log))
    finally:
        await database.close()


async def _open(dsn: str, log: Log, pool: PoolSettings) -> Database:
    """Connect, trying again until it succeeds."""
    logged = False
    while True:
        try:
            return await Database.open(dsn, pool)
        except DatabaseError as error:
            if not logged:
                logged = True
                log.event("letters wait for the database", **causes(error))
        await asyncio.sleep(POLL)
