"""The last use of each credential: remembered in the process, written to the database now and then."""

import uuid
from typing import Final

from db.database import Database
from resolvers.mutations.steps.sessions import IDLE

GRAIN: Final = "10 minutes"
"""Shortest time between two written uses of one credential."""


MOST: Final = 100_000
"""Maximum number of credentials remembered between two writes; a use beyond it is not written."""


WRITE_LAST_USES: Final = f"""
update credential set last_used_at = now(),
  expires_at = case kind when 'SESSION' then least(ends_at, now() + interval '{IDLE}') else expires_at end
where id in (
  select id from credential
  where id = any($1::uuid[]) and kind in ('SESSION', 'API_KEY') and expires_at > now()
    and (last_used_at is null or last_used_at < now() - interval '{GRAIN}')
  for update skip locked
)
"""
"""Skips a session that another transaction is just ending. The end of an API key does not depend on its use."""


class Uses:
    """The credentials that were used since the last write."""

    def __init__(self) -> None:
        self._used: set[uuid.UUID] = set()

    def add(self, credential: uuid.UUID) -> None:
        """Remember that the credential was used just now."""
        if len(self._used) < MOST:
            self._used.add(credential)

    async def write(self, database: Database) -> None:
        """Write and forget them. Raises DatabaseError; they are forgotten then, too."""
        if self._used:
            used, self._used = sorted(self._used), set()
            async with database.statements() as connection:
                await connection.execute(WRITE_LAST_USES, used)
