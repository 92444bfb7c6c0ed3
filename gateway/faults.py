"""What the gateway refuses by itself, and the HTTP status of every error code."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from db.errors import DatabaseError
from gateway.negotiation import MediaType
from resolvers.answers import failure
from schema.errors import ErrorCode

Headers = tuple[tuple[bytes, bytes], ...]

ALLOW_BOTH: Headers = ((b"allow", b"GET, POST"),)
ALLOW_GET: Headers = ((b"allow", b"GET"),)
ALLOW_POST: Headers = ((b"allow", b"POST"),)
CHALLENGE: Headers = ((b"www-authenticate", b'Bearer realm="enfact"'),)
CLOSE: Headers = ((b"connection", b"close"),)
RETRY_SOON: Headers = ((b"retry-after", b"1"),)

STATUSES: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.UNAUTHENTICATED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.CSRF_REFUSED: 403,
        ErrorCode.METHOD_NOT_ALLOWED: 405,
        ErrorCode.NOT_ACCEPTABLE: 406,
        ErrorCode.PAYLOAD_TOO_LARGE: 413,
        ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
        ErrorCode.RATE_LIMITED: 429,
        ErrorCode.INTERNAL: 500,
        ErrorCode.UNAVAILABLE: 503,
        ErrorCode.TIMEOUT: 504,
    }
)
"""The status of a request that was refused for a reason of the transport; the rest depends on the media type."""

HEADERS: Mapping[ErrorCode, Headers] = MappingProxyType(
    {
        ErrorCode.UNAUTHENTICATED: CHALLENGE,
        ErrorCode.METHOD_NOT_ALLOWED: ALLOW_POST,
        ErrorCode.RATE_LIMITED: RETRY_SOON,
        ErrorCode.UNAVAILABLE: RETRY_SOON,
    }
)


class Fault(Exception):
    """The HTTP request is refused whatever the media type of the answer; `message` is for the client."""

    def __init__(self, status: int, code: ErrorCode, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def code_of(error: BaseException, *, late: bool = False) -> ErrorCode:
    """The code of what went wrong and is not the client's fault; `late`: the request's deadline had passed."""
    match error:
        case TimeoutError():
            return ErrorCode.TIMEOUT
        case DatabaseError():
            return failure(error)
        case asyncio.CancelledError():  # by the deadline, or the server stops and the request ran longer than that
            return ErrorCode.TIMEOUT if late else ErrorCode.UNAVAILABLE
        case _:
            return ErrorCode.INTERNAL


def bad_input(message: str) -> Fault:
    """A request that is not one of GraphQL over HTTP: 400 BAD_USER_INPUT."""
    return Fault(400, ErrorCode.BAD_USER_INPUT, message)


def status_of(code: ErrorCode, media_type: MediaType) -> int:
    """The status of a GraphQL request error: 200 as application/json when the document is at fault."""
    return STATUSES.get(code) or (400 if media_type is MediaType.GRAPHQL else 200)
