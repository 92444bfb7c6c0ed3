"""Subscriptions: from a request to the results that follow each other, each read with the subscriber's credential.

A subscription is answered by the statement of a query. It is read again when somebody says that it is time, and what
comes of it is told when it differs from what came before. So no right is kept here either: what ends a subscription is
that its statement gives nothing any more.
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
from resolvers import waking
from resolvers.answers import refusal, result_of, token_hash
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.convert import Key
from resolvers.cost import MAX_COST, check_cost
from resolvers.inputs import Variables, value_of
from resolvers.operation import Documents, Operation
from resolvers.request import AFTER_DATA, BEFORE_DATA, GraphQLRequest, RequestError, Result
from resolvers.sessions import Uses
from resolvers.statement import Statement
from resolvers.waking import HEAVY, REST, Wakes
from schema.errors import ErrorCode, error_message
from schema.language import Language

RETRY: Final = 2.0
"""Seconds after which a subscription tries again while the database does not answer."""


SHORTEST: Final = 0.01
"""Seconds that pass at least before what is heavy is looked at again."""


class AccessLost(RequestError):
    """The right to a subscription is gone, or the credential itself (ACCESS_REVOKED)."""

    def __init__(self, language: Language) -> None:
        super().__init__(ErrorCode.ACCESS_REVOKED, error_message(ErrorCode.ACCESS_REVOKED, language))


@dataclass(slots=True)
class Live:
    """Opens subscriptions on a database; `report` is called with every DatabaseError that one meets.

    One whose reading costs more than `max_cost` is refused.
    """

    database: Database
    compiler: Compiler
    uses: Uses
    report: Callable[[DatabaseError], None]
    wakes: Wakes = field(default_factory=Wakes)
    max_cost: int = MAX_COST
    _known: dict[CredentialKind, Statement] = field(default_factory=dict[CredentialKind, Statement])
    _reads: dict[Hashable, "asyncio.Task[Record]"] = field(default_factory=dict[Hashable, "asyncio.Task[Record]"])
    _documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self._documents = Documents(self.compiler.schema)

    async def subscribe(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "Subscription":
        """A subscription whose first answer is known: when there is none to see, the next that comes is AccessLost.

        Raises RequestError (UNAUTHENTICATED, FORBIDDEN, COST_EXCEEDED) and DatabaseError.
        """
        asked = self._asked(request, operation, variables)
        if asked.cost > HEAVY:
            asked = replace(asked, peek=self._peek(request, operation, variables))
        opened = await Subscription(self, asked).opened()
        if request.kind is CredentialKind.VIEW_AS:
            opened.close()
            raise refusal(ErrorCode.FORBIDDEN, opened.language)
        return opened

    def _asked(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "Asked":
        """What a subscription reads. RequestError (COST_EXCEEDED)."""
        selected, given = self.compiler.told(operation, variables)
        statement = self.compiler.live(operation, variables, request.kind)
        if statement.cost.most + statement.cost.work > self.max_cost:
            check_cost((statement.cost,), variables, self.max_cost, request.language)
        key = Key(("com",))(value_of(given, variables))
        nothing = f'{BEFORE_DATA}{{"{selected.key}":null}}{AFTER_DATA}'.encode()
        arguments = statement.arguments(Bindings(variables, token_hash(request.token), request.language))
        company = uuid.UUID(key) if key is not None else None
        cost = statement.cost.of(variables)
        return Asked(_without_document(request), statement, arguments, company, nothing, cost)

    def _peek(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "Asked":
        """What tells at little cost whether there is anything to see still."""
        selected, given = self.compiler.told(operation, variables)
        text = f"subscription ($id: ID!) {{ {selected.name}(companyId: $id) {{ __typename }} }}"
        return self._asked(request, self._documents.find(text).choose(None), {"id": value_of(given, variables)})

    async def read(self, asked: "Asked", account: Hashable, read: Callable[[], Awaitable[Record]]) -> Record:
        """What comes of a reading when it is its turn. Those who wait for the same are given the same."""
        reading = self._reads.get(asked.key)
        if reading is None:
            reading = self._reads[asked.key] = asyncio.create_task(self._read(asked, account, read))
        return await asyncio.shield(reading)

    async def _read(self, asked: "Asked", account: Hashable, read: Callable[[], Awaitable[Record]]) -> Record:
        try:
            async with self.wakes.turn(account, asked.cost):
                del self._reads[asked.key]  # who comes from now on wants to see what is true from now on
                return await read()
        finally:
            if self._reads.get(asked.key) is asyncio.current_task():
                del self._reads[asked.key]

    async def watch(self, request: GraphQLRequest) -> "Subscription":
        """A subscription that only tells when the caller's credential is known no more. Raises as `subscribe` does."""
        kind = request.kind
        statement = self._known.get(kind) or self._known.setdefault(kind, self.compiler.known(kind))
        arguments = statement.arguments(Bindings({}, token_hash(request.token), request.language))
        return await Subscription(self, Asked(_without_document(request), statement, arguments)).opened()


def _without_document(request: GraphQLRequest) -> GraphQLRequest:
    """The request without what is not needed once its statement is there; it is kept as long as the subscription."""
    return request._replace(query="", variables={}, user_agent=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a subscription reads again and again, at which cost.

    `nothing` is the response that says that the caller may not see it, None where there is no such response. What is
    heavy has a `peek`, which is read in between. `key` is equal where the same is read with the same credential.
    """

    request: GraphQLRequest
    statement: Statement
    arguments: list[object]
    company: uuid.UUID | None = None
    nothing: bytes | None = None
    cost: int = 0
    peek: "Asked | None" = None
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(repr(self.arguments).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        object.__setattr__(self, "key", (id(self.statement), digest))

    def sees(self, record: Record) -> bool:
        """Whether a row of its statement has anything to see."""
        return record[2] is not None and record[0] != self.nothing

    @property
    def period(self) -> float:
        """Seconds after which it is read again at the latest: the more it costs, the longer."""
        return waking.PERIOD * max(1.0, self.cost / HEAVY)


class Subscription:
    """The results that follow the first answer, each when it differs from the one before; to be closed in the end.

    The first answer itself is not told. `account` and `kind` say who subscribes, `language` in which language.
    """

    __slots__ = ("_live", "_read_at", "_seen", "_told", "_wake", "account", "asked", "kind", "language")

    def __init__(self, live: Live, asked: Asked) -> None:
        """Use `Live`."""
        self._live = live
        self.asked = asked
        self._wake = live.wakes.add(asked.company)
        self._seen: bytes | None = None
        self._told = False
        self._read_at = asyncio.get_running_loop().time()
        self.account: uuid.UUID | None = None
        self.kind = asked.request.kind
        self.language = asked.request.language

    async def opened(self) -> Self:
        """Itself, once it has read for the first time."""
        try:
            record = await self.read()
            if record[2] is None:
                raise refusal(ErrorCode.UNAUTHENTICATED, self.language)
        except BaseException as error:
            self.close()
            if isinstance(error, DatabaseError):
                self._live.report(error)
            raise
        self.account = record["account_id"]
        self._live.wakes.know(self._wake, record[2])
        self._live.uses.add(record[2])
        self._seen = self._digest(record)
        return self

    @property
    def request(self) -> GraphQLRequest:
        """The request that asked for it, less its document."""
        return self.asked.request

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        """The next result. Raises AccessLost when there will be none; it never ends otherwise."""
        while self._seen is not None:
            record = await self._again() if await self._is_due() else None
            if record is None:
                continue
            before, self._seen = self._seen, self._digest(record)
            if self._seen not in (None, before):
                return result_of(self.asked.request, self.asked.statement, record)
        raise AccessLost(self.language)

    def close(self) -> None:
        """Be woken no more; harmless when repeated."""
        self._live.wakes.remove(self._wake)

    async def read(self) -> Record:
        """The row of its statement now. DatabaseError when the database does not answer."""
        return await self._live.database.read(self.asked.statement.sql, self.asked.arguments)

    async def peek(self) -> Record:
        """The row of the statement that is read in between. DatabaseError as `read`."""
        assert self.asked.peek is not None, "only what is heavy has one"
        return await self._live.database.read(self.asked.peek.statement.sql, self.asked.peek.arguments)

    async def _is_due(self) -> bool:
        """Wait for the time to look; whether it is to be read as a whole then, which a heavy one often is not."""
        asked = self.asked
        if asked.peek is None:
            await self._wake.wait()
            return True
        past = asyncio.get_running_loop().time() - self._read_at
        rest = REST * asked.cost - past if self._told else asked.period - past
        told = await self._wake.wait(min(max(rest, SHORTEST) / waking.SPREAD, waking.PERIOD))
        self._told |= told
        peek = await self._attempt(asked.peek, self.peek)
        if peek is not None and not asked.peek.sees(peek):
            self._seen = None
        past = asyncio.get_running_loop().time() - self._read_at
        return peek is not None and past >= (REST * asked.cost if self._told else asked.period)

    async def _again(self) -> Record | None:
        """The row of its statement when it is its turn; None when the database does not answer, and then it waits."""
        record = await self._attempt(self.asked, self.read)
        if record is not None:
            self._told, self._read_at = False, asyncio.get_running_loop().time()
        return record

    async def _attempt(self, asked: Asked, read: Callable[[], Awaitable[Record]]) -> Record | None:
        try:
            return await self._live.read(asked, self.account, read)
        except DatabaseError as error:
            self._live.report(error)
        await self._wake.wait(RETRY)
        self._wake.set()
        return None

    def _digest(self, record: Record) -> bytes | None:
        """What stands for the answer; None when there is none to see."""
        if record[3] is not None:
            self.language = Language(record[3])
        response, closed = record[0], record[1]
        if not self.asked.sees(record):
            return None
        return hashlib.blake2b(b"\0".join((response or b"", closed or b"")), digest_size=16).digest()
