"""Signing in and out: a session is an opaque token of which only the hash is stored."""

from collections.abc import Mapping
from typing import Final

from db.database import Database
from resolvers.addresses import network
from resolvers.attempts import MINUTE, Guard, Limit, is_reached, take_back, trying
from resolvers.mutations.passwords import Known, is_right
from resolvers.places import is_known, remember
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.sessions import open_session_if_right
from resolvers.validation import normal_email
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, key_of, no_rows
from schema.errors import UserErrorCode
from schema.identity import SessionKind

PAIRS: Final = Limit("logins with an e-mail address from an address", 5, MINUTE)
ADDRESSES: Final = Limit("logins from an address", 50, MINUTE)
LOGINS: Final = Limit("logins with an e-mail address", 20, MINUTE)
"""This one never refuses: from all over the world somebody's login could be closed by others."""

AT_HOME: Final = Limit("logins with an e-mail address from a known place", 5, MINUTE)
"""Nor does this one: from a known place a right password is taken, whatever was tried there. Each try waits longer."""

FIND: Final = "select u.id, u.password_hash from (select) one left join account u on u.email = $1"
END: Final = """
with ended as (
  delete from credential where id = $1 and account_id = $2 and kind = 'SESSION' and expires_at > now()
  returning id, account_id
), looks as (
  delete from credential l using ended e where l.account_id = e.account_id and l.kind = 'VIEW_AS'
)
select id from ended
"""
LOG_OUT: Final = "delete from credential where id = $1 or (account_id = $2 and kind = 'VIEW_AS')"
"""With a session all looks as somebody else end: which of them it began is not known, and they are short."""


async def _check_password(database: Database, request: GraphQLRequest, given: Input) -> Known | Refused:
    """The account, if the password is right. Takes as long when there is no such account.

    A wrong one is told in the same way from a known place: nobody sees by that who signs in from where he is.
    """
    email = normal_email(given["email"])
    typed, address = email or given["email"], network(request.address)
    usual = Guard((PAIRS.on(typed, address), ADDRESSES.on(address)), slows=LOGINS.on(typed))
    at_home = await is_known(database, email, request.address)
    over = False
    async with trying(database, _at_home(usual, typed, address) if at_home else usual) as tries:
        if tries is None:
            return _too_many()
        if at_home:  # those before it are written down, and so is it
            over = await is_reached(database, usual.besides_one())
        account, stored = await database.read(FIND, (email,))
        if await is_right(given["password"], stored):
            return Known(account, stored, tries)
    return _too_many() if over else _wrong()


def _at_home(usual: Guard, typed: str, address: str) -> Guard:
    """What limits a try from a known place: it counts as ever and is not refused, and waits in a line of its own."""
    counted = tuple(bucket.counted_only() for bucket in usual.limits)
    return Guard(counted, slows=AT_HOME.on(typed, address), line=f"{address} {typed}")


async def login(write: Write, given: Input) -> Written:
    """Open a session for the account whose password was right, unless it changed meanwhile."""
    known: Known = write.prepared
    user_agent = write.request.user_agent
    session = await open_session_if_right(write.connection, known.account, user_agent, known.password_hash)
    if session is None:
        raise _wrong()
    await take_back(write.connection, known.tries)
    await remember(write.connection, known.account, write.request.address)
    values = {"token": session.token, "expiresAt": session.expires_at}
    if given.get("session") is SessionKind.COOKIE:
        cookie = SessionCookie(session.token, session.ends_at)  # a browser cannot know that a session was prolonged
        return Written({**values, "token": None}, token=session.token, cookie=cookie)
    return Written(values, token=session.token)


def _too_many() -> Refused:
    return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))


def _wrong() -> Refused:
    return Refused(Problem(UserErrorCode.INVALID_CREDENTIALS))


async def logout(write: Write, given: Input) -> Written:
    """End the session that the request uses."""
    await write.connection.execute(LOG_OUT, write.caller.credential, write.caller.account)
    return Written(cookie=_forget(write))


async def end_session(write: Write, given: Input) -> Written:
    """End one of one's own sessions, also that of the request."""
    caller, session = write.caller, key_of(given["sessionId"], "ses")
    if await write.connection.fetchval(END, session, caller.account) is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("sessionId",)))
    return Written(cookie=_forget(write) if session == caller.credential else None)


def _forget(write: Write) -> SessionCookie | None:
    """What becomes of the cookie of a request whose session ended."""
    return SessionCookie() if write.request.by_cookie else None


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "login": Mutation(login, prepare=_check_password, for_anyone=True, alone=True),
    "logout": Mutation(logout, changes_access=True, alone=True, rows=no_rows),
    "endSession": Mutation(end_session, changes_access=True, alone=True, rows=no_rows),
}
