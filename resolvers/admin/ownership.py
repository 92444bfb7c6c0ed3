"""The appointment of an owner by the operator, for a company that has none.

A user of the company becomes its owner at once. Any other person is invited by e-mail, since only the mailbox proves an
address. Both are in the company's history, without an actor.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.outbox import Letter, post
from db.remote_apply import APPLIED
from db.schema_version import check_migrated
from resolvers.admin.companies import InspectionRefused, find_company
from resolvers.membership import present
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.invitations import withdraw
from resolvers.mutations.steps.audit import GRANT_FIRST_APPS, INCREASE_ACCESS_VERSION, RECORD_CHANGE
from resolvers.mutations.steps.company_closing import welcome_owner
from resolvers.mutations.users import FIND_ACCOUNT, FIND_LANGUAGE, INSERT_ACCOUNT, INSERT_MEMBER
from resolvers.plans import moment_of

LOCK_COMPANY: Final = f"""
select {moment_of("company")} at, {APPLIED} applied from company where id = $1 for no key update
"""
FIND_OWNERS: Final = f"""
select a.email from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.role = 'OWNER' and {present("m")} order by m.created_at limit 1
"""
FIND_MEMBER: Final = """
select m.id, m.account_id, m.external, m.role, m.language, m.accepted_at, a.confirmed, a.language account_language
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and a.email = $2 and m.removed_at is null
"""
MAKE_OWNER: Final = "update membership set role = 'OWNER' where company_id = $1 and id = $2"


class AppointmentRefused(InspectionRefused):
    """An appointment that is refused; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Appointed:
    """The result: an owner of the company, or (`invited`) a user who becomes one by accepting."""

    company: str
    email: str
    invited: bool


@dataclass(frozen=True, slots=True)
class Appointee:
    """The person to appoint, validated. The names are used when the person is not in the company yet."""

    email: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, email: str, first_name: str, last_name: str) -> "Appointee":
        """The person from the operator's input. Raises AppointmentRefused for an invalid address or name."""
        checks = InputChecks()
        made = cls(
            checks.email("address", email), checks.name("first name", first_name), checks.name("last name", last_name)
        )
        for problem in checks.problems:
            raise AppointmentRefused(f"The {problem.field[0] if problem.field else 'value'} is not valid.")
        return made


async def appoint_owner(database: Database, named: str, who: Appointee) -> Appointed:
    """Make a person the owner of the company with this id or name, which has no owner.

    Raises InspectionRefused unless there is exactly one such company, AppointmentRefused when it has an owner or the
    person is an external user of it.
    """
    async with database.transaction() as connection:
        await check_migrated(connection)
        company = await find_company(connection, named)
        at: datetime = await connection.fetchval(LOCK_COMPANY, company["id"])
        owner = await connection.fetchval(FIND_OWNERS, company["id"])
        if owner is not None:
            raise AppointmentRefused(
                f"{company['name']} has an owner, {owner}: owners invite each other themselves. This is for a company "
                "that has none."
            )
        there = await connection.fetchrow(FIND_MEMBER, company["id"], who.email)
        invited = await _appoint(connection, company["id"], there, who, at)
        await connection.execute(INCREASE_ACCESS_VERSION, company["id"])
    return Appointed(company["name"], who.email, invited)


async def _appoint(
    connection: Connection, company: uuid.UUID, there: Record | None, who: Appointee, at: datetime
) -> bool:
    """Make the person an owner, or invite them. Returns True for an invitation."""
    if there is not None and there["external"]:
        raise AppointmentRefused(
            f"{who.email} comes into the company from outside, and who does so owns none. Name somebody of the company "
            "itself, or end that access first: who comes from outside leaves with leaveCompany."
        )
    if there is None:
        await _invite(connection, company, who, at)
        return True
    if there["role"] != "OWNER":
        await connection.execute(MAKE_OWNER, company, there["id"])
        await _record(connection, company, at, "ROLE", there["id"], there["role"])
    if there["accepted_at"] is None:
        language = there["account_language"] if there["confirmed"] else there["language"]
        await _send(connection, company, there["id"], there["account_id"], who.email, language)
        return True
    await welcome_owner(connection, company, at)
    return False


async def _invite(connection: Connection, company: uuid.UUID, who: Appointee, at: datetime) -> None:
    names = who.first_name, who.last_name
    language: str = await connection.fetchval(FIND_LANGUAGE, company)
    await connection.execute(INSERT_ACCOUNT, who.email, *names, language)
    account = await connection.fetchrow(FIND_ACCOUNT, who.email)
    assert account is not None
    member = await connection.fetchval(INSERT_MEMBER, company, account["id"], "OWNER", *names, language, at)
    await _record(connection, company, at, "USER_INVITED", member, None)
    await connection.execute(GRANT_FIRST_APPS, company, member, at, None, [])
    of_letter = account["language"] if account["confirmed"] else language
    await _send(connection, company, member, account["id"], who.email, of_letter)


async def _send(
    connection: Connection, company: uuid.UUID, member: uuid.UUID, account: uuid.UUID, email: str, language: str
) -> None:
    """Put an invitation into the outbox; it replaces those before."""
    await withdraw(connection, company, member)
    await post(connection, Letter("INVITATION", email, language, account, company, member))


async def _record(
    connection: Connection, company: uuid.UUID, at: datetime, kind: str, member: uuid.UUID, before: str | None
) -> None:
    await connection.execute(RECORD_CHANGE, company, at, kind, None, member, before, "OWNER", None)
