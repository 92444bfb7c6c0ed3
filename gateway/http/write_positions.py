"""Positions of writes, for reading what one has written: one goes out with its answer, and comes with a request.

It goes in the header Enfact-Position, and in a cookie of a minute where the session is one. Whatever a client sends as
a position, the worst that follows is an answer of the primary.
"""

import re
from collections.abc import Mapping
from typing import Final

from gateway.http.cookies import LONGEST, Cookies
from gateway.http.errors import Headers
from gateway.settings import Settings
from resolvers.request import Result

HEADER: Final = b"enfact-position"
COOKIE: Final = b"enfact_position"
COOKIES: Final = re.compile(rb"(?:^|;)[ \t]*(?:__Host-)?%b=([^;]*)" % COOKIE)
POSITION: Final = re.compile(rb"[0-9]{1,18}")
MAX_AGE: Final = 60
"""Seconds for which a browser keeps the cookie: as long as a replica that answers may lag at most."""

STALE: Final = b"enfact-stale"


class Positions:
    """The positions in requests and answers of one gateway; without replicas it takes none and gives none."""

    def __init__(self, settings: Settings, cookies: Cookies) -> None:
        self._are_used = settings.read_urls is not None
        self._cookies = cookies

    def of(self, headers: Mapping[bytes, bytes]) -> int | None:
        """The position that a request asks for, 0 without one; None where only the primary may answer."""
        cookie = headers.get(b"cookie", b"")
        if not self._are_used or len(cookie) > LONGEST:
            return None
        sent = COOKIES.findall(cookie)
        if HEADER in headers:
            sent.append(headers[HEADER])
        return max(map(int, sent), default=0) if all(map(POSITION.fullmatch, sent)) else None

    def headers(self, result: Result, *, by_cookie: bool) -> Headers:
        """The headers that say where a write is found, and how old an answer may be; `by_cookie`: a cookie, too."""
        if not self._are_used:
            return ()
        headers: Headers = ()
        if result.stale is not None:
            headers += ((STALE, b"%d" % result.stale),)
        if result.position is not None:
            position = b"%d" % result.position
            headers += ((HEADER, position),)
            if by_cookie:
                headers += self._cookies.beside(COOKIE, position, MAX_AGE)
        return headers
