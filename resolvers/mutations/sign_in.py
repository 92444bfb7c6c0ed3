"""Signing in and out. A session is an opaque token; only its hash is stored."""

from collections.abc import Mapping
from typing import Final

from db.database import Database
from db.remote_apply import APPLIED
from resolvers.addresses import network
from resolvers.email_address import normal_email
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
    no_rows,
)
from resolvers.mutations.passwords import CheckedAccount, is_right
from resolvers.mutations.steps.attempts import MINUTE, AttemptLimit, Guard, is_reached, take_back, trying
from resolvers.mutations.steps.known_places import is_known, remember
from resolvers.mutations.steps.sessions import open_session_if_right
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.user_problems import UserProblem, invalid
from schema.errors import UserErrorCode, ValidationReason
from schema.mutations.sign_in import SessionKind

PAIRS: Final = AttemptLimit("logins with an e-mail address from an address", 5, MINUTE)
ADDRESSES: Final = AttemptLimit("logins from an address", 50, MINUTE)
LOGINS: Final = AttemptLimit("logins with an e-mail address", 20, MINUTE)
"""Only slows, never refuses: else strangers could lock a user out by failing on purpose."""

AT_HOME: Final = AttemptLimit("logins with an e-mail address from a known place", 5, MINUTE)
"""Only slows, too: from a known place the right password always works, but each try waits longer."""

FIND_ACCOUNT: Final = "select u.id, u.password_hash from (select) one left join account u on u.email = $1"
END_SESSION: Final = f"""
with ended as (
  delete from credential where id = $1 and account_id = $2 and kind = 'SESSION' and expires_at > now()
  returning id, account_id
), looks as (
  delete from credential l using ended e where l.account_id = e.account_id and l.kind = 'VIEW_AS'
)
select id, {APPLIED} from ended
"""
DELETE_CREDENTIAL: Final = f"""
with ended as (
  delete from credential where id = $1 or (account_id = $2 and kind = 'VIEW_AS') returning id
)
select {APPLIED} from ended limit 1
"""
"""All view-as credentials of the account end with a session: which session began them is not stored."""


async def _check_password(
    database: Database, request: GraphQLRequest, given: InputValues
) -> CheckedAccount | UserErrors:
    """The account, when the password is right, or the error. Takes the same time for an unknown address.

    The error is the same from a known place and from any other, so that it does not reveal the known places.
    """
    hindrance = request.hindrance() if given.get("session") is SessionKind.COOKIE else None
    if hindrance is not None:
        return UserErrors(invalid(("session",), ValidationReason.NOT_ALLOWED, hindrance))
    email = normal_email(given["email"])
    typed, address = email or given["email"], network(request.address)
    usual = Guard((PAIRS.on(typed, address), ADDRESSES.on(address)), slows=LOGINS.on(typed))
    at_home = await is_known(database, email, request.address)
    over = False
    async with trying(database, _at_home(usual, typed, address) if at_home else usual) as tries:
        if tries is None:
            return _too_many()
        if at_home:  # judged without this try, which is already counted
            over = await is_reached(database, usual.besides_one())
        account, stored = await database.read(FIND_ACCOUNT, (email,))
        if await is_right(given["password"], stored):
            return CheckedAccount(account, stored, tries)
    return _too_many() if over else _wrong()


def _at_home(usual: Guard, typed: str, address: str) -> Guard:
    """The guard of a try from a known place: it is counted as usual, never refused, and waits in its own line."""
    counted = tuple(bucket.counted_only() for bucket in usual.limits)
    return Guard(counted, slows=AT_HOME.on(typed, address), line=f"{address} {typed}")


async def login(write: MutationContext, given: InputValues) -> MutationResult:
    """Open a session for the checked account. Raises UserErrors (INVALID_CREDENTIALS) if the password has changed."""
    known: CheckedAccount = write.prepared
    user_agent = write.request.user_agent
    session = await open_session_if_right(write.connection, known.account, user_agent, known.password_hash)
    if session is None:
        raise _wrong()
    await take_back(write.connection, known.tries)
    await remember(write.connection, known.account, write.request.address)
    values = {"token": session.token, "expiresAt": session.expires_at}
    if given.get("session") is SessionKind.COOKIE:
        cookie = SessionCookie(session.token, session.ends_at)  # a browser cannot know that a session was prolonged
        return MutationResult({**values, "token": None}, token=session.token, cookie=cookie)
    return MutationResult(values, token=session.token)


def _too_many() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))


def _wrong() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVALID_CREDENTIALS))


async def logout(write: MutationContext, given: InputValues) -> MutationResult:
    """End the session that the request uses."""
    await write.connection.execute(DELETE_CREDENTIAL, write.caller.credential, write.caller.account)
    return MutationResult(cookie=_forget(write))


async def end_session(write: MutationContext, given: InputValues) -> MutationResult:
    """End one of the caller's sessions, also the current one. Raises UserErrors (NOT_FOUND)."""
    caller, session = write.caller, key_of(given["sessionId"], "ses")
    if await write.connection.fetchval(END_SESSION, session, caller.account) is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("sessionId",)))
    return MutationResult(cookie=_forget(write) if session == caller.credential else None)


def _forget(write: MutationContext) -> SessionCookie | None:
    """The cookie after the request's session has ended: removed, or None when the session was not sent as a cookie."""
    return SessionCookie() if write.request.by_cookie else None


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "login": Mutation(login, prepare=_check_password, for_anyone=True, alone=True, hashes=1),
    "logout": Mutation(logout, changes_access=True, alone=True, rows=no_rows),
    "endSession": Mutation(end_session, changes_access=True, alone=True, rows=no_rows),
}
