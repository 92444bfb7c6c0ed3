"""Support: the accounts of its staff, and the switch with which a company's owner lets all of them in for a while.

While the switch is on, each support account is an external user of the company, with the same rules, and the owner sees
them all. An advisory lock orders the two writes: making an account waits for switches that are being set, and the other
way round, so that no account misses a company.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.connection import Connection
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.credential_ending import end_in
from schema.localization.language import Language

NUMBER: Final = 0x656E66_737570
"""The number of the advisory lock."""

LOCK_SWITCHES: Final = "select pg_advisory_xact_lock($1)"
LOCK_ACCOUNTS: Final = "select pg_advisory_xact_lock_shared($1)"

PROLONG_SUPPORT: Final = """
update membership m set until = $2
from account a
where m.company_id = $1 and m.external and m.removed_at is null and a.id = m.account_id and a.kind = 'SUPPORT'
"""
REMOVE_SUPPORT: Final = """
update membership m set removed_at = $2
from account a
where m.company_id = $1 and m.external and m.removed_at is null and a.id = m.account_id and a.kind = 'SUPPORT'
  and ($3::bool or m.until <= $2)
returning m.id, m.account_id
"""

INSERT_SUPPORT: Final = """
insert into membership (company_id, account_id, external, first_name, last_name, language, created_at, accepted_at,
  until)
select $1, a.id, true, a.first_name, a.last_name, a.language, $2, $2, $3
from account a
where a.kind = 'SUPPORT' and a.confirmed and not exists (
  select from membership m where m.company_id = $1 and m.account_id = a.id and m.removed_at is null
)
"""
WRITE_SUPPORT_UNTIL: Final = "update company set support_until = $2 where id = $1"

INSERT_SUPPORT_ACCOUNT: Final = """
insert into account (email, password_hash, first_name, last_name, language, kind, confirmed)
values ($1, $2, $3, $4, $5, 'SUPPORT', true)
on conflict (email) do nothing returning id
"""
LOCK_SUPPORTED_COMPANIES: Final = (
    "select id from company where support_until > clock_timestamp() order by id for no key update"
)
JOIN_SUPPORTED_COMPANIES: Final = """
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
    """Let support into a company from `at` to `until`. The company is locked after a call of `hold_accounts`."""
    await _remove(connection, company, at, actor, those_who_may_enter=False)
    await connection.execute(PROLONG_SUPPORT, company, until)
    await connection.execute(INSERT_SUPPORT, company, at, until)
    await connection.execute(WRITE_SUPPORT_UNTIL, company, until)


async def switch_off(
    connection: Connection, company: uuid.UUID, at: datetime, *, actor: uuid.UUID | None = None
) -> None:
    """End support's access to a locked company; without an `actor` when the company has no owner left."""
    await _remove(connection, company, at, actor, those_who_may_enter=True)
    await connection.execute(WRITE_SUPPORT_UNTIL, company, None)


async def _remove(
    connection: Connection, company: uuid.UUID, at: datetime, actor: uuid.UUID | None, *, those_who_may_enter: bool
) -> None:
    """Remove the support users whose term has passed, or all, and end the credentials with which they open the company.

    The credentials stay ended when the users come again.
    """
    for gone in await connection.fetch(REMOVE_SUPPORT, company, at, those_who_may_enter):
        await end_in(connection, company, gone["id"], gone["account_id"], at, actor)


async def hold_accounts(connection: Connection) -> None:
    """Block the making of support accounts until the transaction ends. Call it before the company is locked."""
    await connection.execute(LOCK_ACCOUNTS, NUMBER)


# --- accounts


class SupportRefused(Exception):
    """A support account that cannot be made; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class SupportAccount:
    """A validated new support account."""

    email: str
    first_name: str
    last_name: str
    language: Language

    @classmethod
    def of(cls, email: str, first_name: str, last_name: str, language: Language) -> "SupportAccount":
        """The account from the operator's input. Raises SupportRefused for an invalid address or name."""
        checks = InputChecks()
        made = cls(
            checks.email("address", email), checks.name("first name", first_name), checks.name("last name", last_name),
            language,
        )  # fmt: skip
        _refuse(checks)
        return made

    def check_password(self, password: str) -> str:
        """Returns the password when it is acceptable for the account. Raises SupportRefused."""
        checks = InputChecks()
        checks.password("password", password, self.email)
        _refuse(checks, "at least 10 characters, of which four differ, and not the address")
        return password


def _refuse(checks: InputChecks, wanted: str = "") -> None:
    wrong: Sequence[str] = [problem.field[0] for problem in checks.problems if problem.field]
    if wrong:
        raise SupportRefused(f"The {wrong[0]} is not valid{f': {wanted}' if wanted else ''}.")


async def make_account(connection: Connection, account: SupportAccount, password_hash: str) -> int:
    """Make a support account, which enters every company whose switch is on. Returns the number of these companies.

    Raises SupportRefused when the address has an account.
    """
    await connection.execute(LOCK_SWITCHES, NUMBER)
    key = await connection.fetchval(
        INSERT_SUPPORT_ACCOUNT,
        account.email,
        password_hash,
        account.first_name,
        account.last_name,
        account.language.name,
    )
    if key is None:
        raise SupportRefused(f"There is an account with the address {account.email} already.")
    companies = [row["id"] for row in await connection.fetch(LOCK_SUPPORTED_COMPANIES)]
    await connection.execute(JOIN_SUPPORTED_COMPANIES, key, companies)
    return len(companies)
