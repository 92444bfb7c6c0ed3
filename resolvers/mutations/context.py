"""The building blocks of mutations: the caller, the result, the errors, and the statement prefix that judges rights.

Only a change of access locks a company. Every other mutation writes by statements that judge the caller's right
themselves (`JUDGED`). It takes turns with others of its kind by an advisory lock that no change of access needs, so it
can never keep an owner from taking rights away.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from db.connection import Connection
from db.database import Database
from db.remote_apply import APPLIED
from db.secrets import Keyring
from db.tables.metadata import APPS
from db.tokens import CredentialKind, hash_token
from resolvers.addresses import network
from resolvers.gates.needs import Need
from resolvers.global_ids import Key
from resolvers.masks import mask_of
from resolvers.membership import held_apps, present, viewing_as
from resolvers.plans import awake_apps
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.user_problems import UserProblem
from schema.apps import App
from schema.localization.language import Language

InputValues: TypeAlias = Mapping[str, Any]
"""A coerced input object, by the names of the schema."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed-in account and its credential.

    `read_only`: the credential may write nothing. `confirmed`: the account's e-mail address is confirmed.
    """

    account: uuid.UUID
    credential: uuid.UUID
    language: Language
    read_only: bool = False
    confirmed: bool = True


OF_ACCOUNT, OF_ACCESS, OF_ADDRESS, OF_COMPANY = b"account:", b"access:", b"address:", b"company:"
"""The subjects of counts of rows: an account, its changes of access, the network of an anonymous client, a company.

Changes of access have a count of their own, and none in the company: else what others write, or what an owner's key
writes, could use up what the owner needs to take rights away.
"""


class Quota(Protocol):
    """The limit of rows written over time, by account, address and company."""

    def take(self, name: bytes, rows: int, *, confirmed: bool) -> int | None:
        """Count `rows` more under a name. Returns 0, or the seconds to wait before they may be written.

        None when there are more than may ever be written at once. Refused rows are not counted.
        """
        ...

    def charge(self, name: bytes, rows: int, *, confirmed: bool) -> int:
        """Count `rows` that were written under a name. Returns 0, or the seconds until more may be written."""
        ...


@dataclass(frozen=True, slots=True)
class MutationContext:
    """One root field of a mutation inside its transaction.

    `prepared` is the value of its preparation. `shows_secrets`: secrets that would be mailed are in the payload (a demo
    without mail). `rows` is the approximate number of rows that it writes, `quota` their limit; those of a change of
    access (`changes_access`) are counted apart.
    """

    connection: Connection
    request: GraphQLRequest
    signed_in: Caller | None
    prepared: Any = None
    shows_secrets: bool = False
    rows: int = 0
    quota: Quota | None = None
    changes_access: bool = False

    @property
    def language(self) -> Language:
        """The language of the caller's account, or of the request of an anonymous client."""
        return self.signed_in.language if self.signed_in is not None else self.request.language

    @property
    def caller(self) -> Caller:
        """The signed-in caller. Raises Unauthenticated for an anonymous client."""
        if self.signed_in is None:
            raise Unauthenticated
        return self.signed_in

    def count(self) -> None:
        """Count the rows for the caller's account, or for the network of an anonymous client. Raises RateLimited."""
        if self.signed_in is not None:
            name = OF_ACCESS if self.changes_access else OF_ACCOUNT
            self._take(name + self.signed_in.account.bytes, confirmed=self.signed_in.confirmed)
        else:
            self._take(OF_ADDRESS + network(self.request.address).encode(), confirmed=False)

    def count_in(self, company: uuid.UUID) -> None:
        """Count the rows for the company that is entered, whoever writes them. Raises RateLimited.

        Not called for changes of access.
        """
        self._take(OF_COMPANY + company.bytes, confirmed=True)

    def _take(self, name: bytes, *, confirmed: bool) -> None:
        wait = self.quota.take(name, self.rows, confirmed=confirmed) if self.quota is not None and self.rows else 0
        if wait != 0:
            raise RateLimited(wait)

    def right(self, company: uuid.UUID, *apps: App, as_owner: bool = False) -> tuple[object, ...]:
        """The first parameters of a `JUDGED` statement: company, credential, mask of the needed apps, owners only."""
        return company, self.caller.credential, mask_of(apps), as_owner


@dataclass(frozen=True, slots=True)
class MutationResult:
    """The written values by the payload's field names (an object as its key).

    The payload is read with `token` in place of the request's. `cookie` changes the client's session cookie; None
    leaves it as it is.
    """

    values: Mapping[str, object] = field(default_factory=dict[str, object])
    token: str | None = None
    cookie: SessionCookie | None = None


class UserErrors(Exception):
    """The mutation is refused for reasons that a user can correct; nothing is written.

    `values` are shown in the payload all the same.
    """

    def __init__(self, *problems: UserProblem, values: Mapping[str, object] | None = None) -> None:
        super().__init__(", ".join(problem.code.name for problem in problems))
        self.problems = problems
        self.values = values or {}


class Forbidden(Exception):
    """The caller may not run this mutation at all."""


class Unauthenticated(Exception):
    """The mutation needs a signed-in caller."""


class RateLimited(Exception):
    """The caller writes too much. `wait` is in seconds; None: so many rows can never be written at once."""

    def __init__(self, wait: int | None) -> None:
        super().__init__(f"wait {wait} seconds")
        self.wait = wait


def one_row(given: InputValues) -> int:
    """The number of rows that most mutations write."""
    return 1


def no_rows(given: InputValues) -> int:
    """No rows: for mutations that only end what was counted when it was made."""
    return 0


@dataclass(frozen=True, slots=True)
class Mutation:
    """A root field of Mutation.

    `write` runs in the transaction. Before it runs `prepare` (slow work that must not hold a connection) or `encrypt`
    (the secrets in the input, so that the database never sees them in the clear). `for_anyone`: needs no signed-in
    caller, and ignores a cookie that is no longer valid. API keys and view-as credentials run none of them. `gates` are
    the gates of the schema that `write` itself judges, in the company of the input.

    `changes_access`: changes the access of users, or ends a credential. Only such mutations may lock what other changes
    of access need, and they wait longer for each other. `alone`: runs without a transaction, each statement by itself.
    `rows` is the approximate number of rows that it writes; `no_rows` where it only takes away what was made before.
    `hashes` is the number of passwords that it hashes or checks.
    """

    write: Callable[[MutationContext, InputValues], Awaitable[MutationResult]]
    prepare: Callable[[Database, GraphQLRequest, InputValues], Awaitable[Any]] | None = None
    for_anyone: bool = False
    encrypt: Callable[[Keyring, InputValues], Any] | None = None
    gates: Need = ()
    changes_access: bool = False
    alone: bool = False
    rows: Callable[[InputValues], int] = one_row
    hashes: int = 0


PATIENCE: Final = "5s"
"""Lock time-out of a change of access; every other mutation has the pool's."""

FIND_SIGNED_IN: Final = """
select k.id, k.account_id, u.language, k.read_only, u.confirmed
from credential k join account u on u.id = k.account_id
where k.token_hash = $1 and k.expires_at > now() and k.kind = $2
"""
FIND_VIEWING_AS: Final = f"""{FIND_SIGNED_IN}and exists (
  select from membership o, membership m where {viewing_as("o", "m", "k")}
)
"""
"""The caller of a view-as credential, as long as the owner is an owner and the user a present user there."""

BEGIN_PATIENTLY: Final = f"select set_config('lock_timeout', '{PATIENCE}', true), {APPLIED}"
FIND_SIGNED_IN_PATIENTLY: Final = (
    f"select c.*, set_config('lock_timeout', '{PATIENCE}', true) patience, {APPLIED} applied from ({FIND_SIGNED_IN}) c"
)
"""The caller; the rest of the transaction waits longer for locks, and its commit for replicas."""


async def find_caller(connection: Connection, request: GraphQLRequest, *, patiently: bool = False) -> Caller | None:
    """The caller that the request's token belongs to; None without a token, and for one that is not valid.

    `patiently`: from now on the transaction waits longer for locks, and its commit for replicas, as a change of access.
    """
    if request.token is None:
        if patiently:
            await connection.execute(BEGIN_PATIENTLY)
        return None
    signed_in = FIND_SIGNED_IN_PATIENTLY if patiently else FIND_SIGNED_IN
    statement = FIND_VIEWING_AS if request.kind is CredentialKind.VIEW_AS else signed_in
    found = await connection.fetchrow(statement, hash_token(request.token), request.kind.name)
    if found is None:
        return None
    language = Language(found["language"])
    return Caller(found["account_id"], found["id"], language, found["read_only"], found["confirmed"])


def key_of(id_: str, *wanted: str) -> uuid.UUID | None:
    """The key in a global id of one of the types with these prefixes; None for anything else."""
    found = Key(wanted)(id_)
    return uuid.UUID(hex=found) if found else None


JUDGED: Final = f"""
with judged as materialized (
  select c.id company, c.access_version version, m.id member, m.account_id account, clock_timestamp() at
  from credential k
  join membership m on m.company_id = $1 and m.account_id = k.account_id
  join company c on c.id = m.company_id
  where k.id = $2 and k.expires_at > now() and {present("m")}
    and {awake_apps("c")} & {held_apps("m")} & k.apps & $3::bit({APPS}) = $3 and (not $4::bool or m.role = 'OWNER')
)
"""
"""The beginning of a statement that judges the caller's right and writes only where it holds. It locks nothing to judge
it. `MutationContext.right` returns its first parameters."""
