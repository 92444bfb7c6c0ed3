"""Passwords: checked and hashed in a few threads while no connection is held; forgotten and changed ones."""

import os
import secrets
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.database import Database
from db.errors import Crowded
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers import places
from resolvers.addresses import network
from resolvers.aside import Aside, step_back
from resolvers.attempts import HOUR, MINUTE, Guard, Limit, Tries, admit, take_back, trying
from resolvers.ending import end_all
from resolvers.patience import waiting
from resolvers.proof import is_both, lock_by_letter, start_empty
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.validation import PASSWORD, Checks, normal_email
from resolvers.writing import Input, Mutation, Problem, Refused, Unauthenticated, Write, Written, no_rows
from schema.errors import UserErrorCode

P = ParamSpec("P")
T = TypeVar("T")

HASHER: Final = PasswordHasher()
CORES: Final = os.cpu_count() or 1
AT_ONCE: Final = max(1, min(2, CORES - 1))
"""Passwords under way in a process: argon2 takes 64 MiB for each, and one core is for those who ask something else."""

THREADS: Final = ThreadPoolExecutor(AT_ONCE, "argon2", step_back)
WORK: Final = Aside(THREADS, AT_ONCE)

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
select u.email, case when not u.confirmed then u.password_hash end stored
from (select) one left join mail_token t on t.token_hash = $1 and t.purpose = 'PASSWORD_RESET' and t.expires_at > now()
  left join account u on u.id = t.account_id
"""
STANDS: Final = "select exists (select from mail_token where token_hash = $1)"
CONSUME: Final = """
delete from mail_token where token_hash = $1 and purpose = 'PASSWORD_RESET' and expires_at > now() returning account_id
"""
RESET: Final = "update account set password_hash = $2, confirmed = true where id = $1"
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
    return await _aside(HASHER.hash, _composed(password))


async def hash_by_letter(
    database: Database, token: str, password: str, stored: str | None = None
) -> str | Refused | None:
    """The same for the password that comes with a letter's token; None when that was used meanwhile.

    Gives `stored` where the password is the one of that hash.
    """
    async with trying(database, Guard((BY_LETTER.on(token),))) as tries:
        (stands,) = await database.read(STANDS, (hash_token(token),))
        if not stands:
            return None
        if tries is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
        if stored is not None and await is_right(password, stored):
            return stored
        return await hash_password(password)


async def is_right(password: str, stored: str | None) -> bool:
    """Whether it is the password of that hash; takes as long when there is none, or when it cannot be a password."""
    fitting = password if len(password) <= PASSWORD else ""
    return await _aside(_verify, stored, fitting)


async def _aside(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """What the work gives, when it is the turn of the address that asks. Raises Refused and Left."""
    try:
        return await WORK.do(network(waiting().address), work, *args, **more)
    except Crowded:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS)) from None


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
    """Post a letter to the address, whether or not it has a login. The answer is the same.

    Who asks too often is told so. That an address has got its letters is not: the last ones are on their way or work.
    """
    email, connection = normal_email(given["email"]), write.connection
    if await admit(connection, Guard((RESETS.on(network(write.request.address)),))) is None:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
    if email is not None and await admit(connection, Guard((RESET_LETTERS.on(email),))) is not None:
        await post(write.connection, Letter("PASSWORD_RESET", email, write.language.name))
    return Written()


async def _prepare_reset(database: Database, request: GraphQLRequest, given: Input) -> str | Refused:
    """The hash of the new password. A refused one leaves the token as it is."""
    email, stored = await database.read(RESETTABLE, (hash_token(given["token"]),))
    if email is None:
        return _invalid()
    checks = Checks()
    password = checks.password("password", given["password"], email)
    if checks.problems:
        return Refused(*checks.problems)
    return await hash_by_letter(database, given["token"], password, stored) or _invalid()


async def reset_password(write: Write, given: Input) -> Written:
    """Set a new password by a letter's token: the address is confirmed, every session and API key ends.

    The account is locked first, so that two letters of one account do not wait for each other. One that was never
    confirmed starts empty, unless it is shown to be the own one.
    """
    new: str = write.prepared
    connection = write.connection
    found = await lock_by_letter(connection, given["token"])
    account = await connection.fetchval(CONSUME, hash_token(given["token"]))
    if account is None or found is None:
        raise _invalid()
    revoked = 0
    if not found["confirmed"] and not is_both(write, found, new):
        revoked = await start_empty(write, found)
    await connection.execute(RESET, account, new)
    revoked += await end_all(connection, account, actor=account)
    await connection.execute(FORGET, account)
    await places.forget(connection, account)
    return Written({"revokedApiKeys": revoked}, cookie=put_out(write, account))


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
    await places.forget(connection, account)
    await places.remember(connection, account, write.request.address)
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
