"""The owner of an account whose address was never confirmed: the person who reads its mailbox and knows its password.

A mailed token proves the mailbox; a session, or the password, proves the registration. With both proofs the account
stays as it is. With the mailbox alone the account starts empty: its memberships move to a separate account without an
address, which can never be signed in to, and they end, so that its companies lose that owner.
"""

import uuid
from typing import Final

from asyncpg import Record

from db.connection import Connection
from db.masks import NO_APPS
from db.tokens import hash_token
from resolvers.mutations.context import MutationContext
from resolvers.mutations.steps.company_closing import close_ownerless
from resolvers.mutations.steps.credential_ending import end_all
from resolvers.plans import ended_period

LOCK_COMPANIES: Final = """
select from company where id in (
  select m.company_id from mail_token t join account a on a.id = t.account_id join membership m on m.account_id = a.id
  where t.token_hash = $1 and not a.confirmed and m.accepted_at is not null and m.removed_at is null
  union all select company_id from mail_token where token_hash = $1
)
order by id for no key update
"""
"""Locks the company of an invitation, and those that an account with an unconfirmed address is in and may lose."""

LOCK_HELD_COMPANIES: Final = """
select from company where id in (
  select company_id from membership where account_id = $1 and accepted_at is not null and removed_at is null
)
order by id for no key update
"""
LOCK_ACCOUNT: Final = """
select a.id, a.confirmed, a.password_hash, clock_timestamp() at
from mail_token t join account a on a.id = t.account_id where t.token_hash = $1 for no key update of a
"""

INSERT_SEPARATE_ACCOUNT: Final = """
insert into account (email, first_name, last_name, language, kind, office_name)
select $2, a.first_name, a.last_name, a.language, a.kind, a.office_name from account a
where a.id = $1 and exists (select from membership where account_id = a.id and accepted_at is not null)
returning id
"""
HAND_MEMBERSHIPS_OVER: Final = "update membership set account_id = $2 where account_id = $1 and accepted_at is not null"
REWRITE_ACTOR: Final = """
update access_change set actor_id = $2
where actor_id = $1 and company_id in (select company_id from membership where account_id = $2)
"""
LEAVE_COMPANIES: Final = f"""
with held as (
  select company_id, id, role, external from membership where account_id = $1 and removed_at is null
), ended as (
  update app_grant g set valid = {ended_period("g", "$2")}
  from held where g.company_id = held.company_id and g.membership_id = held.id and upper_inf(g.valid)
), gone as (
  update membership m set removed_at = $2, toggles = {NO_APPS}
  from held where m.company_id = held.company_id and m.id = held.id
), trail as (
  insert into access_change (company_id, at, kind, membership_id, role_before)
  select company_id, $2::timestamptz, case when external then 'EXTERNAL_REMOVED' else 'USER_DELETED' end, id, role
  from held
)
update company c set access_version = access_version + 1 from held where c.id = held.company_id returning c.id
"""
DELETE_TOKENS: Final = "delete from mail_token where account_id = $1 and purpose in ('CONFIRMATION', 'PASSWORD_RESET')"
DELETE_UNSENT_CONFIRMATIONS: Final = """
delete from outbox where id in (
  select id from outbox
  where kind = 'CONFIRMATION' and account_id = $1 and sent_at is null and given_up_at is null
  for update skip locked
)
"""


async def lock_by_letter(connection: Connection, token: str) -> Record | None:
    """The account of a mailed token: `id, confirmed, password_hash, at` (the moment); None for an unknown token.

    It is locked after every company that it may enter or lose by the token.
    """
    hashed = hash_token(token)
    await connection.execute(LOCK_COMPANIES, hashed)
    return await connection.fetchrow(LOCK_ACCOUNT, hashed)


def is_both(write: MutationContext, account: Record, password_hash: str | None) -> bool:
    """True when the bearer of a mailed token is signed in to the account, or has given its stored password."""
    own = write.signed_in is not None and write.signed_in.account == account["id"]
    return own or (password_hash is not None and password_hash == account["password_hash"])


async def start_empty(write: MutationContext, account: Record) -> int:
    """Let a locked account that was never confirmed start empty: its earlier user loses it.

    Pending invitations stay, since they were sent to the mailbox. Returns the number of ended API keys.
    """
    connection, key = write.connection, account["id"]
    await connection.execute(LOCK_HELD_COMPANIES, key)  # also a company created just before the account was locked
    ended = await end_all(connection, key, actor=key)
    await _separate(connection, account)
    await connection.execute(DELETE_TOKENS, key)
    await connection.execute(DELETE_UNSENT_CONFIRMATIONS, key)
    return ended


async def _separate(connection: Connection, account: Record) -> None:
    """Move the account's accepted memberships, and its part in the audit, to an account without address; end them."""
    registrant = await connection.fetchval(
        INSERT_SEPARATE_ACCOUNT, account["id"], f"{uuid.uuid4().hex}@disclaimed.invalid"
    )
    if registrant is None:
        return
    both = account["id"], registrant
    await connection.execute(HAND_MEMBERSHIPS_OVER, *both)
    await connection.execute(REWRITE_ACTOR, *both)
    left = await connection.fetch(LEAVE_COMPANIES, registrant, account["at"])
    await close_ownerless(connection, [company["id"] for company in left], account["at"])
