"""Mutations: each root field writes, and once that is committed the compiler's statement reads its payload.

Nothing that a client chooses runs before the commit, so whatever is locked for a write is locked for statements of
ours only. What was written stays, whatever becomes of its payload.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeVar

import orjson

from db.connection import Connection
from db.database import Database
from db.errors import DatabaseError
from db.secrets import Keyring
from resolvers.answers import failure, refusal, result_of, token_hash
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.cost import MAX_COST, Cost, check_cost, cost_of_rows
from resolvers.inputs import Variables, read_arguments, value_of
from resolvers.mutations import MUTATIONS
from resolvers.operation import Operation
from resolvers.patience import Left, wait_for, waiting
from resolvers.payers import Payers
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie
from resolvers.selection import SelectedField
from resolvers.sessions import Uses
from resolvers.statement import Statement
from resolvers.turns import Turns
from resolvers.writing import (
    Caller,
    Forbidden,
    Input,
    Mutation,
    Quota,
    RateLimited,
    Refused,
    Unauthenticated,
    Write,
    Written,
    find_caller,
)
from schema.errors import ErrorCode, error_message, user_message
from schema.language import Language

LOG: Final = logging.getLogger("enfact.execution")
T = TypeVar("T")
NOTHING_TOLD: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(slots=True)
class Writer:
    """Runs mutations on a database.

    `report` is called with every DatabaseError that one meets. Payloads that cost more than `max_cost` together are
    refused before anything is written, and what is more than the `quota` says. `shows_secrets` may change at any time.
    """

    database: Database
    compiler: Compiler
    keyring: Keyring
    uses: Uses
    report: Callable[[DatabaseError], None]
    max_cost: int = MAX_COST
    quota: Quota | None = None
    turns: Turns = field(default_factory=Turns)
    payers: Payers = field(default_factory=Payers)
    shows_secrets: bool = False

    async def write(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        """Run the root fields one after the other; what one of them wrote stays, whatever becomes of the next.

        RequestError when nothing was written: UNAUTHENTICATED, COST_EXCEEDED.
        """
        fields = self.compiler.writes(operation, variables)
        cost = await self._weigh(request, operation, fields, variables)
        wait_for(request)
        members: list[bytes] = []
        results: list[Result] = []
        late = False
        for selected in fields:
            if late:
                result = _failed(ErrorCode.TIMEOUT, request.language, selected)
            else:
                result, late = await self._answer(request, operation, selected, variables)
            if (
                result.errors
                and result.errors[0].code is ErrorCode.UNAUTHENTICATED
                and not results
                and request.token is not None
            ):
                raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
            results.append(result)
            members.append(b'"' + selected.key.encode() + b'":' + (result.data or b"null"))
        return Result.of(
            b"{" + b",".join(members) + b"}",
            tuple(entry for result in results for entry in result.errors),
            tuple(entry for result in results for entry in result.hidden),
            _cookie(results),
            (cost, self.max_cost) if request.wants_cost else None,
        )._replace(written=True)

    async def _weigh(
        self, request: GraphQLRequest, operation: Operation, fields: tuple[SelectedField, ...], variables: Variables
    ) -> int:
        """What the payloads cost together, once their statements are compiled."""
        check = partial(self._check_cost, request, operation, fields, variables)
        kept = [self.compiler.kept(operation, selected.key, variables, request.kind) for selected in fields]
        return check() if all(kept) else await self.turns.do(check)

    def _check_cost(
        self, request: GraphQLRequest, operation: Operation, fields: tuple[SelectedField, ...], variables: Variables
    ) -> int:
        """What the writes and their payloads cost together; a field that is refused for its values costs nothing."""
        costs: list[Cost] = []
        for selected in fields:
            if selected.name != "__typename":
                try:
                    rows = MUTATIONS[selected.name].rows(self._input(selected, variables))
                    costs.append(cost_of_rows(rows, selected.key))
                    costs.append(self.compiler.payload(operation, selected, variables, request.kind).cost)
                except RequestError as refused:
                    if refused.entry.code is ErrorCode.COST_EXCEEDED:  # it would take as much each time it is tried
                        raise
        return check_cost(costs, variables, self.max_cost, request.language)

    async def _answer(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> tuple[Result, bool]:
        """What comes of a root field, and whether the request was cancelled meanwhile: its write is waited for then."""
        written, late = await _to_the_end(self._write_field(request, operation, selected, variables))
        if isinstance(written, Result):
            return written, late
        if late:
            return written.unread(ErrorCode.TIMEOUT), True
        try:
            return await self._read(request, written), False
        except asyncio.CancelledError:
            return written.unread(ErrorCode.TIMEOUT), True

    async def _write_field(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> "Result | Payload":
        try:
            if selected.name == "__typename":
                return await self._write_nothing(request)
            return await self._write(request, operation, selected, variables)
        except RequestError as refused:
            return Result(None, tuple(_at(entry, selected) for entry in refused.entries))
        except Unauthenticated:
            return _failed(ErrorCode.UNAUTHENTICATED, request.language, selected)
        except Left:
            return _failed(ErrorCode.TIMEOUT, request.language, selected)
        except DatabaseError as error:
            self.report(error)
            return _failed(failure(error), request.language, selected)
        except Exception:
            LOG.exception("a mutation of request %s failed", request.request_id)
            return _failed(ErrorCode.INTERNAL, request.language, selected)

    async def _write_nothing(self, request: GraphQLRequest) -> Result:
        """`__typename` of the mutation: even that is not for a token that is not known."""
        if request.token is not None:
            async with self.database.statements() as connection:
                if await find_caller(connection, request) is None:
                    raise Unauthenticated
        return Result.of(b'"Mutation"')

    async def _write(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> "Result | Payload":
        """Write, and commit that; gives what is read next."""
        mutation = MUTATIONS[selected.name]
        given = self._input(selected, variables)
        statement = self.compiler.payload(operation, selected, variables, request.kind)
        # A value that no client may send is refused before anything is written.
        statement.arguments(Bindings(variables))
        prepared = await self._prepare(mutation, request, given)
        caller: Caller | None = None
        committed = True
        try:
            async with self._connection(mutation) as connection:
                caller = await find_caller(connection, request, patiently=mutation.changes_access)
                if caller is not None:
                    self.uses.add(caller.credential)
                elif request.token is not None and not (mutation.for_anyone and request.by_cookie):
                    raise Unauthenticated
                if isinstance(prepared, Refused | Forbidden):
                    raise prepared
                if caller is not None and caller.read_only:
                    raise Forbidden
                rows = mutation.rows(given)
                write = Write(connection, request, caller, prepared, self.shows_secrets, rows, self.quota)
                write.count()
                written = await mutation.write(write, given)
        except Refused as refused:
            language = caller.language if caller is not None else request.language
            written = Written({**refused.values, "errors": _problems(refused, language)})
            committed = False
        except Forbidden:
            return _failed(ErrorCode.FORBIDDEN, caller.language if caller is not None else request.language, selected)
        except RateLimited as limited:
            language = caller.language if caller is not None else request.language
            told = {"retryAfter": limited.wait} if limited.wait is not None else {}
            return _failed(ErrorCode.RATE_LIMITED, language, selected, told)
        cookie = written.cookie
        if cookie is None and caller is None and request.by_cookie:
            cookie = SessionCookie()  # the one that was sent works no more
        bindings = _bindings(request, variables, written, caller)
        return Payload(selected, statement, bindings, cookie, committed=committed)

    def _connection(self, mutation: Mutation) -> AbstractAsyncContextManager[Connection]:
        return self.database.statements() if mutation.alone else self.database.transaction()

    async def _read(self, request: GraphQLRequest, payload: "Payload") -> Result:
        """The payload, as the viewer may see it now; an error when it cannot be read."""
        statement = payload.statement
        try:
            record = await self.database.read(statement.sql, statement.arguments(payload.bindings))
            if payload.bindings.token_hash is not None:
                self.payers.know(payload.bindings.token_hash, record[-1])
            return result_of(request, statement, record)._replace(cookie=payload.cookie)
        except DatabaseError as error:
            self.report(error)
            return payload.unread(failure(error))
        except RequestError as refused:  # the answer is too large
            return payload.unread(refused.entry.code, refused.entry.message)
        except Exception:
            LOG.exception("a payload of request %s could not be read", request.request_id)
            return payload.unread(ErrorCode.INTERNAL)

    async def _prepare(self, mutation: Mutation, request: GraphQLRequest, given: Input) -> Any:
        """What the preparation found out; why it refuses is kept until it is known who asks, and in which language."""
        if not mutation.is_open_to(request.kind):
            return Forbidden()
        if mutation.seal is not None:
            return mutation.seal(self.keyring, given)
        try:
            return await mutation.prepare(self.database, request, given) if mutation.prepare else None
        except (Refused, Forbidden) as refusal:
            return refusal

    def _input(self, selected: SelectedField, variables: Variables) -> Input:
        mutation = self.compiler.schema.mutation_type
        assert mutation is not None
        arguments = read_arguments(selected.nodes[0], mutation.fields[selected.name].args)
        return value_of(arguments["input"], variables) if "input" in arguments else {}


@dataclass(frozen=True, slots=True)
class Payload:
    """What is read of a root field once it is settled: `committed` tells whether it wrote, or was refused.

    `cookie` is what becomes of the client's session cookie.
    """

    selected: SelectedField
    statement: Statement
    bindings: Bindings
    cookie: SessionCookie | None
    committed: bool

    def unread(self, code: ErrorCode, message: str | None = None) -> Result:
        """The answer where it cannot be read: what was written is told to be, so that nobody writes it again."""
        told = {"written": True} if self.committed else {}
        message = message or error_message(code, self.bindings.language)
        return Result(None, (ErrorEntry(code, message, (self.selected.key,), extensions=told),), cookie=self.cookie)


async def _to_the_end(work: Coroutine[Any, Any, T]) -> tuple[T, bool]:
    """Wait for a write to end, even when the request is cancelled meanwhile; tells whether it was.

    A write that is cancelled in the middle of its commit could be neither denied nor confirmed. Its time is bounded by
    the time-outs of its statements. One that still waits for its turn gives up.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        if task.cancelled():
            raise
        waiting().leave()
        return await task, True


def _bindings(request: GraphQLRequest, variables: Variables, written: Written, caller: Caller | None) -> Bindings:
    language = caller.language if caller is not None else request.language
    values = {"errors": "[]", **written.values}
    return Bindings(variables, token_hash(written.token or request.token), language, values)


def _cookie(results: list[Result]) -> SessionCookie | None:
    """What becomes of the client's cookie: a session that was opened stays, else the last field decides."""
    said = [result.cookie for result in reversed(results) if result.cookie is not None]
    return next((cookie for cookie in said if cookie.token is not None), said[0] if said else None)


def _problems(refused: Refused, language: Language) -> str:
    return orjson.dumps(
        [
            {
                "code": problem.code.name,
                "message": user_message(problem.code, language, problem.text, **problem.values(language)),
                "field": problem.field,
            }
            for problem in refused.problems
        ]
    ).decode()


def _failed(
    code: ErrorCode, language: Language, selected: SelectedField, extensions: Mapping[str, object] = NOTHING_TOLD
) -> Result:
    entry = ErrorEntry(code, error_message(code, language), (selected.key,), extensions=extensions)
    return Result(None, (entry,))


def _at(entry: ErrorEntry, selected: SelectedField) -> ErrorEntry:
    return ErrorEntry(entry.code, entry.message, entry.path or (selected.key,), entry.locations, entry.extensions)
