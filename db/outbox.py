"""The outbox of e-mails ("letters"): written in the transaction that causes them, claimed by one sender at a time.

A letter is sent at least once: when a sender dies after sending, another one sends it again some minutes later.
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
"""Lifetime of a letter's token, by its purpose."""

PAUSES: Final = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
]
"""Time until a letter is due again, after each attempt. The first is also the time that one sender has it to itself."""

MOST_ATTEMPTS: Final = len(PAUSES) + 1
LONGEST_WAIT: Final = timedelta(days=3)
"""Maximum age of a letter; an older one is not sent, since its recipient no longer expects it."""

KEPT: Final = timedelta(days=30)
MOST_TIDIED: Final = 1_000
"""Maximum number of rows that one transaction deletes, or of keys that it takes off."""

REPEATABLE: Final = timedelta(days=90)
"""The time for which a write can be repeated by its idempotency key."""

NOBODY: Final = "NOBODY"
TOO_LATE: Final = "TOO_LATE"

INSERT_LETTER: Final = """
insert into outbox (kind, email, language, account_id, company_id, membership_id) values ($1, $2, $3, $4, $5, $6)
"""
INSERT_TOKEN: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
values ($1, $2, $3, $4, $5, now() + $6::interval)
"""
TAKE_DUE: Final = """
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
DELETE_TOKEN: Final = """
delete from mail_token
where account_id = $1 and purpose = $2 and membership_id is not distinct from $3 and created_at < $4
"""
SETTLE_LETTER: Final = """
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
    """
    with spent as (
      select company_id, id, xid, operation from change where idempotency_key is not null and at < now() - $1::interval
      limit $2 for update skip locked
    ), items as (
      update change c set input_hash = null from spent s
      where c.company_id = s.company_id and c.xid = s.xid and c.operation = s.operation
        and c.idempotency_key is null and c.input_hash is not null
    )
    update change c set idempotency_key = null, input_hash = null from spent s
    where c.company_id = s.company_id and c.id = s.id
    """: REPEATABLE,
}
"""Statement -> age of the rows that it deletes, or takes the key off. The time of a row that is deleted is in its id
(uuidv7), whose index finds old rows; the index of keys has no others. Of a list the first row has the key."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to send. A PASSWORD_RESET has only the address that the client typed, without an account."""

    kind: Kind
    email: str
    language: str
    account: uuid.UUID | None = None
    company: uuid.UUID | None = None
    membership: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that one sender has to itself for a minute, with the facts for its text.

    `email` is the address of the login, never the one that the client typed. `token` is the secret of the link, None
    for a letter without a link's secret; `company` is None where the letter names none. `accountant` is the office that
    created the company, in the invitation of its first owner. `starts_empty`: the address was signed up with and never
    confirmed, so the account starts empty when the link is used. `attempt` counts from 1.
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
    """Put a letter into the outbox, in the connection's transaction."""
    await connection.execute(
        INSERT_LETTER, letter.kind, letter.email, letter.language, letter.account, letter.company, letter.membership
    )


async def issue_token(
    connection: Connection,
    purpose: Purpose,
    account: uuid.UUID,
    company: uuid.UUID | None = None,
    membership: uuid.UUID | None = None,
) -> str:
    """A new token, which proves that its mailbox was read; only the hash is stored."""
    token = new_token("enm")
    await connection.execute(INSERT_TOKEN, hash_token(token), purpose, account, company, membership, LIVES[purpose])
    return token


async def claim(database: Database) -> Claimed | None:
    """The letter that has been due longest; None when no letter is due. Each is claimed in a transaction of its own.

    A letter that is no longer needed is settled without being sent: an accepted or withdrawn invitation, a password
    reset for an address without a login. Raises as `Database.transaction` does.
    """
    while True:
        async with database.transaction() as connection:
            row = await connection.fetchrow(TAKE_DUE, PAUSES, MOST_ATTEMPTS, LONGEST_WAIT)
            if row is None:
                return None
            if row["too_late"]:
                await _settle(connection, row["id"], TOO_LATE, final=True)
            elif not row["wanted"]:
                await _settle(connection, row["id"], NOBODY, final=True)
            else:
                return await _claimed(connection, row)


async def settle(database: Database, letter: uuid.UUID, problem: str | None = None, *, final: bool = False) -> None:
    """Write down the result of sending: `problem` is None for sent, else a word or two without personal data.

    A letter with a problem is tried again, unless the problem is `final` or this was the last attempt.
    """
    async with database.transaction() as connection:
        await _settle(connection, letter, problem, final=final)


async def tidy(database: Database) -> None:
    """Delete letters older than 30 days, expired tokens of letters, and credentials that expired 30 days ago.

    Idempotency keys are taken off writes after 90 days. Each transaction changes at most a thousand rows, but for those
    of a list. Raises as `Database.transaction` does.
    """
    for statement, age in TIDY.items():
        changed = MOST_TIDIED
        while changed == MOST_TIDIED:
            async with database.transaction() as connection:
                status = await connection.execute(statement, age, MOST_TIDIED)
            changed = int(status.rsplit(" ", 1)[1])


async def _settle(connection: Connection, letter: uuid.UUID, problem: str | None, *, final: bool) -> None:
    await connection.execute(SETTLE_LETTER, letter, problem, final, MOST_ATTEMPTS, NOBODY)


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
    """A new token for this attempt; tokens of earlier letters end. None for a letter without a token.

    Tokens issued since the letter was written stay valid: an earlier attempt may have arrived after all, and in a demo
    the mutation itself has shown a token.
    """
    kind: Kind = row["kind"]
    if kind == "ACCESS_NOTICE":
        return None
    company, membership = (row["company_id"], row["membership_id"]) if kind == "INVITATION" else (None, None)
    await connection.execute(DELETE_TOKEN, row["account_id"], kind, membership, row["created_at"])
    return await issue_token(connection, kind, row["account_id"], company, membership)
