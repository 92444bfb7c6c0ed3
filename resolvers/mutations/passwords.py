"""Passwords: checked and hashed in a few threads while no connection is held; forgotten and changed ones."""

import asyncio
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.database import Database
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers.attempts import HOUR, MINUTE, Guard, Limit, Tries, admit, network, take_back, trying
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.validation import PASSWORD, Checks, normal_email
from resolvers.writing import Input, Mutation, Problem, Refused, Unauthenticated, Write, Written, no_rows
from schema.errors import UserErrorCode

HASHER: Final = PasswordHasher()
THREADS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Argon2 takes 64 MiB for each password under way, so few are."""

RESETS: Final = Limit("resets from an address", 20, HOUR)
RESET_LETTERS: Final = Limit("reset letters to an e-mail address", 3, HOUR)
CHANGES: Final = Limit("changes of an account's password", 5, MINUTE)
BY_LETTER: Final = Limit("passwords set by a letter", 5, MINUTE)
"""A token works once, but a request that is refused after the work of hashing could be sent for ever."""

CALLER: Final = """
select u.id, u.email, u.password_hash
from (select) one left join credential k
  on k.token_hash = $1 and k.expires_at > now() and k.kind = 'SESSION'
  left join account u on u.id = k.account_id
"""
CHANGE: Final = "update account set password_hash = $3 where id = $1 and password_hash = $2 returning id"
END_OTHERS: Final = "delete from credential where account_id = $1 and id <> $2 and kind <> 'API_KEY'"

RESETTABLE: Final = """
select u.email
from (select) one left join mail_token t on t.token_hash = $1 and t.purpose = 'PASSWORD_RESET' and t.expires_at > now()
  left join account u on u.id = t.account_id
"""
STANDS: Final = "select exists (select from mail_token where token_hash = $1)"
LOCK: Final = """
select u.id from account u join mail_token t on t.account_id = u.id where t.token_hash = $1 for no key update of u
"""
"""Locks the account of a letter."""

CONSUME: Final = """
delete from mail_token where token_hash = $1 and purpose = 'PASSWORD_RESET' and expires_at > now() returning account_id
"""
RESET: Final = "update account set password_hash = $2, confirmed = true where id = $1"
END_ALL: Final = "delete from credential where account_id = $1"
FORGET: Final = "delete from mail_token where account_id = $1 and purpose = 'PASSWORD_RESET'"


@dataclass(frozen=True, slots=True)
class Known:
    """An account whose password was right, the hash that said so, and the try."""

    account: uuid.UUID
    password_hash: str
    tries: Tries


@dataclass(frozen=True, slots=True)
class Change:
    """Whose password changes, and the hash of the new one."""

    known: Known
    password_hash: str


async def hash_password(password: str) -> str:
    """What is stored of a new password that was validated."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, HASHER.hash, _composed(password))


async def hash_by_letter(database: Database, token: str, password: str) -> str | Refused | None:
    """The same for the password that comes with a letter's token; None when that was used meanwhile."""
    async with trying(database, Guard((BY_LETTER.on(token),))) as tries:
        (stands,) = await database.read(STANDS, (hash_token(token),))
        if not stands:
            return None
        if tries is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
        return await hash_password(password)


async def is_right(password: str, stored: str | None) -> bool:
    """Whether it is the password of that hash; takes as long when there is none, or when it cannot be a password."""
    fitting = password if len(password) <= PASSWORD else ""
    return await asyncio.get_running_loop().run_in_executor(THREADS, _verify, stored, fitting)


@cache
def _nobody() -> str:
    """What the password of an unknown address is compared with, so that both answers take as long."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _verify(stored: str | None, password: str) -> bool:
    nobody = _nobody()  # made by the first login of a process, whoever tries it
    try:
        return HASHER.verify(stored or nobody, _composed(password).encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _composed(password: str) -> str:
    """Keyboards differ in whether an é is one character or two: it is the same password."""
    return unicodedata.normalize("NFC", password)


def put_out(write: Write, account: uuid.UUID) -> SessionCookie | None:
    """What becomes of the cookie of a request that ended every session of an account."""
    own = write.signed_in is not None and write.signed_in.account == account
    return SessionCookie() if own and write.request.by_cookie else None


async def request_password_reset(write: Write, given: Input) -> Written:
    """Post a letter to the address, whether or not it has a login; beyond the limits none. The answer is the same."""
    email = normal_email(given["email"])
    limits = RESETS.on(network(write.request.address)), RESET_LETTERS.on(email or given["email"])
    if await admit(write.connection, Guard(limits)) is not None and email is not None:
        await post(write.connection, Letter("PASSWORD_RESET", email, write.language.name))
    return Written()


async def _prepare_reset(database: Database, request: GraphQLRequest, given: Input) -> str | Refused:
    """The hash of the new password. A refused one leaves the token as it is."""
    (email,) = await database.read(RESETTABLE, (hash_token(given["token"]),))
    if email is None:
        return _invalid()
    checks = Checks()
    password = checks.password("password", given["password"], email)
    if checks.problems:
        return Refused(*checks.problems)
    return await hash_by_letter(database, given["token"], password) or _invalid()


async def reset_password(write: Write, given: Input) -> Written:
    """Set a new password by a letter's token: the address is confirmed, and every session ends.

    The account is locked first, so that two letters of one account do not wait for each other.
    """
    new: str = write.prepared
    connection, token_hash = write.connection, hash_token(given["token"])
    await connection.execute(LOCK, token_hash)
    account = await connection.fetchval(CONSUME, token_hash)
    if account is None:
        raise _invalid()
    await connection.execute(RESET, account, new)
    await connection.execute(END_ALL, account)
    await connection.execute(FORGET, account)
    return Written(cookie=put_out(write, account))


def _invalid() -> Refused:
    return Refused(Problem(UserErrorCode.INVITATION_INVALID, ("token",)))


async def _prepare_change(database: Database, request: GraphQLRequest, given: Input) -> Change | Refused:
    """Check both passwords: the new one first, since that costs nothing."""
    token = request.token
    caller = await database.read(CALLER, (hash_token(token) if token is not None else None,))
    if caller["id"] is None:
        raise Unauthenticated
    current = given["currentPassword"]
    checks = Checks()
    new = checks.password("newPassword", given["newPassword"], caller["email"], current)
    if checks.problems:
        return Refused(*checks.problems)
    async with trying(database, Guard((CHANGES.on(caller["id"].hex),))) as tries:
        if tries is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
        if not await is_right(current, caller["password_hash"]):
            return _wrong()
    return Change(Known(caller["id"], caller["password_hash"], tries), await hash_password(new))


async def change_password(write: Write, given: Input) -> Written:
    """Replace the password that was right, unless it changed meanwhile; all other sessions and letters end."""
    change: Change = write.prepared
    account, connection = write.caller.account, write.connection
    if account != change.known.account:
        raise Unauthenticated
    if await connection.fetchval(CHANGE, account, change.known.password_hash, change.password_hash) is None:
        raise _wrong()
    await connection.execute(END_OTHERS, account, write.caller.credential)
    await connection.execute(FORGET, account)
    await take_back(connection, change.known.tries)
    return Written()


def _wrong() -> Refused:
    return Refused(Problem(UserErrorCode.INVALID_CREDENTIALS, ("currentPassword",)))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "requestPasswordReset": Mutation(request_password_reset, for_anyone=True, alone=True),
    "resetPassword": Mutation(
        reset_password, prepare=_prepare_reset, for_anyone=True, changes_access=True, rows=no_rows
    ),
    "changePassword": Mutation(change_password, prepare=_prepare_change, changes_access=True, rows=no_rows),
}
