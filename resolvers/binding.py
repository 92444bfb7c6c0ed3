"""Lets the Strawberry schema's own `execute` run on an executor.

So that Strawberry's test client and views take the path of HTTP.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from resolvers.execution import Executor
from resolvers.request import ErrorEntry, GraphQLRequest, Note
from schema import Execute
from schema.language import Language

BEARER: Final = "bearer "


def executing(executor: Executor) -> Execute:
    """What `schema.bind` takes, on this executor."""

    async def execute(
        query: str, variables: Mapping[str, Any], operation_name: str | None, context: Any, queries_only: bool
    ) -> ExecutionResult:
        request = GraphQLRequest(
            query=query,
            variables=variables,
            operation_name=operation_name,
            token=_token(context),
            language=_language(context),
            queries_only=queries_only,
        )
        result = await executor.execute(request)
        return ExecutionResult(
            data=orjson.loads(result.data) if result.data is not None else None,
            errors=[_error(entry) for entry in result.errors] or None,
            extensions={"hidden": [_note(note) for note in result.hidden]} if result.hidden else {},
        )

    return execute


def _token(context: Any) -> str | None:
    """The credential.

    `token` of a mapping, else the bearer token of the request in the context of one of Strawberry's views.
    """
    if not isinstance(context, Mapping):
        return None
    found: Mapping[str, Any] = context
    if found.get("token") is not None:
        return found["token"]
    header: str = getattr(found.get("request"), "headers", {}).get("authorization", "")
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else None


def _language(context: Any) -> Language:
    wanted = context.get("language") if isinstance(context, Mapping) else None
    return wanted if isinstance(wanted, Language) else Language.FR


def _error(entry: ErrorEntry) -> GraphQLError:
    extensions = {"code": entry.code.value, **entry.extensions}
    return GraphQLError(entry.message, path=entry.path, extensions=extensions)


def _note(note: Note) -> dict[str, object]:
    gate = {"app": note.app} if note.app is not None else {"role": note.role}
    return {"path": list(note.path), **gate, "companies": list(note.companies)}
