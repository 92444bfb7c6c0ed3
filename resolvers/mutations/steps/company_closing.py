"""Companies without an owner: they close after a while, unless a new owner comes.

Closing sets the term of every membership in advance, so nothing has to run when the moment comes.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from resolvers.membership import present
from resolvers.mutations.steps.support_accounts import switch_off

CLOSES_AFTER: Final = timedelta(days=30)
"""Time for the remaining users to find an owner."""

FIND_OWNERLESS: Final = f"""
select c.id, c.support_until from company c
where c.id = any($1::uuid[]) and c.closes_at is null and not exists (
  select from membership m where m.company_id = c.id and (m.role = 'OWNER' or m.stands_in) and {present("m")}
)
"""
CLOSE_COMPANY: Final = """
with capped as (
  update membership set until = $3
  where company_id = $1 and removed_at is null and (until is null or until > $3)
  returning id, external
), closing as (
  update company set closes_at = $3 where id = $1
)
insert into access_change (company_id, at, kind, membership_id, until)
select $1, $2::timestamptz, 'COMPANY_CLOSES', null::uuid, $3::timestamptz
union all select $1, $2, 'EXTERNAL_CHANGED', id, $3 from capped where external
"""
RECORD_SUPPORT_OFF: Final = "insert into access_change (company_id, at, kind) values ($1, $2, 'SUPPORT_OFF')"
REOPEN_COMPANY: Final = """
with closing as (
  select id, closes_at from company where id = $1 and closes_at is not null
), freed as (
  update membership m set until = case when m.external then (
    select c.until from access_change c
    where c.company_id = m.company_id and c.membership_id = m.id and c.kind in ('EXTERNAL_ADDED', 'EXTERNAL_CHANGED')
      and c.until is distinct from closing.closes_at
    order by c.at desc, c.id desc limit 1
  ) end
  from closing where m.company_id = closing.id and m.removed_at is null and m.until = closing.closes_at
  returning m.id, m.external, m.until
), trail as (
  insert into access_change (company_id, at, kind, membership_id, until)
  select id, $2::timestamptz, 'COMPANY_STAYS', null::uuid, null::timestamptz from closing
  union all select $1, $2, 'EXTERNAL_CHANGED', id, until from freed where external
)
update company c set closes_at = null from closing where c.id = closing.id
"""
END_STANDING_IN: Final = "update membership set stands_in = false where company_id = $1 and stands_in"


async def close_ownerless(connection: Connection, companies: Sequence[uuid.UUID], at: datetime) -> None:
    """Let those of the locked companies close that have neither an owner nor a stand-in for one.

    Support's access to them ends, since no owner is left to decide about it.
    """
    for company in await connection.fetch(FIND_OWNERLESS, companies):
        if company["support_until"] is not None:
            await switch_off(connection, company["id"], at)
            await connection.execute(RECORD_SUPPORT_OFF, company["id"], at)
        await connection.execute(CLOSE_COMPANY, company["id"], at, at + CLOSES_AFTER)


async def welcome_owner(connection: Connection, company: uuid.UUID, at: datetime) -> None:
    """End the closing of a locked company that an owner has joined, and the accountant's standing in."""
    await connection.execute(END_STANDING_IN, company)
    await connection.execute(REOPEN_COMPANY, company, at)
