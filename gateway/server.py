"""The HTTP server of one process: takes an application and a listening socket, serves until it is stopped."""

import asyncio
import contextlib
import gc
import ipaddress
import signal
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator
from typing import Any, cast

import uvicorn

from gateway.app import Gateway
from gateway.protocol import bounded_protocol
from gateway.settings import Settings

BACKLOG = 2048
PING_SECONDS = 30.0
"""Seconds after which a socket is asked whether its client is there, and within which that has to answer."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ListenError(RuntimeError):
    """The address cannot be listened on; the message says why and what to do."""


class Server(uvicorn.Server):
    """uvicorn without its signal handling; `started` is called once requests are accepted."""

    def __init__(self, app: Gateway, settings: Settings, on_start: Callable[[], None]) -> None:
        super().__init__(_config(app, settings))
        self._on_start = on_start
        self._gateway = app

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to whoever runs the server."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # the schema stays: each look for garbage among it would hold everybody up for a tenth of a second
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, say goodbye on sockets, then let requests finish."""
        await self._gateway.end_streams()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Finish what runs, within the bound of the settings; asked twice, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


class Signals:
    """SIGINT and SIGTERM of this process: they call the innermost `calling` action."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._actions: list[Callable[[], object]] = []
        for number in SIGNALS:
            loop.add_signal_handler(number, self._act)

    @contextlib.contextmanager
    def calling(self, action: Callable[[], object]) -> Generator[None, None, None]:
        """Call `action` for each signal that arrives inside the block."""
        self._actions.append(action)
        try:
            yield
        finally:
            self._actions.pop()

    def _act(self) -> None:
        if self._actions:
            self._actions[-1]()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, which takes the port at once. Raises ListenError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ListenError(f"The host {host} is not known here. Try --host 127.0.0.1.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ListenError(_reason(error, host, port)) from error
    return listener


def url(listener: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine reaches the socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _reason(error: OSError, host: str, port: int) -> str:
    match error:
        case PermissionError():
            return f"Port {port} needs more rights than this user has. Choose one above 1023, like --port 8000."
        case OSError(errno=98 | 48 | 10048):  # EADDRINUSE of Linux, macOS and Windows
            return f"Port {port} on {host} is already in use. Choose another one: --port {min(port + 1, 65535)}."
        case _:
            return f"Cannot listen on {host}, port {port}: {error.strerror}."


def _config(app: Gateway, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded_protocol(settings.max_head, settings.max_body, settings.head_deadline, settings.max_connections),
        ws=cast("type[asyncio.Protocol]", _socket_protocol),
        ws_max_size=settings.max_body,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies.split(","),
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=settings.shutdown,
    )


def _socket_protocol(**given: Any) -> asyncio.Protocol:
    """The protocol of a connection that becomes a WebSocket; uvicorn calls it as it would call the class."""
    from gateway.frames import SocketProtocol  # noqa: PLC0415 (many a process meets no socket)

    return SocketProtocol(**given)
