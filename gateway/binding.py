"""Lets the Strawberry schema's own `execute` take the path of HTTP; its test client and views then answer the same."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import orjson
from graphql import GraphQLError, Source
from strawberry.types import ExecutionResult

from db.errors import DatabaseError, DatabaseUnavailable
from gateway.backend import database_backend
from gateway.behind import Executor
from gateway.faults import code_of
from gateway.logs import open_log
from gateway.render import render
from gateway.settings import Settings
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result
from schema import Execute, Schema, schema
from schema.errors import error_message
from schema.language import Language

BEARER: Final = "bearer "


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Schema, None]:
    """The schema, executing on the database of `settings.database_url` until the end of the block.

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


def executing(executor: Executor) -> Execute:
    """What `schema.bind` takes: execution on this executor.

    Only a token signs in here: the cookies of a `request` are not looked at, for nothing here could tell a forged
    request from one of ours. For the same reason none is set, so `login(session: COOKIE)` opens a session that nobody
    can use.
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
    """The context's own `token`, else the bearer token of the `request` that one of Strawberry's views puts there."""
    if context.get("token") is not None:
        return context["token"]
    header: str = getattr(context.get("request"), "headers", {}).get("authorization", "")
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else None


def _as_strawberry(body: bytes, query: str) -> ExecutionResult:
    """The response as Strawberry's views and clients take it."""
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
