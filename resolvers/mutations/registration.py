"""New logins: of a company's first owner, of an accountant; and the proof that an e-mail address is their own."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from db.database import Database
from db.outbox import Letter, post
from db.tokens import hash_token
from resolvers.attempts import HOUR, Guard, Limit, admit, network
from resolvers.founding import Founder, found, rows_of_company
from resolvers.mutations.passwords import LOCK, hash_password
from resolvers.request import GraphQLRequest
from resolvers.sessions import open_session
from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written
from schema.errors import UserErrorCode
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

CONFIRM: Final = """
with used as (
  delete from mail_token where token_hash = $1 and purpose = 'CONFIRMATION' and expires_at > now() returning account_id
), others as (
  delete from mail_token using used
  where mail_token.account_id = used.account_id and purpose = 'CONFIRMATION' and token_hash <> $1
)
update account set confirmed = true from used where account.id = used.account_id returning account.id
"""


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


async def confirm_email(write: Write, given: Input) -> Written:
    """Confirm the address by a letter's token, which works once; those of other such letters end with it.

    The account is locked first, so that two letters of one account do not wait for each other.
    """
    token_hash = hash_token(given["token"])
    await write.connection.execute(LOCK, token_hash)
    if await write.connection.fetchval(CONFIRM, token_hash) is None:
        raise Refused(Problem(UserErrorCode.INVITATION_INVALID, ("token",)))
    return Written({"confirmed": True})


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "signUp": Mutation(sign_up, prepare=_preparing("companyName"), for_anyone=True, rows=rows_of_company),
    "registerAccountant": Mutation(register_accountant, prepare=_preparing("officeName"), for_anyone=True),
    "confirmEmail": Mutation(confirm_email, for_anyone=True, changes_access=True),
}
