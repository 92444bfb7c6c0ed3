"""To whom an account belongs whose address was never confirmed: to who reads the mailbox and knows the password.

A letter's token proves the mailbox, a session or the password that somebody registered. Who has both keeps all. Who
reads the mailbox only gets the address, with an account that starts empty: what was founded with the password only goes
on as the account of a registrant without address, which nobody enters, and loses its owner.
"""

import uuid
from typing import Final

from asyncpg import Record

from db.connection import Connection
from db.tokens import hash_token
from resolvers.closing import close_ownerless
from resolvers.ending import end_all
from resolvers.writing import Write

LOCK_COMPANIES: Final = """
select from company where id in (
  select m.company_id from mail_token t join account a on a.id = t.account_id join membership m on m.account_id = a.id
  where t.token_hash = $1 and not a.confirmed and m.accepted_at is not null and m.removed_at is null
  union all select company_id from mail_token where token_hash = $1
)
order by id for no key update
"""
"""The company of an invitation, and those that an account is in whose address is not confirmed: it may lose them."""

LOCK_HELD: Final = """
select from company where id in (
  select company_id from membership where account_id = $1 and accepted_at is not null and removed_at is null
)
order by id for no key update
"""
LOCK_ACCOUNT: Final = """
select a.id, a.confirmed, a.password_hash, clock_timestamp() at
from mail_token t join account a on a.id = t.account_id where t.token_hash = $1 for no key update of a
"""

SEPARATE: Final = """
insert into account (email, first_name, last_name, language, kind, office_name)
select $2, a.first_name, a.last_name, a.language, a.kind, a.office_name from account a
where a.id = $1 and exists (select from membership where account_id = a.id and accepted_at is not null)
returning id
"""
HAND_OVER: Final = "update membership set account_id = $2 where account_id = $1 and accepted_at is not null"
REWRITE: Final = """
update access_change set actor_id = $2
where actor_id = $1 and company_id in (select company_id from membership where account_id = $2)
"""
LEAVE: Final = """
with held as (
  select company_id, id, role, external from membership where account_id = $1 and removed_at is null
), ended as (
  update app_grant g set valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond'))
  from held where g.company_id = held.company_id and g.membership_id = held.id and upper_inf(g.valid)
), gone as (
  update membership m set removed_at = $2, toggles = repeat('0', 256)::bit(256)
  from held where m.company_id = held.company_id and m.id = held.id
), trail as (
  insert into access_change (company_id, at, kind, membership_id, role_before)
  select company_id, $2::timestamptz, case when external then 'EXTERNAL_REMOVED' else 'USER_DELETED' end, id, role
  from held
)
update company c set access_version = access_version + 1 from held where c.id = held.company_id returning c.id
"""
FORGET: Final = "delete from mail_token where account_id = $1 and purpose in ('CONFIRMATION', 'PASSWORD_RESET')"
TAKE_BACK: Final = """
delete from outbox where id in (
  select id from outbox
  where kind = 'CONFIRMATION' and account_id = $1 and sent_at is null and given_up_at is null
  for update skip locked
)
"""


async def lock_by_letter(connection: Connection, token: str) -> Record | None:
    """The account of a letter's token, locked after every company that it may enter or lose by it; None for no token.

    Gives `id, confirmed, password_hash, at` (the moment).
    """
    hashed = hash_token(token)
    await connection.execute(LOCK_COMPANIES, hashed)
    return await connection.fetchrow(LOCK_ACCOUNT, hashed)


def is_both(write: Write, account: Record, password_hash: str | None) -> bool:
    """Whether who shows a letter's token is signed in to that account, or gave the password that is stored of it."""
    own = write.signed_in is not None and write.signed_in.account == account["id"]
    return own or (password_hash is not None and password_hash == account["password_hash"])


async def start_empty(write: Write, account: Record) -> int:
    """Let an account that is locked, and was never confirmed, start empty: nobody who has used it has it any more.

    Invitations stay, since they were for who reads the mailbox. Gives how many API keys have ended.
    """
    connection, key = write.connection, account["id"]
    await connection.execute(LOCK_HELD, key)  # also what was founded just before the account was locked
    ended = await end_all(connection, key, actor=key)
    await _separate(connection, account)
    await connection.execute(FORGET, key)
    await connection.execute(TAKE_BACK, key)
    return ended


async def _separate(connection: Connection, account: Record) -> None:
    """Make of what the account founded, and did there, an account without address; what it may there ends."""
    registrant = await connection.fetchval(SEPARATE, account["id"], f"{uuid.uuid4().hex}@disclaimed.invalid")
    if registrant is None:
        return
    both = account["id"], registrant
    await connection.execute(HAND_OVER, *both)
    await connection.execute(REWRITE, *both)
    left = await connection.fetch(LEAVE, registrant, account["at"])
    await close_ownerless(connection, [company["id"] for company in left], account["at"])
