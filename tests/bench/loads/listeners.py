"""Clients of the live load: sockets that only count their events, so that they take little of the machine's time.

Each is a WebSocket with many subscriptions of one person. Frames are counted, not parsed.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tests.support.running_gateway import SUBPROTOCOL
from tests.support.subscribers import PATIENCE

SHAKE: Final = (
    "GET /graphql HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
)
NEXT: Final = b'"type":"next"'
TEXT, PING, PONG, MASKED = 0x81, 0x89, 0x8A, 0x80
SHORT, LONG = 126, 127
"""Lengths that announce a length of two and of eight bytes."""


@dataclass(slots=True)
class Listener(asyncio.Protocol):
    """A socket; `moments` are the times (perf_counter) of the events that came, `others` all other messages."""

    moments: list[float] = field(default_factory=list[float])
    others: list[bytes] = field(default_factory=list[bytes])
    query: str = ""
    is_lost: bool = False
    transport: asyncio.Transport | None = None
    _rest: bytearray = field(default_factory=bytearray)
    _shaken: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(cls, url: str, token: str, query: str) -> "Listener":
        """An acknowledged socket of this credential, for this subscription."""
        address = urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        _, listener = await asyncio.get_running_loop().create_connection(cls, address.hostname, address.port)
        assert listener.transport is not None
        listener.query = query
        listener.transport.write(SHAKE.format(address.netloc).encode())
        await listener.until(lambda: listener._shaken)
        listener.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        await listener.until(lambda: listener.others)
        assert listener.others.pop() == b'{"type":"connection_ack"}'
        return listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Count what has arrived."""
        self._rest += data
        if not self._shaken:
            head, end, rest = bytes(self._rest).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._shaken, self._rest = True, bytearray(rest)
        now = time.perf_counter()
        for message in self._messages():
            if NEXT in message[:400]:
                self.moments.append(now)
            else:
                self.others.append(message)
        self._news.set()

    def _messages(self) -> list[bytes]:
        """The complete messages of what has arrived."""
        found, at, rest = list[bytes](), 0, self._rest
        while len(rest) >= at + 2:
            length, begin = rest[at + 1], at + 2
            if length == SHORT:
                begin = at + 4
                length = int.from_bytes(rest[at + 2 : begin])
            elif length == LONG:
                begin = at + 10
                length = int.from_bytes(rest[at + 2 : begin])
            if len(rest) < begin + length:
                break
            payload = bytes(rest[begin : begin + length])
            if rest[at] == TEXT:
                found.append(payload)
            elif rest[at] == PING:
                self._write(PONG, payload)
            at = begin + length
        del rest[:at]
        return found

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self.is_lost = True
        self._news.set()

    def send(self, message: object) -> None:
        """Send a message as JSON."""
        self._write(TEXT, json.dumps(message).encode())

    def _write(self, kind: int, payload: bytes) -> None:
        """Send a frame."""
        mask, length = secrets.token_bytes(4), len(payload)
        announced = bytes([length]) if length < SHORT else bytes([SHORT]) + length.to_bytes(2)
        masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        assert self.transport is not None
        self.transport.write(bytes([kind, announced[0] | MASKED]) + announced[1:] + mask + masked)

    def take(self) -> list[float]:
        """The times of the events since the last call."""
        moments, self.moments = self.moments, []
        return moments

    def subscribe(self, id_: str, company: str) -> None:
        """Begin a subscription."""
        payload = {"query": self.query, "variables": {"id": company}}
        self.send({"id": id_, "type": "subscribe", "payload": payload})

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition of what has arrived holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                assert not self.is_lost, "the server has closed the socket"
                self._news.clear()
                await self._news.wait()

    def close(self) -> None:
        """End the connection at once."""
        assert self.transport is not None
        self.transport.abort()
