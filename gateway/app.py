"""The application: takes settings, gives the ASGI app: /graphql (its sockets, too), /schema.graphql and health."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.backend import Backend, database_backend
from gateway.behind import Behind
from gateway.compression import Compression
from gateway.cookies import Cookies
from gateway.cors import Cors
from gateway.deadlines import Deadlines
from gateway.download import SchemaEndpoint
from gateway.health import health_routes
from gateway.http import GraphQLEndpoint
from gateway.live import LiveBounds, Places
from gateway.logs import Log, open_log
from gateway.rates import Rates
from gateway.settings import Settings


class Gateway(Starlette):
    """The ASGI application: GraphQL and its schema are answered straight away, all else by Starlette's routes.

    `sockets` gives what answers WebSockets there; it is asked once, for the first of them.
    """

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        download: SchemaEndpoint,
        sockets: Callable[[], ASGIApp],
        places: Places,
        **starlette: Any,
    ) -> None:
        super().__init__(**starlette)
        self._endpoint = endpoint
        self._download = download
        self._make_sockets = sockets
        self._sockets: ASGIApp | None = None
        self._places = places
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the lifespan."""
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self._endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            self._sockets = self._sockets or self._make_sockets()
            await self._sockets(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/schema.graphql":
            await self._download(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def end_streams(self) -> None:
        """End what would not end by itself, since the server stops."""
        await self._places.stop()


def create_app(
    settings: Settings, backend: Backend | None = None, log: Log | None = None, *, rates: int | None = None
) -> Gateway:
    """The application; without `backend` it opens the database of `settings.database_url` when it starts.

    `rates` is the descriptor of the table of limits that all workers share.
    """
    log = log or open_log(settings.log_level, settings.log_format)
    limits = Rates.of(settings, rates)
    opened = backend or database_backend(settings, log, limits.rows if limits is not None else None)
    behind = Behind(
        executor=lambda: opened.executor,
        places=Places(LiveBounds.of(settings)),
        cookies=Cookies(settings),
        deadlines=Deadlines(settings.deadline),
        log=log,
        rates=limits,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        await opened.open()
        try:
            yield
        finally:
            await opened.close()
            log.flush()

    def sockets() -> ASGIApp:
        from gateway.websocket import WebSocketEndpoint  # noqa: PLC0415 (many a process meets no socket)

        return WebSocketEndpoint(behind)

    common = (behind, Cors(settings), Compression(settings.compress_from), settings.max_body)
    return Gateway(
        GraphQLEndpoint(*common),
        SchemaEndpoint(*common),
        sockets,
        behind.places,
        routes=health_routes(opened.ready),
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    """What a wrong address or method gets, as JSON."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    message = "There is nothing here; GraphQL is at /graphql." if status == 404 else "This is not allowed here."
    return JSONResponse({"message": message}, status, headers)
