"""Subscriptions: from a request to a stream of results, each read with the subscriber's credential.

A subscription is answered by the statement of a query. It is read again at each wake-up (`wakeups.py`), and a result is
sent when it differs from the one before. A subscription to changes reads what came since its last reading, and a result
is sent when it differs from that of the first reading, which had no changes. No right is kept in memory: a subscription
ends when its statement returns nothing to see.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from db.database import Database
from db.errors import DatabaseError
from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import check_cost
from resolvers.compilation.statement import ACCOUNT, CREDENTIAL, LANGUAGE, TERM, Statement
from resolvers.execution import wakeups
from resolvers.execution.credential_use import Uses
from resolvers.execution.results import hash_of, refusal
from resolvers.execution.shared_readings import Reading, SharedReadings, SubscriptionRequest
from resolvers.execution.wakeups import HEAVY, REST, WakeUps
from resolvers.global_ids import Key
from resolvers.operation.arguments import ArgumentValue, Variables, value_of
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.operation.selection import SelectedField
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
    readings: SharedReadings = field(init=False)
    _known: dict[CredentialKind, Statement] = field(default_factory=dict[CredentialKind, Statement])
    _documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self.readings = SharedReadings(self.database, self.wakes, self.report)
        self._documents = Documents(self.compiler.schema)

    async def subscribe(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "LiveOperation":
        """An open subscription, read for the first time.

        When that shows nothing to see, its first result is AccessLost. Raises RequestError (UNAUTHENTICATED, FORBIDDEN
        with a view-as credential, COST_EXCEEDED) and DatabaseError.
        """
        asked, selected, given = self._asked(request, operation, variables)
        key = Key(("com",))(value_of(given["companyId"], variables))
        subscribed = Subscribed(
            asked,
            uuid.UUID(key) if key is not None else None,
            initial="initial" in given and value_of(given["initial"], variables) is True,
            peek=self._peek(request, selected, value_of(given["companyId"], variables)) if asked.cost > HEAVY else None,
        )
        opened = await LiveOperation(self, subscribed).opened()
        if request.kind is CredentialKind.VIEW_AS:
            opened.close()
            raise refusal(ErrorCode.FORBIDDEN, opened.language)
        return opened

    def _asked(
        self, request: GraphQLRequest, operation: Operation, variables: Variables
    ) -> tuple[SubscriptionRequest, SelectedField, Mapping[str, ArgumentValue]]:
        """A subscription's reading, its root field and the arguments of that. Raises RequestError (COST_EXCEEDED)."""
        selected, given = self.compiler.subscribed(operation, variables)
        statement = self.compiler.live(operation, variables, request.kind)
        cost = check_cost((statement.cost,), variables, self.max_cost, request.language) - statement.cost.work
        nothing = f'{BEFORE_DATA}{{"{selected.key}":null}}{AFTER_DATA}'.encode()
        return self._reading(request, statement, variables, nothing, cost), selected, given

    def _peek(self, request: GraphQLRequest, selected: SelectedField, company: object) -> SubscriptionRequest:
        """A cheap reading (`__typename` alone), to find out that the caller may no longer see the subscription."""
        text = f"subscription ($id: ID!) {{ {selected.name}(companyId: $id) {{ __typename }} }}"
        return self._asked(request, self._documents.find(text).choose(None), {"id": company})[0]

    def _reading(
        self,
        request: GraphQLRequest,
        statement: Statement,
        variables: Variables,
        nothing: bytes | None = None,
        cost: int = 0,
    ) -> SubscriptionRequest:
        hashed = hash_of(request)
        arguments = statement.arguments(Bindings(variables, hashed, request.language))
        return SubscriptionRequest(_without_document(request), statement, arguments, hashed, nothing, cost)

    async def watch(self, request: GraphQLRequest) -> "LiveOperation":
        """A subscription without results that ends (AccessLost) with the caller's credential.

        Raises RequestError (UNAUTHENTICATED) and DatabaseError.
        """
        kind = request.kind
        statement = self._known.get(kind) or self._known.setdefault(kind, self.compiler.known(kind))
        return await LiveOperation(self, Subscribed(self._reading(request, statement, {}))).opened()


def _without_document(request: GraphQLRequest) -> GraphQLRequest:
    """The request without what only its beginning needs: it is kept as long as the subscription lives."""
    return request._replace(query="", variables={}, user_agent=None, stages=None)


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The statement of a subscription, its company, and whether the first reading is a result too (`initial`).

    A heavy subscription has a `peek`, a cheap reading in between.
    """

    reading: SubscriptionRequest
    company: uuid.UUID | None = None
    initial: bool = False
    peek: SubscriptionRequest | None = None

    @property
    def period(self) -> float:
        """Maximum number of seconds between two readings; above the cost HEAVY it grows with the cost."""
        return wakeups.PERIOD * max(1.0, self.reading.cost / HEAVY)


class LiveOperation:
    """An open subscription: an iterator of results, each different from the one before; close it at the end.

    The first answer is a result only for a subscription that asks for it (`initial`). `account` is the subscriber,
    `kind` the credential's kind, `language` the subscriber's language, `since` the snapshot whose changes were read.
    """

    __slots__ = (
        "_alarm", "_first", "_has_news", "_live", "_read_at", "_seen", "_subscribed", "_wake", "_woken", "account",
        "asked", "kind", "language", "since",
    )  # fmt: skip

    def __init__(self, live: Subscriptions, subscribed: Subscribed) -> None:
        """Use `Subscriptions.subscribe` or `Subscriptions.watch`."""
        self._live = live
        self._subscribed = subscribed
        self.asked = subscribed.reading
        self._wake = live.wakes.add(subscribed.company, follows=self.asked.follows)
        self._first: Reading | None = None
        self._seen: bytes | None = None
        self._woken = self._has_news = False
        self._alarm: asyncio.TimerHandle | None = None
        self._read_at = asyncio.get_running_loop().time()
        self.account: uuid.UUID | None = None
        self.kind = self.asked.request.kind
        self.language = self.asked.request.language
        self.since: object = None

    async def opened(self) -> Self:
        """Read for the first time; returns itself. Raises RequestError (UNAUTHENTICATED) and DatabaseError."""
        try:
            reading = await self.read()
            if not reading.is_for(self.asked.token):
                raise refusal(ErrorCode.UNAUTHENTICATED, self.language)
        except BaseException as error:
            self.close()
            if isinstance(error, DatabaseError):
                self._live.report(error)
            raise
        self.account = reading.record[ACCOUNT]
        peers = (self.asked.key, self.account) if self._subscribed.peek is None else None
        self._live.wakes.know(self._wake, reading.record[CREDENTIAL], peers)
        self._live.uses.add(reading.record[CREDENTIAL])
        self._seen = self._take(reading)
        if self.asked.follows:
            self.since = reading.since
        if self._subscribed.initial and self._seen is not None:
            self._first = reading
        return self

    async def read(self) -> Reading:
        """Its statement's reading now, for itself alone. Raises DatabaseError when the database does not answer."""
        return await self._live.readings.read(self.asked, [self.asked.token], self.since)

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
            return first.result(self.request)
        while self._seen is not None:
            reading = await self._again() if await self._is_due() else None
            if reading is not None and self._differs(reading):
                return reading.result(self.request)
        raise AccessLost(self.language)

    def _differs(self, reading: Reading) -> bool:
        """True if a row is an event: it differs from the one before, or from that without changes.

        Changes that were read are not read again. A row that is read for another reason than news, and without any, is
        not counted: subscriptions of one account so stay alike, and share their readings.
        """
        before, self._seen = self._seen, self._take(reading)
        differs = self._seen not in (None, before)
        if self.asked.follows:
            if differs or self._has_news:
                self.since, self._has_news = reading.since, False
            if differs:
                self._seen = before
        return differs

    def close(self) -> None:
        """Stop the wake-ups; harmless when repeated."""
        self._live.wakes.remove(self._wake)
        self._set_alarm(None)

    async def _is_due(self) -> bool:
        """Wait for the next wake-up. Returns True when the whole statement is due; a heavy one often only peeks."""
        asked, peek = self.asked, self._subscribed.peek
        if peek is None:
            await self._wake.wait()
            return True
        past = asyncio.get_running_loop().time() - self._read_at
        rest = REST * asked.cost - past if self._woken else self._subscribed.period - past
        woken = await self._wake.wait(min(max(rest, SHORTEST) / wakeups.SPREAD, wakeups.PERIOD))
        self._woken |= woken
        seen = await self._attempt(peek)
        if seen is not None and not (seen.is_for(peek.token) and seen.digest is not None):
            self._seen = None
        past = asyncio.get_running_loop().time() - self._read_at
        return seen is not None and past >= (REST * asked.cost if self._woken else self._subscribed.period)

    async def _again(self) -> Reading | None:
        """The reading of its statement when it is its turn; None, after a pause, when the database does not answer."""
        self._has_news |= self._wake.has_news
        self._wake.has_news = False
        reading = await self._attempt(self.asked)
        if reading is not None:
            self._woken, self._read_at = False, asyncio.get_running_loop().time()
        return reading

    async def _attempt(self, asked: SubscriptionRequest) -> Reading | None:
        reading = await self._live.readings.share(asked, self.account, self.since)
        if reading is None:
            await self._wake.wait(RETRY)
            self._wake.set()
        return reading

    def _take(self, reading: Reading) -> bytes | None:
        """The digest of the answer; None when there is nothing to see. Takes language and term from the row."""
        if not reading.is_for(self.asked.token):
            return None
        self._set_alarm(reading.record[TERM])
        if reading.record[LANGUAGE] is not None:
            self.language = Language(reading.record[LANGUAGE])
        return reading.digest

    def _set_alarm(self, seconds: float | None) -> None:
        """Wake up when a term ends, unless the next reading comes sooner anyway; in place of the alarm before."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if seconds is not None and seconds <= self._subscribed.period:
            self._alarm = asyncio.get_running_loop().call_later(max(seconds, 0), self._wake.set)
