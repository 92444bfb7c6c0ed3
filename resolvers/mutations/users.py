"""The users of a company: inviting, changing, deleting; by its owners, and never oneself.

An owner who asks stays one, and judges under the lock on the company: so no company is ever without an owner, whatever
several owners do to each other at once.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from resolvers.mutations.access import has
from resolvers.mutations.invitations import Invited, send, withdraw
from resolvers.mutations.keys import end_credentials_in
from resolvers.trail import Change, grant_first, grow, record
from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, key_of, lock_as_owner, no_rows
from schema.apps import App, app_label
from schema.declarations import Role
from schema.errors import UserErrorCode
from schema.language import Language

OPEN_INVITATIONS: Final = 100
"""So many users of one company may be pending."""

TAKEN: Final = """
select exists (
  select from membership m join account a on a.id = m.account_id
  where m.company_id = $1 and a.email = $2 and m.removed_at is null
)
"""
OPEN: Final = """
select count(*) from membership
where company_id = $1 and not external and accepted_at is null and removed_at is null
"""
LANGUAGE: Final = "select language from company where id = $1"
MAKE_ACCOUNT: Final = """
insert into account (email, first_name, last_name, language) values ($1, $2, $3, $4) on conflict (email) do nothing
"""
ACCOUNT: Final = "select id, language, confirmed from account where email = $1"
MAKE_MEMBER: Final = """
insert into membership (company_id, account_id, role, first_name, last_name, language, created_at)
values ($1, $2, $3, $4, $5, $6, $7) returning id
"""
MEMBER: Final = """
select id, account_id, role from membership
where company_id = $1 and id = $2 and not external and removed_at is null
"""
UPDATE: Final = """
update membership set first_name = coalesce($3, first_name), last_name = coalesce($4, last_name),
  language = coalesce($5, language), role = coalesce($6, role)
where company_id = $1 and id = $2
"""
DELETE: Final = """
with ended as (
  update app_grant
  set valid = tstzrange(lower(valid), greatest($3, lower(valid) + interval '1 microsecond')), revoked_by = $4
  where company_id = $1 and membership_id = $2 and upper_inf(valid)
)
update membership set removed_at = $3, toggles = repeat('0', 256)::bit(256) where company_id = $1 and id = $2
"""


async def create_user(write: Write, given: Input) -> Written:
    """Invite somebody, who has no access before accepting.

    Answers alike whether or not the address has a login: only what stands in this company makes a difference.
    """
    company = await lock_as_owner(write, given["companyId"])
    checks = Checks()
    email = checks.email("email", given["email"])
    names = checks.name("firstName", given["firstName"]), checks.name("lastName", given["lastName"])
    role: Role = given["role"]
    apps: Sequence[App] = given.get("apps") or ()
    checks.problems.extend(_app_problems(role, apps, company))
    if email and await write.connection.fetchval(TAKEN, company["id"], email):
        checks.add("email", UserErrorCode.EMAIL_TAKEN)
    checks.refuse({"company": company["id"]})
    if await write.connection.fetchval(OPEN, company["id"]) >= OPEN_INVITATIONS:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values={"company": company["id"]})
    first = sorted({app.name for app in apps})
    invited = await invite(write, company["id"], company["at"], email, names, role=role, apps=first)
    await grow(write, company["id"])
    token = await send(write, invited)
    return Written({"company": company["id"], "user": invited.membership, "invitationToken": token})


def _rows(given: Input) -> int:
    """The user and the toggles to begin with."""
    return 1 + len(given.get("apps") or ())


def _app_problems(role: Role, apps: Sequence[App], company: Record) -> Iterator[Problem]:
    """Why these cannot be the first toggles; the same app twice counts once."""
    seen: set[App] = set()
    for place, app in enumerate(apps):
        if app in seen:
            continue
        seen.add(app)
        if role is Role.OWNER:
            yield _app_problem(UserErrorCode.NOT_TOGGLEABLE, place, app)
        elif not has(company["mask"], app):
            yield _app_problem(UserErrorCode.APP_NOT_ACTIVE, place, app)


def _app_problem(code: UserErrorCode, place: int, app: App) -> Problem:
    return Problem(code, ("apps", str(place)), lambda language: {"app": app_label(app, language)})


async def invite(
    write: Write,
    company: uuid.UUID,
    at: datetime,
    email: str,
    names: tuple[str, str],
    *,
    role: Role,
    apps: Sequence[str] = (),
) -> Invited:
    """The pending user with the first toggles, in a company that is locked; the letter is for `send`.

    An address without a login gets one without a password. The names and the language are this company's: nobody
    learns those of a login by inviting it.
    """
    connection = write.connection
    language: str = await connection.fetchval(LANGUAGE, company)
    await connection.execute(MAKE_ACCOUNT, email, *names, language)
    account = await connection.fetchrow(ACCOUNT, email)  # a statement of its own: somebody else may just have made it
    assert account is not None
    member: uuid.UUID = await connection.fetchval(MAKE_MEMBER, company, account["id"], role.name, *names, language, at)
    await record(write, Change("USER_INVITED", company, member, at, role_after=role.name))
    await grant_first(write, company, member, apps, actor=write.caller.account, at=at)
    return Invited(company, member, account["id"], email, account["language"] if account["confirmed"] else language)


async def update_user(write: Write, given: Input) -> Written:
    """Change somebody else's names, language or role; toggles stay, and count again for who is no owner any more."""
    company, user = await _somebody_else(write, given)
    written = {"company": company["id"], "user": user["id"]}
    changes = _changes(given, written)
    await write.connection.execute(UPDATE, company["id"], user["id"], *changes)
    role = changes[-1]
    if role is not None and role != user["role"]:
        change = Change("ROLE", company["id"], user["id"], company["at"], user["role"], role)
        await record(write, change)
        await grow(write, company["id"])
    return Written(written)


def _changes(given: Input, written: Mapping[str, object]) -> list[str | None]:
    """First name, last name, language and role; None stays as it is."""
    checks = Checks()
    changes: list[str | None] = []
    for member in ("firstName", "lastName", "language", "role"):
        value: Any = given.get(member)
        if value is None and member in given:
            checks.add(member)
        elif isinstance(value, Language | Role):
            value = value.name
        elif value is not None:
            value = checks.name(member, value)
        changes.append(value)
    checks.refuse(written)
    return changes


async def delete_user(write: Write, given: Input) -> Written:
    """End somebody else's access to the company, or a pending invitation; what the user made stays."""
    company, user = await _somebody_else(write, given)
    moment = (company["at"], write.caller.account)
    await write.connection.execute(DELETE, company["id"], user["id"], *moment)
    await withdraw(write.connection, company["id"], user["id"])
    await end_credentials_in(write, company["id"], user["id"], user["account_id"], company["at"])
    await record(write, Change("USER_DELETED", company["id"], user["id"], company["at"], role_before=user["role"]))
    await grow(write, company["id"])
    return Written({"company": company["id"]})


async def _somebody_else(write: Write, given: Input) -> tuple[Record, Record]:
    """The company, locked, and the user that the input names. Raises Refused (NOT_FOUND, SELF_EDIT_FORBIDDEN)."""
    company = await lock_as_owner(write, given["companyId"])
    user = await write.connection.fetchrow(MEMBER, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("userId",)), values={"company": company["id"]})
    if user["account_id"] == write.caller.account:
        written = {"company": company["id"], "user": user["id"]}
        raise Refused(Problem(UserErrorCode.SELF_EDIT_FORBIDDEN, ("userId",)), values=written)
    return company, user


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createUser": Mutation(create_user, changes_access=True, rows=_rows),
    "updateUser": Mutation(update_user, changes_access=True),
    "deleteUser": Mutation(delete_user, changes_access=True, rows=no_rows),
}
