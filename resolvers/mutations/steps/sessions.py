"""Sessions and their lifetime: a session ends after IDLE without use, and after LONGEST in any case.

Requests only remember the credentials that they use; `execution/credential_use.py` writes them now and then.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from db.remote_apply import APPLIED
from db.tokens import CredentialKind, hash_token, new_token

IDLE: Final = "14 days"
LONGEST: Final = "90 days"

MOST_OPEN: Final = 1_000
"""Maximum number of sessions of an account. A new one beyond it ends the session that was unused longest."""


INSERT_SESSION: Final = f"""
insert into credential (token_hash, account_id, user_agent, last_used_at, expires_at, ends_at)
values ($1, $2, $3, now(), now() + interval '{IDLE}', now() + interval '{LONGEST}')
returning expires_at, ends_at
"""
INSERT_SESSION_IF_PASSWORD_STANDS: Final = f"""
with known as (
  select id from account where id = $2 and password_hash = $4 for share
), opened as (
  insert into credential (token_hash, account_id, user_agent, last_used_at, expires_at, ends_at)
  select $1, id, $3, now(), now() + interval '{IDLE}', now() + interval '{LONGEST}' from known
  returning expires_at, ends_at
)
select expires_at, ends_at from opened
"""
"""Opens no session when the password is changed at the same moment; the change waits for this one statement at most."""

DELETE_OLD_SESSIONS: Final = f"""
with ended as (
  delete from credential where id in (
    select id from credential
    where account_id = $1 and kind = 'SESSION' and id <> all(array(
      select id from credential where account_id = $1 and kind = 'SESSION' and expires_at > now()
      order by coalesce(last_used_at, created_at) desc limit {MOST_OPEN - 1}
    ))
    for update skip locked
  )
  returning id
)
select {APPLIED} from ended limit 1
"""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session and its token, which is not stored.

    The session ends at `expires_at` unless it is used before, and at `ends_at` in any case.
    """

    token: str
    expires_at: datetime
    ends_at: datetime


async def open_session(connection: Connection, account: uuid.UUID, user_agent: str | None) -> NewSession:
    """Open a session of an account. Deletes its expired sessions, and beyond the maximum those unused longest."""
    session = await _open(connection, INSERT_SESSION, account, user_agent)
    assert session is not None
    return session


async def open_session_if_right(
    connection: Connection, account: uuid.UUID, user_agent: str | None, password_hash: str
) -> NewSession | None:
    """Open a session as `open_session` does, if the hash is still that of the account's password; else None."""
    return await _open(connection, INSERT_SESSION_IF_PASSWORD_STANDS, account, user_agent, password_hash)


async def _open(
    connection: Connection, statement: str, account: uuid.UUID, user_agent: str | None, *more: object
) -> NewSession | None:
    await connection.execute(DELETE_OLD_SESSIONS, account)
    token = new_token(CredentialKind.SESSION.value)
    opened = await connection.fetchrow(statement, hash_token(token), account, user_agent, *more)
    return NewSession(token, opened["expires_at"], opened["ends_at"]) if opened is not None else None
