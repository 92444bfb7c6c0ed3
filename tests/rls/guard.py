"""The product's connections behind the fence (fence.py): statements that read run with the fence up and with it down.

Both results must be equal. Other connections may write between the two runs, so a difference is checked again, outside
of a transaction in one snapshot. So are the seconds until something happens, which differ from one run to the next. The
result with the fence down is returned, so that a test's assertions hold for the product without row level security,
too. In a sample of the tests a process compares each statement at first and every fourth time. A statement that writes
runs once, with the fence down; a change in a company that is not open is an error there.
"""

import hashlib
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence, Set
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, cast
from urllib.parse import urlsplit

import asyncpg
import pytest

from db import database
from db.connection import Connection, connect
from resolvers.compilation.statement import POSITION, SNAPSHOT, TERM
from resolvers.execution.executor import Executor
from resolvers.execution.shared_readings import SharedReadings
from resolvers.request import GraphQLRequest
from tests.rls.fence import COMPANIES, REFUSED, ROLE, TRESPASS

MARK: Final = "_fenced"
"""The suffix in the name of a database with a fence."""

VIEWER: Final = "with viewer as ("
"""The beginning of the compiler's statements."""

TEXT: Final = re.compile(r"'[^']*'")
OPENS: Final = re.compile(r"\binsert into credential\b", re.IGNORECASE)
WRITES: Final = re.compile(r"\b(insert|delete|merge|(?<!for )(?<!key )update)\b", re.IGNORECASE)
FENCED: Final = re.compile(rf"\b({'|'.join(COMPANIES)})\b", re.IGNORECASE)
INVITATION: Final = re.compile(r"\bivt_([0-9a-f]{32})\b")
LETTER: Final = re.compile(r'\btoken\s*:\s*(?:"([^"\\\n]+)"|\$(\w+))')
LOUD: Final = (TRESPASS, REFUSED, asyncpg.CardinalityViolationError.sqlstate)
"""SQLSTATEs that reveal rows of other companies; the last one: several rows where one was expected."""

MOMENTARY: Final = frozenset({TERM, SNAPSHOT, POSITION})
"""The columns of a reading that differ from one moment to the next, whoever writes on the server."""

ALWAYS_OWN: Final = frozenset({SNAPSHOT, POSITION})
"""Those of them that differ within a transaction, too, whose clock stands still."""

BEGIN: Final = "select fence.begin()"
ONE_OF: Final = 4
"""Of so many runs of a statement one is compared in a sample of the tests: the first, and so on."""

TRIES: Final = 3
"""Maximum number of comparisons before the one in a snapshot, which a transaction of the product cannot have."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The credential of a request for the fence: SHA-256 in hex of its token, and of every `token` in its inputs.

    `invitations` are the keys of those that a mutation names.
    """

    token: str
    letters: tuple[str, ...] = ()
    invitations: tuple[str, ...] = ()
    opened: list[str] = field(default_factory=list[str])
    """The hashes of sessions that the request has opened: its result is read as the user who signed in."""

    @classmethod
    def of(cls, request: GraphQLRequest, *_more: object) -> "Caller":
        """The caller of a request."""
        writes = "mutation" in request.query
        letters = tuple(map(_hash, _letters(request))) if writes else ()
        invitations = tuple(INVITATION.findall(f"{request.query} {request.variables}")) if writes else ()
        return cls(_hash(request.token) if request.token else "", letters, invitations)

    @classmethod
    def several(cls, _asked: object, tokens: Sequence[bytes | None], _since: object) -> "Caller":
        """The caller of a reading for several sessions, whose hashes these are."""
        return cls(" ".join(token.hex() for token in tokens if token is not None))

    @property
    def settings(self) -> dict[str, str]:
        """The PostgreSQL settings that tell the fence about the caller."""
        outside = "yes" if self is OUTSIDE else "no"
        letters, tokens = " ".join(self.letters), " ".join([self.token, *self.opened]).strip()
        return {
            "fence.outside": outside,
            "fence.tokens": tokens,
            "fence.letters": letters,
            "fence.invitations": " ".join(self.invitations),
            "fence.open": "",
        }


OUTSIDE: Final = Caller("")
"""Stands for no request."""


@dataclass(slots=True)
class Guard:
    """The findings of all connections of this process."""

    trespasses: list[str] = field(default_factory=list[str])
    compared: int = 0
    samples: bool = False
    """Whether not every run of a statement is compared."""

    _runs: Counter[int] = field(default_factory=Counter[int])

    def take(self) -> list[str]:
        """The trespasses since the last call."""
        found, self.trespasses = self.trespasses, []
        return found

    def wants(self, sql: str) -> bool:
        """Whether this run of a statement is compared; counts it."""
        key = hash(sql)
        self._runs[key] += 1
        return not self.samples or self._runs[key] % ONE_OF == 1


class Trespass(AssertionError):
    """A statement reached into a company that its caller has not entered."""


GUARD: Final = Guard()
CALLER: ContextVar[Caller] = ContextVar("CALLER", default=OUTSIDE)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _letters(request: GraphQLRequest) -> list[str]:
    """The possible letter secrets of a request: each text in a `token` of its inputs."""
    found: list[Any] = []
    for text, variable in LETTER.findall(request.query):
        found.append(text or request.variables.get(variable))
    waiting: list[Any] = [request.variables]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            members = cast("dict[str, Any]", one)
            found.append(members.get("token"))
            waiting.extend(members.values())
        elif isinstance(one, list):
            waiting.extend(cast("list[Any]", one))
    return [text for text in found if isinstance(text, str)]


@lru_cache(4096)
def is_compared(sql: str) -> bool:
    """Whether a statement only reads, and names a table with a fence."""
    if WRITES.search(sql) and WRITES.search(TEXT.sub("''", sql)):
        return False
    return FENCED.search(sql) is not None


def plain(value: Any, without: Set[str] = ALWAYS_OWN) -> Any:
    """A result of the driver in a comparable form, without moments, which may be the clock's, and without columns."""
    match value:
        case datetime():
            return None
        case asyncpg.Record():
            return [plain(item, without) for name, item in value.items() if name not in without]
        case list():
            return [plain(item, without) for item in cast("list[Any]", value)]
        case _:
            return value


def has_term(whole: Any) -> bool:
    """Whether a result has the seconds until something happens, which are equal in a snapshot only."""
    return any(isinstance(row, asyncpg.Record) and TERM in row for row in whole or ())


@dataclass(frozen=True, slots=True)
class State:
    """The settings that a connection has sent to the fence."""

    caller: Caller | None = None
    up: bool | None = None
    opened: int = 0


UNKNOWN: Final = State()


class FencedConnection(asyncpg.Connection):
    """A connection of the product as the user `ROLE`, which tells the fence the caller."""

    _session: State = UNKNOWN
    _here: State | None = None
    """The state within the transaction, if it differs from the session's."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109
        run = partial(super().execute, query, *args, timeout=timeout)
        match query.split(None, 1)[0].rstrip(";").upper():
            case "BEGIN":
                await self._put(up=True)
                done = await run()
                await self._quietly(BEGIN)
                return done
            case "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE":
                return await run()
            case _:
                return await self._guarded(query, run)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        return await self._guarded(query, partial(super().fetch, query, *args, **options))

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        """The first row; all rows are compared."""
        rows = await self.fetch(query, *args, **options)
        if rows and OPENS.search(query) and CALLER.get() is not OUTSIDE:
            CALLER.get().opened.extend(arg.hex() for arg in args if isinstance(arg, bytes))
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: Any, column: int = 0, **options: Any) -> Any:
        row = await self.fetchrow(query, *args, **options)
        return row[column] if row is not None else None

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        await self._guarded(command, partial(super().executemany, command, args, **options))

    async def _guarded(self, query: str, run: Callable[[], Awaitable[Any]]) -> Any:
        if CALLER.get() is OUTSIDE:
            if query.startswith(VIEWER):
                raise _noticed(f"{query}\nis run outside of any request")
            await self._put(up=False)
            return await run()
        if not is_compared(query) or not GUARD.wants(query):
            await self._put(up=False)
            return await self._loudly(query, run)
        GUARD.compared += 1
        shown = whole = None
        without = ALWAYS_OWN if self.is_in_transaction() else MOMENTARY
        for tries in range(TRIES):
            shown, whole = await self._both(query, run, is_first=tries == 0)
            if plain(shown, without) == plain(whole, without):
                if without is ALWAYS_OWN or not has_term(whole):
                    return whole
                break
        if not self.is_in_transaction():
            with self._unlogged():
                async with self._snapshot():
                    shown, whole = await self._both(query, run)
        if plain(shown) == plain(whole):
            return whole
        raise _noticed(f"{query}\ngives {whole}\nwith the fence {shown}")

    async def _both(self, query: str, run: Callable[[], Awaitable[Any]], *, is_first: bool = False) -> tuple[Any, Any]:
        """The results of a statement with the fence up and with it down; only the first run of all is logged."""
        await self._put(up=True)
        with nullcontext() if is_first else self._unlogged():
            shown = await run()
        await self._put(up=False)
        with self._unlogged():
            return shown, await self._loudly(query, run)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncGenerator[None]:
        """A block of reads that see no write of another connection between them."""
        await super().execute("begin isolation level repeatable read")
        try:
            yield
        finally:
            await super().execute("rollback")

    async def _loudly(self, query: str, run: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await run()
        except asyncpg.PostgresError as error:
            if error.sqlstate in LOUD:
                raise _noticed(f"{query}\n{error}") from error
            raise

    async def _put(self, *, up: bool) -> None:
        """Tell the fence the caller, and put it up or down; within a transaction only until its end."""
        local = self.is_in_transaction()
        if not local:
            self._here = None
        caller = CALLER.get()
        known, wanted = self._here or self._session, State(caller, up, len(caller.opened))
        statements: list[str] = []
        if known.caller is not wanted.caller or (known.opened != wanted.opened and not local):
            statements += [_set(name, value, local=local) for name, value in caller.settings.items()]
            statements += [BEGIN] if local else []
        if known.up is not up:
            statements.append(_set("fence.state", "up" if up else "down", local=local))
        if not statements:
            return
        self._note(UNKNOWN, local=local)
        await self._quietly("; ".join(statements))
        self._note(wanted, local=local)

    def _note(self, state: State, *, local: bool) -> None:
        if local:
            self._here = state
        else:
            self._session = state

    async def _quietly(self, sql: str) -> None:
        with self._unlogged():
            await super().execute(sql)

    @contextmanager
    def _unlogged(self) -> Generator[None]:
        """Keep statements within the block from the query loggers: tests count only the product's statements."""
        mine: Any = self
        loggers, mine._query_loggers = mine._query_loggers, set()
        try:
            yield
        finally:
            mine._query_loggers = loggers


def _set(name: str, value: str, *, local: bool) -> str:
    return f"set {'local ' if local else ''}{name} = '{value}'"


def _noticed(what: str) -> Trespass:
    GUARD.trespasses.append(what)
    return Trespass(what)


# --- connections behind the fence -----------------------------------------------------------------------------------


def is_fenced(dsn: str) -> bool:
    """Whether a database has a fence."""
    return urlsplit(dsn).path.endswith(MARK)


async def connect_fenced(dsn: str, **options: Any) -> Connection:
    """A connection for the product's pool, behind the fence if the database has one."""
    if not is_fenced(dsn):
        return await connect(dsn, **options)
    settings = {**options.pop("server_settings", {}), "role": ROLE}
    return await connect(dsn, connection_class=FencedConnection, server_settings=settings, **options)


@contextmanager
def guarded() -> Generator[None]:
    """Within the block every pool of the product is behind its database's fence, and every request sets its caller."""

    def telling(usual: Callable[..., Awaitable[Any]], caller: Callable[..., Caller]) -> Callable[..., Awaitable[Any]]:
        async def told(self: Any, *asked: Any) -> Any:
            before = CALLER.set(caller(*asked))
            try:
                return await usual(self, *asked)
            finally:
                CALLER.reset(before)

        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "connect", connect_fenced)
        patch.setattr(SharedReadings, "read", telling(SharedReadings.read, Caller.several))
        for name in ("execute", "start", "schema_text"):
            patch.setattr(Executor, name, telling(getattr(Executor, name), Caller.of))
        yield


@contextmanager
def trespassing() -> Generator[Sequence[str]]:
    """Collect the trespasses within the block, which are expected: the test breaks the product on purpose."""
    assert GUARD.take() == []
    found: list[str] = []
    try:
        yield found
    finally:
        found.extend(GUARD.take())
