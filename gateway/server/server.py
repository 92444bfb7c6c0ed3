"""The HTTP server of one process: serves an application on a listening socket until it is stopped."""

import asyncio
import contextlib
import os
import signal
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator
from typing import Any, cast

import uvicorn

from gateway.app import Gateway
from gateway.garbage import settle
from gateway.server.connections import Connections
from gateway.server.http_protocol import BoundedProtocol, bounded_protocol
from gateway.server.listener import BACKLOG
from gateway.settings import Settings

PING_SECONDS = 30.0
"""Seconds between two pings on a socket, and within which the client has to answer one."""

PROBED_WITHIN = 60.0
"""Seconds since the last readiness probe after which nobody is taken to look at readiness."""

LOOK_SECONDS = 0.05
"""Seconds between two looks whether the connections of a server that retires have ended."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Server(uvicorn.Server):
    """uvicorn without its signal handling; `on_start` is called once requests are accepted."""

    def __init__(self, app: Gateway, settings: Settings, on_start: Callable[[], None]) -> None:
        self._protocol = _protocol(app, settings)
        super().__init__(_config(app, settings, self._protocol))
        self._on_start = on_start
        self._gateway = app
        self._drain_seconds = settings.drain
        self._drained: asyncio.TimerHandle | None = None
        self._is_retiring = False

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle no signals: the caller of the server does (`Signals`)."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept requests."""
        await super().startup(sockets)
        settle()
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End event streams, close sockets, then let requests finish."""
        await self._gateway.end_streams()
        await super().shutdown(sockets)

    def drain(self) -> None:
        """Be unready and still accept, with `connection: close`, for the time of the settings; then stop.

        Stops now when it is called again or after `stop`, or when nobody has asked for readiness lately: then nobody
        would notice.
        """
        is_first = self._drained is None and not self.should_exit
        if is_first and self._drain_seconds and self._gateway.was_probed(PROBED_WITHIN):
            self._gateway.is_draining = self._protocol.is_draining = True
            self._drained = asyncio.get_running_loop().call_later(self._drain_seconds, self.stop)
        else:
            self.stop()

    def retire(self) -> None:
        """Leave the port to others, and stop once no client may be about to send on a connection of this server.

        Each answer closes its connection, and an idle connection ends when its time is over, as ever.
        """
        if not self._is_retiring and not self.should_exit:
            self._is_retiring = self._protocol.is_draining = True
            for listener in self.servers:
                listener.close()
            loop = asyncio.get_running_loop()
            self._look(loop, loop.time() + self.config.timeout_keep_alive + 1)

    def _look(self, loop: AbstractEventLoop, until: float) -> None:
        """Stop when no connection idles, at the latest at this time of the loop."""
        idle = any(isinstance(one, BoundedProtocol) and one.is_idle for one in self.server_state.connections)
        if idle and loop.time() < until:
            self._drained = loop.call_later(LOOK_SECONDS, self._look, loop, until)
        else:
            self.stop()

    def stop(self) -> None:
        """Stop after the running requests, within the time of the settings; a second call stops at once."""
        if self._drained is not None:
            self._drained.cancel()
        self.force_exit = self.should_exit
        self.should_exit = True


class Signals:
    """Handlers of SIGINT, SIGTERM, SIGHUP for this process: they call the action of the innermost `calling` block.

    The SIGHUP of a terminal that goes away is like SIGTERM. Under nohup there is none. `before` is called before each
    action of a signal to stop.
    """

    def __init__(self, loop: AbstractEventLoop, before: Callable[[], object] = lambda: None) -> None:
        self._before = before
        self._actions: list[dict[signal.Signals, Callable[[], object]]] = []
        self._had_terminal = _has_terminal()
        for number in SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._act, number)

    @contextlib.contextmanager
    def calling(
        self,
        action: Callable[[], object],
        *,
        gently: Callable[[], object] | None = None,
        anew: Callable[[], object] | None = None,
    ) -> Generator[None, None, None]:
        """Call `action` for each signal that arrives inside the block; for SIGTERM `gently`, if it is given.

        For SIGHUP `anew` is called; without it nothing is.
        """
        calls = {signal.SIGINT: action, signal.SIGTERM: gently or action, signal.SIGHUP: anew or _nothing}
        self._actions.append(calls)
        try:
            yield
        finally:
            self._actions.pop()

    def _act(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP and self._had_terminal and not _has_terminal():
            number = signal.SIGTERM
        if self._actions:
            if number in (signal.SIGINT, signal.SIGTERM):
                self._before()
            self._actions[-1][number]()


def _nothing() -> None:
    """The handler of SIGHUP while nothing can be made anew."""


def _has_terminal() -> bool:
    """True if this process has a terminal that is there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _protocol(app: Gateway, settings: Settings) -> type[BoundedProtocol]:
    connections = Connections.of(settings)
    return bounded_protocol(settings.max_head, settings.max_body, settings.head_deadline, connections, app.may_ask)


def _config(app: Gateway, settings: Settings, protocol: type[BoundedProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
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
    """A protocol for a connection that becomes a WebSocket; uvicorn calls this function in place of a class."""
    from gateway.server.websocket_protocol import SocketProtocol  # noqa: PLC0415 (most processes never serve a socket)

    return SocketProtocol(**given)
