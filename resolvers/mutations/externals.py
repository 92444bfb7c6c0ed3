"""External users of a company: adding an accountant, changing and ending the access.

Only an owner can find out which addresses are accountants', and only ten times an hour. All other addresses, known or
unknown, cost the same work and get the same answer.
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
from resolvers.email_address import normal_email
from resolvers.membership import present
from resolvers.mutations.company_lock import lock_as_owner
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
    no_rows,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.keys import end_credentials_in
from resolvers.mutations.steps.attempts import HOUR, AttemptLimit, Guard, admit, take_back
from resolvers.mutations.steps.audit import AccessChange, grow, record
from resolvers.request import GraphQLRequest
from resolvers.user_problems import UserProblem
from schema.errors import UserErrorCode
from schema.errors import ValidationReason as Reason

FAILURES: Final = AttemptLimit("addresses of no accountant, by an account in a company", 10, HOUR)
ALL_FAILURES: Final = AttemptLimit("addresses of no accountant, by an account", 50, HOUR)
"""Counted over all companies together, since creating a company costs nothing."""

NOTICES: Final = AttemptLimit("notices of access of an account in a company", 10, HOUR)
"""Keeps a company from filling a mailbox by adding, removing and adding again."""

FIND_OWNER: Final = f"""
select m.account_id, clock_timestamp() at
from credential k join membership m on m.account_id = k.account_id
where k.token_hash = $1 and k.expires_at > now() and m.company_id = $2 and m.role = 'OWNER'
  and {present("m")}
"""
FIND_ACCOUNTANT: Final = """
select a.id, a.email, a.first_name, a.last_name, a.language, a.kind = 'ACCOUNTANT' and a.confirmed is_accountant,
  m.id membership, m.external and m.until <= clock_timestamp() has_ended
from (select) one left join account a on a.email = $2
  left join membership m on m.company_id = $1 and m.removed_at is null
    and m.account_id = coalesce(a.id, '00000000-0000-0000-0000-000000000000')
"""
"""Looks for a membership of a zero key when the address is unknown, so that it takes as long as a known one."""

INSERT_EXTERNAL: Final = """
insert into membership (company_id, account_id, external, first_name, last_name, language, created_by_accountant,
  stands_in, created_at, accepted_at, until)
select $1, $2, true, $3, $4, $5, $6::bool or exists (
  select from membership m where m.company_id = $1 and m.account_id = $2 and m.created_by_accountant
), $6, $7, $7, $8
returning id
"""
"""The mark of the accountant who created the company is kept when the access ended and begins again."""

FIND_EXTERNAL: Final = """
select m.id, m.account_id, m.until, a.kind
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.id = $2 and m.external and m.removed_at is null
"""
SET_UNTIL: Final = "update membership set until = $3 where company_id = $1 and id = $2"
REMOVE_EXTERNAL: Final = "update membership set removed_at = $3 where company_id = $1 and id = $2 returning account_id"


# --- adding


async def _judge(database: Database, request: GraphQLRequest, given: InputValues) -> UserErrors | None:
    """The reason why an owner cannot add the address; None when it can be added, or when the caller is no owner.

    An address of no accountant is counted as a failure. The count is committed here, since nothing of a refused
    mutation stays.
    """
    company = key_of(given["companyId"], "com")
    if company is None or request.token is None:
        return None
    async with database.statements() as connection:
        owner = await connection.fetchrow(FIND_OWNER, hash_token(request.token), company)
        if owner is None:
            return None  # add_external_user raises Forbidden or NOT_FOUND
        checks, values = InputChecks(), {"company": company}
        email = checks.email("email", given["email"])
        check_term(checks, given, owner["at"])
        if checks.problems:
            return UserErrors(*checks.problems, values=values)
        account: str = owner["account_id"].hex
        limits = FAILURES.on(company.hex, account), ALL_FAILURES.on(account)
        tries = await admit(connection, Guard(limits))
        if tries is None:
            return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS), values=values)
        problem = _problem(await _find(connection, company, email))
        if problem is None or problem.code is not UserErrorCode.ACCOUNTANT_NOT_FOUND:
            await take_back(connection, tries)
        return UserErrors(problem, values=values) if problem is not None else None


async def add_external_user(write: MutationContext, given: InputValues) -> MutationResult:
    """Give an accountant full access at once; an access whose term has passed begins anew.

    Raises Forbidden and UserErrors (NOT_FOUND, VALIDATION, ACCOUNTANT_NOT_FOUND, ALREADY_LINKED, TOO_MANY_ATTEMPTS).
    """
    company = await lock_as_owner(write, given["companyId"])
    key, values = company["id"], {"company": company["id"]}
    found = await _find(write.connection, key, normal_email(given["email"]) or "")
    problem = _problem(found)
    if problem is not None:
        raise UserErrors(problem, values=values)
    if await admit(write.connection, Guard((NOTICES.on(key.hex, found["id"].hex),))) is None:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS), values=values)
    if found["membership"] is not None:
        await end(write, key, found["membership"], company["at"])
    member = await enter(write, key, found, company["at"], until=given.get("until"))
    await grow(write, key)
    await post(write.connection, Letter("ACCESS_NOTICE", found["email"], found["language"], found["id"], key, member))
    return MutationResult({**values, "externalUser": member})


async def _find(connection: Connection, company: uuid.UUID, email: str) -> Record:
    found = await connection.fetchrow(FIND_ACCOUNTANT, company, email)
    assert found is not None, "there is always one row"
    return found


def _problem(found: Record) -> UserProblem | None:
    """The reason why an account cannot be added, or None.

    ALREADY_LINKED is safe to tell, since owners see their external users anyway.
    """
    if found["membership"] is not None and not found["has_ended"]:
        return UserProblem(UserErrorCode.ALREADY_LINKED, ("email",))
    if not found["is_accountant"]:
        return UserProblem(UserErrorCode.ACCOUNTANT_NOT_FOUND, ("email",))
    return None


def check_term(checks: InputChecks, given: InputValues, now: datetime) -> None:
    """Add a problem when `until` is not in the future."""
    until: datetime | None = given.get("until")
    if until is not None and until <= now:
        checks.add("until", Reason.RANGE)


async def enter(
    write: MutationContext,
    company: uuid.UUID,
    account: Mapping[str, Any] | Record,
    at: datetime,
    *,
    until: datetime | None = None,
    created_company: bool = False,
) -> uuid.UUID:
    """Make an account an external user of a locked company; returns the membership's key.

    `account` has `id, first_name, last_name, language`.
    """
    names = account["first_name"], account["last_name"], account["language"]
    member: uuid.UUID = await write.connection.fetchval(
        INSERT_EXTERNAL, company, account["id"], *names, created_company, at, until
    )
    await record(write, AccessChange("EXTERNAL_ADDED", company, member, at, until=until))
    return member


# --- changing and ending


async def update_external_user(write: MutationContext, given: InputValues) -> MutationResult:
    """Set or remove an accountant's term. Prolonging a passed term restores the access, but not for older API keys.

    Support's term is set by its switch alone (`support.py`). Raises Forbidden and UserErrors (NOT_FOUND, VALIDATION).
    """
    company, external = await _external(write, given)
    written = {"company": company["id"], "externalUser": external["id"]}
    checks = InputChecks()
    check_term(checks, given, company["at"])
    if external["kind"] == "SUPPORT":
        checks.add("externalUserId", Reason.NOT_ALLOWED)
    checks.refuse(written)
    until: datetime | None = given.get("until")
    if "until" in given and until != external["until"]:
        if external["until"] is not None and external["until"] <= company["at"]:
            await end_credentials_in(write, company["id"], external["id"], external["account_id"], company["at"])
        await write.connection.execute(SET_UNTIL, company["id"], external["id"], until)
        await record(write, AccessChange("EXTERNAL_CHANGED", company["id"], external["id"], company["at"], until=until))
        await grow(write, company["id"])
    return MutationResult(written)


async def remove_external_user(write: MutationContext, given: InputValues) -> MutationResult:
    """End an external user's access. Raises Forbidden and UserErrors (NOT_FOUND)."""
    company, external = await _external(write, given)
    await end(write, company["id"], external["id"], company["at"])
    await grow(write, company["id"])
    return MutationResult({"company": company["id"]})


async def _external(write: MutationContext, given: InputValues) -> tuple[Record, Record]:
    """The locked company and the external user of the input. Raises Forbidden and UserErrors (NOT_FOUND)."""
    company = await lock_as_owner(write, given["companyId"])
    external = await write.connection.fetchrow(FIND_EXTERNAL, company["id"], key_of(given["externalUserId"], "ext"))
    if external is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("externalUserId",)), values={"company": company["id"]})
    return company, external


async def end(write: MutationContext, company: uuid.UUID, member: uuid.UUID, at: datetime) -> None:
    """End an external user's access to a locked company, and the credentials with which the user opens it."""
    account = await write.connection.fetchval(REMOVE_EXTERNAL, company, member, at)
    await end_credentials_in(write, company, member, account, at)
    await record(write, AccessChange("EXTERNAL_REMOVED", company, member, at))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "addExternalUser": Mutation(add_external_user, prepare=_judge, changes_access=True),
    "updateExternalUser": Mutation(update_external_user, changes_access=True),
    "removeExternalUser": Mutation(remove_external_user, changes_access=True, rows=no_rows),
}
