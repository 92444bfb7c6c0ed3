"""The letters that wait to be sent: written by the transaction that they tell of, claimed by one sender at a time.

A letter is sent at least once: a sender that dies after sending leaves it to another one, some minutes later.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

import asyncpg

from db.connection import Connection
from db.database import Database
from db.tokens import hash_token, new_token

Kind = Literal["INVITATION", "CONFIRMATION", "PASSWORD_RESET", "ACCESS_NOTICE"]
Purpose = Literal["INVITATION", "CONFIRMATION", "PASSWORD_RESET"]

LIVES: Final[Mapping[str, timedelta]] = {
    "INVITATION": timedelta(days=14),
    "CONFIRMATION": timedelta(days=7),
    "PASSWORD_RESET": timedelta(hours=1),
}
"""How long a letter's token works, by its purpose."""

PAUSES: Final = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
]
"""When a letter is due again after each attempt. The first is also how long a sender has it to itself."""

MOST_ATTEMPTS: Final = len(PAUSES) + 1
LONGEST_WAIT: Final = timedelta(days=3)
"""A letter that is older is not sent any more: nobody expects it now."""

KEPT: Final = timedelta(days=30)
MOST_TIDIED: Final = 1_000
"""Rows that one transaction deletes."""

NOBODY: Final = "NOBODY"
TOO_LATE: Final = "TOO_LATE"

POST: Final = """
insert into outbox (kind, email, language, account_id, company_id, membership_id) values ($1, $2, $3, $4, $5, $6)
"""
ISSUE: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
values ($1, $2, $3, $4, $5, now() + $6::interval)
"""
TAKE: Final = """
with due as (
  select id from outbox where sent_at is null and given_up_at is null and due_at <= now()
  order by due_at limit 1 for update skip locked
), taken as (
  update outbox
  set attempts = attempts + 1, due_at = now() + ($1::interval[])[least(attempts + 1, cardinality($1::interval[]))]
  from due where outbox.id = due.id
  returning outbox.*
)
select
  taken.id, taken.kind, taken.attempts, taken.created_at, taken.company_id, taken.membership_id,
  account.id as account_id, account.email, company.name as company,
  coalesce(membership.first_name, account.first_name) as name,
  case when account.confirmed then account.language else taken.language end as language,
  case when taken.kind = 'INVITATION' and membership.role = 'OWNER' then (
    select coalesce(office.office_name, office.first_name || ' ' || office.last_name)
    from membership creator join account office on office.id = creator.account_id
    where creator.company_id = taken.company_id and creator.created_by_accountant
      and creator.removed_at is null and not exists (
      select from membership there
      where there.company_id = taken.company_id and not there.external and there.accepted_at is not null
    )
    limit 1
  ) end as accountant,
  taken.kind in ('INVITATION', 'PASSWORD_RESET') and not account.confirmed and account.password_hash is not null
    as starts_empty,
  taken.attempts > $2::int or taken.created_at < now() - $3::interval as too_late,
  account.id is not null and case taken.kind
    when 'PASSWORD_RESET' then true
    when 'CONFIRMATION' then not account.confirmed
    else membership.id is not null and membership.removed_at is null
      and (membership.until is null or membership.until > now())
      and (membership.accepted_at is null) = (taken.kind = 'INVITATION')
  end as wanted
from taken
left join membership on membership.company_id = taken.company_id and membership.id = taken.membership_id
left join company on company.id = taken.company_id
left join account on account.id = case
  when taken.kind = 'PASSWORD_RESET' then (select typed.id from account typed where typed.email = taken.email)
  else coalesce(membership.account_id, taken.account_id) end
"""
FORGET: Final = """
delete from mail_token
where account_id = $1 and purpose = $2 and membership_id is not distinct from $3 and created_at < $4
"""
SETTLE: Final = """
update outbox set problem = $2::text,
  sent_at = case when $2::text is null or $2::text = $5::text then now() end,
  given_up_at = case when $2::text <> $5::text and ($3::bool or attempts >= $4::int) then now() end
where id = $1 and sent_at is null and (given_up_at is null or $2::text is null)
"""
TIDY: Final[Mapping[str, timedelta]] = {
    """
    delete from outbox where id in (
      select id from outbox where id < (select uuidv7(-$1::interval)) order by id limit $2 for update skip locked)
    """: KEPT,
    """
    delete from mail_token where id in (
      select id from mail_token where id < (select uuidv7(-$1::interval)) order by id limit $2 for update skip locked)
    """: max(LIVES.values()),
    """
    delete from credential where id in (
      select id from credential where id < (select uuidv7(-$1::interval)) and expires_at < now() - $1::interval
      order by id limit $2 for update skip locked)
    """: KEPT,
}
"""What is deleted, and when: ids tell when a row was made, and a credential is made before it expires."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, and to whom; of a PASSWORD_RESET only the address that somebody typed is known."""

    kind: Kind
    email: str
    language: str
    account: uuid.UUID | None = None
    company: uuid.UUID | None = None
    membership: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that one sender has to itself for a minute, with what it tells.

    `email` is the address of the login, never the one that was typed. `token` is the secret of the link, None for a
    letter without; `company` is None where the letter names none. `accountant` is the office that created the company,
    in the invitation of its first owner. `starts_empty`: somebody signed up with the address who never confirmed it,
    and whoever reads the mailbox starts anew. `attempt` counts from 1.
    """

    id: uuid.UUID
    kind: Kind
    attempt: int
    language: str
    email: str = field(repr=False)
    name: str = field(repr=False)
    company: str | None = field(repr=False)
    token: str | None = field(repr=False)
    accountant: str | None = field(default=None, repr=False)
    starts_empty: bool = False


async def post(connection: Connection, letter: Letter) -> None:
    """Put a letter into the outbox, in the transaction of the connection."""
    await connection.execute(
        POST, letter.kind, letter.email, letter.language, letter.account, letter.company, letter.membership
    )


async def issue_token(
    connection: Connection,
    purpose: Purpose,
    account: uuid.UUID,
    company: uuid.UUID | None = None,
    membership: uuid.UUID | None = None,
) -> str:
    """A new token that proves that a mailbox was read; only its hash is stored."""
    token = new_token("enm")
    await connection.execute(ISSUE, hash_token(token), purpose, account, company, membership, LIVES[purpose])
    return token


async def claim(database: Database) -> Claimed | None:
    """The letter that is due for the longest time, None when none is; each in a short transaction of its own.

    A letter that nobody needs any more is settled without being sent: an invitation that was accepted or withdrawn, a
    new password for an address without a login. Raises what `Database.transaction` raises.
    """
    while True:
        async with database.transaction() as connection:
            row = await connection.fetchrow(TAKE, PAUSES, MOST_ATTEMPTS, LONGEST_WAIT)
            if row is None:
                return None
            if row["too_late"]:
                await _settle(connection, row["id"], TOO_LATE, final=True)
            elif not row["wanted"]:
                await _settle(connection, row["id"], NOBODY, final=True)
            else:
                return await _claimed(connection, row)


async def settle(database: Database, letter: uuid.UUID, problem: str | None = None, *, final: bool = False) -> None:
    """Write down how sending went: `problem` None means sent, else a word or two that name no person.

    A letter with a problem is tried again, unless that is `final` or it was the last attempt.
    """
    async with database.transaction() as connection:
        await _settle(connection, letter, problem, final=final)


async def tidy(database: Database) -> None:
    """Delete letters of 30 days ago, letters' tokens that have expired, and credentials that did 30 days ago.

    Each transaction deletes a thousand rows at most. Raises what `Database.transaction` raises.
    """
    for statement, age in TIDY.items():
        deleted = f"DELETE {MOST_TIDIED}"
        while deleted == f"DELETE {MOST_TIDIED}":
            async with database.transaction() as connection:
                deleted = await connection.execute(statement, age, MOST_TIDIED)


async def _settle(connection: Connection, letter: uuid.UUID, problem: str | None, *, final: bool) -> None:
    await connection.execute(SETTLE, letter, problem, final, MOST_ATTEMPTS, NOBODY)


async def _claimed(connection: Connection, row: asyncpg.Record) -> Claimed:
    return Claimed(
        id=row["id"],
        kind=row["kind"],
        attempt=row["attempts"],
        language=row["language"],
        email=row["email"],
        name=row["name"],
        company=row["company"],
        token=await _renew_token(connection, row),
        accountant=row["accountant"],
        starts_empty=row["starts_empty"],
    )


async def _renew_token(connection: Connection, row: asyncpg.Record) -> str | None:
    """The token of this attempt; those of earlier letters end.

    What was issued since the letter was written stays good: an earlier attempt may have arrived after all, and in a
    demo the mutation has shown a token itself.
    """
    kind: Kind = row["kind"]
    if kind == "ACCESS_NOTICE":
        return None
    company, membership = (row["company_id"], row["membership_id"]) if kind == "INVITATION" else (None, None)
    await connection.execute(FORGET, row["account_id"], kind, membership, row["created_at"])
    return await issue_token(connection, kind, row["account_id"], company, membership)
