"""Readers of request headers: the client's address, its bearer token, the mode of hidden fields, a write's key."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from gateway.http.errors import CHALLENGE, HTTPFault, bad_input
from schema.errors import ErrorCode
from schema.hidden_fields import HiddenFields

NO_TOKEN = frozenset({b"", b"bearer"})
"""Authorization headers, in lower case and without spaces around, that hold no token: they are as good as absent."""

BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]{1,512}={0,2}) *\Z", re.IGNORECASE)


SINGLE = frozenset(
    {b"authorization", b"content-type", b"content-length", b"content-encoding", b"hidden-fields", b"idempotency-key"}
)


MODES: Final[Mapping[bytes, HiddenFields]] = {mode.name.lower().encode(): mode for mode in HiddenFields}
"""The values of the header Hidden-Fields."""


IDEMPOTENCY_KEY: Final = re.compile(rb"[!-~]{1,100}")

LONGEST_USER_AGENT = 200
LONGEST_TAGS = 1_000
"""Maximum number of bytes read of If-None-Match."""


def address_of(scope: Scope) -> str:
    """The client's IP address; empty when the server does not state one."""
    client = scope.get("client")
    return client[0] if client else ""


def joined(fields: list[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The headers with these fields; repeated ones are joined."""
    headers = dict(fields)
    if len(headers) == len(fields):
        return headers
    whole: dict[bytes, bytes] = {}
    for name, value in fields:
        between = b"; " if name == b"cookie" else b","
        whole[name] = whole[name] + between + value if name in whole else value
    return whole


def check_single(scope: Scope) -> None:
    """Refuse a request that repeats one of the headers of `SINGLE`. Raises HTTPFault (400)."""
    counts = Counter(name for name, _ in scope["headers"])
    for name in SINGLE:
        if counts[name] > 1:
            raise bad_input(f"The header {name.decode('latin-1').title()} may come only once.")


def bearer(authorization: bytes) -> str | None:
    """The token in an Authorization header, None for an empty one. Raises HTTPFault (401)."""
    found = BEARER.match(authorization)
    if found is None:
        if authorization.strip().lower() in NO_TOKEN:
            return None
        message = "The header Authorization has to be: Bearer, a space, and a token or an API key."
        raise HTTPFault(401, ErrorCode.UNAUTHENTICATED, message, CHALLENGE)
    return found[1].decode()


def user_agent_of(value: bytes | None) -> str | None:
    """The beginning of a User-Agent header, None without one."""
    return value[:LONGEST_USER_AGENT].decode("latin-1") if value else None


def hidden_fields_of(mode: bytes | None) -> HiddenFields:
    """The mode that a Hidden-Fields header asks for, NULL without one. Raises HTTPFault (400)."""
    if mode is None:
        return HiddenFields.NULL
    if mode not in MODES:
        raise bad_input("The header Hidden-Fields has to be `null`, `error` or `absent`.")
    return MODES[mode]


def idempotency_key_of(value: bytes | None) -> str | None:
    """The key in an Idempotency-Key header, with or without the quotes of RFC 9651. Raises HTTPFault (400)."""
    if value is None:
        return None
    key = value[1:-1] if len(value) > 1 and value[:1] == value[-1:] == b'"' else value
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise bad_input("The header Idempotency-Key has to be 1 to 100 visible ASCII characters.")
    return key.decode()


def has_version(headers: Mapping[bytes, bytes], tag: bytes) -> bool:
    """True if the client holds the version with this entity tag already (If-None-Match, RFC 9110, 13.1.2)."""
    known = headers.get(b"if-none-match", b"")
    return any(one.strip().removeprefix(b"W/") in (tag, b"*") for one in known[:LONGEST_TAGS].split(b","))
