"""Reads the body of a request from ASGI's `receive`, counting the bytes while they stream in."""

from starlette.types import Receive

from gateway.http.errors import CLOSE, HTTPFault, bad_input
from schema.errors import ErrorCode


class Disconnected(Exception):
    """The client went away before it had sent its whole request."""


async def read_body(receive: Receive, declared: bytes | None, limit: int) -> bytes | bytearray:
    """The whole body. Raises HTTPFault (413) when it is, or declares to be, longer than `limit` bytes; Disconnected."""
    if declared is not None and _length(declared) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes | bytearray = message.get("body", b"")
    while message["type"] == "http.request" and message.get("more_body", False) and len(body) <= limit:
        message = await receive()
        body = bytearray(body) if isinstance(body, bytes) else body
        body += message.get("body", b"")
    if message["type"] != "http.request":
        raise Disconnected
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _length(declared: bytes) -> int:
    if not declared.isdigit() or len(declared) > 18:
        raise bad_input("The header Content-Length is not a number.")
    return int(declared)


def _too_large(limit: int) -> HTTPFault:
    return HTTPFault(413, ErrorCode.PAYLOAD_TOO_LARGE, f"The body is larger than {limit} bytes.", CLOSE)
