"""What mutations are made of: who calls, what was written, and the ways of being refused.

Only who changes access locks a company. Everybody else writes by statements that judge the right to themselves
(`JUDGED`), and takes turns with those who write the same by an advisory lock that no change of access needs: so nobody
can keep an owner from taking rights away.
"""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from asyncpg import BitString, Record

from db.connection import Connection
from db.database import Database
from db.secrets import Keyring
from db.tables.metadata import APPS
from db.tokens import CredentialKind, hash_token
from resolvers.attempts import network
from resolvers.convert import Key
from resolvers.gates import Need
from resolvers.presence import present
from resolvers.request import GraphQLRequest, SessionCookie
from schema.apps import CATALOGUE, App
from schema.errors import UserErrorCode
from schema.language import Language

Input: TypeAlias = Mapping[str, Any]
"""A coerced input object, by the names of the schema."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in, by which credential; `read_only`: by one that writes nothing.

    `confirmed` tells whether the account's address is.
    """

    account: uuid.UUID
    credential: uuid.UUID
    language: Language
    read_only: bool = False
    confirmed: bool = True


class Quota(Protocol):
    """How many rows somebody may write."""

    def take(self, name: bytes, rows: int, *, confirmed: bool) -> int | None:
        """Count so many rows more under a name: gives 0, or after how many seconds they may be written.

        None when they are more than may ever be written at once; of what is refused nothing is counted.
        """
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """One root field of a mutation inside its transaction.

    `prepared` is what its preparation found out before; `shows_secrets` tells that what would be mailed is shown
    instead (a demo without mail). `rows` is how many it writes, about, and `quota` how many it may.
    """

    connection: Connection
    request: GraphQLRequest
    signed_in: Caller | None
    prepared: Any = None
    shows_secrets: bool = False
    rows: int = 0
    quota: Quota | None = None

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

    def count(self) -> None:
        """Count the rows of who asks: an account by whatever credential, else an address. Raises RateLimited."""
        if self.signed_in is not None:
            self._take(b"account:" + self.signed_in.account.bytes, confirmed=self.signed_in.confirmed)
        else:
            self._take(b"address:" + network(self.request.address).encode(), confirmed=False)

    def count_in(self, company: uuid.UUID) -> None:
        """Count the rows of a company that is entered, by whoever writes them. Raises RateLimited.

        Not those of who changes access: else others could use up what an owner needs to take rights away.
        """
        self._take(b"company:" + company.bytes, confirmed=True)

    def _take(self, name: bytes, *, confirmed: bool) -> None:
        wait = self.quota.take(name, self.rows, confirmed=confirmed) if self.quota is not None and self.rows else 0
        if wait != 0:
            raise RateLimited(wait)

    def right(self, company: uuid.UUID, *apps: App, as_owner: bool = False) -> tuple[object, ...]:
        """The first parameters of a statement that is `JUDGED`: the apps that are needed, or that it is for owners."""
        return company, self.caller.credential, mask_of(apps), as_owner


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


class RateLimited(Exception):
    """Somebody writes too much; `wait` says for how many seconds, None: so much can never be written at once."""

    def __init__(self, wait: int | None) -> None:
        super().__init__(f"wait {wait} seconds")
        self.wait = wait


def one_row(given: Input) -> int:
    """How many rows most mutations write."""
    return 1


def no_rows(given: Input) -> int:
    """How many rows count of what only ends things: they were counted when they were made."""
    return 0


@dataclass(frozen=True, slots=True)
class Mutation:
    """A root field of Mutation.

    `write` runs in the transaction, `prepare` before it (slow work that must not hold a connection), or `seal`, which
    encrypts the secrets in the input so that the database never gets them in the clear. One that is `for_anyone` needs
    nobody signed in, and ignores a cookie that works no more. Only one that is `by_key` is done for who shows an API
    key; none is for who looks as somebody else. `gates` are those of the schema that `write` judges, in the company
    that the input names.

    One that `changes_access` changes who sees what, or ends a credential: only such ones may lock what other changes of
    access need, and they wait longer for each other. One that is `alone` has no transaction: each of its statements
    stands by itself. `rows` is how many rows it writes, about: none where it only takes away what was made before.
    """

    write: Callable[[Write, Input], Awaitable[Written]]
    prepare: Callable[[Database, GraphQLRequest, Input], Awaitable[Any]] | None = None
    for_anyone: bool = False
    seal: Callable[[Keyring, Input], Any] | None = None
    by_key: bool = False
    gates: Need = ()
    changes_access: bool = False
    alone: bool = False
    rows: Callable[[Input], int] = one_row

    def is_open_to(self, kind: CredentialKind) -> bool:
        """Whether it is done for callers with this kind of credential at all."""
        return kind is CredentialKind.SESSION or (kind is CredentialKind.API_KEY and self.by_key)


PATIENCE: Final = "5s"
"""How long who changes access waits for others who do; everybody else waits for the lock time-out of the pool."""

CALLER: Final = """
select k.id, k.account_id, u.language, k.read_only, u.confirmed
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

WAIT_LONGER: Final = f"select set_config('lock_timeout', '{PATIENCE}', true)"
PATIENT: Final = f"select c.*, set_config('lock_timeout', '{PATIENCE}', true) patience from ({CALLER}) c"
"""Who asks, in a transaction that waits longer from now on."""


async def find_caller(connection: Connection, request: GraphQLRequest, *, patiently: bool = False) -> Caller | None:
    """Who the request's token belongs to; None when it is unknown, or works no more.

    `patiently`: for a change of access, which waits for others that are under way.
    """
    if request.token is None:
        if patiently:
            await connection.execute(WAIT_LONGER)
        return None
    signed_in = PATIENT if patiently else CALLER
    statement = VIEWING if request.kind is CredentialKind.VIEW_AS else signed_in
    found = await connection.fetchrow(statement, hash_token(request.token), request.kind.name)
    if found is None:
        return None
    language = Language(found["language"])
    return Caller(found["account_id"], found["id"], language, found["read_only"], found["confirmed"])


def key_of(id_: str, *wanted: str) -> uuid.UUID | None:
    """The key in a global id of one of the types with these prefixes; None for anything else."""
    found = Key(wanted)(id_)
    return uuid.UUID(hex=found) if found else None


ENTERED: Final = f"""
select c.id, c.plan, c.mask, c.access_version, clock_timestamp() at, m.role, m.id member, c.mask & m.mask access
from company c join membership m on m.company_id = c.id
where c.id = $1 and m.account_id = $2 and {present("m")}
"""
IN_TURN: Final = f"select e.*, pg_advisory_xact_lock($3) turn from ({ENTERED}) e"
LOCK: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m where m.company_id = c.id and m.account_id = $2 and m.role = 'OWNER' and {present("m")}
)
for no key update
"""
LOCK_FROM_OUTSIDE: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m where m.company_id = c.id and m.account_id = $2 and m.external and {present("m")}
)
for no key update
"""
"""Locks for who may change access there: nobody else may hold anybody up."""

JUDGED: Final = f"""
with judged as materialized (
  select c.id company, c.access_version version, m.id member, m.account_id account, clock_timestamp() at
  from credential k
  join membership m on m.company_id = $1 and m.account_id = k.account_id
  join company c on c.id = m.company_id
  where k.id = $2 and k.expires_at > now() and {present("m")} and c.mask & m.mask & $3::bit({APPS}) = $3
    and (not $4::bool or m.role = 'OWNER')
)
"""
"""How a statement begins that writes for who may: nothing is locked for the right to, and where it is gone nothing is
written. `Write.right` gives its parameters."""


async def lock_as_owner(write: Write, company_id: str) -> Record:
    """Lock the company of a mutation that changes access, for its owners.

    Gives `id, plan, mask, access_version, at` (the moment of the change), `member` (the caller's membership). Raises
    Refused (NOT_FOUND) when the caller does not enter the company, Forbidden when it is no owner there.
    """
    locked, owned = await _lock(write, LOCK, company_id)
    if not locked or owned["role"] != "OWNER":
        raise Forbidden  # also who has become an owner just now: nothing may be done without the lock
    return owned


async def lock_from_outside(write: Write, company_id: str) -> Record:
    """Lock the company for an external user, who ends the own access; gives and raises what `lock_as_owner` does."""
    locked, entered = await _lock(write, LOCK_FROM_OUTSIDE, company_id)
    if not locked or entered["role"] is not None:
        raise Forbidden
    return entered


async def _lock(write: Write, statement: str, company_id: str) -> tuple[bool, Record]:
    """Whether the company is locked, and how it is under the lock.

    Locks no membership: whoever changes access locks the company first.
    """
    locked = await write.connection.fetchval(statement, key_of(company_id, "com"), write.caller.account)
    # A statement of its own: whoever held the lock may have changed everything.
    return locked is not None, await _entered(write, company_id)


async def enter(write: Write, company_id: str, turn: int | None = None) -> Record:
    """The company of a mutation and what the caller is there, who enters it; locks nothing that others need.

    Gives what `lock_as_owner` gives, and `access`: the mask of the apps that the caller holds there. What is written is
    judged again by the statement that writes it (`JUDGED`). With a `turn` it is the caller's turn, until the end of the
    transaction, among those who write the same. Raises Refused (NOT_FOUND) and RateLimited.
    """
    entered = await _entered(write, company_id, turn)
    write.count_in(entered["id"])
    return entered


async def _entered(write: Write, company_id: str, turn: int | None = None) -> Record:
    company, account = key_of(company_id, "com"), write.caller.account
    if turn is None:
        entered = await write.connection.fetchrow(ENTERED, company, account)
    else:
        entered = await write.connection.fetchrow(IN_TURN, company, account, turn)
    if entered is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("companyId",)))
    return entered


async def enter_as_owner(write: Write, company_id: str, turn: int | None = None) -> Record:
    """The same for its owners. Raises Forbidden, too."""
    owned = await enter(write, company_id, turn)
    if owned["role"] != "OWNER":
        raise Forbidden
    return owned


def mask_of(apps: Iterable[App]) -> BitString:
    """The mask with the bits of these apps."""
    return BitString.from_int(sum(1 << (APPS - 1 - CATALOGUE[app].position) for app in set(apps)), length=APPS)


def turn_of(kind: str, key: uuid.UUID | None) -> int:
    """The number of the advisory lock for those who write the same of one company or account."""
    return int.from_bytes(hashlib.sha256(f"{kind} {key}".encode()).digest()[:8], signed=True)
