"""The audit of access (`access_change`): one row for each change, written by the transaction that makes it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.masks import NO_APPS
from resolvers.mutations.context import MutationContext

RECORD_CHANGE: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, role_before, role_after, until)
values ($1, coalesce($2, clock_timestamp()), $3, $4, $5, $6, $7, $8)
"""
GRANT_FIRST_APPS: Final = f"""
with granted as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1, $2, id, tstzrange($3, null), $4 from app where always_visible or id = any($5::text[])
  returning app_id
), kept as (
  update membership m set toggles = (
    select bit_or(set_bit({NO_APPS}, a.position, 1)) from granted join app a on a.id = app_id
  ) where m.company_id = $1 and m.id = $2
)
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
select $1, $3, 'TOGGLE', $4, $2, id, false, true from app where id = any($5::text[]) and not always_visible
"""
"""The toggles of a new user: the apps that are always visible, and those granted from the beginning."""

INCREASE_ACCESS_VERSION: Final = "update company set access_version = access_version + 1 where id = $1"


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A change of access of a user or of the whole company (without `membership`).

    `kind` is the value in the column of that name. `at` None is the current time. `until` is the term that was set.
    """

    kind: str
    company: uuid.UUID
    membership: uuid.UUID | None = None
    at: datetime | None = None
    role_before: str | None = None
    role_after: str | None = None
    until: datetime | None = None


async def record(write: MutationContext, change: AccessChange, actor: uuid.UUID | None = None) -> None:
    """Record a change of access. `actor` is the account that made it, the caller's by default."""
    who = actor if actor is not None else write.caller.account
    await write.connection.execute(
        RECORD_CHANGE, change.company, change.at, change.kind, who, change.membership, change.role_before,
        change.role_after, change.until,
    )  # fmt: skip


async def grant_first(
    write: MutationContext,
    company: uuid.UUID,
    membership: uuid.UUID,
    apps: Sequence[str],
    *,
    actor: uuid.UUID,
    at: datetime,
) -> None:
    """Write and record the first toggles of a new user, under the lock on the company."""
    await write.connection.execute(GRANT_FIRST_APPS, company, membership, at, actor, list(apps))


async def grow(write: MutationContext, company: uuid.UUID) -> None:
    """Increase the company's access version; called once by each mutation that changed access there."""
    await write.connection.execute(INCREASE_ACCESS_VERSION, company)
