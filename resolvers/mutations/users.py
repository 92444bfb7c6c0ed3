"""The users of a company: owners invite, change and delete other users, never themselves.

The accountant who created the company stands in for the first owner until that one has come: invites the owner, and
takes an invitation back.

The calling owner cannot lose the role by the call, and every change is judged under the lock on the company. So a
company never loses its last owner, whatever several owners do to each other at the same time.
"""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from db.masks import NO_APPS
from resolvers.mutations.company_lock import lock_as_host, lock_as_owner
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
from resolvers.mutations.invitations import Invited, send, withdraw
from resolvers.mutations.keys import end_credentials_in
from resolvers.mutations.steps.active_apps import not_awake
from resolvers.mutations.steps.audit import AccessChange, grant_first, grow, record
from resolvers.plans import ended_period
from resolvers.user_problems import UserProblem
from schema.apps import App, app_label
from schema.errors import INVITATIONS_WAIT, UserErrorCode
from schema.errors import ValidationReason as Reason
from schema.localization.language import Language
from schema.roles import Role

OPEN_INVITATIONS: Final = 100
"""Maximum number of pending users in a company."""

IS_TAKEN: Final = """
select exists (
  select from membership m join account a on a.id = m.account_id
  where m.company_id = $1 and a.email = $2 and m.removed_at is null
)
"""
COUNT_PENDING_USERS: Final = """
select count(*) from membership
where company_id = $1 and not external and accepted_at is null and removed_at is null
"""
FIND_LANGUAGE: Final = "select language from company where id = $1"
INSERT_ACCOUNT: Final = """
insert into account (email, first_name, last_name, language) values ($1, $2, $3, $4) on conflict (email) do nothing
"""
FIND_ACCOUNT: Final = "select id, language, confirmed from account where email = $1"
INSERT_MEMBER: Final = """
insert into membership (company_id, account_id, role, first_name, last_name, language, created_at)
values ($1, $2, $3, $4, $5, $6, $7) returning id
"""
FIND_MEMBER: Final = """
select id, account_id, role from membership
where company_id = $1 and id = $2 and not external and removed_at is null
"""
UPDATE_MEMBER: Final = """
update membership set first_name = coalesce($3, first_name), last_name = coalesce($4, last_name),
  language = coalesce($5, language), role = coalesce($6, role)
where company_id = $1 and id = $2
"""
ONLY_A_ROLE: Final = frozenset({"companyId", "userId", "role"})
"""The members of an input that changes no name and no language."""

DELETE_MEMBER: Final = f"""
with ended as (
  update app_grant g set valid = {ended_period("g", "$3")}, revoked_by = $4
  where company_id = $1 and membership_id = $2 and upper_inf(valid)
)
update membership set removed_at = $3, toggles = {NO_APPS} where company_id = $1 and id = $2
"""


async def create_user(write: MutationContext, given: InputValues) -> MutationResult:
    """Invite a user, who has no access before accepting.

    The answer is the same for an address with and without a login; it depends only on the company's own users. Raises
    Forbidden and UserErrors (NOT_FOUND, VALIDATION, EMAIL_TAKEN, NOT_TOGGLEABLE, APP_NOT_ACTIVE, LIMIT_REACHED,
    TOO_MANY_ATTEMPTS).
    """
    company = await lock_as_host(write, given["companyId"])
    checks = InputChecks()
    email = checks.email("email", given["email"])
    names = checks.name("firstName", given["firstName"]), checks.name("lastName", given["lastName"])
    role: Role = given["role"]
    apps: Sequence[App] = given.get("apps") or ()
    if company["stands_in"] and role is not Role.OWNER:
        checks.add("role", Reason.NOT_ALLOWED)  # a stand-in for the owner may invite owners only
    checks.problems.extend(_app_problems(role, apps, company))
    if email and await write.connection.fetchval(IS_TAKEN, company["id"], email):
        checks.taken("email")
    checks.refuse({"company": company["id"]})
    if await write.connection.fetchval(COUNT_PENDING_USERS, company["id"]) >= OPEN_INVITATIONS:
        raise UserErrors(
            UserProblem(UserErrorCode.LIMIT_REACHED, text=INVITATIONS_WAIT), values={"company": company["id"]}
        )
    first = sorted({app.name for app in apps})
    invited = await invite(write, company["id"], company["at"], email, names, role=role, apps=first)
    await grow(write, company["id"])
    token = await send(write, invited)
    return MutationResult({"company": company["id"], "user": invited.membership, "invitationToken": token})


def _rows(given: InputValues) -> int:
    """The user and the first toggles."""
    return 1 + len(given.get("apps") or ())


def _rows_of_update(given: InputValues) -> int:
    """One, but none where somebody only stops being an owner: that is never refused for what was written before."""
    return 0 if given.keys() <= ONLY_A_ROLE and given.get("role") is Role.EMPLOYEE else 1


def _app_problems(role: Role, apps: Sequence[App], company: Record) -> Iterator[UserProblem]:
    """The problems with the first toggles; an app that is given twice counts once."""
    seen: set[App] = set()
    for place, app in enumerate(apps):
        path = ("apps", str(place))
        if app in seen:
            continue
        seen.add(app)
        if role is Role.OWNER:
            yield _not_toggleable(app, path)
        elif problem := not_awake(company, app, path):
            yield problem


def _not_toggleable(app: App, path: tuple[str, ...]) -> UserProblem:
    return UserProblem(UserErrorCode.NOT_TOGGLEABLE, path, lambda language: {"app": app_label(app, language)})


async def invite(
    write: MutationContext,
    company: uuid.UUID,
    at: datetime,
    email: str,
    names: tuple[str, str],
    *,
    role: Role,
    apps: Sequence[str] = (),
) -> Invited:
    """Create a pending user with the first toggles, in a locked company; `invitations.send` sends the e-mail.

    An address without a login gets one without a password. Names and language are the company's own, so that an
    invitation does not reveal those of a login.
    """
    connection = write.connection
    language: str = await connection.fetchval(FIND_LANGUAGE, company)
    await connection.execute(INSERT_ACCOUNT, email, *names, language)
    account = await connection.fetchrow(
        FIND_ACCOUNT, email
    )  # a statement of its own: it sees an account that another transaction has just made
    assert account is not None
    member: uuid.UUID = await connection.fetchval(
        INSERT_MEMBER, company, account["id"], role.name, *names, language, at
    )
    await record(write, AccessChange("USER_INVITED", company, member, at, role_after=role.name))
    await grant_first(write, company, member, apps, actor=write.caller.account, at=at)
    return Invited(company, member, account["id"], email, account["language"] if account["confirmed"] else language)


async def update_user(write: MutationContext, given: InputValues) -> MutationResult:
    """Change another user's names, language or role. The toggles stay; they count again once the user is no owner.

    Raises Forbidden and UserErrors (NOT_FOUND, SELF_EDIT_FORBIDDEN, VALIDATION).
    """
    company, user = await _find_other_user(write, given, lock_as_owner)
    written = {"company": company["id"], "user": user["id"]}
    changes = _changes(given, written)
    await write.connection.execute(UPDATE_MEMBER, company["id"], user["id"], *changes)
    role = changes[-1]
    if role is not None and role != user["role"]:
        change = AccessChange("ROLE", company["id"], user["id"], company["at"], user["role"], role)
        await record(write, change)
        await grow(write, company["id"])
    return MutationResult(written)


def _changes(given: InputValues, written: Mapping[str, object]) -> list[str | None]:
    """First name, last name, language and role; None leaves a value as it is. Raises UserErrors (VALIDATION)."""
    checks = InputChecks()
    changes: list[str | None] = []
    for member in ("firstName", "lastName", "language", "role"):
        value: Any = given.get(member)
        if value is None and member in given:
            checks.add(member, Reason.REQUIRED)
        elif isinstance(value, Language | Role):
            value = value.name
        elif value is not None:
            value = checks.name(member, value)
        changes.append(value)
    checks.refuse(written)
    return changes


async def delete_user(write: MutationContext, given: InputValues) -> MutationResult:
    """End another user's access to the company, or a pending invitation. The user's data stays.

    Raises Forbidden and UserErrors (NOT_FOUND, SELF_EDIT_FORBIDDEN).
    """
    company, user = await _find_other_user(write, given, lock_as_host)
    await remove(write, company, user)
    await grow(write, company["id"])
    return MutationResult({"company": company["id"]})


async def remove(write: MutationContext, company: Record | Mapping[str, Any], user: Record | Mapping[str, Any]) -> None:
    """End a user's access or invitation in a locked company: `id, at`; `user` has `id, account_id, role`."""
    key, at = company["id"], company["at"]
    await end_credentials_in(write, key, user["id"], user["account_id"], at)
    await write.connection.execute(DELETE_MEMBER, key, user["id"], at, write.caller.account)
    await withdraw(write.connection, key, user["id"])
    await record(write, AccessChange("USER_DELETED", key, user["id"], at, role_before=user["role"]))


async def _find_other_user(
    write: MutationContext, given: InputValues, lock: Callable[[MutationContext, str], Awaitable[Record]]
) -> tuple[Record, Record]:
    """The locked company and the user of the input, who is not the caller.

    Raises Forbidden and UserErrors (NOT_FOUND, SELF_EDIT_FORBIDDEN).
    """
    company = await lock(write, given["companyId"])
    user = await write.connection.fetchrow(FIND_MEMBER, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("userId",)), values={"company": company["id"]})
    if user["account_id"] == write.caller.account:
        written = {"company": company["id"], "user": user["id"]}
        raise UserErrors(UserProblem(UserErrorCode.SELF_EDIT_FORBIDDEN, ("userId",)), values=written)
    return company, user


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createUser": Mutation(create_user, changes_access=True, rows=_rows),
    "updateUser": Mutation(update_user, changes_access=True, rows=_rows_of_update),
    "deleteUser": Mutation(delete_user, changes_access=True, rows=no_rows),
}
