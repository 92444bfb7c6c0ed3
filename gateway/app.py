"""The ASGI application, made from the settings: /graphql (HTTP and WebSocket), /schema.graphql, /health and pages."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.backend import Backend, database_backend
from gateway.health import health_routes, probed
from gateway.http.compression import Compression
from gateway.http.cookies import Cookies
from gateway.http.cors import Cors
from gateway.http.deadlines import Deadlines
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.errors import Statuses
from gateway.http.headers import address_of
from gateway.http.rate_limits import Allowance, Rates
from gateway.http.rate_limits import headers as rate_headers
from gateway.http.schema_endpoint import SchemaEndpoint
from gateway.http.stream_slots import LiveBounds, StreamSlots
from gateway.http.transport_state import TransportState
from gateway.http.write_positions import Positions
from gateway.logs import Log, open_log
from gateway.metrics.recording import Metrics
from gateway.metrics.registry import CounterLayout
from gateway.pages.reference_endpoint import ReferenceEndpoint
from gateway.pages.responses import nothing_here, wants_page
from gateway.pages.routes import REFERENCE, HoldsDemo, Pages
from gateway.settings import Settings
from gateway.shared_page import SharedCounters, SharedPage, names_in
from gateway.traces.tracing import tracer_of
from resolvers.operation.persisted import OperationNames
from schema.errors import ErrorCode, error_message
from schema.localization.language import Language

HEALTH = "/health/"
FIGURES_PAUSE = 1.0
"""Seconds between two looks at the figures of the process."""


class Endpoints(NamedTuple):
    """The ASGI applications for GraphQL: requests, documents to download by their paths, WebSockets.

    `sockets` returns the application for WebSockets; it is called once, for the first of them.
    """

    graphql: GraphQLEndpoint
    downloads: Mapping[str, SchemaEndpoint]
    sockets: Callable[[], ASGIApp]


class Gateway(Starlette):
    """The ASGI application: answers /graphql and downloads by its endpoints, everything else by Starlette's routes.

    Every request counts against the limit of its address, even one for a path that does not exist.
    """

    def __init__(self, endpoints: Endpoints, shared: TransportState, pages: Pages | None, **starlette: Any) -> None:
        super().__init__(**starlette)
        self._pages = pages
        self._endpoint, self._downloads, self._make_sockets = endpoints
        self._sockets: ASGIApp | None = None
        self._slots = shared.slots
        self._rates = shared.rates
        self.counters = shared.counters
        self.is_draining = False
        self.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket, or run the lifespan."""
        if (
            scope["type"] == "http"
            and scope["path"] == "/graphql"
            and not (scope["method"] == "GET" and self._is_visit(scope))
        ):
            await self._endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            self._sockets = self._sockets or self._make_sockets()
            await self._sockets(scope, receive, send)
        elif scope["type"] == "http" and (download := self._downloads.get(scope["path"])) is not None:
            await download(scope, receive, send)
        elif scope["type"] == "lifespan" or (refused := self._refused(scope)) is None:
            await super().__call__(scope, receive, send)
        else:
            await _refusal(refused)(scope, receive, send)

    def may_ask(self, address: str) -> bool:
        """Count one more request of an address, for bytes that are not a valid request; False for one too many."""
        return self._rates is None or self._rates.may_ask(address)

    def hindrance(self) -> str | None:
        """Why no requests are taken, whatever the database does; None when they are."""
        return "the gateway is stopping" if self.is_draining else None

    def was_probed(self, seconds: float) -> bool:
        """True when any worker was asked for its readiness within the last `seconds`."""
        return self.counters.was_probed(seconds)

    def _is_visit(self, scope: Scope) -> bool:
        """True for a browser that opens the address itself, which is answered with the console."""
        return self._pages is not None and self._pages.is_visit(scope)

    def _refused(self, scope: Scope) -> Allowance | None:
        """Count a request that is not for GraphQL; its allowance when it is one too many, else None."""
        if self._rates is None:
            return None
        count = self._rates.of_health if scope["path"].startswith(HEALTH) else self._rates.of_address
        allowance = count(address_of(scope))
        return allowance if allowance is not None and allowance.wait > 0 else None

    async def end_streams(self) -> None:
        """End the event streams, which would not end by themselves; called when the server stops."""
        await self._slots.stop()


def create_app(
    settings: Settings, backend: Backend | None = None, log: Log | None = None, *, page: SharedPage | None = None
) -> Gateway:
    """The application; without `backend` it opens the database of `settings.database_url` when it starts.

    `page` is the page that all workers share, with the number of this one; then the parent of the workers does what a
    gateway does once.
    """
    log = log or open_log(settings.log_level, settings.log_format)
    limits = Rates.of(settings, page.fd if page is not None else None)
    quota = limits.rows if limits is not None else None
    opened = backend or database_backend(settings, log, quota, alone=page is None)
    shared = _state_of(settings, opened, log, limits, page)

    pages = Pages(_demo_of(settings, opened), with_explorer=settings.has_explorer) if settings.has_console else None

    def hindrance() -> str | None:
        return gateway.hindrance()

    gateway = Gateway(
        _endpoints_of(settings, shared),
        shared,
        pages,
        routes=[
            *health_routes(probed(shared.counters.note_probe, hindrance, opened.ready)),
            *(pages.routes() if pages is not None else ()),
        ],
        lifespan=_lifespan_of(shared, opened),
        exception_handlers={HTTPException: _refuse if pages is None else _refuse_or_show},
    )
    return gateway


def _endpoints_of(settings: Settings, shared: TransportState) -> Endpoints:
    """The endpoints of an application; with pages the reference is one of the downloads."""

    def sockets() -> ASGIApp:
        from gateway.websocket.endpoint import WebSocketEndpoint  # noqa: PLC0415 (most processes never serve a socket)

        return WebSocketEndpoint(shared)

    common = (shared, Compression(settings.compress_from), settings.max_body)
    downloads = {"/schema.graphql": SchemaEndpoint(*common)}
    if settings.has_console:
        downloads[REFERENCE] = ReferenceEndpoint(*common)
    return Endpoints(GraphQLEndpoint(*common), downloads, sockets)


def _state_of(
    settings: Settings, backend: Backend, log: Log, rates: Rates | None, page: SharedPage | None
) -> TransportState:
    """The state that the transports of an application share."""
    counters = SharedCounters(page) if page is not None else SharedCounters.own()
    cookies = Cookies(settings)
    return TransportState(
        shows_stages=settings.server_timing,
        executor=lambda: backend.executor,
        slots=StreamSlots(LiveBounds.of(settings)),
        cookies=cookies,
        positions=Positions(settings, cookies),
        cors=Cors(settings),
        deadlines=Deadlines(settings.deadline),
        log=log,
        statuses=Statuses.of(settings),
        rates=rates,
        counters=counters,
        metrics=_metrics(settings, counters, backend.names, page),
        tracer=tracer_of(log, lambda: backend.names.all),
        names=backend.names,
        max_batch=settings.max_batch,
    )


def _lifespan_of(shared: TransportState, backend: Backend) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The block in which an application serves: its backend is open, and its figures are kept."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None, None]:
        await backend.open()
        looking = asyncio.create_task(_keep_figures(shared, backend))
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await backend.close()
            if shared.tracer is not None:
                await shared.tracer.close()
            shared.log.flush()

    return lifespan


def _demo_of(settings: Settings, backend: Backend) -> HoldsDemo:
    """The check that the demo's logins may be shown: it is there, and only this machine reaches the gateway."""

    async def holds_demo() -> bool:
        return not settings.is_reached and await backend.holds_demo()

    return holds_demo


def _metrics(
    settings: Settings, counters: SharedCounters, names: OperationNames, page: SharedPage | None
) -> Metrics | None:
    """The counting of requests; None where no operator listens. The page says which operations are counted apart."""
    if settings.admin_port is None:
        return None
    shared = names_in(page.fd) if page is not None else []
    return Metrics(counters, CounterLayout(shared or sorted(names.all)), names.by_id, names.by_text)


async def _keep_figures(shared: TransportState, backend: Backend) -> None:
    """Write the figures of this process into the shared page each second, and at its end what it has counted."""
    if (metrics := shared.metrics) is None:
        return

    def look() -> None:
        metrics.figures({**backend.figures(), "enfact_sockets": len(shared.slots)})

    try:
        while True:
            look()
            await asyncio.sleep(FIGURES_PAUSE)
    finally:
        look()
        metrics.close()


def _refusal(allowance: Allowance) -> ASGIApp:
    """The ASGI application that refuses a request beyond the limit with 429, and a socket by closing it."""
    headers = {name.decode(): value.decode() for name, value in rate_headers((allowance,))}
    message = error_message(ErrorCode.RATE_LIMITED, Language.EN)
    answer = JSONResponse({"message": message}, 429, headers)

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
        else:
            await answer(scope, receive, send)

    return refuse


async def _refuse_or_show(request: Request, error: Exception) -> Response:
    """The answer to a wrong path or method: to a browser that opens a page, a page with a link to the console."""
    is_missing = isinstance(error, HTTPException) and error.status_code == 404
    return nothing_here(request.scope) if is_missing and wants_page(request.scope) else await _refuse(request, error)


async def _refuse(_request: Request, error: Exception) -> Response:
    """The answer to a wrong path or method, as JSON."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    message = "There is nothing here; GraphQL is at /graphql." if status == 404 else "This is not allowed here."
    return JSONResponse({"message": message}, status, headers)
