"""The errors that the HTTP transport raises itself, and the HTTP status of every error code."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from db.errors import DatabaseError
from gateway.http.negotiation import MediaType, Negotiated
from gateway.settings import Settings
from resolvers.execution.failures import failure
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
        ErrorCode.GRAPHQL_PARSE_FAILED: 400,
        ErrorCode.GRAPHQL_VALIDATION_FAILED: 422,
        ErrorCode.OPERATION_RESOLUTION_FAILURE: 422,
        ErrorCode.BAD_USER_INPUT: 422,
        ErrorCode.COST_EXCEEDED: 422,
        ErrorCode.PERSISTED_QUERY_NOT_FOUND: 422,
        ErrorCode.PERSISTED_QUERY_REQUIRED: 422,
        ErrorCode.UNAUTHENTICATED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.APP_REQUIRED: 403,
        ErrorCode.ROLE_REQUIRED: 403,
        ErrorCode.ACCESS_REVOKED: 403,
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
"""The status of a request that is refused with a code, so that nothing was executed."""

OF_DOCUMENT: Final = frozenset(code for code, status in STATUSES.items() if status in (400, 422))
"""The codes of requests whose document or variables are at fault, not the transport."""

HEADERS: Mapping[ErrorCode, Headers] = MappingProxyType(
    {
        ErrorCode.UNAUTHENTICATED: CHALLENGE,
        ErrorCode.METHOD_NOT_ALLOWED: ALLOW_POST,
        ErrorCode.RATE_LIMITED: RETRY_SOON,
        ErrorCode.UNAVAILABLE: RETRY_SOON,
    }
)


class HTTPFault(Exception):
    """The HTTP request is refused with this status, for any media type; `message` is for the client."""

    def __init__(self, status: int, code: ErrorCode, message: str, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def code_of(error: BaseException, *, late: bool = False) -> ErrorCode:
    """The code of an error that is not the client's fault; `late`: the request's deadline had passed."""
    match error:
        case TimeoutError():
            return ErrorCode.TIMEOUT
        case DatabaseError():
            return failure(error)
        case asyncio.CancelledError():  # by the deadline, or by the end of the time that a stopping server grants
            return ErrorCode.TIMEOUT if late else ErrorCode.UNAVAILABLE
        case _:
            return ErrorCode.INTERNAL


def bad_input(message: str) -> HTTPFault:
    """The error for a request that cannot be read: 400 BAD_USER_INPUT."""
    return HTTPFault(400, ErrorCode.BAD_USER_INPUT, message)


def not_well_formed(message: str) -> HTTPFault:
    """The error for a request that can be read but is no well-formed GraphQL request: 422 BAD_USER_INPUT."""
    return HTTPFault(422, ErrorCode.BAD_USER_INPUT, message)


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses of one gateway's answers.

    `partial` is the status of data beside errors, for clients that name application/graphql-response+json. With
    `legacy_ok` other clients get 200 where a document or its variables are at fault, and every answer as
    application/json.
    """

    partial: int = 294
    legacy_ok: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "Statuses":
        """The statuses of the settings."""
        return cls(int(settings.partial_status), settings.legacy_status == "200")

    def of_partial(self, wanted: Negotiated) -> int:
        """The status of data beside errors."""
        return self.partial if wanted.names_graphql and wanted.media_type is MediaType.GRAPHQL else 200

    def of_refusal(self, code: ErrorCode, wanted: Negotiated) -> int:
        """The status of an answer without data."""
        is_masked = self.legacy_ok and wanted.media_type is MediaType.JSON and code in OF_DOCUMENT
        return 200 if is_masked else STATUSES[code]

    def type_of_refusal(self, wanted: Negotiated) -> MediaType:
        """The media type of an answer with a status of 4xx or 5xx: the one that only GraphQL servers send."""
        return wanted.media_type if self.legacy_ok else MediaType.GRAPHQL
