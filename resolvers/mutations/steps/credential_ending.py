"""The end of credentials. The end of an API key is recorded in the audit of every company that it concerns.

A key concerns a company when it is bound to it, opens it now, or was recorded there when it was made. The credentials
that open a company by a membership end with it for good; a key that also opens other companies is closed for this one.
"""

import uuid
from datetime import datetime
from typing import Final

from db.connection import Connection
from resolvers.membership import carried, held_apps, present
from resolvers.plans import awake_apps
from schema.apps import CATALOGUE, App

ALLOWED: Final = f"get_bit({awake_apps('c')} & {held_apps('m')}, {CATALOGUE[App.API_ACCESS].position}) = 1"
OPENED: Final = f"{present('m')} and {carried('m', 'k')} and {ALLOWED}"
"""The condition that a key k opens the company c now by its account's membership m."""

CONCERNS_COMPANY: Final = f"""(k.company_id is not null or {ALLOWED} or exists (
  select from access_change t where t.credential_id = k.id and t.company_id = m.company_id
))"""
RECORD_KEY_MADE: Final = f"""
insert into access_change (company_id, at, kind, actor_id, membership_id, credential_id)
select m.company_id, clock_timestamp(), 'KEY_CREATED', k.account_id, m.id, k.id
from credential k join membership m on m.account_id = k.account_id join company c on c.id = m.company_id
where k.id = $1 and {OPENED}
"""
DELETE_CREDENTIALS: Final = f"""
with ended as (
  delete from credential where account_id = $1 and ($2::uuid is null or id = $2) returning *
), told as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, credential_id)
  select m.company_id, clock_timestamp(), 'KEY_REVOKED', $3, m.id, k.id
  from ended k join membership m on m.account_id = k.account_id join company c on c.id = m.company_id
  where k.kind = 'API_KEY' and k.expires_at > now() and {present("m")} and {carried("m", "k")} and {CONCERNS_COMPANY}
)
select count(*) from ended where kind = 'API_KEY' and expires_at > now()
"""
"""Records nothing in a company that the account has left: the end was recorded when it left."""

DELETE_CREDENTIALS_IN_COMPANY: Final = f"""
with ended as (
  delete from credential where account_id = $3 and company_id = $1 returning id, kind, expires_at
), closed as (
  update credential k set closed = k.closed || c.id
  from membership m join company c on c.id = m.company_id
  where m.company_id = $1 and m.id = $2 and k.account_id = $3 and k.kind = 'API_KEY' and k.company_id is null
    and k.expires_at > now() and {carried("m", "k")}
  returning k.id, {CONCERNS_COMPANY} concerned
)
insert into access_change (company_id, at, kind, actor_id, membership_id, credential_id)
select $1, $4, 'KEY_REVOKED', $5, $2, id from (
  select id from ended where kind = 'API_KEY' and expires_at > now()
  union all
  select id from closed where concerned
) told
"""


async def tell_made(connection: Connection, key: uuid.UUID) -> None:
    """Record a new key in the audit of every company that it opens."""
    await connection.execute(RECORD_KEY_MADE, key)


async def end_all(
    connection: Connection, account: uuid.UUID, *, actor: uuid.UUID, only: uuid.UUID | None = None
) -> int:
    """End every credential of an account, or `only` one. Returns the number of ended API keys that were still valid."""
    return await connection.fetchval(DELETE_CREDENTIALS, account, only, actor)


async def end_in(
    connection: Connection,
    company: uuid.UUID,
    membership: uuid.UUID,
    account: uuid.UUID,
    at: datetime,
    actor: uuid.UUID | None,
) -> None:
    """End the credentials with which an account opens a locked company; its membership there ends or begins anew.

    Called before the toggles are cleared, since they decide which keys are recorded.
    """
    await connection.execute(DELETE_CREDENTIALS_IN_COMPANY, company, membership, account, at, actor)
