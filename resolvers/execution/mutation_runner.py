"""Mutations: each root field writes and commits, then the compiler's statement reads its payload.

Those of one statement are left to `WriteRunner`; others run in a transaction. No statement of the client's choice runs
before the commit, so locks are held only while our own statements run. A committed write stays, also when its payload
cannot be read.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from db.connection import Connection
from db.database import Database
from db.errors import DatabaseError
from db.secrets import Keyring
from db.shielded import Disturbed
from db.tokens import CredentialKind, hash_token
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import check_cost
from resolvers.compilation.statement import ACCOUNT, CREDENTIAL, POSITION
from resolvers.execution.change_hints import ChangeHints
from resolvers.execution.compiled_fields import Compiled, CompiledField, CompiledFields, FieldCompiler, accepted
from resolvers.execution.credential_use import Uses
from resolvers.execution.failures import failure
from resolvers.execution.open_operations import is_for_anyone
from resolvers.execution.payloads import Payload, failed
from resolvers.execution.results import hash_of, refusal, result_of
from resolvers.execution.shielded_tasks import to_the_end
from resolvers.execution.write_runner import WriteRunner
from resolvers.fair_use.payers import Payers
from resolvers.fair_use.turns import Turns
from resolvers.fair_use.waiting_client import Left, wait_for
from resolvers.mutations.context import (
    Caller,
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    Quota,
    RateLimited,
    Unauthenticated,
    UserErrors,
    find_caller,
)
from resolvers.mutations.registry import MUTATIONS
from resolvers.operation.arguments import Variables
from resolvers.operation.operation import Operation
from resolvers.operation.selection import SelectedField
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie, bad_input
from resolvers.request_limits import MAX_COST
from resolvers.stages import Stage
from resolvers.user_problems import problems_json
from schema.errors import ErrorCode
from schema.localization.language import Language

LOG: Final = logging.getLogger("enfact.execution")


@dataclass(slots=True)
class Attempt:
    """A write under way: the caller, once known, in whose language a refusal is told."""

    request: GraphQLRequest
    caller: Caller | None = None

    @property
    def language(self) -> Language:
        """The caller's language, or that of the request."""
        return self.caller.language if self.caller is not None else self.request.language


@dataclass(slots=True)
class MutationRunner:
    """Runs mutations on a database.

    `report` is called with every DatabaseError that a mutation meets. An operation whose writes and payloads cost more
    than `max_cost` together is refused before anything is written. So is a field with more rows than the `quota`
    allows; a mutation of one statement is refused for what was written before it. Root fields in `forbidden` are
    refused to all. `shows_secrets` may change at any time.
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
    hints: ChangeHints = field(default_factory=ChangeHints)
    shows_secrets: bool = False
    forbidden: frozenset[str] = frozenset()
    declared: WriteRunner = field(init=False)

    def __post_init__(self) -> None:
        self.declared = WriteRunner(
            self.database, self.compiler, self.uses, self.report, self.payers, self.turns, self.hints
        )

    async def write(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        """Run the root fields in order. A field's write stays, also when a later field fails.

        Raises RequestError (UNAUTHENTICATED, COST_EXCEEDED) when nothing was written.
        """
        fields = self.compiler.writes(operation, variables)
        self._check_key(request, fields)
        compiler = self._compiler_of(request, operation, variables)
        compiled, cost = await self._weigh(request, compiler, fields)
        alive = await self._without_dead(request, fields)
        if alive is not request and alive.kind is not request.kind:
            compiler = self._compiler_of(alive, operation, variables)
            compiled, cost = await self._weigh(alive, compiler, fields)
        request = alive
        if request.spending is not None:
            request.spending.take(cost, self.max_cost)
        if request.stages is not None:
            request.stages.end(Stage.COMPILE)
        wait_for(request)
        results = await self._answer_all(request, fields, compiler, compiled)
        if request.stages is not None:
            request.stages.end(Stage.EXECUTE)
        return _joined(fields, results, (cost, self.max_cost) if request.wants_cost else None)

    def _check_key(self, request: GraphQLRequest, fields: Sequence[SelectedField]) -> None:
        """Raise RequestError for an idempotency key in the header that does not go with these root fields."""
        if request.idempotency_key is not None and len(fields) > 1:
            raise bad_input("The header Idempotency-Key goes with one root field; each input takes a key of its own.")
        if request.idempotency_key is not None and not all(self.declared.takes_key(one.name) for one in fields):
            raise bad_input("The header Idempotency-Key goes with mutations that take an idempotencyKey.")

    async def _without_dead(self, request: GraphQLRequest, fields: tuple[SelectedField, ...]) -> GraphQLRequest:
        """The request without a credential that is no longer valid, where one of its fields needs nobody.

        `by_cookie` stays, so that the answer clears the cookie.
        """
        if request.token is None or not any(is_for_anyone(selected.name) for selected in fields):
            return request
        async with self.database.statements() as connection:
            caller = await find_caller(connection, request)
        return request if caller is not None else request._replace(token=None)

    def _compiler_of(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> FieldCompiler:
        return FieldCompiler(self.compiler, self.declared.writers, operation, variables, request.kind)

    async def _weigh(
        self, request: GraphQLRequest, compiler: FieldCompiler, fields: tuple[SelectedField, ...]
    ) -> tuple[CompiledFields, int]:
        """The compiled root fields, and the cost of all writes and payloads together; 0 if nobody wants to know.

        What is not cached is compiled in a turn. Raises RequestError (COST_EXCEEDED).
        """
        compiled = compiler.kept(fields)
        if compiled is None:
            compiled = await self.turns.do(partial(compiler.all, fields))
        costs = [cost for one in compiled.values() if isinstance(one, CompiledField) for cost in one.costs]
        is_wanted = request.spending is not None or request.wants_cost
        if not is_wanted and sum([cost.most + cost.work for cost in costs]) <= self.max_cost:
            return compiled, 0
        return compiled, check_cost(costs, compiler.variables, self.max_cost, request.language)

    async def _answer_all(
        self,
        request: GraphQLRequest,
        fields: Sequence[SelectedField],
        compiler: FieldCompiler,
        compiled: CompiledFields,
    ) -> list[Result]:
        """The results of the root fields; those after a request that was cancelled are not run.

        Raises RequestError (UNAUTHENTICATED) when that is the result of the first one, and there is a token.
        """
        results: list[Result] = []
        late = False
        for selected in fields:
            if late:
                result = failed(ErrorCode.TIMEOUT, request.language, selected)
            else:
                result, late = await self._answer(request, selected, compiler, compiled.get(selected.key))
            is_unknown = bool(result.errors) and result.errors[0].code is ErrorCode.UNAUTHENTICATED
            if is_unknown and not results and request.token is not None:
                raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
            results.append(result)
        return results

    async def _answer(
        self, request: GraphQLRequest, selected: SelectedField, compiler: FieldCompiler, compiled: Compiled | None
    ) -> tuple[Result, bool]:
        """The result of a root field, and True when the request was cancelled meanwhile; what is written stays.

        A declared mutation is one statement, which ends by itself; what it waits for before that ends at once.
        """
        work, late, before = self._write_field(request, selected, compiler, compiled), False, _cancellations()
        try:
            written = await (work if selected.name in self.compiler.writers else to_the_end(work))
        except Disturbed as disturbed:
            written, late = disturbed.result, True
        except asyncio.CancelledError:
            if selected.name not in self.compiler.writers:
                raise
            written, late = failed(ErrorCode.TIMEOUT, request.language, selected), True
        if _cancellations() > before:
            late = True
            with suppress(asyncio.CancelledError):  # that of a write which failed waits for the next await
                await asyncio.sleep(0)
        if isinstance(written, Result):
            return written, late
        if late:
            return written.unread(ErrorCode.TIMEOUT), True
        try:
            return await self._read(request, written), False
        except asyncio.CancelledError:
            return written.unread(ErrorCode.TIMEOUT), True

    async def _write_field(
        self, request: GraphQLRequest, selected: SelectedField, compiler: FieldCompiler, compiled: Compiled | None
    ) -> Result | Payload:
        try:
            if selected.name == "__typename":
                return await self._write_nothing(request)
            if selected.name in self.compiler.writers:
                return await self.declared.write(request, selected, compiler, compiled, self.quota)
            return await self._write(request, selected, compiler.variables, accepted(compiled))
        except RequestError as refused:
            return Result(None, tuple(_at(entry, selected) for entry in refused.entries))
        except Unauthenticated:
            return failed(ErrorCode.UNAUTHENTICATED, request.language, selected)
        except Left:
            return failed(ErrorCode.TIMEOUT, request.language, selected)
        except DatabaseError as error:
            self.report(error)
            return failed(failure(error), request.language, selected)
        except Exception:
            LOG.exception("a mutation of request %s failed", request.request_id)
            return failed(ErrorCode.INTERNAL, request.language, selected)

    async def _write_nothing(self, request: GraphQLRequest) -> Result:
        """The result of `__typename`. Raises Unauthenticated for an unknown token, as every other field does."""
        if request.token is not None:
            async with self.database.statements() as connection:
                if await find_caller(connection, request) is None:
                    raise Unauthenticated
        return Result.of(b'"Mutation"')

    async def _write(
        self, request: GraphQLRequest, selected: SelectedField, variables: Variables, compiled: CompiledField
    ) -> Result | Payload:
        """Write and commit. Returns the payload to read, or the error of a refusal. Raises Unauthenticated."""
        mutation = MUTATIONS[selected.name]
        given, statement = compiled.input, compiled.payload
        assert statement is not None, "a transaction does not read its payload"
        # A value that no client may send is refused before anything is written.
        statement.arguments(Bindings(variables))
        prepared = await self._prepare(mutation, request, given)
        attempt = Attempt(request)
        committed = True
        try:
            written = await self._commit(attempt, selected.name, prepared, given)
        except UserErrors as refused:
            problems = problems_json(refused.problems, attempt.language)
            written = MutationResult({**refused.values, "errors": problems})
            committed = False
        except Forbidden:
            return failed(ErrorCode.FORBIDDEN, attempt.language, selected)
        except RateLimited as limited:
            extensions = {"retryAfter": limited.wait} if limited.wait is not None else {}
            return failed(ErrorCode.RATE_LIMITED, attempt.language, selected, extensions)
        cookie = written.cookie
        if cookie is None and attempt.caller is None and request.by_cookie:
            cookie = SessionCookie()  # the cookie that was sent no longer works
        bindings = _bindings(attempt, variables, written)
        return Payload(selected, statement, bindings, cookie, committed=committed)

    async def _commit(self, attempt: Attempt, name: str, prepared: Any, given: InputValues) -> MutationResult:
        """Run a mutation, in its transaction. Raises Unauthenticated, UserErrors, Forbidden and RateLimited."""
        mutation, request = MUTATIONS[name], attempt.request
        async with self._connection(mutation) as connection:
            caller = await find_caller(connection, request, patiently=mutation.changes_access)
            attempt.caller = caller
            if caller is not None:
                self.uses.add(caller.credential)
            elif request.token is not None:
                raise Unauthenticated
            if isinstance(prepared, UserErrors | Forbidden):
                raise prepared
            if caller is not None and (caller.read_only or name in self.forbidden):
                raise Forbidden
            write = MutationContext(
                connection,
                request,
                caller,
                prepared,
                self.shows_secrets,
                mutation.rows(given),
                self.quota,
                mutation.changes_access,
            )
            write.count()
            return await mutation.write(write, given)

    def _connection(self, mutation: Mutation) -> AbstractAsyncContextManager[Connection]:
        return self.database.statements() if mutation.alone else self.database.transaction()

    async def _read(self, request: GraphQLRequest, payload: Payload) -> Result:
        """The payload as the viewer may see it now; an error when it cannot be read."""
        statement = payload.statement
        try:
            arguments = statement.arguments(payload.bindings)
            if request.stages is not None:
                request.stages.ran(statement.sql)
            record = await self.database.read(statement.sql, arguments, brief=statement.is_brief)
            if payload.bindings.token_hash is not None:
                self.payers.know(payload.bindings.token_hash, record[ACCOUNT])
            if request.stages is not None and record[CREDENTIAL] is not None:
                request.stages.identified = True
            position = record[POSITION] if payload.committed else None
            return result_of(request, statement, record)._replace(cookie=payload.cookie, position=position)
        except DatabaseError as error:
            self.report(error)
            return payload.unread(failure(error))
        except RequestError as refused:  # the answer is too large
            return payload.unread(refused.entry.code, refused.entry.message)
        except Exception:
            LOG.exception("a payload of request %s could not be read", request.request_id)
            return payload.unread(ErrorCode.INTERNAL)

    async def _prepare(self, mutation: Mutation, request: GraphQLRequest, given: InputValues) -> Any:
        """The value that the mutation prepared before its transaction.

        A refusal is returned, not raised: it is raised once the caller and the caller's language are known.
        """
        if request.kind is not CredentialKind.SESSION:
            return Forbidden()
        if mutation.encrypt is not None:
            return mutation.encrypt(self.keyring, given)
        try:
            return await mutation.prepare(self.database, request, given) if mutation.prepare else None
        except (UserErrors, Forbidden) as refusal:
            return refusal


def _cancellations() -> int:
    """How often the current task was cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def _bindings(attempt: Attempt, variables: Variables, written: MutationResult) -> Bindings:
    values = {"errors": "[]", **written.values}
    hashed = hash_token(written.token) if written.token else hash_of(attempt.request)
    return Bindings(variables, hashed, attempt.language, values)


def _joined(fields: Sequence[SelectedField], results: Sequence[Result], cost: tuple[int, int] | None) -> Result:
    """The result of a mutation, from those of its root fields."""
    members = [
        b'"%b":%b' % (selected.key.encode(), result.data or b"null")
        for selected, result in zip(fields, results, strict=True)
    ]
    data = b"{%b}" % b",".join(members)
    if len(results) == 1:
        (one,) = results
        return Result.of(data, one.errors, one.hidden, one.cookie, cost, written=True, position=one.position)
    return Result.of(
        data,
        tuple(entry for result in results for entry in result.errors),
        tuple(entry for result in results for entry in result.hidden),
        _cookie(results),
        cost,
        written=True,
        position=max((one.position or 0 for one in results), default=0) or None,
    )


def _cookie(results: Sequence[Result]) -> SessionCookie | None:
    """The change of the client's cookie: the last opened session, else the last change."""
    said = [result.cookie for result in reversed(results) if result.cookie is not None]
    return next((cookie for cookie in said if cookie.token is not None), said[0] if said else None)


def _at(entry: ErrorEntry, selected: SelectedField) -> ErrorEntry:
    return ErrorEntry(entry.code, entry.message, entry.path or (selected.key,), entry.locations, entry.extensions)
