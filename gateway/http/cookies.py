"""The session cookie: reads its token, refuses forged requests, sets and clears it.

A browser sends a cookie by itself, for any page that makes it send a request. So a request with the cookie has to prove
that one of our own pages sent it: by its Origin (RFC 6454) and, where the browser has it, by Fetch Metadata. A GET may
come without an Origin, so it needs a header that a page of another site cannot send.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

from gateway.http.errors import Headers, HTTPFault
from gateway.origins import is_loopback, origin
from gateway.settings import Settings
from resolvers.request import SessionCookie
from schema.errors import COOKIE_LOST, NO_COOKIE_HERE, ErrorCode

SECURE_NAME: Final = b"__Host-enfact"
"""Browsers take a cookie with this prefix (RFC 6265bis) only over https, from the host itself, and for all paths."""
LOOPBACK_NAME: Final = b"enfact_session"

TOKEN: Final = re.compile(rb"[A-Za-z0-9._~+/-]{1,512}\Z")
LONGEST: Final = 16_384
"""Maximum number of bytes of a Cookie header."""

UNUSABLE: Final = ""
"""Stands for an invalid session cookie: malformed, or present twice, when an attacker may have set one of the two.

Like an expired session it is an unknown credential: the answer is 401 and clears the cookie, so that the user can sign
in again.
"""

EVENT_SOURCE_MODES: Final = frozenset({b"cors", b"same-origin"})
OTHER_SITES: Final = frozenset({b"same-site", b"cross-site"})


class Cookies:
    """The session cookie of one gateway.

    With https it is Secure and called `__Host-enfact`, on a loopback address `enfact_session`. Any other address would
    send it unencrypted: there no cookie is set, and those that arrive are ignored.
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
        """The token in a Cookie header, `UNUSABLE` for an invalid session cookie, None without a session cookie."""
        if self._name is None or self._name not in cookie:
            return None
        if len(cookie) > LONGEST:
            return UNUSABLE
        # Only space and tab: other whitespace may be part of a name; without it any cookie could pass for ours.
        pairs = [pair.strip(b" \t").partition(b"=") for pair in cookie.split(b";")]
        values = [value for name, equals, value in pairs if name == self._name and equals]
        if not values:
            return None
        return values[0].decode() if len(values) == 1 and TOKEN.match(values[0]) else UNUSABLE

    def check_sender(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a request with the session cookie that no page of ours sent. Raises HTTPFault (403)."""
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
        if scope["method"] == "GET" and not headers.get(b"x-enfact-request") and not _is_event_source(headers):
            raise _refused("a GET needs the header X-Enfact-Request, with any value")

    def hindrance(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """The reason why a browser would not keep a cookie of the answer, one of `schema.errors.EXPLANATIONS`.

        A cookie of `localhost` is not sent by a page of `127.0.0.1`, though both are this machine.
        """
        if self._name is None:
            return NO_COOKIE_HERE
        page, asked = _host_of(headers.get(b"origin", b"")), _host_of(b"//" + headers.get(b"host", b""))
        return COOKIE_LOST if page != asked and is_loopback(page) and is_loopback(asked) else None

    def check_page(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a handshake of a page that may not read answers, since browsers let every page try. Raises HTTPFault.

        For one that passes, `check_sender` still decides whether its cookie counts.
        """
        sender = headers.get(b"origin")
        if sender is None or self._any or sender in self._further:
            return
        if sender != (self._own or _origin_of(scope, headers)):
            raise HTTPFault(
                403, ErrorCode.CSRF_REFUSED, "The Origin of the handshake is not one of those that are set."
            )

    def headers(self, cookie: SessionCookie) -> Headers:
        """The header that sets or clears the session cookie; empty where cookies are not used."""
        if self._name is None:
            return ()
        value, age = (cookie.token or "").encode("ascii"), b""
        if not value:
            age = b"; Max-Age=0"
        elif cookie.expires_at is not None:
            age = b"; Max-Age=%d" % max(0, int((cookie.expires_at - datetime.now(UTC)).total_seconds()))
        return ((b"set-cookie", self._name + b"=" + value + self._attributes + age),)

    def beside(self, name: bytes, value: bytes, seconds: int) -> Headers:
        """The header that sets a cookie beside the session's, kept as safely; empty where cookies are not used."""
        if self._name is None:
            return ()
        prefix = b"__Host-" if self._name == SECURE_NAME else b""
        return ((b"set-cookie", b"%b%b=%b%b; Max-Age=%d" % (prefix, name, value, self._attributes, seconds)),)


def _is_event_source(headers: Mapping[bytes, bytes]) -> bool:
    """True for the request of an EventSource of our own page, which cannot send a header of its own.

    Browsers alone write Sec-Fetch-Site, and an image or a link has another mode and accepts other types.
    """
    return (
        headers.get(b"sec-fetch-site") == b"same-origin"
        and headers.get(b"sec-fetch-mode") in EVENT_SOURCE_MODES
        and headers.get(b"accept") == b"text/event-stream"
    )


def _origin_of(scope: Scope, headers: Mapping[bytes, bytes]) -> bytes | None:
    """The origin that the browser sent its request to, by its scheme and Host header; None for an invalid one."""
    try:
        return origin(f"{scope.get('scheme', 'http')}://{headers.get(b'host', b'').decode('ascii')}").encode()
    except ValueError:
        return None


def _host_of(url: bytes) -> str:
    """The host of a URL; empty where there is none."""
    try:
        return urlsplit(url.decode("latin-1")).hostname or ""
    except ValueError:
        return ""


def _refused(reason: str) -> HTTPFault:
    return HTTPFault(403, ErrorCode.CSRF_REFUSED, f"The request with the session cookie is refused: {reason}.")
