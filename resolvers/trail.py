"""The history of access: one row for each change, written by the transaction that makes it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from resolvers.writing import Write

RECORD: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, role_before, role_after, until)
values ($1, coalesce($2, clock_timestamp()), $3, $4, $5, $6, $7, $8)
"""
GRANT: Final = """
with granted as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1, $2, id, tstzrange($3, null), $4 from app where always_visible or id = any($5::text[])
  returning app_id
), kept as (
  update membership m set toggles = (
    select bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1)) from granted join app a on a.id = app_id
  ) where m.company_id = $1 and m.id = $2
)
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
select $1, $3, 'TOGGLE', $4, $2, id, false, true from app where id = any($5::text[]) and not always_visible
"""
"""The toggles of a new member: what everybody has, and what is granted from the beginning."""

GROW: Final = "update company set access_version = access_version + 1 where id = $1"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of access in a company: of a person or of the company; `at` is now when it is not given.

    `until` is the term that was set.
    """

    kind: str
    company: uuid.UUID
    membership: uuid.UUID | None = None
    at: datetime | None = None
    role_before: str | None = None
    role_after: str | None = None
    until: datetime | None = None


async def record(write: Write, change: Change, actor: uuid.UUID | None = None) -> None:
    """Record a change of access; `actor` is an account, the caller's by default."""
    who = actor if actor is not None else write.caller.account
    await write.connection.execute(
        RECORD, change.company, change.at, change.kind, who, change.membership, change.role_before, change.role_after,
        change.until,
    )  # fmt: skip


async def grant_first(
    write: Write, company: uuid.UUID, membership: uuid.UUID, apps: Sequence[str], *, actor: uuid.UUID, at: datetime
) -> None:
    """Switch on what a new member has from the beginning, under the lock on its company."""
    await write.connection.execute(GRANT, company, membership, at, actor, list(apps))


async def grow(write: Write, company: uuid.UUID) -> None:
    """A mutation changed access in the company: once for each, whatever it changed."""
    await write.connection.execute(GROW, company)
