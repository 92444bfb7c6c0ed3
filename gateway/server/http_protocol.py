"""The HTTP protocol of a connection: uvicorn's, with bounds on the size of requests and on their time."""

import asyncio
from collections.abc import Callable
from random import getrandbits
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.http.errors import RETRY_SOON, Headers
from gateway.http.fast_path import FAST_PATH
from gateway.http.negotiation import MediaType
from gateway.http.rendering import render
from gateway.http.request_head import Head
from gateway.server.connections import Connections
from resolvers.request import ErrorEntry, Result
from schema.errors import ErrorCode

LARGE = 16_384
"""Number of bytes from which writing a body by itself costs less than copying it behind the head."""

WRITE_DEADLINE = 20.0
"""Seconds that a client may leave an answer, or a socket's messages, unread."""

MOST_FIELDS = 200
"""Maximum number of fields in the head of a request."""

MOST_PARTS = 2_000
"""Maximum number of parts of a body; a part may have one byte."""

MOST_AHEAD = 100
"""Maximum number of requests that wait on a connection behind the one that is answered."""

TOO_LARGE = "431 Request Header Fields Too Large"
INVALID = "400 Bad Request"
TOO_MANY = "429 Too Many Requests"
OVERLOADED = "503 Service Unavailable"
CROWDED = "There are too many connections; try again in a moment."
HELD = "Your address has as many connections as it may."
PATIENCE = "There are too many requests from your address; try again in a moment."

AGAIN = frozenset({ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE})
"""The errors after which a later attempt may succeed."""

Count = Callable[[str], bool]
"""Counts one more request of an address; returns False for one too many."""


def _anything(_address: str) -> bool:
    return True


def _refusal(code: ErrorCode, message: str) -> tuple[Headers, bytes]:
    """The headers and the body of an answer after which the connection is closed."""
    request_id = f"{getrandbits(64):016x}"
    body = render(Result(None, (ErrorEntry(code, message),)), request_id)
    fields = (
        (b"content-type", MediaType.GRAPHQL),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *(RETRY_SOON if code in AGAIN else ()),
    )
    return fields, body


class CompleteHead(list[tuple[bytes, bytes]]):
    """The fields of a head to which those of a trailer, which uvicorn appends, are not added (RFC 9110, 6.5.1)."""

    def append(self, _field: tuple[bytes, bytes], /) -> None:
        """Drop a field of a trailer."""


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose requests have a head of more than `max_head` bytes, a slow head, or no end.

    `max_rest` bounds the bytes between a head and its answer: the body, in whatever chunks, and the beginning of a next
    request. Bytes are counted after each read of the socket, so a head may be larger by one such chunk.

    `head_deadline` is the seconds that a client may take to send a head, `write_deadline` those that it may leave an
    answer unread.

    `held` is the connections of the process: one without room is answered with 503, one too many of its address with
    429, before anything is read. Bytes that are not a valid request are counted as one by `count`.
    """

    max_head = 32_768
    max_rest = 557_056
    head_deadline = 10.0
    write_deadline = WRITE_DEADLINE
    held = Connections()
    is_draining = False
    """True if each answer closes its connection, since the server stops soon."""

    count: Count = staticmethod(_anything)

    address: str | None = None
    """The address that the client counts as; None for a trusted proxy."""

    last_head: Head | None = None
    """The head of the request before, for `gateway/http/request_head.py`."""

    _spent = 0
    _parts = 0
    _answering = False
    _earlier: list[RequestResponseCycle] | None = None
    """Requests that are not answered yet although another one has arrived after them."""

    _timer: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self.address = self.held.address_of(self.client[0] if self.client else None)
        excess = self.held.enter(self.address, self)
        if excess is None:
            self._expect_head()
        elif excess == "at all":
            self._end(OVERLOADED, ErrorCode.UNAVAILABLE, CROWDED)
        else:
            self._end(TOO_MANY, ErrorCode.RATE_LIMITED, HELD)

    @property
    def is_idle(self) -> bool:
        """True if no request is being answered."""
        return not self._answering

    def give_way(self) -> None:
        """Close it, to make room for another connection."""
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection was closed, by either side."""
        self._stop_timer()
        self._stop_stalled()
        self.held.leave(self.address, self)
        super().connection_lost(exc)
        for cycle in self._earlier or ():  # uvicorn notifies only the request that arrived last
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
                _whole(cycle).tell_gone()
        if self.cycle is not None and not self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
            _whole(self.cycle).tell_gone()

    def data_received(self, data: bytes) -> None:
        """A chunk arrived; the parser calls the methods below."""
        self._spent += len(data)
        super().data_received(data)
        if self._spent > (self.max_rest if self._answering else self.max_head):
            self._refuse()
        elif not self._answering and self._timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head of a request is complete."""
        if len(self.headers) > MOST_FIELDS or len(self.pipeline) >= MOST_AHEAD:
            raise ValueError("too many fields, or requests ahead")  # the parser ends, as with invalid HTTP
        self._answering = True
        self._spent = self._parts = 0
        if self._timer is not None:
            self._stop_timer()
        earlier: RequestResponseCycle | None = self.cycle
        super().on_headers_complete()
        self.headers = CompleteHead(self.headers)  # the scope keeps the list that it has
        cycle: RequestResponseCycle | None = self.cycle  # none yet for a connection that begins with an upgrade
        if cycle is not None:  # pyright: ignore[reportUnnecessaryComparison]
            if self.is_draining:
                cycle.keep_alive = False
            cast("dict[str, object]", cycle.scope)["extensions"] = {FAST_PATH: WholeRequest(cycle, self)}
            if earlier is not None and not earlier.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
                self._earlier = self._earlier or []
                self._earlier.append(earlier)

    def on_body(self, body: bytes) -> None:
        """A part of a body has arrived."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise ValueError("too many parts of a body")
        super().on_body(body)

    def on_response_complete(self) -> None:
        """The answer has been written."""
        self._answering = False
        self._spent = 0
        if not self.pipeline:
            self._earlier = None
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer input that is not HTTP, and close."""
        self._fail(INVALID, ErrorCode.BAD_USER_INPUT, msg)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.write_deadline, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has caught up."""
        super().resume_writing()
        self._stop_stalled()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol, which has timers of its own."""
        self._stop_stalled()
        super().handle_websocket_upgrade()
        socket: Any = self.transport.get_protocol()
        self.held.take_over(self.address, self, socket)
        socket.go_on(self.held, self.address)

    def _stop_stalled(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            message = "The head of the request is too large, or more follows it than was announced."
            self._fail(TOO_LARGE, ErrorCode.PAYLOAD_TOO_LARGE, message)

    def _fail(self, status: str, code: ErrorCode, message: str) -> None:
        """Count invalid input as one request, and answer what is wrong with it, or 429 when there were too many."""
        if self.address is None or self.count(self.address):
            self._end(status, code, message)
        else:
            self._end(TOO_MANY, ErrorCode.RATE_LIMITED, PATIENCE)

    def _end(self, status: str, code: ErrorCode, message: str) -> None:
        """Answer in the form of the endpoint, whatever the request says, and close."""
        fields, body = _refusal(code, message)
        head = b"".join([b"%b: %b\r\n" % field for field in fields])
        self.transport.write(b"HTTP/1.1 %b\r\n%b\r\n%b" % (status.encode(), head, body))
        self.transport.close()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(self.head_deadline, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class WholeRequest:
    """The fast path (http/fast_path.py) of one request: one write, instead of ASGI's two messages with their checks."""

    __slots__ = ("_cycle", "_when_gone", "connection")

    def __init__(self, cycle: RequestResponseCycle, connection: BoundedProtocol) -> None:
        self._cycle = cycle
        self.connection = connection
        self._when_gone: Callable[[], None] | None = None

    def when_gone(self, call: Callable[[], None]) -> None:
        """Call `call` when the client goes away before the answer; at once if it is already away."""
        self._when_gone = call
        if self._cycle.disconnected:
            call()

    def tell_gone(self) -> None:
        """Report that the client went away."""
        if self._when_gone is not None:
            self._when_gone()

    def body(self) -> bytes | None:
        """The body of the request; None as long as a part of it is missing."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected:
            return None
        return bytes(cycle.body)

    def answer(self, status: int, fields: bytes, body: bytes) -> bool:
        """Answer with these header lines (complete and trusted) and this body.

        Returns False and writes nothing when the client reads too slowly: the ordinary messages wait for it.
        """
        cycle = self._cycle
        if cycle.flow.write_paused or cycle.response_started or cycle.waiting_for_100_continue:
            return False
        if cycle.disconnected:
            return True
        cycle.response_started = True
        head = [STATUS_LINE[status], *(b"%b: %b\r\n" % field for field in cycle.default_headers), fields]
        if not cycle.keep_alive:
            head.append(b"connection: close\r\n")
        head.append(b"content-length: %d\r\n\r\n" % len(body))
        if len(body) < LARGE:
            head.append(body)
            cycle.transport.write(b"".join(head))
        else:
            cycle.transport.write(b"".join(head))
            cycle.transport.write(body)
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def _whole(cycle: RequestResponseCycle) -> WholeRequest:
    return cast("dict[str, dict[str, WholeRequest]]", cycle.scope)["extensions"][FAST_PATH]


def bounded_protocol(
    max_head: int, max_body: int, head_deadline: float, held: Connections, count: Count = _anything
) -> type[BoundedProtocol]:
    """A protocol class with these bounds (bytes, seconds, connections), since uvicorn takes a class."""
    bounds = {
        "max_head": max_head,
        "max_rest": max_head + 2 * max_body,
        "head_deadline": head_deadline,
        "held": held,
        "count": staticmethod(count),
    }
    return type("Protocol", (BoundedProtocol,), bounds)
