"""The WebSocket protocol of a connection: uvicorn's, with bounds; loaded only when a client opens a socket.

Operations, and what ends with a lost socket, are in `gateway/websocket/`.
"""

import asyncio
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame, Opcode

from gateway.server.connections import Connections
from gateway.server.http_protocol import WRITE_DEADLINE

MOST_FRAMES: Final = 1_000
"""Maximum number of frames of one message; even empty frames cost memory."""


PIECE: Final = 512
"""Number of bytes that are parsed between two checks whether to go on."""

CONTROL: Final = 10
"""Weight of a ping or a pong; a continuation frame weighs 1."""

RATE: Final = 1_000.0
BURST: Final = 1_000
"""Weight of such frames that may arrive in a second (RATE), and at once (BURST)."""

COUNTED: Final = {Opcode.PING: CONTROL, Opcode.PONG: CONTROL, Opcode.CONT: 1}


class SocketProtocol(WebSocketsSansIOProtocol):
    """Ends sockets whose client does not read or has vanished, and closes with 1001 when the server stops.

    Bytes behind a message that the application has not taken yet are not parsed, so that a socket holds one message at
    a time.
    """

    is_idle = False
    """Always False: a quiet socket is in normal use, and must not make room for another connection."""

    _held: Connections | None = None
    _address: str | None = None
    _stalled: asyncio.TimerHandle | None = None
    _calm_at = 0.0
    """The moment (loop clock) at which the weight of earlier control frames is used up."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._rest = bytearray()  # bytes that have arrived and are not parsed yet

    def data_received(self, data: bytes) -> None:
        """Take bytes that arrived."""
        self._rest += data
        self._parse()

    async def receive(self) -> Any:
        """The next message for the application; parses the bytes behind it afterwards."""
        message = await super().receive()
        self._parse()
        return message

    def handle_events(self) -> None:
        """Weigh the parsed frames, and close with 1008 when there were too many control frames."""
        frames = [event for event in self.conn.events if isinstance(event, Frame)]
        weight = sum(COUNTED.get(frame.opcode, 0) for frame in frames)
        now = self.loop.time()
        self._calm_at = max(self._calm_at, now) + weight / RATE
        if self._calm_at - now > BURST / RATE:
            self.conn.events_received()
            self._fail(CloseCode.POLICY_VIOLATION)
        else:
            super().handle_events()

    def _parse(self) -> None:
        """Parse the waiting bytes as long as the application is ready for more."""
        while self._rest and not (self.read_paused or self.transport.is_closing()):
            piece = bytes(self._rest[:PIECE])
            del self._rest[:PIECE]
            super().data_received(piece)

    def go_on(self, held: Connections, address: str | None) -> None:
        """Take over a connection from the HTTP protocol: one of those that are `held`, from that address."""
        self._held, self._address = held, address

    def give_way(self) -> None:
        """Close it, to make room for another connection."""
        self.transport.close()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._end_soon()

    def resume_writing(self) -> None:
        """The client has caught up."""
        super().resume_writing()
        self._stop_stalled()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection was closed, by either side."""
        self._stop_stalled()
        if self._held is not None:
            self._held.leave(self._address, self)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """The client does not answer a ping: close, and abort soon, as the close frame may never arrive."""
        super().keepalive_timeout()
        self._end_soon()

    def shutdown(self) -> None:
        """Close because the server stops (RFC 6455, 7.4.1: 1001)."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.GOING_AWAY, "reason": ""})
        self.conn.send_close(CloseCode.GOING_AWAY)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
        self._end_soon()

    async def send(self, message: ASGISendEvent) -> None:
        """Send the application's message; a handshake that it refuses with an HTTP answer counts as complete."""
        await super().send(message)
        self._parse()
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def handle_cont(self, event: Any) -> None:
        """Take a continuation frame; close with 1008 when a message has too many."""
        if len(self.frames) >= MOST_FRAMES:
            self._fail(CloseCode.POLICY_VIOLATION)
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Pass on a complete message; a text that is not UTF-8 closes with 1007, without a line in the log."""
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            self._fail(CloseCode.INVALID_DATA)
        else:
            super().send_receive_event_to_app()

    def _fail(self, code: CloseCode) -> None:
        self.frames = []
        if not self.close_sent:
            self.conn.send_close(code)
            self.handle_parser_exception()

    def _end_soon(self) -> None:
        if self._stalled is None:
            self._stalled = self.loop.call_later(WRITE_DEADLINE, self.transport.abort)

    def _stop_stalled(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def _is_utf8(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
