"""Response headers for pages of other origins (CORS of the Fetch standard).

A page of an allowed origin may read answers, also with the session cookie. With `any_origin` a page of any other
origin may read the answers it gets with a token of its own: its browser then neither sends nor takes a cookie.
"""

from collections.abc import Mapping
from typing import Final

from gateway.http.errors import Headers, HTTPFault
from gateway.settings import Settings
from schema.errors import ErrorCode

METHODS: Final = b"GET, POST"
ASKED: Final = b", ".join(
    (
        b"accept-language", b"authorization", b"content-type", b"enfact-position", b"hidden-fields", b"idempotency-key",
        b"x-enfact-request", b"x-request-id", b"apollo-require-preflight", b"apollographql-client-name",
        b"apollographql-client-version", b"x-apollo-operation-id", b"x-apollo-operation-name",
        b"x-apollo-operation-type", b"graphql-client-name", b"graphql-client-version", b"graphql-require-preflight",
        b"traceparent", b"tracestate", b"sentry-trace", b"baggage",
    )
)  # fmt: skip
"""The request headers that a page may set beside the always permitted ones: ours, and those of common clients.

The operator may add further ones (ENFACT_ALLOWED_HEADERS).
"""

SHOWN: Final = b", ".join(
    (
        b"x-request-id", b"ratelimit", b"ratelimit-policy", b"retry-after", b"server-timing", b"www-authenticate",
        b"enfact-position", b"enfact-stale",
    )
)  # fmt: skip
"""The response headers that a page may read, beside the always readable ones."""

ALWAYS: Final = frozenset({b"accept", b"accept-language", b"content-language", b"content-type", b"range", b""})
"""The request headers that the Fetch standard permits by itself."""

LONGEST: Final = 2_000
"""Maximum number of bytes read of the header names that a page wants to send."""

ORIGINS: Final = "ENFACT_ALLOWED_ORIGINS"
HEADERS: Final = "ENFACT_ALLOWED_HEADERS"
REFUSED_ORIGIN: Final = (
    f"Pages of this origin are not let in: {ORIGINS} does not name it, and ENFACT_ANY_ORIGIN is not set. An origin is "
    "exact: scheme, host and port."
)
REFUSED_HEADERS: Final = f"The page wants to send a header that is not permitted: {HEADERS} does not name it."

MAX_AGE: Final = b"7200"
"""Seconds that a browser may cache the answer to a preflight; Chromium caps it at this."""


class Preflight(Exception):
    """The request is a CORS preflight that is permitted; `headers` is the answer to it."""

    def __init__(self, headers: Headers) -> None:
        super().__init__()
        self.headers = headers


class PreflightRefused(HTTPFault):
    """The request is a CORS preflight that is not permitted; `setting` would permit it, `asked` is for the log."""

    def __init__(self, setting: str, message: str, **asked: str) -> None:
        super().__init__(403, ErrorCode.CSRF_REFUSED, message)
        self.setting = setting
        self.asked = asked


class Cors:
    """The origins that may read the answers of one gateway."""

    def __init__(self, settings: Settings) -> None:
        self._set = frozenset(origin.encode() for origin in settings.allowed_origins)
        self._others = self._permit(b"*") if settings.any_origin else ()
        self._headers = b", ".join((ASKED, *(header.encode() for header in sorted(settings.allowed_headers))))
        self._names = ALWAYS | set(self._headers.split(b", "))

    def headers(self, origin: bytes) -> Headers:
        """The CORS headers of an answer to a page of this origin; empty for one that may not read it."""
        if origin in self._set:
            return (*self._permit(origin), (b"access-control-allow-credentials", b"true"))
        return self._others

    def preflight(self, headers: Mapping[bytes, bytes]) -> Preflight | None:
        """The answer to an OPTIONS request; None when it is no preflight. Raises PreflightRefused."""
        origin = headers.get(b"origin")
        if origin is None or b"access-control-request-method" not in headers:
            return None
        if not self.headers(origin):
            raise PreflightRefused(ORIGINS, REFUSED_ORIGIN, origin=_shown(origin))
        asked = headers.get(b"access-control-request-headers", b"")[:LONGEST].lower().split(b",")
        others = [name.strip() for name in asked if name.strip() and name.strip() not in self._names]
        if others:
            raise PreflightRefused(HEADERS, REFUSED_HEADERS, origin=_shown(origin), headers=_shown(b", ".join(others)))
        return Preflight(
            (
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", self._headers),
                (b"access-control-max-age", MAX_AGE),
            )
        )

    @staticmethod
    def _permit(origin: bytes) -> Headers:
        return ((b"access-control-allow-origin", origin), (b"access-control-expose-headers", SHOWN))


def _shown(value: bytes) -> str:
    """A header's value for the log: printable ASCII, and not long."""
    return "".join(character for character in value[:200].decode("latin-1") if " " <= character <= "~")
