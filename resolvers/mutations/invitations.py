"""Invitations: sending, sending again, accepting. The token comes by e-mail; a pending user has no access."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.outbox import Letter, issue_token, post
from db.tokens import hash_token
from resolvers.mutations.company_lock import lock_as_host
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    Unauthenticated,
    UserErrors,
    key_of,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.passwords import hash_by_letter, put_out
from resolvers.mutations.steps.attempts import HOUR, AttemptLimit, Guard, admit
from resolvers.mutations.steps.audit import AccessChange, grow, record
from resolvers.mutations.steps.company_closing import welcome_owner
from resolvers.mutations.steps.credential_ending import end_all
from resolvers.mutations.steps.email_proof import is_both, lock_by_letter, start_empty
from resolvers.mutations.steps.sessions import open_session
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.user_problems import UserProblem, invalid
from schema.errors import ALREADY_ACCEPTED, FOR_SOMEBODY_ELSE, UserErrorCode, ValidationReason

LETTERS: Final = AttemptLimit("invitations of an account", 50, HOUR)
"""Counted over all companies of the inviting account."""
INVITEES: Final = AttemptLimit("invitations of an e-mail address into a company", 10, HOUR)
"""Keeps a company from filling a mailbox by inviting, deleting and inviting again."""

DELETE_TOKENS: Final = "delete from mail_token where company_id = $1 and membership_id = $2"
DELETE_UNSENT_INVITATIONS: Final = """
delete from outbox where id in (
  select id from outbox
  where kind = 'INVITATION' and company_id = $1 and membership_id = $2 and sent_at is null and given_up_at is null
  for update skip locked
)
"""
"""Deletes waiting invitations. Skips one that a worker is just sending."""

FIND_PENDING_USER: Final = """
select m.id, m.accepted_at, m.language, a.id account_id, a.email, a.confirmed, a.language account_language
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.id = $2 and not m.external and m.removed_at is null
"""
FIND_INVITATION: Final = """
select t.company_id, m.id, m.role, a.id account_id, a.email, a.language, a.confirmed,
  case when not a.confirmed then a.password_hash end stored, clock_timestamp() at
from mail_token t
join membership m on m.company_id = t.company_id and m.id = t.membership_id and m.account_id = t.account_id
join account a on a.id = m.account_id
where t.token_hash = $1 and t.purpose = 'INVITATION' and t.expires_at > now()
  and m.accepted_at is null and m.removed_at is null and (m.role = 'OWNER' or m.until is null or m.until > now())
"""
"""In a company that is closed only an owner can accept, and opens it again."""

FIND_ACCEPTED: Final = """
select t.company_id, m.account_id
from mail_token t
join membership m on m.company_id = t.company_id and m.id = t.membership_id and m.account_id = t.account_id
where t.token_hash = $1 and t.purpose = 'INVITATION' and t.expires_at > now()
  and m.accepted_at is not null and m.removed_at is null
"""
ACCEPT_INVITATION: Final = "update membership set accepted_at = $3 where company_id = $1 and id = $2"
CONFIRM_ACCOUNT: Final = """
with forgotten as (
  delete from mail_token where account_id = $1 and purpose in ('CONFIRMATION', 'PASSWORD_RESET')
)
update account set password_hash = $2, confirmed = true where id = $1
"""
"""The accepting user has proved the mailbox: other tokens for the address end, and the password is replaced."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invited user; `language` is that of the e-mail, which only its recipient learns."""

    company: uuid.UUID
    membership: uuid.UUID
    account: uuid.UUID
    email: str
    language: str


async def send(write: MutationContext, invited: Invited) -> str | None:
    """Put the invitation into the outbox; it replaces any earlier one. Returns the token where secrets are shown.

    Needs the lock on the company. Raises UserErrors (TOO_MANY_ATTEMPTS) when the caller, or the company to this
    address, has sent too many.
    """
    limits = LETTERS.on(write.caller.account.hex), INVITEES.on(invited.company.hex, invited.email)
    if await admit(write.connection, Guard(limits)) is None:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS), values={"company": invited.company})
    await withdraw(write.connection, invited.company, invited.membership)
    company, membership, account = invited.company, invited.membership, invited.account
    await post(write.connection, Letter("INVITATION", invited.email, invited.language, account, company, membership))
    if not write.shows_secrets:
        return None
    return await issue_token(write.connection, "INVITATION", account, company, membership)


async def withdraw(connection: Connection, company: uuid.UUID, membership: uuid.UUID) -> None:
    """Make all invitations of a user void, sent or not."""
    await connection.execute(DELETE_TOKENS, company, membership)
    await connection.execute(DELETE_UNSENT_INVITATIONS, company, membership)


async def resend_invitation(write: MutationContext, given: InputValues) -> MutationResult:
    """Send a pending user a new invitation, which makes the one before void. Nothing else changes.

    Raises Forbidden and UserErrors (NOT_FOUND, VALIDATION, TOO_MANY_ATTEMPTS).
    """
    company = await lock_as_host(write, given["companyId"])
    written = {"company": company["id"]}
    user = await write.connection.fetchrow(FIND_PENDING_USER, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("userId",)), values=written)
    written["user"] = user["id"]
    if user["accepted_at"] is not None:
        checks = InputChecks()
        checks.add("userId", ValidationReason.NOT_ALLOWED)
        checks.refuse(written)
    language = user["account_language"] if user["confirmed"] else user["language"]
    token = await send(write, Invited(company["id"], user["id"], user["account_id"], user["email"], language))
    return MutationResult({**written, "invitationToken": token})


# --- accepting


async def _hash(database: Database, request: GraphQLRequest, given: InputValues) -> str | UserErrors | None:
    """The hash of the password, or the errors.

    None when the invitation needs no password or is not valid, and when the password is not acceptable.
    """
    async with database.statements() as connection:
        invitation = await connection.fetchrow(FIND_INVITATION, hash_token(given["token"]))
    password: str | None = given.get("password")
    if invitation is None or invitation["confirmed"] or password is None:
        return None
    checks = InputChecks()
    checks.password("password", password, invitation["email"])
    if checks.problems:
        return None
    return await hash_by_letter(database, given["token"], password, invitation["stored"])


async def accept_invitation(write: MutationContext, given: InputValues) -> MutationResult:
    """Make a pending user active, by the mailed token.

    A login with a confirmed address must be signed in. Any other login gets a password and a session; it starts empty
    unless the caller proves to own it (`email_proof.py`). Opened again by the login that has accepted, the link changes
    nothing and has no errors. Raises Unauthenticated and UserErrors (INVITATION_INVALID, VALIDATION of `password`,
    TOO_MANY_ATTEMPTS).
    """
    found, invitation = await _lock(write.connection, given["token"])
    if found is None or invitation is None:
        return await _repeated(write, given["token"])
    account: uuid.UUID = invitation["account_id"]
    values: dict[str, Any] = {"company": invitation["company_id"]}
    token: str | None = None
    cookie: SessionCookie | None = None
    if invitation["confirmed"]:
        _must_be_signed_in(write, invitation, given.get("password"))
    else:
        new: str | None = write.prepared
        if new is None:
            raise _refused_password()
        if not is_both(write, found, new):
            await start_empty(write, found)
        await write.connection.execute(CONFIRM_ACCOUNT, account, new)
        await end_all(write.connection, account, actor=account)
        session = await open_session(write.connection, account, write.request.user_agent)
        token, cookie = session.token, put_out(write, account)
        values |= {"token": session.token, "expiresAt": session.expires_at}
    await _join(write, invitation)
    return MutationResult(values, token=token, cookie=cookie)


async def _lock(connection: Connection, token: str) -> tuple[Record | None, Record | None]:
    """The account and the open invitation, read under the locks on the account and on the company."""
    found = await lock_by_letter(connection, token)
    return found, await connection.fetchrow(FIND_INVITATION, hash_token(token))


async def _repeated(write: MutationContext, token: str) -> MutationResult:
    """The company that the signed-in caller has entered by this token before.

    Raises UserErrors (INVITATION_INVALID), for the others who have accepted it with a text that says so.
    """
    accepted = await write.connection.fetchrow(FIND_ACCEPTED, hash_token(token))
    if accepted is None:
        raise UserErrors(UserProblem(UserErrorCode.INVITATION_INVALID, ("token",)))
    if write.signed_in is None:
        raise UserErrors(UserProblem(UserErrorCode.INVITATION_INVALID, ("token",), text=ALREADY_ACCEPTED))
    if write.signed_in.account != accepted["account_id"]:
        raise _for_somebody_else()
    return MutationResult({"company": accepted["company_id"]})


def _for_somebody_else() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVITATION_INVALID, ("token",), text=FOR_SOMEBODY_ELSE))


def _must_be_signed_in(write: MutationContext, invitation: Record, password: str | None) -> None:
    if write.signed_in is None:
        raise Unauthenticated
    if write.caller.account != invitation["account_id"]:
        raise _for_somebody_else()
    if password is not None:
        raise _refused_password()


def _refused_password() -> UserErrors:
    return UserErrors(invalid(("password",), ValidationReason.NOT_ALLOWED))


async def _join(write: MutationContext, invitation: Record) -> None:
    company, member, account = invitation["company_id"], invitation["id"], invitation["account_id"]
    await write.connection.execute(ACCEPT_INVITATION, company, member, invitation["at"])
    await write.connection.execute(DELETE_UNSENT_INVITATIONS, company, member)
    await record(
        write, AccessChange("USER_JOINED", company, member, invitation["at"], role_after=invitation["role"]), account
    )
    await grow(write, company)
    if invitation["role"] == "OWNER":
        await welcome_owner(write.connection, company, invitation["at"])
    notice = Letter("ACCESS_NOTICE", invitation["email"], invitation["language"], account, company, member)
    await post(write.connection, notice)


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "resendInvitation": Mutation(resend_invitation, changes_access=True),
    "acceptInvitation": Mutation(accept_invitation, prepare=_hash, for_anyone=True, changes_access=True, hashes=1),
}
