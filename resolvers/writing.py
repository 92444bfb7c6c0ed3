"""What mutations are made of: who calls, what was written, and the ways of being refused."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.secrets import Keyring
from db.tokens import CredentialKind, hash_token
from resolvers.convert import Key
from resolvers.gates import Need
from resolvers.presence import present
from resolvers.request import GraphQLRequest, SessionCookie
from schema.errors import UserErrorCode
from schema.language import Language

Input: TypeAlias = Mapping[str, Any]
"""A coerced input object, by the names of the schema."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in, by which credential; `read_only`: by one that writes nothing."""

    account: uuid.UUID
    credential: uuid.UUID
    language: Language
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One root field of a mutation inside its transaction.

    `prepared` is what its preparation found out before; `shows_secrets` tells that what would be mailed is shown
    instead (a demo without mail).
    """

    connection: Connection
    request: GraphQLRequest
    signed_in: Caller | None
    prepared: Any = None
    shows_secrets: bool = False

    @property
    def language(self) -> Language:
        """The language of who asks."""
        return self.signed_in.language if self.signed_in is not None else self.request.language

    @property
    def caller(self) -> Caller:
        """Who is signed in; Unauthenticated when nobody is."""
        if self.signed_in is None:
            raise Unauthenticated
        return self.signed_in


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, by the payload's field names (an object is its key), and the token whose viewer is shown.

    `cookie` is what becomes of the client's session cookie.
    """

    values: Mapping[str, object] = field(default_factory=dict[str, object])
    token: str | None = None
    cookie: SessionCookie | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of a payload's `errors` to be: the message's placeholders are filled in the viewer's language.

    `text` is another message than the code's, one of `schema.errors.EXPLANATIONS`.
    """

    code: UserErrorCode
    field: tuple[str, ...] | None = None
    values: Callable[[Language], Mapping[str, str]] = lambda language: {}
    text: str | None = None


class Refused(Exception):
    """The mutation is refused for reasons that a user can mend; nothing of it is written."""

    def __init__(self, *problems: Problem, values: Mapping[str, object] | None = None) -> None:
        super().__init__(", ".join(problem.code.name for problem in problems))
        self.problems = problems
        self.values = values or {}


class Forbidden(Exception):
    """The caller may not do this at all."""


class Unauthenticated(Exception):
    """The mutation needs somebody who is signed in."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A root field of Mutation.

    `write` runs in the transaction, `prepare` before it (slow work that must not hold a connection), or `seal`, which
    encrypts the secrets in the input so that the database never gets them in the clear. One that is `for_anyone` needs
    nobody signed in, and ignores a cookie that works no more. Only one that is `by_key` is done for who shows an API
    key; none is for who looks as somebody else. `gates` are those of the schema that `write` judges, in the company
    that the input names.
    """

    write: Callable[[Write, Input], Awaitable[Written]]
    prepare: Callable[[Database, GraphQLRequest, Input], Awaitable[Any]] | None = None
    for_anyone: bool = False
    seal: Callable[[Keyring, Input], Any] | None = None
    by_key: bool = False
    gates: Need = ()

    def is_open_to(self, kind: CredentialKind) -> bool:
        """Whether it is done for callers with this kind of credential at all."""
        return kind is CredentialKind.SESSION or (kind is CredentialKind.API_KEY and self.by_key)


CALLER: Final = """
select k.id, k.account_id, u.language, k.read_only
from credential k join account u on u.id = k.account_id
where k.token_hash = $1 and k.expires_at > now() and k.kind = $2
"""
VIEWING: Final = f"""{CALLER}and exists (
  select from membership o join membership m on m.company_id = o.company_id
  where o.company_id = k.company_id and o.account_id = k.account_id and o.role = 'OWNER' and {present("o")}
    and m.id = k.membership_id and not m.external and {present("m")}
)
"""
"""An owner who looks as a member: as long as both are what they were."""


async def find_caller(connection: Connection, request: GraphQLRequest) -> Caller | None:
    """Who the request's token belongs to; None when it is unknown, or works no more."""
    if request.token is None:
        return None
    statement = VIEWING if request.kind is CredentialKind.VIEW_AS else CALLER
    found = await connection.fetchrow(statement, hash_token(request.token), request.kind.name)
    if found is None:
        return None
    return Caller(found["account_id"], found["id"], Language(found["language"]), found["read_only"])


HOLD: Final = "select from account where id = $1 for no key update"


async def hold_account(write: Write) -> None:
    """Lock the caller's account, after any company: nothing is added to it by what has just ended.

    Raises Unauthenticated where the credential ended while the lock was waited for.
    """
    await write.connection.execute(HOLD, write.caller.account)
    if await find_caller(write.connection, write.request) is None:
        raise Unauthenticated


def key_of(id_: str, *wanted: str) -> uuid.UUID | None:
    """The key in a global id of one of the types with these prefixes; None for anything else."""
    found = Key(wanted)(id_)
    return uuid.UUID(hex=found) if found else None


ENTERED: Final = f"""
select c.id, c.plan, c.mask, c.access_version, clock_timestamp() at, m.role, m.stands_in, m.id member,
  c.mask & m.mask access
from company c join membership m on m.company_id = c.id
where c.id = $1 and m.account_id = $2 and {present("m")}
"""
LOCK: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m
  where m.company_id = c.id and m.account_id = $2 and (m.role = 'OWNER' or m.stands_in and $4 or not $3)
    and {present("m")}
)
for no key update
"""
"""Locks for who enters the company, or ($3) only for its owners, or ($4) for who stands in for the first one, too:
nobody else may hold anybody up."""


async def lock_as_owner(write: Write, company_id: str) -> Record:
    """Lock the company of a mutation that only its owners may do.

    Gives `id, plan, mask, access_version, at` (the moment of the change), `member` (the caller's membership). Raises
    Refused (NOT_FOUND) when the caller does not enter the company, Forbidden when it is no owner there.
    """
    owned = await _lock(write, company_id, owners_only=True)
    if owned["role"] != "OWNER":
        raise Forbidden
    return owned


async def lock_as_host(write: Write, company_id: str) -> Record:
    """Lock the company of a mutation for its owners, and for who stands in until the first of them has come.

    Gives what `lock_as_owner` gives, and `stands_in`. Raises what `lock_as_owner` raises.
    """
    company = await _lock(write, company_id, owners_only=True, or_stands_in=True)
    if company["role"] != "OWNER" and not company["stands_in"]:
        raise Forbidden
    return company


async def lock_as_visitor(write: Write, company_id: str) -> Record:
    """Lock the company of a mutation for everybody who enters it and holds an app.

    Gives what `lock_as_owner` gives, and `access`: the mask of the apps that the caller holds there. Raises Refused
    (NOT_FOUND) when the caller does not enter the company.
    """
    return await _lock(write, company_id, owners_only=False)


async def _lock(write: Write, company_id: str, *, owners_only: bool, or_stands_in: bool = False) -> Record:
    """The company as it is under the lock, and what the caller is in it.

    Locks no membership: whoever changes access locks the company first.
    """
    company = key_of(company_id, "com")
    locked = await write.connection.fetchval(LOCK, company, write.caller.account, owners_only, or_stands_in)
    # A statement of its own: whoever held the lock may have changed everything.
    found = await write.connection.fetchrow(ENTERED, company, write.caller.account) if company is not None else None
    if found is None or not (locked or owners_only):
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("companyId",)))
    if not locked:
        raise Forbidden  # also who has become an owner just now: nothing may be done without the lock
    return found
