"""From a request to its result.

A query is one statement, a mutation one transaction per root field whose payload the same compiler reads.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Final

import orjson
from asyncpg import Record

from db.database import Database
from db.errors import DatabaseError, DatabaseTimeout
from db.secrets import Keyring
from db.tables import metadata
from db.tokens import CredentialKind, hash_token
from resolvers.checks import check_mutations, check_schema
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.fields import HOMES, RESOLVERS
from resolvers.inputs import Variables, read_arguments, value_of
from resolvers.layout import Layout
from resolvers.mutations import MUTATIONS
from resolvers.notes import error, hidden, note
from resolvers.operation import Documents, Operation
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie
from resolvers.selection import SelectedField
from resolvers.sessions import Uses
from resolvers.statement import Statement
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
from schema import schema
from schema.apps import App, app_label
from schema.declarations import Gate
from schema.errors import ErrorCode, error_message, role_label, user_message
from schema.language import Language

LOG: Final = logging.getLogger("enfact.execution")


@cache
def default_compiler() -> Compiler:
    """The compiler of the product's schema over its tables.

    SchemaRefused when the schema would leak or cannot be answered.
    """
    core = schema.core
    layout = Layout(core, metadata, RESOLVERS, HOMES)
    check_schema(layout)
    check_mutations(core, {name: mutation.gates for name, mutation in MUTATIONS.items()})
    return Compiler(core, layout)


class Executor:
    """Answers GraphQL requests on a database.

    `shows_secrets` may change at any time (a demo without mail shows what would be mailed). `report` is called with
    every DatabaseError that a request meets, whatever becomes of the request. `keyring` has the keys for secrets.
    """

    def __init__(
        self,
        database: Database,
        compiler: Compiler | None = None,
        *,
        shows_secrets: bool = False,
        report: Callable[[DatabaseError], None] | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._database = database
        self._compiler = compiler or default_compiler()
        self._documents = Documents(self._compiler.schema)
        self._report = report or _ignore
        self._keyring = keyring or Keyring()
        self.shows_secrets = shows_secrets
        self.uses = Uses()

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result of a request; one that is refused as a whole has no data.

        DatabaseError when the database does not answer.
        """
        try:
            operation = self._documents.find(request.query).choose(request.operation_name)
            variables = operation.coerce(request.variables)
            if not operation.is_mutation:
                return await self._read(request, operation, variables)
            if request.queries_only:
                raise refusal(ErrorCode.METHOD_NOT_ALLOWED, request.language)
            return await self._write(request, operation, variables)
        except RequestError as refused:
            return Result(None, refused.entries)
        except DatabaseError as error:
            self._report(error)
            raise

    # --- queries

    async def _read(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        statement = self._compiler.read(operation, variables, request.kind)
        bindings = Bindings(variables, _hash(request.token), request.language)
        record = await self._database.read(statement.sql, statement.arguments(bindings))
        if request.token is not None:
            if record[2] is None:
                raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
            self.uses.add(record[2])
        return _result(request, statement, record)

    # --- mutations

    async def _write(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        """Run the root fields one after the other; what one of them wrote stays, whatever becomes of the next."""
        members: list[bytes] = []
        results: list[Result] = []
        late = False
        for selected in self._compiler.writes(operation, variables):
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
        )

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
        except DatabaseError as error:
            self._report(error)
            code = ErrorCode.TIMEOUT if isinstance(error, DatabaseTimeout) else ErrorCode.UNAVAILABLE
            return _failed(code, request.language, selected)
        except Exception:
            LOG.exception("a mutation of request %s failed", request.request_id)
            return _failed(ErrorCode.INTERNAL, request.language, selected)

    async def _write_nothing(self, request: GraphQLRequest) -> Result:
        """`__typename` of the mutation: even that is not for a token that is not known."""
        if request.token is not None:
            async with self._database.transaction() as connection:
                if await find_caller(connection, request) is None:
                    raise Unauthenticated
        return Result.of(b'"Mutation"')

    async def _write_and_read(
        self, request: GraphQLRequest, operation: Operation, selected: SelectedField, variables: Variables
    ) -> Result:
        mutation = MUTATIONS[selected.name]
        given = self._input(selected, variables)
        statement = self._compiler.payload(operation, selected, variables, request.kind)
        # A value that no client may send is refused before anything is written.
        statement.arguments(Bindings(variables))
        prepared = await self._prepare(mutation, request, given)
        caller: Caller | None = None
        try:
            async with self._database.transaction() as connection:
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
            record = await self._database.read(
                statement.sql, statement.arguments(_bindings(request, variables, written, caller))
            )
        except Forbidden:
            return _failed(ErrorCode.FORBIDDEN, caller.language if caller is not None else request.language, selected)
        assert record is not None, "a statement gives one row"
        cookie = written.cookie
        if cookie is None and caller is None and request.by_cookie:
            cookie = SessionCookie()  # the one that was sent works no more
        return _result(request, statement, record)._replace(cookie=cookie)

    async def _prepare(self, mutation: Mutation, request: GraphQLRequest, given: Input) -> Any:
        """What the preparation found out; why it refuses is kept until it is known who asks, and in which language."""
        if not mutation.is_open_to(request.kind):
            return Forbidden()
        if mutation.seal is not None:
            return mutation.seal(self._keyring, given)
        try:
            return await mutation.prepare(self._database, request, given) if mutation.prepare else None
        except (Refused, Forbidden) as refusal:
            return refusal

    def _input(self, selected: SelectedField, variables: Variables) -> Input:
        mutation = self._compiler.schema.mutation_type
        assert mutation is not None
        arguments = read_arguments(selected.nodes[0], mutation.fields[selected.name].args)
        return value_of(arguments["input"], variables) if "input" in arguments else {}


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> tuple[Result, bool]:
    """Wait for a write to end, even when the request is cancelled meanwhile; tells whether it was.

    A write that is cancelled in the middle of its commit could be neither denied nor confirmed. Its time is bounded by
    the time-outs of its statements.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        if task.cancelled():
            raise
        return await task, True


def _ignore(_error: DatabaseError) -> None:
    """Nobody wants to know."""


def refusal(code: ErrorCode, language: Language) -> RequestError:
    """The refusal of a whole request, in the language that it asks for."""
    return RequestError(code, error_message(code, language))


def _hash(token: str | None) -> bytes | None:
    return hash_token(token) if token is not None else None


def _bindings(request: GraphQLRequest, variables: Variables, written: Written, caller: Caller | None) -> Bindings:
    language = caller.language if caller is not None else request.language
    values = {"errors": "[]", **written.values}
    return Bindings(variables, _hash(written.token or request.token), language, values)


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


def _result(request: GraphQLRequest, statement: Statement, record: Record) -> Result:
    """The result that a statement's row stands for."""
    response, closed = record[0], record[1]
    if response is None:
        raise ValueError("a value that may not be null is null, and took the whole answer with it")
    if closed is None:
        return Result(response)
    language = Language(record[3]) if record[3] is not None else request.language
    found = hidden(statement, closed.decode())
    reports_errors = request.report_errors or (request.kind is CredentialKind.API_KEY and record[4] == "ERROR")
    told = [of for of in found if of.refused or reports_errors]
    noted = [of for of in found if not of.refused and not reports_errors]
    return Result(
        response, tuple(error(of, _reason(of.gate, language)) for of in told), tuple(note(of) for of in noted)
    )


def _reason(gate: Gate, language: Language) -> str:
    if isinstance(gate, App):
        return error_message(ErrorCode.APP_REQUIRED, language, app=app_label(gate, language))
    return error_message(ErrorCode.ROLE_REQUIRED, language, role=role_label(gate.name, language))


def _failed(code: ErrorCode, language: Language, selected: SelectedField) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, language), (selected.key,)),))


def _at(entry: ErrorEntry, selected: SelectedField) -> ErrorEntry:
    return ErrorEntry(entry.code, entry.message, entry.path or (selected.key,), entry.locations, entry.extensions)
