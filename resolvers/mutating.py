"""Mutations: one transaction per root field, whose payload the compiler reads inside it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from db.database import Database
from db.errors import DatabaseError, DatabaseTimeout
from db.secrets import Keyring
from resolvers.answers import refusal, result_of, token_hash
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.cost import MAX_COST, Cost, check_cost
from resolvers.inputs import Variables, read_arguments, value_of
from resolvers.mutations import MUTATIONS
from resolvers.operation import Operation
from resolvers.patience import Left, wait_for, waiting
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie
from resolvers.selection import SelectedField
from resolvers.sessions import Uses
from resolvers.writing import (
    Caller,
    Forbidden,
    Input,
    Mutation,
    Refused,
    Unauthenticated,
    Write,
    Written,
    find_caller,
)
from schema.errors import ErrorCode, error_message, user_message
from schema.language import Language

LOG: Final = logging.getLogger("enfact.execution")


@dataclass(slots=True)
class Writer:
    """Runs mutations on a database.

    `report` is called with every DatabaseError that one meets. Payloads that cost more than `max_cost` together are
    refused before anything is written. `shows_secrets` may change at any time.
    """

    database: Database
    compiler: Compiler
    keyring: Keyring
    uses: Uses
    report: Callable[[DatabaseError], None]
    max_cost: int = MAX_COST
    shows_secrets: bool = False

    async def write(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        """Run the root fields one after the other; what one of them wrote stays, whatever becomes of the next.

        RequestError when nothing was written: UNAUTHENTICATED, COST_EXCEEDED.
        """
        fields = self.compiler.writes(operation, variables)
        cost = self._check_cost(request, operation, fields, variables)
        wait_for(request)
        members: list[bytes] = []
        results: list[Result] = []
        late = False
        for selected in fields:
            if late:
                result = _failed(ErrorCode.TIMEOUT, request.language, selected)
            else:
                result, late = await _to_the_end(self._write_field(request, operation, selected, variables))
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

    def _check_cost(
        self, request: GraphQLRequest, operation: Operation, fields: tuple[SelectedField, ...], variables: Variables
    ) -> int:
        """What the payloads cost together; a field that is refused for its values costs nothing."""
        costs: list[Cost] = []
        for selected in fields:
            if selected.name != "__typename":
                with suppress(RequestError):
                    costs.append(self.compiler.payload(operation, selected, variables, request.kind).cost)
        return check_cost(costs, variables, self.max_cost, request.language)

    async def _write_field(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> Result:
        try:
            if selected.name == "__typename":
                return await self._write_nothing(request)
            return await self._write_and_read(request, operation, selected, variables)
        except RequestError as refused:
            return Result(None, tuple(_at(entry, selected) for entry in refused.entries))
        except Unauthenticated:
            return _failed(ErrorCode.UNAUTHENTICATED, request.language, selected)
        except Left:
            return _failed(ErrorCode.TIMEOUT, request.language, selected)
        except DatabaseError as error:
            self.report(error)
            code = ErrorCode.TIMEOUT if isinstance(error, DatabaseTimeout) else ErrorCode.UNAVAILABLE
            return _failed(code, request.language, selected)
        except Exception:
            LOG.exception("a mutation of request %s failed", request.request_id)
            return _failed(ErrorCode.INTERNAL, request.language, selected)

    async def _write_nothing(self, request: GraphQLRequest) -> Result:
        """`__typename` of the mutation: even that is not for a token that is not known."""
        if request.token is not None:
            async with self.database.transaction() as connection:
                if await find_caller(connection, request) is None:
                    raise Unauthenticated
        return Result.of(b'"Mutation"')

    async def _write_and_read(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> Result:
        mutation = MUTATIONS[selected.name]
        given = self._input(selected, variables)
        statement = self.compiler.payload(operation, selected, variables, request.kind)
        # A value that no client may send is refused before anything is written.
        statement.arguments(Bindings(variables))
        prepared = await self._prepare(mutation, request, given)
        caller: Caller | None = None
        try:
            async with self.database.transaction() as connection:
                caller = await find_caller(connection, request)
                if caller is not None:
                    self.uses.add(caller.credential)
                elif request.token is not None and not (mutation.for_anyone and request.by_cookie):
                    raise Unauthenticated
                if isinstance(prepared, Refused | Forbidden):
                    raise prepared
                if caller is not None and caller.read_only:
                    raise Forbidden
                written = await mutation.write(Write(connection, request, caller, prepared, self.shows_secrets), given)
                arguments = statement.arguments(_bindings(request, variables, written, caller))
                record = await connection.fetchrow(statement.sql, *arguments)
        except Refused as refused:
            language = caller.language if caller is not None else request.language
            written = Written({**refused.values, "errors": _problems(refused, language)})
            record = await self.database.read(
                statement.sql, statement.arguments(_bindings(request, variables, written, caller))
            )
        except Forbidden:
            return _failed(ErrorCode.FORBIDDEN, caller.language if caller is not None else request.language, selected)
        assert record is not None, "a statement gives one row"
        cookie = written.cookie
        if cookie is None and caller is None and request.by_cookie:
            cookie = SessionCookie()  # the one that was sent works no more
        return result_of(request, statement, record)._replace(cookie=cookie)

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


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> tuple[Result, bool]:
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


def _failed(code: ErrorCode, language: Language, selected: SelectedField) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, language), (selected.key,)),))


def _at(entry: ErrorEntry, selected: SelectedField) -> ErrorEntry:
    return ErrorEntry(entry.code, entry.message, entry.path or (selected.key,), entry.locations, entry.extensions)
