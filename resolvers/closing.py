"""Companies that have no owner any more: they close after a while, unless one comes.

That they are closed is the term of every membership of theirs, so nobody has to do anything when the moment comes.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection
from resolvers.presence import present
from resolvers.support import switch_off

CLOSES_AFTER: Final = timedelta(days=30)
"""So long people who are in it can look for an owner."""

OWNERLESS: Final = f"""
select c.id, c.support_until from company c
where c.id = any($1::uuid[]) and c.closes_at is null and not exists (
  select from membership m where m.company_id = c.id and (m.role = 'OWNER' or m.stands_in) and {present("m")}
)
"""
CLOSE: Final = """
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
SWITCHED_OFF: Final = "insert into access_change (company_id, at, kind) values ($1, $2, 'SUPPORT_OFF')"
REOPEN: Final = """
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
STAND_DOWN: Final = "update membership set stands_in = false where company_id = $1 and stands_in"


async def close_ownerless(connection: Connection, companies: Sequence[uuid.UUID], at: datetime) -> None:
    """Have those of these companies closed that have no owner any more, nor who stands in for one; they are locked.

    Nobody is left who could let support in, or keep it out: it is out.
    """
    for company in await connection.fetch(OWNERLESS, companies):
        if company["support_until"] is not None:
            await switch_off(connection, company["id"], at)
            await connection.execute(SWITCHED_OFF, company["id"], at)
        await connection.execute(CLOSE, company["id"], at, at + CLOSES_AFTER)


async def welcome_owner(connection: Connection, company: uuid.UUID, at: datetime) -> None:
    """An owner has come to a company that is locked: nobody stands in for one any more, and it is not closed."""
    await connection.execute(STAND_DOWN, company)
    await connection.execute(REOPEN, company, at)
