"""New logins, of a company's first owner and of an accountant; confirming and disclaiming their e-mail address."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from asyncpg import Record

from db.database import Database
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers.addresses import network
from resolvers.mutations.company_lock import LOCK_ACCOUNT
from resolvers.mutations.context import (
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    no_rows,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.own_account import SIGNED_IN, write_own
from resolvers.mutations.passwords import hash_password, is_right, put_out
from resolvers.mutations.steps.attempts import HOUR, MINUTE, AttemptLimit, Guard, Tries, admit, take_back, trying
from resolvers.mutations.steps.company_creation import Founder, found, rows_of_company
from resolvers.mutations.steps.email_proof import is_both, lock_by_letter, start_empty
from resolvers.mutations.steps.sessions import open_session
from resolvers.request import GraphQLRequest
from resolvers.user_problems import UserProblem
from schema.errors import PROVE_LOGIN, UserErrorCode
from schema.errors import ValidationReason as Reason
from schema.localization.language import Language

SIGN_UPS: Final = AttemptLimit("sign-ups from an address", 20, HOUR)
"""Every sign-up counts, since its answer shows if the address has a login."""

INSERT_ACCOUNT: Final = """
insert into account (email, password_hash, first_name, last_name, language, kind, office_name)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (email) do nothing returning id
"""
TAKE_ACCOUNT_OVER: Final = """
update account
set password_hash = $2, first_name = $3, last_name = $4, language = $5, kind = $6, office_name = $7
where email = $1 and password_hash is null and not confirmed and kind = 'MEMBER' returning id
"""
"""Gives a password to an account that was only invited so far; locks its row."""

MAKE_ACCOUNTANT: Final = f"""
{SIGNED_IN}, found as materialized (
  select a.id from account a join signed_in s on s.id = a.id for no key update of a skip locked
), made as (
  update account a set kind = 'ACCOUNTANT', office_name = $3 from found where a.id = found.id and a.kind <> 'SUPPORT'
  returning a.id
)
select not exists (select from found) busy, exists (select from made) made from signed_in
"""

CONFIRMATIONS: Final = AttemptLimit("passwords of a confirmation", 5, MINUTE)

FIND_CONFIRMABLE: Final = """
select u.id, u.password_hash, exists (
  select from credential k
  where k.token_hash = $2 and k.account_id = u.id and k.kind = 'SESSION' and k.expires_at > now()
) own
from (select) one left join mail_token t on t.token_hash = $1 and t.purpose = 'CONFIRMATION' and t.expires_at > now()
  left join account u on u.id = t.account_id
"""
CONSUME_TOKEN: Final = """
delete from mail_token where token_hash = $1 and purpose = 'CONFIRMATION' and expires_at > now() returning account_id
"""
CONFIRM_ACCOUNT: Final = """
with others as (
  delete from mail_token where account_id = $1 and purpose = 'CONFIRMATION'
)
update account set confirmed = true where id = $1
"""
DISCLAIM_ACCOUNT: Final = """
update account set password_hash = null, first_name = '', last_name = '', kind = 'MEMBER', office_name = null
where id = $1
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """The proof beside a mailed token: a session of its account (None), or the hash that the password matched."""

    password_hash: str | None = None
    tries: Tries = ()


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A validated new login; `called` is the name of its company or office."""

    called: str
    email: str
    first_name: str
    last_name: str
    language: Language
    password_hash: str


def _preparing(called: str) -> Callable[[Database, GraphQLRequest, InputValues], Awaitable[NewAccount | UserErrors]]:
    """Returns the `prepare` of a mutation whose input has the company's or office's name as the member `called`."""

    async def prepare(database: Database, request: GraphQLRequest, given: InputValues) -> NewAccount | UserErrors:
        """Validate the input, count the try, hash the password. Invalid input reveals nothing and is not counted."""
        checks = InputChecks()
        name = checks.name(called, given[called])
        email = checks.email("email", given["email"])
        password = checks.password("password", given["password"], email, name)
        first_name = checks.name("firstName", given["firstName"])
        last_name = checks.name("lastName", given["lastName"])
        if not given["acceptTerms"]:
            checks.add("acceptTerms", Reason.REQUIRED)
        if checks.problems:
            return UserErrors(*checks.problems)
        async with database.statements() as connection:
            admitted = await admit(connection, Guard((SIGN_UPS.on(network(request.address)),)))
        if admitted is None:
            return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
        return NewAccount(name, email, first_name, last_name, given["language"], await hash_password(password))

    return prepare


async def sign_up(write: MutationContext, given: InputValues) -> MutationResult:
    """Create an account and its company. An account that was only invited gets its password and names now.

    Raises UserErrors (EMAIL_TAKEN).
    """
    new: NewAccount = write.prepared
    account = await _account(write, new)
    company = await found(write, new.called, Founder(account, new.first_name, new.last_name, new.language))
    return await _welcome(write, new, account, {"company": company})


async def register_accountant(write: MutationContext, given: InputValues) -> MutationResult:
    """Create an accountant's account, without a company. An account that was only invited becomes an accountant's.

    Raises UserErrors (EMAIL_TAKEN).
    """
    new: NewAccount = write.prepared
    return await _welcome(write, new, await _account(write, new, "ACCOUNTANT", new.called), {})


async def become_accountant(write: MutationContext, given: InputValues) -> MutationResult:
    """Make the caller's login an accountant's, or give its office another name. What it has in companies stays.

    Raises Unauthenticated, Forbidden for a login of the support staff, and UserErrors (VALIDATION).
    """
    checks = InputChecks()
    office = checks.name("officeName", given["officeName"])
    if not given["acceptTerms"]:
        checks.add("acceptTerms", Reason.REQUIRED)
    checks.refuse({})
    written = await write_own(write, MAKE_ACCOUNTANT, LOCK_ACCOUNT, write.caller.account, office)
    if not written["made"]:
        raise Forbidden
    return MutationResult()


async def _account(
    write: MutationContext, new: NewAccount, kind: str = "MEMBER", office: str | None = None
) -> uuid.UUID:
    """The key of the new login's account. Raises UserErrors (EMAIL_TAKEN) when the address has a login."""
    values = (new.email, new.password_hash, new.first_name, new.last_name, new.language.name, kind, office)
    for statement in (INSERT_ACCOUNT, TAKE_ACCOUNT_OVER):
        account = await write.connection.fetchval(statement, *values)
        if account is not None:
            return account
    raise UserErrors(UserProblem(UserErrorCode.EMAIL_TAKEN, ("email",)))


async def _welcome(
    write: MutationContext, new: NewAccount, account: uuid.UUID, values: Mapping[str, object]
) -> MutationResult:
    """Send the confirmation e-mail, and sign the new login in."""
    await post(write.connection, Letter("CONFIRMATION", new.email, new.language.name, account))
    session = await open_session(write.connection, account, write.request.user_agent)
    return MutationResult({**values, "token": session.token, "expiresAt": session.expires_at}, token=session.token)


async def _show(database: Database, request: GraphQLRequest, given: InputValues) -> Shown | UserErrors:
    """Check the proof beside the token: a session of the account, or its password. The token stays valid."""
    session = hash_token(request.token) if request.token is not None else None
    account, stored, own = await database.read(FIND_CONFIRMABLE, (hash_token(given["token"]), session))
    if account is None:
        return _invalid()
    if own:
        return Shown()
    password: str | None = given.get("password")
    if password is None:
        return _unproven()
    async with trying(database, Guard((CONFIRMATIONS.on(account.hex),))) as tries:
        if tries is None:
            return UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
        return Shown(stored, tries) if await is_right(password, stored) else _unproven()


async def confirm_email(write: MutationContext, given: InputValues) -> MutationResult:
    """Confirm the address by a mailed token, which works once, and the password or a session of the account.

    All other confirmation tokens of the account end. The account is locked first, so that two tokens of one account do
    not deadlock. Raises UserErrors (INVITATION_INVALID, INVALID_CREDENTIALS).
    """
    shown: Shown = write.prepared
    account = await _use(write, given["token"])
    if not is_both(write, account, shown.password_hash):
        raise _unproven()
    await write.connection.execute(CONFIRM_ACCOUNT, account["id"])
    await take_back(write.connection, shown.tries)
    return MutationResult({"confirmed": True})


async def disclaim_email(write: MutationContext, given: InputValues) -> MutationResult:
    """Free an e-mail address that a stranger signed up with, by a mailed token: the account starts empty.

    Raises UserErrors (INVITATION_INVALID), also for an address that was confirmed meanwhile.
    """
    account = await _use(write, given["token"])
    if account["confirmed"]:
        raise _invalid()
    await start_empty(write, account)
    await write.connection.execute(DISCLAIM_ACCOUNT, account["id"])
    return MutationResult({"disclaimed": True}, cookie=put_out(write, account["id"]))


async def _use(write: MutationContext, token: str) -> Record:
    """The locked account of a confirmation token, which is consumed. Raises UserErrors (INVITATION_INVALID)."""
    account = await lock_by_letter(write.connection, token)
    if account is None or await write.connection.fetchval(CONSUME_TOKEN, hash_token(token)) is None:
        raise _invalid()
    return account


def _invalid() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVITATION_INVALID, ("token",)))


def _unproven() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.INVALID_CREDENTIALS, ("password",), text=PROVE_LOGIN))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "signUp": Mutation(sign_up, prepare=_preparing("companyName"), for_anyone=True, rows=rows_of_company, hashes=1),
    "registerAccountant": Mutation(register_accountant, prepare=_preparing("officeName"), for_anyone=True, hashes=1),
    "becomeAccountant": Mutation(become_accountant, alone=True),
    "confirmEmail": Mutation(confirm_email, prepare=_show, for_anyone=True, changes_access=True, hashes=1),
    "disclaimEmail": Mutation(disclaim_email, for_anyone=True, changes_access=True, rows=no_rows),
}
