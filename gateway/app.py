"""The application: takes settings, gives the ASGI app with /graphql and the two health endpoints."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.backend import Backend, database_backend
from gateway.cookies import Cookies
from gateway.health import health_routes
from gateway.http import Bounds, GraphQLEndpoint, SchemaEndpoint
from gateway.logs import Log, open_log
from gateway.rates import Rates
from gateway.settings import Settings


class Gateway(Starlette):
    """The ASGI application: GraphQL and its schema are answered straight away, all else by Starlette's routes."""

    def __init__(self, endpoint: GraphQLEndpoint, download: SchemaEndpoint, **starlette: Any) -> None:
        super().__init__(**starlette)
        self._endpoint = endpoint
        self._download = download
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the lifespan."""
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self._endpoint(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/schema.graphql":
            await self._download(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: Settings, backend: Backend | None = None, log: Log | None = None, *, rates: int | None = None
) -> Gateway:
    """The application; without `backend` it opens the database of `settings.database_url` when it starts.

    `rates` is the descriptor of the table of limits that all workers share.
    """
    log = log or open_log(settings.log_level, settings.log_format)
    behind = backend or database_backend(settings, log)
    bounds = Bounds(settings.max_body, settings.deadline)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        await behind.open()
        try:
            yield
        finally:
            await behind.close()
            log.flush()

    cookies, counted = Cookies(settings), Rates.of(settings, rates)
    return Gateway(
        GraphQLEndpoint(lambda: behind.executor, bounds, cookies, log, counted),
        SchemaEndpoint(lambda: behind.executor, bounds, cookies, log, counted),
        routes=health_routes(behind.ready),
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    """What a wrong address or method gets, as JSON."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    message = "There is nothing here; GraphQL is at /graphql." if status == 404 else "This is not allowed here."
    return JSONResponse({"message": message}, status, headers)
