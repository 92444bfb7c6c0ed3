"""What mutations are made of: who calls, what was written, and the ways of being refused."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.tokens import hash_token
from resolvers.convert import Key
from resolvers.request import GraphQLRequest, SessionCookie
from schema.errors import UserErrorCode
from schema.language import Language

Input: TypeAlias = Mapping[str, Any]
"""A coerced input object, by the names of the schema."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in."""

    account: uuid.UUID
    credential: uuid.UUID
    language: Language


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
    """One entry of a payload's `errors` to be: the message's placeholders are filled in the viewer's language."""

    code: UserErrorCode
    field: tuple[str, ...] | None = None
    values: Callable[[Language], Mapping[str, str]] = lambda language: {}


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

    `write` runs in the transaction, `prepare` before it (slow work that must not hold a connection). One that is
    `for_anyone` needs nobody signed in, and ignores a cookie that works no more.
    """

    write: Callable[[Write, Input], Awaitable[Written]]
    prepare: Callable[[Database, GraphQLRequest, Input], Awaitable[Any]] | None = None
    for_anyone: bool = False


CALLER: Final = """
select k.id, k.account_id, u.language
from credential k join account u on u.id = k.account_id
where k.token_hash = $1 and k.expires_at > now()
"""


async def find_caller(connection: Connection, token: str | None) -> Caller | None:
    """Who the token belongs to; None when it is unknown or has expired."""
    found = await connection.fetchrow(CALLER, hash_token(token)) if token is not None else None
    return Caller(found["account_id"], found["id"], Language(found["language"])) if found else None


def key_of(id_: str, *wanted: str) -> uuid.UUID | None:
    """The key in a global id of one of the types with these prefixes; None for anything else."""
    found = Key(wanted)(id_)
    return uuid.UUID(hex=found) if found else None


OWNED: Final = """
select c.id, c.plan, c.mask, c.access_version, clock_timestamp() at, m.role
from company c join membership m on m.company_id = c.id
where c.id = $1 and m.account_id = $2 and m.accepted_at is not null and m.removed_at is null
  and (m.until is null or m.until > now())
"""
LOCK: Final = """
select from company c
where c.id = $1 and exists (
  select from membership m
  where m.company_id = c.id and m.account_id = $2 and m.role = 'OWNER' and m.accepted_at is not null
    and m.removed_at is null and (m.until is null or m.until > now())
)
for no key update
"""


async def lock_as_owner(write: Write, company_id: str) -> Record:
    """Lock the company of a mutation that only its owners may do.

    Gives `id, plan, mask, access_version, at` (the moment of the change). Raises Refused (NOT_FOUND) when the caller
    does not enter the company, Forbidden when it is no owner there.
    """
    company = key_of(company_id, "com")
    await write.connection.execute(LOCK, company, write.caller.account)
    return await _owned(write, company)  # whoever held the lock may have changed everything


async def _owned(write: Write, company: uuid.UUID | None) -> Record:
    """The company as it is now, of which the caller must be an owner.

    Locks no membership: whoever changes access locks the company first.
    """
    owned = await write.connection.fetchrow(OWNED, company, write.caller.account) if company is not None else None
    if owned is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("companyId",)))
    if owned["role"] != "OWNER":
        raise Forbidden
    return owned
