"""The WebSocket protocol of a connection, with what uvicorn leaves open; loaded when somebody wants a socket."""

import asyncio
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame, Opcode

from gateway.connections import Connections
from gateway.protocol import WRITE_DEADLINE

MOST_FRAMES: Final = 1_000
"""So many frames a message may be cut into; empty ones cost memory, too."""


PIECE: Final = 512
"""Bytes that are parsed before it is asked whether more may be."""

CONTROL: Final = 10
"""What a ping or a pong counts; a further part of a message is one."""

RATE: Final = 1_000.0
BURST: Final = 1_000
"""How much of these may come in a second, and at once."""

COUNTED: Final = {Opcode.PING: CONTROL, Opcode.PONG: CONTROL, Opcode.CONT: 1}


class SocketProtocol(WebSocketsSansIOProtocol):
    """Ends sockets whose client does not read, or is not there; says that it goes away when the server stops.

    What comes behind a message that nobody has taken yet is not parsed: a socket costs what its messages do.
    """

    is_idle = False
    """A socket is there to be quiet."""

    _held: Connections | None = None
    _address: str | None = None
    _stalled: asyncio.TimerHandle | None = None
    _calm_at = 0.0
    """When what came besides messages counts no more (loop clock)."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._rest = bytearray()  # what has arrived and is not parsed yet

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._rest += data
        self._parse()

    async def receive(self) -> Any:
        """The next message for the application; then those behind it have their turn."""
        message = await super().receive()
        self._parse()
        return message

    def handle_events(self) -> None:
        """Frames have been parsed."""
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
        """Parse what is there, as long as the application waits for it."""
        while self._rest and not (self.read_paused or self.transport.is_closing()):
            piece = bytes(self._rest[:PIECE])
            del self._rest[:PIECE]
            super().data_received(piece)

    def go_on(self, held: Connections, address: str | None) -> None:
        """Be the connection that another protocol began: one of those that are `held`, from that address."""
        self._held, self._address = held, address

    def give_way(self) -> None:
        """Close it, for another connection."""
        self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read as fast as we write."""
        super().pause_writing()
        self._end_soon()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        self._stop_stalled()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client, or we, closed the connection."""
        self._stop_stalled()
        if self._held is not None:
            self._held.leave(self._address, self)
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """The client does not answer: what we say last may never reach it."""
        super().keepalive_timeout()
        self._end_soon()

    def shutdown(self) -> None:
        """The server stops (RFC 6455, 7.4.1: 1001)."""
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
        """Send what the application says; a handshake that it refuses with an answer of its own is complete, too."""
        await super().send(message)
        self._parse()
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def handle_cont(self, event: Any) -> None:
        """Another part of a message."""
        if len(self.frames) >= MOST_FRAMES:
            self._fail(CloseCode.POLICY_VIOLATION)
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """A whole message has arrived. A text that is not UTF-8 is the client's fault, and not worth a line."""
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
