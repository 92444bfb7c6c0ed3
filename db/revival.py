"""The first thing in a database that was restored or copied: nobody is signed in, and no letter of before is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection, connect
from db.installation import serving_gateways
from db.schema_version import check_migrated

COUNT_ENDED: Final = """
select current_database() name,
  (select count(*) from credential where kind <> 'API_KEY') sessions,
  (select count(*) from credential where kind = 'API_KEY') keys,
  (select count(*) from outbox where sent_at is null and given_up_at is null) letters,
  (select max(at) from access_change) newest
"""
DELETE_CREDENTIALS: Final = "delete from credential"
DELETE_LETTERS: Final = "delete from outbox where sent_at is null and given_up_at is null"
FIND_CHANGES: Final = """
select h.at, c.name company, h.kind, coalesce(m.first_name || ' ' || m.last_name, '') person,
  coalesce(h.app_id, '') app,
  coalesce(h.before::text, h.role_before, h.plan_before, h.until_before::text, '') was,
  coalesce(h.after::text, h.role_after, h.plan_after, h.until::text, '') became
from access_change h
join company c on c.id = h.company_id
left join membership m on m.company_id = h.company_id and m.id = h.membership_id
where h.at >= $1 order by h.at, h.id
"""


class RevivalRefused(RuntimeError):
    """The database is in use; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of what ends with a revival, and the moment of the newest change of access in the database."""

    name: str
    sessions: int
    keys: int
    letters: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of access, in words of the trail."""

    at: datetime
    company: str
    kind: str
    person: str
    app: str
    was: str
    became: str


async def revive(dsn: str, may: Callable[[Found], bool], since: datetime | None = None) -> list[Changed] | None:
    """End all sessions and API keys, and delete the letters that wait; `may` returns the consent.

    Returns the changes of access since a moment (None: none), or None without the consent. Raises RevivalRefused while
    a gateway serves from the database, and DatabaseError.
    """
    connection = await connect(dsn)
    try:
        await check_migrated(connection)
        await _require_rest(connection)
        row = await connection.fetchrow(COUNT_ENDED)
        assert row is not None, "it selects from nothing"
        if not may(Found(**dict(row))):
            return None
        async with connection.transaction():
            await _require_rest(connection)
            await connection.execute(DELETE_CREDENTIALS)
            await connection.execute(DELETE_LETTERS)
        rows = await connection.fetch(FIND_CHANGES, since) if since is not None else []
        return [Changed(**dict(row)) for row in rows]
    finally:
        await connection.close()


async def _require_rest(connection: Connection) -> None:
    if await serving_gateways(connection):
        raise RevivalRefused("A gateway serves from this database: stop it first. All sessions and keys would end.")
