"""Subscriptions: from a request to a stream of results, each read with the subscriber's credential.

A subscription is answered by the statement of a query. It is read again at each wake-up (`wakeups.py`), and a result is
sent when it differs from the one before. A subscription to changes reads what came since its last reading, and a result
is sent when it differs from that of the first reading, which had no changes. No right is kept in memory: a subscription
ends when its statement returns nothing to see.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Final, Self

from asyncpg import Record

from db.database import Database
from db.errors import DatabaseError
from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import check_cost
from resolvers.compilation.statement import (
    ACCOUNT,
    CLOSED_GATES,
    CREDENTIAL,
    LANGUAGE,
    RESPONSE,
    SNAPSHOT,
    TERM,
    Statement,
)
from resolvers.execution import wakeups
from resolvers.execution.credential_use import Uses
from resolvers.execution.results import refusal, result_of, token_hash
from resolvers.execution.wakeups import HEAVY, REST, WakeUps
from resolvers.global_ids import Key
from resolvers.operation.arguments import Variables, value_of
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.request import AFTER_DATA, BEFORE_DATA, GraphQLRequest, RequestError, Result
from resolvers.request_limits import MAX_COST
from schema.errors import ErrorCode, error_message
from schema.localization.language import Language

RETRY: Final = 2.0
"""Seconds after which a subscription tries again while the database does not answer."""


SHORTEST: Final = 0.01
"""Minimum number of seconds before the peek of a heavy subscription is read again."""


class AccessLost(RequestError):
    """The right to a subscription has ended, or its credential (ACCESS_REVOKED)."""

    def __init__(self, language: Language) -> None:
        super().__init__(ErrorCode.ACCESS_REVOKED, error_message(ErrorCode.ACCESS_REVOKED, language))


@dataclass(slots=True)
class Subscriptions:
    """Opens subscriptions on a database; `report` is called with every DatabaseError that a subscription meets.

    A subscription whose reading costs more than `max_cost` is refused.
    """

    database: Database
    compiler: Compiler
    uses: Uses
    report: Callable[[DatabaseError], None]
    wakes: WakeUps = field(default_factory=WakeUps)
    max_cost: int = MAX_COST
    _known: dict[CredentialKind, Statement] = field(default_factory=dict[CredentialKind, Statement])
    _reads: dict[Hashable, "asyncio.Task[Record]"] = field(default_factory=dict[Hashable, "asyncio.Task[Record]"])
    _documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self._documents = Documents(self.compiler.schema)

    async def subscribe(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "LiveOperation":
        """An open subscription, read for the first time.

        When that shows nothing to see, its first result is AccessLost. Raises RequestError (UNAUTHENTICATED, FORBIDDEN
        with a view-as credential, COST_EXCEEDED) and DatabaseError.
        """
        asked = self._asked(request, operation, variables)
        if asked.cost > HEAVY:
            asked = replace(asked, peek=self._peek(request, operation, variables))
        opened = await LiveOperation(self, asked).opened()
        if request.kind is CredentialKind.VIEW_AS:
            opened.close()
            raise refusal(ErrorCode.FORBIDDEN, opened.language)
        return opened

    def _asked(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "SubscriptionRequest":
        """The statement, arguments and cost of a subscription's reading. Raises RequestError (COST_EXCEEDED)."""
        selected, given = self.compiler.subscribed(operation, variables)
        statement = self.compiler.live(operation, variables, request.kind)
        cost = check_cost((statement.cost,), variables, self.max_cost, request.language) - statement.cost.work
        key = Key(("com",))(value_of(given["companyId"], variables))
        initial = "initial" in given and value_of(given["initial"], variables) is True
        nothing = f'{BEFORE_DATA}{{"{selected.key}":null}}{AFTER_DATA}'.encode()
        arguments = statement.arguments(Bindings(variables, token_hash(request.token), request.language))
        company = uuid.UUID(key) if key is not None else None
        return SubscriptionRequest(_without_document(request), statement, arguments, company, nothing, cost, initial)

    def _peek(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "SubscriptionRequest":
        """A cheap reading (`__typename` alone), to find out that the caller may no longer see the subscription."""
        selected, given = self.compiler.subscribed(operation, variables)
        text = f"subscription ($id: ID!) {{ {selected.name}(companyId: $id) {{ __typename }} }}"
        return self._asked(
            request, self._documents.find(text).choose(None), {"id": value_of(given["companyId"], variables)}
        )

    async def read(
        self, asked: "SubscriptionRequest", account: Hashable, read: Callable[[], Awaitable[Record]]
    ) -> Record:
        """The row of a reading when it is its turn. Callers that wait for the same reading share its row."""
        reading = self._reads.get(asked.key)
        if reading is None:
            reading = self._reads[asked.key] = asyncio.create_task(self._read(asked, account, read))
        return await asyncio.shield(reading)

    async def _read(
        self, asked: "SubscriptionRequest", account: Hashable, read: Callable[[], Awaitable[Record]]
    ) -> Record:
        try:
            async with self.wakes.turn(account, asked.cost):
                del self._reads[asked.key]  # a caller from now on needs a reading that begins from now on
                return await read()
        finally:
            if self._reads.get(asked.key) is asyncio.current_task():
                del self._reads[asked.key]

    async def watch(self, request: GraphQLRequest) -> "LiveOperation":
        """A subscription without results that ends (AccessLost) with the caller's credential.

        Raises RequestError (UNAUTHENTICATED) and DatabaseError.
        """
        kind = request.kind
        statement = self._known.get(kind) or self._known.setdefault(kind, self.compiler.known(kind))
        arguments = statement.arguments(Bindings({}, token_hash(request.token), request.language))
        return await LiveOperation(self, SubscriptionRequest(_without_document(request), statement, arguments)).opened()


def _without_document(request: GraphQLRequest) -> GraphQLRequest:
    """The request without what only its beginning needs: it is kept as long as the subscription lives."""
    return request._replace(query="", variables={}, user_agent=None, stages=None)


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """The reading of a subscription that is repeated, and its cost.

    `nothing` is the response when the caller may see nothing (None: no such response exists). `initial`: the first
    reading is a result too. A heavy subscription has a `peek`, a cheap reading in between. `key` is equal for the same
    statement with the same arguments and credential.
    """

    request: GraphQLRequest
    statement: Statement
    arguments: list[object]
    company: uuid.UUID | None = None
    nothing: bytes | None = None
    cost: int = 0
    initial: bool = False
    peek: "SubscriptionRequest | None" = None
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(repr(self.arguments).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        object.__setattr__(self, "key", (id(self.statement), digest))

    def sees(self, record: Record) -> bool:
        """True when a row of its statement shows the caller anything."""
        return record[CREDENTIAL] is not None and record[RESPONSE] != self.nothing

    @property
    def follows(self) -> bool:
        """True for a subscription to changes."""
        return self.statement.since is not None

    def after(self, record: Record) -> "SubscriptionRequest":
        """The reading of the changes that the reading of this row did not see; itself if it reads no changes."""
        since = self.statement.since
        if since is None:
            return self
        arguments = [*self.arguments[:since], record[SNAPSHOT], *self.arguments[since + 1 :]]
        return replace(self, arguments=arguments)

    @property
    def period(self) -> float:
        """Maximum number of seconds between two readings; above the cost HEAVY it grows with the cost."""
        return wakeups.PERIOD * max(1.0, self.cost / HEAVY)


class LiveOperation:
    """An open subscription: an iterator of results, each different from the one before; close it at the end.

    The first answer is a result only for a subscription that asks for it (`initial`). `account` is the subscriber,
    `kind` the credential's kind, `language` the subscriber's language.
    """

    __slots__ = (
        "_alarm", "_first", "_has_news", "_live", "_read_at", "_seen", "_wake", "_woken", "account", "asked", "kind",
        "language",
    )  # fmt: skip

    def __init__(self, live: Subscriptions, asked: SubscriptionRequest) -> None:
        """Use `Subscriptions.subscribe` or `Subscriptions.watch`."""
        self._live = live
        self.asked = asked
        self._wake = live.wakes.add(asked.company, follows=asked.follows)
        self._first: Record | None = None
        self._seen: bytes | None = None
        self._woken = self._has_news = False
        self._alarm: asyncio.TimerHandle | None = None
        self._read_at = asyncio.get_running_loop().time()
        self.account: uuid.UUID | None = None
        self.kind = asked.request.kind
        self.language = asked.request.language

    async def opened(self) -> Self:
        """Read for the first time; returns itself. Raises RequestError (UNAUTHENTICATED) and DatabaseError."""
        try:
            record = await self.read()
            if record[CREDENTIAL] is None:
                raise refusal(ErrorCode.UNAUTHENTICATED, self.language)
        except BaseException as error:
            self.close()
            if isinstance(error, DatabaseError):
                self._live.report(error)
            raise
        self.account = record[ACCOUNT]
        self._live.wakes.know(self._wake, record[CREDENTIAL])
        self._live.uses.add(record[CREDENTIAL])
        self._seen = self._digest(record)
        self.asked = self.asked.after(record)
        if self.asked.initial and self._seen is not None:
            self._first = record
        return self

    @property
    def request(self) -> GraphQLRequest:
        """The request that opened it, without its document."""
        return self.asked.request

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        """The next result. Raises AccessLost when the right to it has ended; never stops otherwise."""
        first, self._first = self._first, None
        if first is not None:
            return result_of(self.asked.request, self.asked.statement, first)
        while self._seen is not None:
            record = await self._again() if await self._is_due() else None
            if record is not None and self._differs(record):
                return result_of(self.asked.request, self.asked.statement, record)
        raise AccessLost(self.language)

    def _differs(self, record: Record) -> bool:
        """True if a row is an event: it differs from the one before, or from that without changes.

        Changes that were read are not read again. A row that is read for another reason than news, and without any, is
        not counted: subscriptions with the same credential so stay alike, and share their readings.
        """
        before, self._seen = self._seen, self._digest(record)
        differs = self._seen not in (None, before)
        if self.asked.follows:
            if differs or self._has_news:
                self.asked, self._has_news = self.asked.after(record), False
            if differs:
                self._seen = before
        return differs

    def close(self) -> None:
        """Stop the wake-ups; harmless when repeated."""
        self._live.wakes.remove(self._wake)
        self._set_alarm(None)

    async def read(self) -> Record:
        """The current row of its statement. Raises DatabaseError when the database does not answer."""
        return await self._live.database.read(self.asked.statement.sql, self.asked.arguments)

    async def peek(self) -> Record:
        """The current row of the peek's statement. Raises DatabaseError as `read` does."""
        assert self.asked.peek is not None, "only what is heavy has one"
        return await self._live.database.read(self.asked.peek.statement.sql, self.asked.peek.arguments)

    async def _is_due(self) -> bool:
        """Wait for the next wake-up. Returns True when the whole statement is due; a heavy one often only peeks."""
        asked = self.asked
        if asked.peek is None:
            await self._wake.wait()
            return True
        past = asyncio.get_running_loop().time() - self._read_at
        rest = REST * asked.cost - past if self._woken else asked.period - past
        woken = await self._wake.wait(min(max(rest, SHORTEST) / wakeups.SPREAD, wakeups.PERIOD))
        self._woken |= woken
        peek = await self._attempt(asked.peek, self.peek)
        if peek is not None and not asked.peek.sees(peek):
            self._seen = None
        past = asyncio.get_running_loop().time() - self._read_at
        return peek is not None and past >= (REST * asked.cost if self._woken else asked.period)

    async def _again(self) -> Record | None:
        """The row of its statement when it is its turn; None, after a pause, when the database does not answer."""
        self._has_news |= self._wake.has_news
        self._wake.has_news = False
        record = await self._attempt(self.asked, self.read)
        if record is not None:
            self._woken, self._read_at = False, asyncio.get_running_loop().time()
        return record

    async def _attempt(self, asked: SubscriptionRequest, read: Callable[[], Awaitable[Record]]) -> Record | None:
        try:
            return await self._live.read(asked, self.account, read)
        except DatabaseError as error:
            self._live.report(error)
        await self._wake.wait(RETRY)
        self._wake.set()
        return None

    def _digest(self, record: Record) -> bytes | None:
        """The digest of the answer; None when there is nothing to see. Takes language and term from the row.

        Of changes the closed gates are no part: a change of access alone is none of business data.
        """
        self._set_alarm(record[TERM])
        if record[LANGUAGE] is not None:
            self.language = Language(record[LANGUAGE])
        response, closed = record[RESPONSE], None if self.asked.follows else record[CLOSED_GATES]
        if not self.asked.sees(record):
            return None
        return hashlib.blake2b(b"\0".join((response or b"", closed or b"")), digest_size=16).digest()

    def _set_alarm(self, seconds: float | None) -> None:
        """Wake up when a term ends, unless the next reading comes sooner anyway; in place of the alarm before."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if seconds is not None and seconds <= self.asked.period:
            self._alarm = asyncio.get_running_loop().call_later(max(seconds, 0), self._wake.set)
