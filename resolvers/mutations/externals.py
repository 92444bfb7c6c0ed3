"""External users of a company: adding an accountant, changing and ending the access, leaving.

Whether an address is an accountant's can be learned only by an owner, and only ten times an hour. All addresses that
are none's cost the same work and get the same answer.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers.attempts import HOUR, Guard, Limit, admit, take_back
from resolvers.mutations.keys import end_credentials_in
from resolvers.presence import present
from resolvers.request import GraphQLRequest
from resolvers.trail import Change, grow, record
from resolvers.validation import Checks, normal_email
from resolvers.writing import (
    Input,
    Mutation,
    Problem,
    Refused,
    Write,
    Written,
    key_of,
    lock_as_owner,
    lock_from_outside,
    no_rows,
)
from schema.errors import UserErrorCode

FAILURES: Final = Limit("addresses of no accountant, by an account in a company", 10, HOUR)
ALL_FAILURES: Final = Limit("addresses of no accountant, by an account", 50, HOUR)
"""In all companies together, which cost nothing to found."""

NOTICES: Final = Limit("notices of access of an account in a company", 10, HOUR)
"""Nobody's mailbox is filled by adding, removing and adding again."""

OWNER: Final = f"""
select m.account_id, clock_timestamp() at
from credential k join membership m on m.account_id = k.account_id
where k.token_hash = $1 and k.expires_at > now() and m.company_id = $2 and m.role = 'OWNER'
  and {present("m")}
"""
FIND: Final = """
select a.id, a.email, a.first_name, a.last_name, a.language, a.kind = 'ACCOUNTANT' and a.confirmed is_accountant,
  m.id membership, m.external and m.until <= clock_timestamp() has_ended
from (select) one left join account a on a.email = $2
  left join membership m on m.company_id = $1 and m.removed_at is null
    and m.account_id = coalesce(a.id, '00000000-0000-0000-0000-000000000000')
"""
"""Looks for a membership of nobody, too, so that an unknown address takes as long as a known one."""

MAKE: Final = """
insert into membership (company_id, account_id, external, first_name, last_name, language, created_by_accountant,
  created_at, accepted_at, until)
select $1, $2, true, $3, $4, $5, $6::bool or exists (
  select from membership m where m.company_id = $1 and m.account_id = $2 and m.created_by_accountant
), $7, $7, $8
returning id
"""
"""Who created the company is told also when it was let go and taken back."""

EXTERNAL: Final = """
select m.id, m.account_id, m.until, a.kind
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.id = $2 and m.external and m.removed_at is null
"""
SET_UNTIL: Final = "update membership set until = $3 where company_id = $1 and id = $2"
REMOVE: Final = "update membership set removed_at = $3 where company_id = $1 and id = $2 returning account_id"


# --- adding


async def _judge(database: Database, request: GraphQLRequest, given: Input) -> Refused | None:
    """Why the address cannot be added, when an owner asks: a failure is written down, all others of the hour counted.

    It is committed apart, since nothing of a mutation that is refused stays.
    """
    company = key_of(given["companyId"], "com")
    if company is None or request.token is None:
        return None
    async with database.statements() as connection:
        owner = await connection.fetchrow(OWNER, hash_token(request.token), company)
        if owner is None:
            return None  # which is told below
        checks, values = Checks(), {"company": company}
        email = checks.email("email", given["email"])
        check_term(checks, given, owner["at"])
        if checks.problems:
            return Refused(*checks.problems, values=values)
        account: str = owner["account_id"].hex
        limits = FAILURES.on(company.hex, account), ALL_FAILURES.on(account)
        tries = await admit(connection, Guard(limits))
        if tries is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values=values)
        problem = _problem(await _find(connection, company, email))
        if problem is None or problem.code is not UserErrorCode.ACCOUNTANT_NOT_FOUND:
            await take_back(connection, tries)
        return Refused(problem, values=values) if problem is not None else None


async def add_external_user(write: Write, given: Input) -> Written:
    """Give an accountant full access at once; one whose term has passed begins anew.

    Raises Refused (VALIDATION, ACCOUNTANT_NOT_FOUND, ALREADY_LINKED, TOO_MANY_ATTEMPTS).
    """
    company = await lock_as_owner(write, given["companyId"])
    key, values = company["id"], {"company": company["id"]}
    found = await _find(write.connection, key, normal_email(given["email"]) or "")
    problem = _problem(found)
    if problem is not None:
        raise Refused(problem, values=values)
    if await admit(write.connection, Guard((NOTICES.on(key.hex, found["id"].hex),))) is None:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values=values)
    if found["membership"] is not None:
        await end(write, key, found["membership"], company["at"])
    member = await enter(write, key, found, company["at"], until=given.get("until"))
    await grow(write, key)
    await post(write.connection, Letter("ACCESS_NOTICE", found["email"], found["language"], found["id"], key, member))
    return Written({**values, "externalUser": member})


async def _find(connection: Connection, company: uuid.UUID, email: str) -> Record:
    found = await connection.fetchrow(FIND, company, email)
    assert found is not None, "there is always one row"
    return found


def _problem(found: Record) -> Problem | None:
    """Why somebody cannot be added. Of who is here already an owner knows, so only then there is another answer."""
    if found["membership"] is not None and not found["has_ended"]:
        return Problem(UserErrorCode.ALREADY_LINKED, ("email",))
    if not found["is_accountant"]:
        return Problem(UserErrorCode.ACCOUNTANT_NOT_FOUND, ("email",))
    return None


def check_term(checks: Checks, given: Input, now: datetime) -> None:
    """A term lies ahead."""
    until: datetime | None = given.get("until")
    if until is not None and until <= now:
        checks.add("until")


async def enter(
    write: Write,
    company: uuid.UUID,
    account: Mapping[str, Any] | Record,
    at: datetime,
    *,
    until: datetime | None = None,
    created_company: bool = False,
) -> uuid.UUID:
    """Make an account (its id, names and language) an external user of a company that is locked; gives the key."""
    names = account["first_name"], account["last_name"], account["language"]
    member: uuid.UUID = await write.connection.fetchval(
        MAKE, company, account["id"], *names, created_company, at, until
    )
    await record(write, Change("EXTERNAL_ADDED", company, member, at, until=until))
    return member


# --- changing and ending


async def update_external_user(write: Write, given: Input) -> Written:
    """Set or take away an accountant's term; a passed one that is prolonged gives access again.

    The term of support is that of the switch. Raises Refused (NOT_FOUND, VALIDATION).
    """
    company, external = await _external(write, given)
    written = {"company": company["id"], "externalUser": external["id"]}
    checks = Checks()
    check_term(checks, given, company["at"])
    if external["kind"] == "SUPPORT":
        checks.add("externalUserId")
    checks.refuse(written)
    until: datetime | None = given.get("until")
    if "until" in given and until != external["until"]:
        await write.connection.execute(SET_UNTIL, company["id"], external["id"], until)
        await record(write, Change("EXTERNAL_CHANGED", company["id"], external["id"], company["at"], until=until))
        await grow(write, company["id"])
    return Written(written)


async def remove_external_user(write: Write, given: Input) -> Written:
    """End an external user's access. Raises Refused (NOT_FOUND)."""
    company, external = await _external(write, given)
    await end(write, company["id"], external["id"], company["at"])
    await grow(write, company["id"])
    return Written({"company": company["id"]})


async def _external(write: Write, given: Input) -> tuple[Record, Record]:
    """The company, locked, and the external user that the input names."""
    company = await lock_as_owner(write, given["companyId"])
    external = await write.connection.fetchrow(EXTERNAL, company["id"], key_of(given["externalUserId"], "ext"))
    if external is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("externalUserId",)), values={"company": company["id"]})
    return company, external


async def end(write: Write, company: uuid.UUID, member: uuid.UUID, at: datetime) -> None:
    """End an external user's access to a company that is locked, and what opens this company alone."""
    account = await write.connection.fetchval(REMOVE, company, member, at)
    await end_credentials_in(write, company, member, account, at)
    await record(write, Change("EXTERNAL_REMOVED", company, member, at))


async def leave_company(write: Write, given: Input) -> Written:
    """End one's own access from outside. Raises Refused (NOT_FOUND), and Forbidden for a user of the company."""
    company = await lock_from_outside(write, given["companyId"])
    await end(write, company["id"], company["member"], company["at"])
    await grow(write, company["id"])
    return Written()


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "addExternalUser": Mutation(add_external_user, prepare=_judge, changes_access=True),
    "updateExternalUser": Mutation(update_external_user, changes_access=True),
    "removeExternalUser": Mutation(remove_external_user, changes_access=True, rows=no_rows),
    "leaveCompany": Mutation(leave_company, changes_access=True, rows=no_rows),
}
