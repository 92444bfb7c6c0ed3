"""Invitations: sending, sending again, accepting. A letter brings the secret; who has not accepted has no access."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.outbox import Letter, issue_token, post
from db.tokens import hash_token
from resolvers.attempts import HOUR, Guard, Limit, admit
from resolvers.mutations.passwords import hash_by_letter, put_out
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.sessions import open_session
from resolvers.trail import Change, grow, record
from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Problem, Refused, Unauthenticated, Write, Written, key_of, lock_as_owner
from schema.errors import UserErrorCode

LETTERS: Final = Limit("invitations of an account", 50, HOUR)
"""In all companies of who invites."""
INVITEES: Final = Limit("invitations of an e-mail address into a company", 10, HOUR)
"""Nobody's mailbox is filled by inviting, deleting and inviting again."""

FORGET_TOKENS: Final = "delete from mail_token where company_id = $1 and membership_id = $2"
TAKE_BACK: Final = """
delete from outbox where id in (
  select id from outbox
  where kind = 'INVITATION' and company_id = $1 and membership_id = $2 and sent_at is null and given_up_at is null
  for update skip locked
)
"""
"""Letters that wait; one that is on its way just now is left to its sender."""

PENDING: Final = """
select m.id, m.accepted_at, m.language, a.id account_id, a.email, a.confirmed, a.language account_language
from membership m join account a on a.id = m.account_id
where m.company_id = $1 and m.id = $2 and not m.external and m.removed_at is null
"""
LOCK_COMPANY: Final = """
select from company where id = (select company_id from mail_token where token_hash = $1) for no key update
"""
LOCK_ACCOUNT: Final = """
select from account where id = (select account_id from mail_token where token_hash = $1) for no key update
"""
INVITATION: Final = """
select t.company_id, m.id, m.role, a.id account_id, a.email, a.language, a.confirmed,
  clock_timestamp() at
from mail_token t
join membership m on m.company_id = t.company_id and m.id = t.membership_id and m.account_id = t.account_id
join account a on a.id = m.account_id
where t.token_hash = $1 and t.purpose = 'INVITATION' and t.expires_at > now()
  and m.accepted_at is null and m.removed_at is null
"""
ACCEPT: Final = "update membership set accepted_at = $3 where company_id = $1 and id = $2"
CONFIRM: Final = """
with ended as (
  delete from credential where account_id = $1
), forgotten as (
  delete from mail_token where account_id = $1 and purpose = 'PASSWORD_RESET'
)
update account set password_hash = $2, confirmed = true where id = $1
"""
"""The mailbox belongs to who accepts: whoever had used the address before is put out."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who is invited; `language` is that of the letter, which only its recipient learns."""

    company: uuid.UUID
    membership: uuid.UUID
    account: uuid.UUID
    email: str
    language: str


async def send(write: Write, invited: Invited) -> str | None:
    """Send the letter, in place of one that waits or was sent before; gives the token where secrets are shown.

    Raises Refused (TOO_MANY_ATTEMPTS) when the caller, or the company to this address, has sent too many. Needs the
    lock on the company.
    """
    limits = LETTERS.on(write.caller.account.hex), INVITEES.on(invited.company.hex, invited.email)
    if await admit(write.connection, Guard(limits)) is None:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values={"company": invited.company})
    await withdraw(write.connection, invited.company, invited.membership)
    company, membership, account = invited.company, invited.membership, invited.account
    await post(write.connection, Letter("INVITATION", invited.email, invited.language, account, company, membership))
    if not write.shows_secrets:
        return None
    return await issue_token(write.connection, "INVITATION", account, company, membership)


async def withdraw(connection: Connection, company: uuid.UUID, membership: uuid.UUID) -> None:
    """Make every invitation of a member void, sent or not."""
    await connection.execute(FORGET_TOKENS, company, membership)
    await connection.execute(TAKE_BACK, company, membership)


async def resend_invitation(write: Write, given: Input) -> Written:
    """Send a pending user a new invitation; the one before works no more, and nothing else changes."""
    company = await lock_as_owner(write, given["companyId"])
    written = {"company": company["id"]}
    user = await write.connection.fetchrow(PENDING, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("userId",)), values=written)
    written["user"] = user["id"]
    if user["accepted_at"] is not None:
        checks = Checks()
        checks.add("userId")
        checks.refuse(written)
    language = user["account_language"] if user["confirmed"] else user["language"]
    token = await send(write, Invited(company["id"], user["id"], user["account_id"], user["email"], language))
    return Written({**written, "invitationToken": token})


# --- accepting


async def _hash(database: Database, request: GraphQLRequest, given: Input) -> str | Refused | None:
    """The hash of the password; None when the invitation needs none, does not work, or the password is no good."""
    async with database.statements() as connection:
        invitation = await connection.fetchrow(INVITATION, hash_token(given["token"]))
    password: str | None = given.get("password")
    if invitation is None or invitation["confirmed"] or password is None:
        return None
    checks = Checks()
    checks.password("password", password, invitation["email"])
    return None if checks.problems else await hash_by_letter(database, given["token"], password)


async def accept_invitation(write: Write, given: Input) -> Written:
    """Make a pending user active, by the token of the letter.

    A login whose address was never confirmed gets its first password, and a session; every other one accepts signed
    in. Raises Unauthenticated and Refused (INVITATION_INVALID, VALIDATION of `password`, TOO_MANY_ATTEMPTS).
    """
    invitation = await _lock(write.connection, given["token"])
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
        await write.connection.execute(CONFIRM, account, new)
        session = await open_session(write.connection, account, write.request.user_agent)
        token, cookie = session.token, put_out(write, account)
        values |= {"token": session.token, "expiresAt": session.expires_at}
    await _join(write, invitation)
    return Written(values, token=token, cookie=cookie)


async def _lock(connection: Connection, token: str) -> Record:
    """The invitation, as it is under the locks on its company and its account."""
    hashed = hash_token(token)
    await connection.execute(LOCK_COMPANY, hashed)
    await connection.execute(LOCK_ACCOUNT, hashed)
    invitation = await connection.fetchrow(INVITATION, hashed)
    if invitation is None:
        raise Refused(Problem(UserErrorCode.INVITATION_INVALID, ("token",)))
    return invitation


def _must_be_signed_in(write: Write, invitation: Record, password: str | None) -> None:
    if write.signed_in is None:
        raise Unauthenticated
    if write.caller.account != invitation["account_id"]:
        raise Refused(Problem(UserErrorCode.INVITATION_INVALID, ("token",)))
    if password is not None:
        raise _refused_password()


def _refused_password() -> Refused:
    return Refused(Problem(UserErrorCode.VALIDATION, ("password",), lambda language: {"field": "password"}))


async def _join(write: Write, invitation: Record) -> None:
    company, member, account = invitation["company_id"], invitation["id"], invitation["account_id"]
    await write.connection.execute(ACCEPT, company, member, invitation["at"])
    await withdraw(write.connection, company, member)
    await record(
        write, Change("USER_JOINED", company, member, invitation["at"], role_after=invitation["role"]), account
    )
    await grow(write, company)
    notice = Letter("ACCESS_NOTICE", invitation["email"], invitation["language"], account, company, member)
    await post(write.connection, notice)


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "resendInvitation": Mutation(resend_invitation, changes_access=True),
    "acceptInvitation": Mutation(accept_invitation, prepare=_hash, for_anyone=True, changes_access=True),
}
