"""The session as a cookie: takes settings once, then headers; gives the token, refuses forged requests, sets cookies.

A browser sends a cookie by itself, whatever page makes it ask. So a request that is answered by the cookie has to show
that a page of ours sent it: by its Origin (RFC 6454), by Fetch Metadata where the browser has it, and a GET, which may
come without an Origin, by a header that no other site's page can send.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

from gateway.faults import Fault, Headers
from gateway.settings import Settings, is_loopback, origin
from resolvers.request import SessionCookie
from schema.errors import ErrorCode

SECURE_NAME: Final = b"__Host-enfact"
"""Browsers take a cookie with this prefix (RFC 6265bis) only over https, from the host itself, and for all paths."""
LOOPBACK_NAME: Final = b"enfact_session"

TOKEN: Final = re.compile(rb"[A-Za-z0-9._~+/-]{1,512}\Z")
LONGEST: Final = 16_384
"""Bytes of a Cookie header that are looked at."""

UNUSABLE: Final = ""
"""Stands for a session cookie that is nobody's: malformed, or there twice, when one of the two may be an attacker's.

It is a credential that is not known, as one that has expired is: 401, which clears the cookie, and whoever signs in
anew is not hindered.
"""

OTHER_SITES: Final = frozenset({b"same-site", b"cross-site"})


class Cookies:
    """The session cookie of one gateway.

    With https it is Secure and called `__Host-enfact`, on a loopback address `enfact_session`. Any other address sends
    everything in the clear: there is no cookie then, what is set is dropped, and what arrives is not looked at.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.public_url
        secure = own is not None and own.startswith("https://")
        host = settings.host if own is None else urlsplit(own).hostname or ""
        self._name = SECURE_NAME if secure else LOOPBACK_NAME if is_loopback(host) else None
        self._attributes = b"; Path=/; HttpOnly; SameSite=Lax" + (b"; Secure" if secure else b"")
        self._own = own.encode() if own is not None else None
        self._further = frozenset(further.encode() for further in settings.allowed_origins)
        self._any = settings.any_origin

    def token(self, cookie: bytes) -> str | None:
        """The token in a Cookie header, `UNUSABLE` for a cookie that is nobody's, None when there is no such cookie."""
        if self._name is None or self._name not in cookie:
            return None
        if len(cookie) > LONGEST:
            return UNUSABLE
        # Other whitespace may be part of a name: stripped, it would turn a cookie of anybody into one with the prefix.
        pairs = [pair.strip(b" \t").partition(b"=") for pair in cookie.split(b";")]
        values = [value for name, equals, value in pairs if name == self._name and equals]
        if not values:
            return None
        return values[0].decode() if len(values) == 1 and TOKEN.match(values[0]) else UNUSABLE

    def check_sender(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Let a request that is answered by the cookie pass when a page of ours sent it. Raises Fault (403)."""
        sender = headers.get(b"origin")
        site = headers.get(b"sec-fetch-site", b"same-origin")
        further = sender in self._further
        if sender is None:
            if scope["method"] != "GET":
                raise _refused("the header Origin is missing")
        elif not further and sender != (self._own or _origin_of(scope, headers)):
            raise _refused("its Origin is not one of those that are set")
        if site != b"same-origin" and not (further and site in OTHER_SITES):
            raise _refused("Sec-Fetch-Site says that another site sent it")
        if scope["method"] == "GET" and not headers.get(b"x-enfact-request"):
            raise _refused("a GET needs the header X-Enfact-Request, with any value")

    def check_page(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Let a handshake pass unless a page asks that may not read answers: browsers let all ask. Raises Fault.

        One that passes may still have no use of the cookie, see `check_sender`.
        """
        sender = headers.get(b"origin")
        if sender is None or self._any or sender in self._further:
            return
        if sender != (self._own or _origin_of(scope, headers)):
            raise Fault(403, ErrorCode.CSRF_REFUSED, "The Origin of the handshake is not one of those that are set.")

    def headers(self, cookie: SessionCookie) -> Headers:
        """The header that sets the session's cookie, or clears it; none where there is no cookie."""
        if self._name is None:
            return ()
        value, age = (cookie.token or "").encode("ascii"), b""
        if not value:
            age = b"; Max-Age=0"
        elif cookie.expires_at is not None:
            age = b"; Max-Age=%d" % max(0, int((cookie.expires_at - datetime.now(UTC)).total_seconds()))
        return ((b"set-cookie", self._name + b"=" + value + self._attributes + age),)


def _origin_of(scope: Scope, headers: Mapping[bytes, bytes]) -> bytes | None:
    """The origin at which the browser asked, as far as a request says it."""
    try:
        return origin(f"{scope.get('scheme', 'http')}://{headers.get(b'host', b'').decode('ascii')}").encode()
    except ValueError:
        return None


def _refused(reason: str) -> Fault:
    return Fault(403, ErrorCode.CSRF_REFUSED, f"The request with the session cookie is refused: {reason}.")
