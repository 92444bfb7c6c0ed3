"""Passwords: hashing and checking in a few threads while no connection is held; resetting and changing them."""

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
from resolvers.addresses import network
from resolvers.email_address import normal_email
from resolvers.fair_use.waiting_client import waiting
from resolvers.fair_use.worker_threads import WorkerThreads, step_back
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    Unauthenticated,
    UserErrors,
    no_rows,
)
from resolvers.mutations.input_checks import PASSWORD, InputChecks
from resolvers.mutations.steps import known_places
from resolvers.mutations.steps.attempts import HOUR, MINUTE, AttemptLimit, Guard, Tries, admit, take_back, trying
from resolvers.mutations.steps.credential_ending import end_all
from resolvers.mutations.steps.email_proof import is_both, lock_by_letter, start_empty
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.user_problems import UserProblem
from schema.errors import UserErrorCode

P = ParamSpec("P")
T = TypeVar("T")

HASHER: Final = PasswordHasher()
CORES: Final = os.cpu_count() or 1
AT_ONCE: Final = max(1, min(2, CORES - 1))
"""Maximum number of passwords hashed at once in a process: each takes 64 MiB, and one core stays for other work."""

THREADS: Final = ThreadPoolExecutor(AT_ONCE, "argon2", step_back)
WORK: Final = WorkerThreads(THREADS, AT_ONCE)

RESETS: Final = AttemptLimit("resets from an address", 20, HOUR)
RESET_LETTERS: Final = AttemptLimit("reset letters to an e-mail address", 3, HOUR)
CHANGES: Final = AttemptLimit("changes of an account's password", 5, MINUTE)
BY_LETTER: Final = AttemptLimit("passwords set by a letter", 5, MINUTE)
"""A token works once, but a request that is refused after the hashing could be repeated without end."""

FIND_PASSWORD: Final = """
select u.id, u.email, u.password_hash
from (select) one left join credential k
  on k.token_hash = $1 and k.expires_at > now() and k.kind = 'SESSION'
  left join account u on u.id = k.account_id
"""
CHANGE_PASSWORD: Final = "update account set password_hash = $3 where id = $1 and password_hash = $2 returning id"
DELETE_OTHER_CREDENTIALS: Final = "delete from credential where account_id = $1 and id <> $2 and kind <> 'API_KEY'"

FIND_RESETTABLE: Final = """
select u.email, case when not u.confirmed then u.password_hash end stored
from (select) one left join mail_token t on t.token_hash = $1 and t.purpose = 'PASSWORD_RESET' and t.expires_at > now()
  left join account u on u.id = t.account_id
"""
TOKEN_EXISTS: Final = "select exists (select from mail_token where token_hash = $1)"
CONSUME_TOKEN: Final = """
delete from mail_token where token_hash = $1 and purpose = 'PASSWORD_RESET' and expires_at > now() returning account_id
"""
RESET_PASSWORD: Final = "update account set password_hash = $2, confirmed = true where id = $1"
DELETE_RESET_TOKENS: Final = "delete from mail_token where account_id = $1 and purpose = 'PASSWORD_RESET'"


@dataclass(frozen=True, slots=True)
class CheckedAccount:
    """An account whose password was right, the hash that it was checked against, and the rows of the try."""

    account: uuid.UUID
    password_hash: str
    tries: Tries


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The account whose password changes, and the hash of the new password."""

    known: CheckedAccount
    password_hash: str


async def hash_password(password: str) -> str:
    """The hash to store for a new, validated password. Raises UserErrors (TOO_MANY_ATTEMPTS) and Left."""
    return await _aside(HASHER.hash, _composed(password))


async def hash_by_letter(
    database: Database, token: str, password: str, stored: str | None = None
) -> str | UserErrors | None:
    """The hash to store for a password that comes with a mailed token; None when the token was used meanwhile.

    Returns `stored` when the password matches that hash, UserErrors (TOO_MANY_ATTEMPTS) after too many tries. Raises
    them, too, when too many wait, and Left.
    """
    async with trying(database, Guard((BY_LETTER.on(token),))) as tries:
        (stands,) = await database.read(TOKEN_EXISTS, (hash_token(token),))
        if not stands:
            return None
        if tries is None:
            return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
        if stored is not None and await is_right(password, stored):
            return stored
        return await hash_password(password)


async def is_right(password: str, stored: str | None) -> bool:
    """True when the password matches the hash. Takes the same time without a hash, and for an impossible password.

    Raises UserErrors (TOO_MANY_ATTEMPTS) and Left.
    """
    fitting = password if len(password) <= PASSWORD else ""
    return await _aside(_verify, stored, fitting)


async def _aside(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """The result of the work, done in a thread when it is the turn of the client's network.

    Raises UserErrors (TOO_MANY_ATTEMPTS) and Left.
    """
    try:
        return await WORK.do(network(waiting().address), work, *args, **more)
    except Crowded:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS)) from None


@cache
def _nobody() -> str:
    """A hash for unknown addresses, so that their check takes as long as that of known ones."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _verify(stored: str | None, password: str) -> bool:
    nobody = _nobody()  # made by the first login of a process, also when the address is known
    try:
        return HASHER.verify(stored or nobody, _composed(password).encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _composed(password: str) -> str:
    """The password in NFC: keyboards write an é as one character or as two, and both are the same password."""
    return unicodedata.normalize("NFC", password)


def put_out(write: MutationContext, account: uuid.UUID) -> SessionCookie | None:
    """The cookie after every session of an account has ended: removed if it was the caller's, else None (unchanged)."""
    own = write.signed_in is not None and write.signed_in.account == account
    return SessionCookie() if own and write.request.by_cookie else None


async def request_password_reset(write: MutationContext, given: InputValues) -> MutationResult:
    """Put a reset e-mail for the address into the outbox; the answer is the same with and without a login.

    Raises UserErrors (TOO_MANY_ATTEMPTS) for the client's network. The limit of the address itself stays unsaid: its
    last e-mails are on their way, or their links still work.
    """
    email, connection = normal_email(given["email"]), write.connection
    if await admit(connection, Guard((RESETS.on(network(write.request.address)),))) is None:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
    if email is not None and await admit(connection, Guard((RESET_LETTERS.on(email),))) is not None:
        await post(write.connection, Letter("PASSWORD_RESET", email, write.language.name))
    return MutationResult()


async def _prepare_reset(database: Database, request: GraphQLRequest, given: InputValues) -> str | UserErrors:
    """The hash of the new password, or the errors. A refused password leaves the token valid."""
    email, stored = await database.read(FIND_RESETTABLE, (hash_token(given["token"]),))
    if email is None:
        return _invalid()
    checks = InputChecks()
    password = checks.password("password", given["password"], email)
    if checks.problems:
        return UserErrors(*checks.problems)
    return await hash_by_letter(database, given["token"], password, stored) or _invalid()


async def reset_password(write: MutationContext, given: InputValues) -> MutationResult:
    """Set a new password by a mailed token. The address is confirmed; every session and API key ends.

    The account is locked first, so that two tokens of one account do not deadlock. An account that was never confirmed
    starts empty, unless the caller proves to own it (`email_proof.py`). Raises UserErrors (INVITATION_INVALID).
    """
    new: str = write.prepared
    connection = write.connection
    found = await lock_by_letter(connection, given["token"])
    account = await connection.fetchval(CONSUME_TOKEN, hash_token(given["token"]))
    if account is None or found is None:
        raise _invalid()
    revoked = 0
    if not found["confirmed"] and not is_both(write, found, new):
        revoked = await start_empty(write, found)
    await connection.execute(RESET_PASSWORD, account, new)
    revoked += await end_all(connection, account, actor=account)
    await connection.execute(DELETE_RESET_TOKENS, account)
    await known_places.forget(connection, account)
    return MutationResult({"revokedApiKeys": revoked}, cookie=put_out(write, account))


def _invalid() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVITATION_INVALID, ("token",)))


async def _prepare_change(
    database: Database, request: GraphQLRequest, given: InputValues
) -> PasswordChange | UserErrors:
    """Check both passwords: the new one first, since that costs nothing. Raises Unauthenticated."""
    token = request.token
    caller = await database.read(FIND_PASSWORD, (hash_token(token) if token is not None else None,))
    if caller["id"] is None:
        raise Unauthenticated
    current = given["currentPassword"]
    checks = InputChecks()
    new = checks.password("newPassword", given["newPassword"], caller["email"], current)
    if checks.problems:
        return UserErrors(*checks.problems)
    async with trying(database, Guard((CHANGES.on(caller["id"].hex),))) as tries:
        if tries is None:
            return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
        if not await is_right(current, caller["password_hash"]):
            return _wrong()
    return PasswordChange(CheckedAccount(caller["id"], caller["password_hash"], tries), await hash_password(new))


async def change_password(write: MutationContext, given: InputValues) -> MutationResult:
    """Replace the checked password, unless it changed meanwhile. All other sessions and all reset tokens end.

    Raises Unauthenticated and UserErrors (INVALID_CREDENTIALS).
    """
    change: PasswordChange = write.prepared
    account, connection = write.caller.account, write.connection
    if account != change.known.account:
        raise Unauthenticated
    if await connection.fetchval(CHANGE_PASSWORD, account, change.known.password_hash, change.password_hash) is None:
        raise _wrong()
    await connection.execute(DELETE_OTHER_CREDENTIALS, account, write.caller.credential)
    await connection.execute(DELETE_RESET_TOKENS, account)
    await known_places.forget(connection, account)
    await known_places.remember(connection, account, write.request.address)
    await take_back(connection, change.known.tries)
    return MutationResult()


def _wrong() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVALID_CREDENTIALS, ("currentPassword",)))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "requestPasswordReset": Mutation(request_password_reset, for_anyone=True, alone=True),
    "resetPassword": Mutation(
        reset_password, prepare=_prepare_reset, for_anyone=True, changes_access=True, rows=no_rows, hashes=1
    ),
    "changePassword": Mutation(change_password, prepare=_prepare_change, changes_access=True, rows=no_rows, hashes=2),
}
