"""New logins: of a company's first owner, of an accountant; and whether an e-mail address is their own, or not."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from asyncpg import Record

from db.database import Database
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers.addresses import network
from resolvers.attempts import HOUR, MINUTE, Guard, Limit, Tries, admit, take_back, trying
from resolvers.founding import Founder, found, rows_of_company
from resolvers.mutations.passwords import hash_password, is_right, put_out
from resolvers.proof import is_both, lock_by_letter, start_empty
from resolvers.request import GraphQLRequest
from resolvers.sessions import open_session
from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, no_rows
from schema.errors import PROVE_LOGIN, UserErrorCode
from schema.language import Language

SIGN_UPS: Final = Limit("sign-ups from an address", 20, HOUR)
"""Every one counts, since each tells whether somebody has a login."""

MAKE: Final = """
insert into account (email, password_hash, first_name, last_name, language, kind, office_name)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (email) do nothing returning id
"""
TAKE_OVER: Final = """
update account
set password_hash = $2, first_name = $3, last_name = $4, language = $5, kind = $6, office_name = $7
where email = $1 and password_hash is null and not confirmed and kind = 'MEMBER' returning id
"""
"""Locks the row of an account that was only ever invited."""

CONFIRMATIONS: Final = Limit("passwords of a confirmation", 5, MINUTE)

CONFIRMABLE: Final = """
select u.id, u.password_hash, exists (
  select from credential k
  where k.token_hash = $2 and k.account_id = u.id and k.kind = 'SESSION' and k.expires_at > now()
) own
from (select) one left join mail_token t on t.token_hash = $1 and t.purpose = 'CONFIRMATION' and t.expires_at > now()
  left join account u on u.id = t.account_id
"""
USE: Final = """
delete from mail_token where token_hash = $1 and purpose = 'CONFIRMATION' and expires_at > now() returning account_id
"""
CONFIRM: Final = """
with others as (
  delete from mail_token where account_id = $1 and purpose = 'CONFIRMATION'
)
update account set confirmed = true where id = $1
"""
DISCLAIM: Final = """
update account set password_hash = null, first_name = '', last_name = '', kind = 'MEMBER', office_name = null
where id = $1
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown beside a letter's token: a session of its account (None), or a password that was right."""

    password_hash: str | None = None
    tries: Tries = ()


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A login to be, which was validated; `called` is what its company or its office is called."""

    called: str
    email: str
    first_name: str
    last_name: str
    language: Language
    password_hash: str


def _preparing(called: str) -> Callable[[Database, GraphQLRequest, Input], Awaitable[NewAccount | Refused]]:
    """The preparation of an input whose member `called` is the name of a company or an office."""

    async def prepare(database: Database, request: GraphQLRequest, given: Input) -> NewAccount | Refused:
        """Validate everything, count the try, and hash the password. What is not valid tells nothing: it counts not."""
        checks = Checks()
        name = checks.name(called, given[called])
        email = checks.email("email", given["email"])
        password = checks.password("password", given["password"], email, name)
        first_name = checks.name("firstName", given["firstName"])
        last_name = checks.name("lastName", given["lastName"])
        if not given["acceptTerms"]:
            checks.add("acceptTerms")
        if checks.problems:
            return Refused(*checks.problems)
        async with database.statements() as connection:
            admitted = await admit(connection, Guard((SIGN_UPS.on(network(request.address)),)))
        if admitted is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
        return NewAccount(name, email, first_name, last_name, given["language"], await hash_password(password))

    return prepare


async def sign_up(write: Write, given: Input) -> Written:
    """Make an account and found its company; an account that was only invited gets its password and names now."""
    new: NewAccount = write.prepared
    account = await _account(write, new)
    company = await found(write, new.called, Founder(account, new.first_name, new.last_name, new.language))
    return await _welcome(write, new, account, {"company": company})


async def register_accountant(write: Write, given: Input) -> Written:
    """Make an accountant's account, who enters no company yet; one that was only invited becomes an accountant's."""
    new: NewAccount = write.prepared
    return await _welcome(write, new, await _account(write, new, "ACCOUNTANT", new.called), {})


async def _account(write: Write, new: NewAccount, kind: str = "MEMBER", office: str | None = None) -> uuid.UUID:
    """The account of a new login; Refused (EMAIL_TAKEN) when the address has one, or gets one at this moment."""
    values = (new.email, new.password_hash, new.first_name, new.last_name, new.language.name, kind, office)
    for statement in (MAKE, TAKE_OVER):
        account = await write.connection.fetchval(statement, *values)
        if account is not None:
            return account
    raise Refused(Problem(UserErrorCode.EMAIL_TAKEN, ("email",)))


async def _welcome(write: Write, new: NewAccount, account: uuid.UUID, values: Mapping[str, object]) -> Written:
    """Have the address confirmed, and sign the new login in."""
    await post(write.connection, Letter("CONFIRMATION", new.email, new.language.name, account))
    session = await open_session(write.connection, account, write.request.user_agent)
    return Written({**values, "token": session.token, "expiresAt": session.expires_at}, token=session.token)


async def _show(database: Database, request: GraphQLRequest, given: Input) -> Shown | Refused:
    """What is shown beside the token. It stays as it is when that is not enough."""
    session = hash_token(request.token) if request.token is not None else None
    account, stored, own = await database.read(CONFIRMABLE, (hash_token(given["token"]), session))
    if account is None:
        return _invalid()
    if own:
        return Shown()
    password: str | None = given.get("password")
    if password is None:
        return _unproven()
    async with trying(database, Guard((CONFIRMATIONS.on(account.hex),))) as tries:
        if tries is None:
            return Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
        return Shown(stored, tries) if await is_right(password, stored) else _unproven()


async def confirm_email(write: Write, given: Input) -> Written:
    """Confirm the address by a letter's token, which works once, and the password or a session of the account.

    Tokens of other such letters end with it. The account is locked first, so that two letters of one account do not
    wait for each other.
    """
    shown: Shown = write.prepared
    account = await _use(write, given["token"])
    if not is_both(write, account, shown.password_hash):
        raise _unproven()
    await write.connection.execute(CONFIRM, account["id"])
    await take_back(write.connection, shown.tries)
    return Written({"confirmed": True})


async def disclaim_email(write: Write, given: Input) -> Written:
    """End what somebody did with an address that is not theirs, by a letter's token: the account starts empty.

    Raises Refused (INVITATION_INVALID), also for an address that was confirmed meanwhile.
    """
    account = await _use(write, given["token"])
    if account["confirmed"]:
        raise _invalid()
    await start_empty(write, account)
    await write.connection.execute(DISCLAIM, account["id"])
    return Written({"disclaimed": True}, cookie=put_out(write, account["id"]))


async def _use(write: Write, token: str) -> Record:
    """The account of a confirmation's token, locked; the token works no more."""
    account = await lock_by_letter(write.connection, token)
    if account is None or await write.connection.fetchval(USE, hash_token(token)) is None:
        raise _invalid()
    return account


def _invalid() -> Refused:
    return Refused(Problem(UserErrorCode.INVITATION_INVALID, ("token",)))


def _unproven() -> Refused:
    return Refused(Problem(UserErrorCode.INVALID_CREDENTIALS, ("password",), text=PROVE_LOGIN))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "signUp": Mutation(sign_up, prepare=_preparing("companyName"), for_anyone=True, rows=rows_of_company),
    "registerAccountant": Mutation(register_accountant, prepare=_preparing("officeName"), for_anyone=True),
    "confirmEmail": Mutation(confirm_email, prepare=_show, for_anyone=True, changes_access=True),
    "disclaimEmail": Mutation(disclaim_email, for_anyone=True, changes_access=True, rows=no_rows),
}
