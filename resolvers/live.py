"""Subscriptions: from a request to the results that follow each other, each read with the subscriber's credential.

A subscription is answered by the statement of a query. It is read again when somebody says that it is time, and what
comes of it is told when it differs from what came before. So no right is kept here either: what ends a subscription is
that its statement gives nothing any more.
"""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from asyncpg import Record

from db.database import Database
from db.errors import DatabaseError
from db.tokens import CredentialKind
from resolvers.answers import refusal, result_of, token_hash
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.convert import Key
from resolvers.cost import MAX_COST, check_cost
from resolvers.inputs import Variables, value_of
from resolvers.operation import Operation
from resolvers.request import AFTER_DATA, BEFORE_DATA, GraphQLRequest, RequestError, Result
from resolvers.sessions import Uses
from resolvers.statement import Statement
from resolvers.waking import Wakes
from schema.errors import ErrorCode, error_message
from schema.language import Language

RETRY: Final = 2.0
"""Seconds after which a subscription tries again while the database does not answer."""


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

    async def subscribe(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> "Subscription":
        """A subscription whose first answer is known: when there is none to see, the next that comes is AccessLost.

        Raises RequestError (UNAUTHENTICATED, FORBIDDEN, COST_EXCEEDED) and DatabaseError.
        """
        selected, given = self.compiler.told(operation, variables)
        statement = self.compiler.live(operation, variables, request.kind)
        if statement.cost.most + statement.cost.work > self.max_cost:
            check_cost((statement.cost,), variables, self.max_cost, request.language)
        key = Key(("com",))(value_of(given, variables))
        nothing = f'{BEFORE_DATA}{{"{selected.key}":null}}{AFTER_DATA}'.encode()
        arguments = statement.arguments(Bindings(variables, token_hash(request.token), request.language))
        company = uuid.UUID(key) if key is not None else None
        asked = Asked(_without_document(request), statement, arguments, company, nothing)
        opened = await Subscription(self, asked).opened()
        if request.kind is CredentialKind.VIEW_AS:
            opened.close()
            raise refusal(ErrorCode.FORBIDDEN, opened.language)
        return opened

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
    """What a subscription reads again and again.

    `nothing` is the response that says that the caller may not see it, None where there is no such response.
    """

    request: GraphQLRequest
    statement: Statement
    arguments: list[object]
    company: uuid.UUID | None = None
    nothing: bytes | None = None


class Subscription:
    """The results that follow the first answer, each when it differs from the one before; to be closed in the end.

    The first answer itself is not told. `account` and `kind` say who subscribes, `language` in which language.
    """

    __slots__ = ("_live", "_seen", "_wake", "account", "asked", "kind", "language")

    def __init__(self, live: Live, asked: Asked) -> None:
        """Use `Live`."""
        self._live = live
        self.asked = asked
        self._wake = live.wakes.add(asked.company)
        self._seen: bytes | None = None
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
            await self._wake.wait()
            record = await self._again()
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

    async def _again(self) -> Record | None:
        """The row of its statement when it is its turn; None when the database does not answer, and then it waits."""
        try:
            async with self._live.wakes.reading:
                return await self.read()
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
        if record[2] is None or response == self.asked.nothing:
            return None
        return hashlib.blake2b(b"\0".join((response or b"", closed or b"")), digest_size=16).digest()
