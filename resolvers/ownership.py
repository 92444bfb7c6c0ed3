"""The operator's way back for a company without an owner: somebody becomes its owner, or is invited to be.

Who is in the company already is made an owner at once. Everybody else gets a letter, since only the mailbox tells whose
an address is. Both stand in the company's history, where nobody of the company is named as who did it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.migrate import is_migrated
from db.outbox import Letter, post
from resolvers.closing import welcome_owner
from resolvers.inspection import InspectionRefused, find_company
from resolvers.mutations.invitations import withdraw
from resolvers.mutations.users import ACCOUNT, LANGUAGE, MAKE_ACCOUNT, MAKE_MEMBER
from resolvers.presence import present
from resolvers.trail import GRANT, GROW, RECORD
from resolvers.validation import Checks

LOCK: Final = "select clock_timestamp() at from company where id = $1 for no key update"
OWNERS: Final = f"""
select a.email from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.role = 'OWNER' and {present("m")} order by m.created_at limit 1
"""
THERE: Final = """
select m.id, m.account_id, m.external, m.role, m.language, m.accepted_at, a.confirmed, a.language account_language
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and a.email = $2 and m.removed_at is null
"""
PROMOTE: Final = "update membership set role = 'OWNER' where company_id = $1 and id = $2"


class AppointmentRefused(InspectionRefused):
    """Somebody who is not made an owner; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Appointed:
    """What came of it: an owner of the company, or (`invited`) somebody who becomes one by accepting."""

    company: str
    email: str
    invited: bool


@dataclass(frozen=True, slots=True)
class Appointee:
    """Who is to be an owner; it was validated. The names are for somebody who is not in the company yet."""

    email: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, email: str, first_name: str, last_name: str) -> "Appointee":
        """The person from what was typed. Raises AppointmentRefused."""
        checks = Checks()
        made = cls(
            checks.email("address", email), checks.name("first name", first_name), checks.name("last name", last_name)
        )
        for problem in checks.problems:
            raise AppointmentRefused(f"The {problem.field[0] if problem.field else 'value'} is not valid.")
        return made


async def appoint_owner(database: Database, named: str, who: Appointee) -> Appointed:
    """Make somebody the owner of the company with this id or name, which has none.

    Raises InspectionRefused for no company and for several, and AppointmentRefused where there is an owner, or the
    person comes from outside.
    """
    async with database.transaction() as connection:
        if not await is_migrated(connection):
            raise AppointmentRefused("The database is not that of this version: enfact migrate brings it there.")
        company = await find_company(connection, named)
        at: datetime = await connection.fetchval(LOCK, company["id"])
        owner = await connection.fetchval(OWNERS, company["id"])
        if owner is not None:
            raise AppointmentRefused(
                f"{company['name']} has an owner, {owner}: owners invite each other themselves. This is for a company "
                "that has none."
            )
        there = await connection.fetchrow(THERE, company["id"], who.email)
        invited = await _appoint(connection, company["id"], there, who, at)
        await connection.execute(GROW, company["id"])
    return Appointed(company["name"], who.email, invited)


async def _appoint(
    connection: Connection, company: uuid.UUID, there: Record | None, who: Appointee, at: datetime
) -> bool:
    """Make or invite the owner; tells which."""
    if there is not None and there["external"]:
        raise AppointmentRefused(
            f"{who.email} comes into the company from outside, and who does so owns none. Name somebody of the company "
            "itself, or end that access first: who comes from outside leaves with leaveCompany."
        )
    if there is None:
        await _invite(connection, company, who, at)
        return True
    if there["role"] != "OWNER":
        await connection.execute(PROMOTE, company, there["id"])
        await _record(connection, company, at, "ROLE", there["id"], there["role"])
    if there["accepted_at"] is None:
        language = there["account_language"] if there["confirmed"] else there["language"]
        await _send(connection, company, there["id"], there["account_id"], who.email, language)
        return True
    await welcome_owner(connection, company, at)
    return False


async def _invite(connection: Connection, company: uuid.UUID, who: Appointee, at: datetime) -> None:
    names = who.first_name, who.last_name
    language: str = await connection.fetchval(LANGUAGE, company)
    await connection.execute(MAKE_ACCOUNT, who.email, *names, language)
    account = await connection.fetchrow(ACCOUNT, who.email)
    assert account is not None
    member = await connection.fetchval(MAKE_MEMBER, company, account["id"], "OWNER", *names, language, at)
    await _record(connection, company, at, "USER_INVITED", member, None)
    await connection.execute(GRANT, company, member, at, None, [])
    of_letter = account["language"] if account["confirmed"] else language
    await _send(connection, company, member, account["id"], who.email, of_letter)


async def _send(
    connection: Connection, company: uuid.UUID, member: uuid.UUID, account: uuid.UUID, email: str, language: str
) -> None:
    """Post an invitation, in place of those before."""
    await withdraw(connection, company, member)
    await post(connection, Letter("INVITATION", email, language, account, company, member))


async def _record(
    connection: Connection, company: uuid.UUID, at: datetime, kind: str, member: uuid.UUID, before: str | None
) -> None:
    await connection.execute(RECORD, company, at, kind, None, member, before, "OWNER", None)
