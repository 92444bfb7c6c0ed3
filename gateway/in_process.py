"""Binds the Strawberry schema's `execute` to the executor, so that its test client and views answer as HTTP does."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import orjson
from graphql import GraphQLError, Source
from strawberry.types import ExecutionResult

from db.errors import DatabaseError, DatabaseUnavailable
from gateway.backend import RequestExecutor, database_backend
from gateway.http.errors import code_of
from gateway.http.rendering import render
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result
from schema import Execute, Schema, schema
from schema.errors import error_message
from schema.localization.language import Language

BEARER: Final = "bearer "


@asynccontextmanager
async def open_in_process(settings: Settings) -> AsyncGenerator[Schema, None]:
    """The schema, executing on the database of `settings.database_url` within the block.

    Raises DatabaseError when the database cannot be used.
    """
    backend = database_backend(settings, open_log(settings.log_level, settings.log_format))
    await backend.open()
    try:
        if backend.executor is None:
            raise DatabaseUnavailable("The database does not answer.")
        schema.bind(executing(backend.executor))
        yield schema
    finally:
        schema.bind(None)
        await backend.close()


def executing(executor: RequestExecutor) -> Execute:
    """The execution function on this executor, for `schema.bind`.

    The only credential here is a token. The cookies of a `request` are ignored, because nothing here could detect a
    forged request. For the same reason no cookie is set, so `login(session: COOKIE)` is refused.
    """

    async def execute(
        query: str, variables: Mapping[str, Any], operation_name: str | None, context: Any, queries_only: bool
    ) -> ExecutionResult:
        values = cast("Mapping[str, Any]", context if isinstance(context, Mapping) else {})
        request = GraphQLRequest(
            query=query,
            variables=variables,
            operation_name=operation_name,
            token=_token(values),
            language=values.get("language") or Language.FR,
            queries_only=queries_only,
            request_id=os.urandom(8).hex(),
        )
        try:
            result = await executor.execute(request)
        except RequestError as refused:
            result = Result(None, refused.entries)
        except DatabaseError as error:
            code = code_of(error)
            result = Result(None, (ErrorEntry(code, error_message(code, request.language)),))
        return _as_strawberry(render(result, request.request_id), query)

    return execute


def _token(context: Mapping[str, Any]) -> str | None:
    """The context's own `token`, else the bearer token of its `request`, which Strawberry's views put there.

    An empty one is as good as absent.
    """
    if context.get("token"):
        return context["token"]
    header: str = getattr(context.get("request"), "headers", {}).get("authorization", "")
    return header[len(BEARER) :].strip() or None if header.lower().startswith(BEARER) else None


def _as_strawberry(body: bytes, query: str) -> ExecutionResult:
    """The response as a Strawberry ExecutionResult."""
    answer: dict[str, Any] = orjson.loads(body)
    errors = [_error(error, query) for error in answer.get("errors", ())]
    return ExecutionResult(data=answer.get("data"), errors=errors or None, extensions=answer.get("extensions", {}))


def _error(error: Mapping[str, Any], query: str) -> GraphQLError:
    lines = query.splitlines(keepends=True)
    positions = [
        sum(map(len, lines[: place["line"] - 1])) + place["column"] - 1 for place in error.get("locations", ())
    ]
    return GraphQLError(
        error["message"],
        source=Source(query),
        positions=positions or None,
        path=error.get("path"),
        extensions=error["extensions"],
    )
