"""Support: accounts of its staff, and the switch by which a company's owner lets all of them in for a while.

While the switch is on, each support account is an external user of the company; so what holds for external users holds
for support, and the owner sees who may enter. A lock keeps the two apart: an account that is made waits for switches
that are being set, and the other way round, so that nobody is forgotten.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from resolvers.ending import end_in
from resolvers.validation import Checks
from schema.language import Language

NUMBER: Final = 0x656E66_737570
"""Of the advisory lock."""

LOCK_SWITCHES: Final = "select pg_advisory_xact_lock($1)"
LOCK_ACCOUNTS: Final = "select pg_advisory_xact_lock_shared($1)"

PROLONG: Final = """
update membership m set until = $2
from account a
where m.company_id = $1 and m.external and m.removed_at is null and a.id = m.account_id and a.kind = 'SUPPORT'
"""
REMOVE: Final = """
update membership m set removed_at = $2
from account a
where m.company_id = $1 and m.external and m.removed_at is null and a.id = m.account_id and a.kind = 'SUPPORT'
  and ($3::bool or m.until <= $2)
returning m.id, m.account_id
"""

ENTER: Final = """
insert into membership (company_id, account_id, external, first_name, last_name, language, created_at, accepted_at,
  until)
select $1, a.id, true, a.first_name, a.last_name, a.language, $2, $2, $3
from account a
where a.kind = 'SUPPORT' and a.confirmed and not exists (
  select from membership m where m.company_id = $1 and m.account_id = a.id and m.removed_at is null
)
"""
SWITCH: Final = "update company set support_until = $2 where id = $1"

MAKE: Final = """
insert into account (email, password_hash, first_name, last_name, language, kind, confirmed)
values ($1, $2, $3, $4, $5, 'SUPPORT', true)
on conflict (email) do nothing returning id
"""
SUPPORTED: Final = "select id from company where support_until > clock_timestamp() order by id for no key update"
JOIN: Final = """
with moment as (
  select clock_timestamp() at
), entered as (
  insert into membership (company_id, account_id, external, first_name, last_name, language, created_at, accepted_at,
    until)
  select c.id, a.id, true, a.first_name, a.last_name, a.language, at, at, c.support_until
  from moment, company c, account a where c.id = any($2::uuid[]) and a.id = $1
  returning company_id, id, until
), trail as (
  insert into access_change (company_id, at, kind, membership_id, until)
  select company_id, at, 'EXTERNAL_ADDED', id, until from moment, entered
)
update company set access_version = access_version + 1 where id = any($2::uuid[])
"""


async def switch_on(
    connection: Connection, company: uuid.UUID, at: datetime, until: datetime, *, actor: uuid.UUID
) -> None:
    """Let support into a company, which is locked after `hold_accounts`, from `at` to `until`."""
    await _remove(connection, company, at, actor, those_who_may_enter=False)
    await connection.execute(PROLONG, company, until)
    await connection.execute(ENTER, company, at, until)
    await connection.execute(SWITCH, company, until)


async def switch_off(
    connection: Connection, company: uuid.UUID, at: datetime, *, actor: uuid.UUID | None = None
) -> None:
    """End the access of support to a company, which is locked; without an `actor` where nobody is left to."""
    await _remove(connection, company, at, actor, those_who_may_enter=True)
    await connection.execute(SWITCH, company, None)


async def _remove(
    connection: Connection, company: uuid.UUID, at: datetime, actor: uuid.UUID | None, *, those_who_may_enter: bool
) -> None:
    """Remove those whose term has passed, or all; what they opened the company with ends, also when they come again."""
    for gone in await connection.fetch(REMOVE, company, at, those_who_may_enter):
        await end_in(connection, company, gone["id"], gone["account_id"], at, actor)


async def hold_accounts(connection: Connection) -> None:
    """Let nobody make a support account until the transaction ends; before the company is locked."""
    await connection.execute(LOCK_ACCOUNTS, NUMBER)


# --- accounts


class SupportRefused(Exception):
    """A support account that is not made; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class SupportAccount:
    """A support account to be; it was validated."""

    email: str
    first_name: str
    last_name: str
    language: Language

    @classmethod
    def of(cls, email: str, first_name: str, last_name: str, language: Language) -> "SupportAccount":
        """The account from what was typed. Raises SupportRefused."""
        checks = Checks()
        made = cls(
            checks.email("address", email), checks.name("first name", first_name), checks.name("last name", last_name),
            language,
        )  # fmt: skip
        _refuse(checks)
        return made

    def check_password(self, password: str) -> str:
        """The password, when it may be the account's. Raises SupportRefused."""
        checks = Checks()
        checks.password("password", password, self.email)
        _refuse(checks, "at least 10 characters, of which four differ, and not the address")
        return password


def _refuse(checks: Checks, wanted: str = "") -> None:
    wrong: Sequence[str] = [problem.field[0] for problem in checks.problems if problem.field]
    if wrong:
        raise SupportRefused(f"The {wrong[0]} is not valid{f': {wanted}' if wanted else ''}.")


async def make_account(connection: Connection, account: SupportAccount, password_hash: str) -> int:
    """Make a support account, which enters every company whose switch is on; gives how many these are.

    Raises SupportRefused for an address that has an account.
    """
    await connection.execute(LOCK_SWITCHES, NUMBER)
    key = await connection.fetchval(
        MAKE, account.email, password_hash, account.first_name, account.last_name, account.language.name
    )
    if key is None:
        raise SupportRefused(f"There is an account with the address {account.email} already.")
    companies = [row["id"] for row in await connection.fetch(SUPPORTED)]
    await connection.execute(JOIN, key, companies)
    return len(companies)
