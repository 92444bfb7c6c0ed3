"""Pages of other origins (the Fetch standard's CORS): takes settings once, then an Origin; gives response headers.

A page of an origin that is set may read answers, with the session cookie too. With `any_origin` a page of any other
origin may read what it gets with a token of its own: its browser sends no cookie with that and takes none.
"""

from collections.abc import Mapping
from typing import Final

from gateway.faults import Headers
from gateway.settings import Settings

METHODS: Final = b"GET, POST"
ASKED: Final = b", ".join(
    (
        b"accept-language", b"authorization", b"content-type", b"hidden-fields", b"x-enfact-request", b"x-request-id",
        b"apollo-require-preflight", b"apollographql-client-name", b"apollographql-client-version",
        b"x-apollo-operation-name", b"graphql-client-name", b"graphql-client-version", b"traceparent", b"tracestate",
    )
)  # fmt: skip
"""The request headers that a page may set, beside those that need no leave: ours, and those of usual clients."""

SHOWN: Final = b"x-request-id, ratelimit, ratelimit-policy, retry-after, www-authenticate"
"""The response headers that a page may read, beside those that it always may."""

MAX_AGE: Final = b"7200"
"""Seconds that a browser may remember a preflight's answer; Chromium takes no more."""


class Preflight(Exception):
    """The request only asks whether another one may be sent; `headers` say yes."""

    def __init__(self, headers: Headers) -> None:
        super().__init__()
        self.headers = headers


class Cors:
    """Which origins may read the answers of one gateway."""

    def __init__(self, settings: Settings) -> None:
        self._set = frozenset(origin.encode() for origin in settings.allowed_origins)
        self._others = self._permit(b"*") if settings.any_origin else ()

    def headers(self, origin: bytes) -> Headers:
        """What an answer to a page of this origin carries; nothing for one that may not read it."""
        if origin in self._set:
            return (*self._permit(origin), (b"access-control-allow-credentials", b"true"))
        return self._others

    def preflight(self, headers: Mapping[bytes, bytes]) -> Preflight | None:
        """The answer to an OPTIONS request, None when it is no preflight or its origin may not ask anything."""
        permitted = self.headers(headers.get(b"origin", b"")) if b"access-control-request-method" in headers else ()
        if not permitted:
            return None
        return Preflight(
            (
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", ASKED),
                (b"access-control-max-age", MAX_AGE),
            )
        )

    @staticmethod
    def _permit(origin: bytes) -> Headers:
        return ((b"access-control-allow-origin", origin), (b"access-control-expose-headers", SHOWN))
