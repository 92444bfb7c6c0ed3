"""The two forms in which a response streams results: server-sent events, and the parts of a multipart body.

Events follow graphql-sse in distinct connections mode: each result is an event `next`, and `complete` ends the stream.
Parts follow Apollo's multipart protocol for subscriptions, version 1.0: each result is a part with it as `payload`, an
empty object is a heartbeat, and a `payload` of null with errors is the end. A delimiter ends each part at once, since
clients read a part when they see the next delimiter.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.http.errors import Headers
from gateway.http.rendering import render, render_errors
from resolvers.request import Result

UNBUFFERED: Final = (b"x-accel-buffering", b"no")
DELIMITER: Final = b"\r\n--graphql"
PART: Final = b"\r\ncontent-type: application/json\r\n\r\n"


class StreamForm(NamedTuple):
    """The headers of a stream, its bytes before, between (in silence) and after the results, and those of a result."""

    headers: Headers
    begin: bytes
    heartbeat: bytes
    complete: bytes
    write: Callable[[Result, str], bytes]


def write_event(result: Result, request_id: str) -> bytes:
    """The event of a result. JSON has line breaks only between its tokens, so they can be replaced by spaces."""
    response = render(result, request_id)
    if b"\n" in response or b"\r" in response:
        response = response.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: next\ndata: " + response + b"\n\n"


def write_part(result: Result, request_id: str) -> bytes:
    """The part of a result; one without a response is the last, and its errors are the transport's."""
    if result.response is None:
        return _part(b'{"payload":null,"errors":' + render_errors(result.errors, request_id) + b"}")
    return _part(b'{"payload":' + render(result, request_id) + b"}")


def _part(json: bytes) -> bytes:
    return PART + json + DELIMITER


SSE: Final = StreamForm(
    headers=((b"content-type", b"text/event-stream; charset=utf-8"), UNBUFFERED),
    begin=b"",
    heartbeat=b":\n\n",
    complete=b"event: complete\ndata: \n\n",
    write=write_event,
)
MULTIPART: Final = StreamForm(
    headers=((b"content-type", b'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'), UNBUFFERED),
    begin=DELIMITER,
    heartbeat=_part(b"{}"),
    complete=b"--\r\n",
    write=write_part,
)
