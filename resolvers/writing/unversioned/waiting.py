"""The company's row that a statement locks if it is free, and the runner's wait between two runs of the statement.

A statement that waits itself would not see that access or a credential ends meanwhile.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from db.database import Database
from db.errors import DatabaseTimeout

LOCK_COMPANY: Final = """
select c.id from judged j join company c on c.id = j.company_id and c.id = {} and c.access_version = j.access_version
where {} for no key update of c skip locked
"""
"""The company's row in the version of its access that was judged; no row after a change, or if it is locked."""

WAIT_FOR_ROW: Final = """
with of_account as materialized (select from account where id = $1 for no key update),
  of_company as materialized (select from company where id = $1 for no key update),
  of_member as materialized (select from membership where id = $1 for no key update),
  of_service as materialized (select from connected_service where id = $1 for update),
  of_payments as materialized (select from payment_account where id = $1 for no key update)
select (select count(*) from of_account) + (select count(*) from of_company) + (select count(*) from of_member)
  + (select count(*) from of_service) + (select count(*) from of_payments)
"""
"""Waits for one row: with several, those that are free would be locked until the last one is."""

PATIENCE: Final = 5.0
"""Maximum number of seconds in a line."""


async def until_free(database: Database, busy: Iterable[uuid.UUID]) -> None:
    """Wait for busy rows, one after another, without holding any of them. Raises as `Database.statements` does."""
    for row in busy:
        async with database.statements() as connection:
            await connection.execute(WAIT_FOR_ROW, row)


class Lines:
    """Overtaken statements in a line for each company or account, so that they do not overtake each other."""

    def __init__(self) -> None:
        self._heads: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def standing(self, key: uuid.UUID) -> AsyncGenerator[None]:
        """Wait until the earlier statements in the line are done. Raises DatabaseTimeout."""
        head = self._heads.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE):
                await head.acquire()
        except TimeoutError:
            raise DatabaseTimeout("Other writes were before this one for too long.") from None
        try:
            yield
        finally:
            head.release()
