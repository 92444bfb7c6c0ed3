"""How long a session lives: it ends when it was not used for a while, and in any case after some time.

Requests only remember which credentials they used; now and then these are written, all together.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.database import Database
from db.tokens import CredentialKind, hash_token, new_token

IDLE: Final = "14 days"
LONGEST: Final = "90 days"
GRAIN: Final = "10 minutes"
"""A use is not written when another one was that shortly before."""

MOST_OPEN: Final = 1_000
"""So many sessions an account has: a client that signs in for every request ends those that nobody uses."""

MOST: Final = 100_000
"""So many credentials are remembered between two writes; what is used beyond them is written another time."""

OPEN: Final = f"""
insert into credential (token_hash, account_id, user_agent, last_used_at, expires_at, ends_at)
values ($1, $2, $3, now(), now() + interval '{IDLE}', now() + interval '{LONGEST}')
returning expires_at, ends_at
"""
OPEN_IF_RIGHT: Final = f"""
with known as (
  select id from account where id = $2 and password_hash = $4 for share
), opened as (
  insert into credential (token_hash, account_id, user_agent, last_used_at, expires_at, ends_at)
  select $1, id, $3, now(), now() + interval '{IDLE}', now() + interval '{LONGEST}' from known
  returning expires_at, ends_at
)
select expires_at, ends_at from opened
"""
"""A password that is changed at this moment opens nothing; the change waits for this one statement at most."""

TIDY: Final = f"""
delete from credential where id in (
  select id from credential
  where account_id = $1 and kind = 'SESSION' and id <> all(array(
    select id from credential where account_id = $1 and kind = 'SESSION' and expires_at > now()
    order by coalesce(last_used_at, created_at) desc limit {MOST_OPEN - 1}
  ))
  for update skip locked
)
"""
TOUCH: Final = f"""
update credential set last_used_at = now(),
  expires_at = case kind when 'SESSION' then least(ends_at, now() + interval '{IDLE}') else expires_at end
where id in (
  select id from credential
  where id = any($1::uuid[]) and kind in ('SESSION', 'API_KEY') and expires_at > now()
    and (last_used_at is null or last_used_at < now() - interval '{GRAIN}')
  for update skip locked
)
"""
"""A session that somebody is just ending is not waited for. What was not used does not make an API key end."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was just opened; the token is not stored.

    It ends at `expires_at` unless it is used before, and at `ends_at` in any case.
    """

    token: str
    expires_at: datetime
    ends_at: datetime


async def open_session(connection: Connection, account: uuid.UUID, user_agent: str | None) -> Session:
    """Open a session of an account; those that are over go, and beyond the limit those that were not used longest."""
    session = await _open(connection, OPEN, account, user_agent)
    assert session is not None
    return session


async def open_session_if_right(
    connection: Connection, account: uuid.UUID, user_agent: str | None, password_hash: str
) -> Session | None:
    """The same if that is still the hash of the account's password, else None."""
    return await _open(connection, OPEN_IF_RIGHT, account, user_agent, password_hash)


async def _open(
    connection: Connection, statement: str, account: uuid.UUID, user_agent: str | None, *more: object
) -> Session | None:
    await connection.execute(TIDY, account)
    token = new_token(CredentialKind.SESSION.value)
    opened = await connection.fetchrow(statement, hash_token(token), account, user_agent, *more)
    return Session(token, opened["expires_at"], opened["ends_at"]) if opened is not None else None


class Uses:
    """The credentials that were used since the last write."""

    def __init__(self) -> None:
        self._used: set[uuid.UUID] = set()

    def add(self, credential: uuid.UUID) -> None:
        """It was used just now."""
        if len(self._used) < MOST:
            self._used.add(credential)

    async def write(self, database: Database) -> None:
        """Write them; raises what the database raises, and then forgets them all the same."""
        if self._used:
            used, self._used = sorted(self._used), set()
            async with database.statements() as connection:
                await connection.execute(TOUCH, used)
