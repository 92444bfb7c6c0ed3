"""The feed of changed business data: finds the companies with new changes, and wakes the subscriptions to them.

It looks when a hint comes (`change_hints.py`) and every few seconds besides, in one statement for all companies. Each
look sees what was committed since the snapshot of the look before, also what began long before it.
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from db.database import Database
from db.errors import DRIVER_ERRORS, DatabaseError, translate_refusal
from db.sql import every, rows, sql
from db.tables.core.changes import change
from resolvers.execution.change_hints import hinted
from resolvers.execution.wakeups import WakeUps

PERIOD: Final = 3.0
"""Seconds between two looks at all companies that are followed."""

REST: Final = 0.05
"""Seconds between two looks: the hints of that time are one look."""

RETRY: Final = 1.0
"""Seconds after which the companies of a look that failed are looked at again."""

CALM, EACH = 0.1, 0.002
"""Seconds for which a company that has changed is not looked at again: at least, and for each of its followers.

More changes than that come in one event, and followers of one company do not read without a break.
"""

CHANGE: Final = rows(change, sql("x"), company=sql("p.company"))

FIND_CHANGES: Final = str(
    sql(
        "select pg_current_snapshot() seen, array(select p.company from unnest($1::uuid[], $2::pg_snapshot[]) "
        "p(company, since) left join lateral (select {} from {} where {} and {} >= pg_snapshot_xmin(p.since) "
        "and not pg_visible_in_snapshot({}, p.since) order by {}, {} limit 1) f on true "
        "where p.since is null or f.xid is not null) changed",
        CHANGE["xid"],
        CHANGE.source,
        every(CHANGE.where),
        CHANGE["xid"],
        CHANGE["xid"],
        CHANGE["company_id"],
        CHANGE["xid"],
    )
)
"""Of some companies, each with the snapshot of its last look (null: none): those with a change that it did not see."""


class ChangeFeed:
    """The feed of one process; `report` is called with every DatabaseError that it meets."""

    def __init__(self, database: Database, wakes: WakeUps, report: Callable[[DatabaseError], None]) -> None:
        self._database = database
        self._wakes = wakes
        self._report = report
        self._hinted: set[uuid.UUID] = set()
        self._due = asyncio.Event()
        self._seen: dict[uuid.UUID, object] = {}
        self._calm: dict[uuid.UUID, float] = {}

    def hear(self, hint: str) -> None:
        """Look at the companies of a notification soon, as far as they are followed."""
        followed = [company for company in hinted(hint) if self._wakes.follows(company)]
        if followed:
            self._hinted.update(followed)
            self._due.set()

    async def keep_looking(self) -> None:
        """Look again and again, once there is a first subscription; until cancelled."""
        await self._wakes.wanted.wait()
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            now = loop.time()
            companies = {company for company in self._hinted if self._calm.get(company, now) <= now}
            self._hinted -= companies
            if due <= now:
                companies, due = self._wakes.followed, now + PERIOD
            await self._look(companies)
            calm = [self._calm[company] for company in self._hinted if company in self._calm]
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min([due, *calm])):
                    await self._due.wait()
            self._due.clear()

    async def _look(self, companies: set[uuid.UUID]) -> None:
        """Wake who follows those of the companies that have changed since the last look, and rest.

        While the database does not answer nothing is lost: a look comes soon that sees from where the last one did.
        """
        self._forget()
        asked = [company for company in companies if self._wakes.follows(company)]
        if not asked:
            return
        try:
            record = await self._database.read(FIND_CHANGES, [asked, [self._seen.get(company) for company in asked]])
        except (DatabaseError, *DRIVER_ERRORS, LookupError) as error:  # whatever it is, there is a next look
            self._report(translate_refusal(error))
            self._hinted.update(asked)
            self._calm |= dict.fromkeys(asked, asyncio.get_running_loop().time() + RETRY)
        else:
            self._seen |= dict.fromkeys(asked, record["seen"])
            now = asyncio.get_running_loop().time()
            for company in record["changed"]:
                self._calm[company] = now + CALM + EACH * self._wakes.changes(company)
        await asyncio.sleep(REST)

    def _forget(self) -> None:
        """Forget the companies that nobody follows any more."""
        for known in (self._seen, self._calm):
            for company in [company for company in known if not self._wakes.follows(company)]:
                del known[company]
        self._hinted = set(filter(self._wakes.follows, self._hinted))
