"""Fixtures for the gateway: the application over a small schema that graphql-core executes, and a client of it."""

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import graphql
import httpx
import orjson
import pytest
from graphql import OperationType, build_schema, get_operation_ast
from starlette.applications import Starlette

from gateway import logs
from gateway.app import Gateway, create_app
from gateway.backend import RequestExecutor
from gateway.logs import open_log
from gateway.metrics.registry import FIGURES
from gateway.settings import Settings
from resolvers.execution.subscriptions import LiveOperation
from resolvers.execution.viewer_schema import SchemaText, WriteText, write_sdl
from resolvers.operation.documents import Documents
from resolvers.operation.limits import parse_document
from resolvers.operation.persisted import NO_NAMES, OperationNames, PersistedDocuments
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.request_limits import Limits
from schema.errors import ErrorCode

SCHEMA = build_schema("""
    type Query { name(of: String): String count(n: Int!): Int }
    type Mutation { rename(to: String!): String }
""")


@dataclass
class SmallExecutor:
    """Answers requests as the product's executor does, from a schema of three fields; keeps what it was asked."""

    asked: list[GraphQLRequest] = field(default_factory=list[GraphQLRequest])
    result: Result | None = None
    error: Exception | None = None
    delay: float = 0.0
    began: asyncio.Event = field(default_factory=asyncio.Event)
    known: PersistedDocuments = field(default_factory=lambda: PersistedDocuments(Documents(SCHEMA)))

    async def execute(self, request: GraphQLRequest) -> Result:
        self.asked.append(request)
        self.began.set()
        await asyncio.sleep(self.delay)
        if self.error is not None:
            raise self.error
        if request.reference is not None:
            self.known.document(request)
        return self.result or _execute(request)

    async def start(self, request: GraphQLRequest) -> Result:
        """The same: it has no subscriptions."""
        return await self.execute(request)

    async def watch(self, request: GraphQLRequest) -> LiveOperation:
        """It knows no credentials."""
        raise NotImplementedError(request.token)

    async def schema_text(self, request: GraphQLRequest, write: WriteText = write_sdl) -> SchemaText:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        return SchemaText(b"type Query\n", "a1") if write is write_sdl else SchemaText(write(SCHEMA), "a2")


def _execute(request: GraphQLRequest) -> Result:
    document = parse_document(request.query, Limits())
    problems = graphql.validate(SCHEMA, document)
    if problems:
        raise RequestError(ErrorCode.GRAPHQL_VALIDATION_FAILED, problems[0].message)
    operation = get_operation_ast(document, request.operation_name)
    if operation is None:
        raise RequestError(ErrorCode.OPERATION_RESOLUTION_FAILURE, "There is no such operation.")
    if request.queries_only and operation.operation is OperationType.MUTATION:
        raise RequestError(ErrorCode.METHOD_NOT_ALLOWED, "A mutation has to be sent by POST.")
    variables = dict(request.variables)
    root = {"name": "Lambert"}
    executed = graphql.graphql_sync(  # pyright: ignore[reportUnknownMemberType]
        SCHEMA, request.query, root, None, variables, request.operation_name
    )
    if executed.data is None:
        raise RequestError(ErrorCode.BAD_USER_INPUT, (executed.errors or [])[0].message)
    return Result.of(orjson.dumps(executed.data))


@dataclass
class SmallBackend:
    """The executor without a database."""

    executor: RequestExecutor | None
    reason: str | None = None
    demo: bool = False
    names: OperationNames = NO_NAMES

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def ready(self) -> str | None:
        return self.reason

    def figures(self) -> dict[str, float]:
        return {figure.name: float(n) for n, figure in enumerate(FIGURES[:-1], 1)}

    async def holds_demo(self) -> bool:
        return self.demo


@pytest.fixture
def executor() -> SmallExecutor:
    return SmallExecutor()


@pytest.fixture
def backend(executor: SmallExecutor) -> SmallBackend:
    return SmallBackend(executor)


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged, each request at once."""
    monkeypatch.setattr(logs, "MOST_WAITING", 1)
    return io.StringIO()


MakeApp = Callable[..., Gateway]


@pytest.fixture
def make_app(backend: SmallBackend, log_lines: io.StringIO) -> MakeApp:
    def make(**settings: object) -> Gateway:
        chosen = Settings.model_validate(settings)
        return create_app(chosen, backend, open_log(chosen.log_level, chosen.log_format, log_lines))

    return make


@pytest.fixture
def app(make_app: MakeApp) -> Gateway:
    return make_app()


@pytest.fixture
async def client(app: Gateway) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client without the headers that httpx sends by itself."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("192.0.2.7", 1)), base_url="http://enfact")
    for name in ("accept", "accept-encoding", "user-agent"):
        del client.headers[name]
    return client
