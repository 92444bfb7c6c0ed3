"""The place of a request in a trace, as its client says it in the headers traceparent and tracestate (W3C).

What is not well-formed is as good as absent: a client that sends nonsense only loses its own trace.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

TRACEPARENT: Final = re.compile(
    rb"(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|\Z)", re.DOTALL
)
"""The header traceparent (Trace Context, 3.2); a version beyond 00 may say more behind the flags."""

LONGEST_STATE: Final = 512
"""Maximum number of bytes read of tracestate; a longer one is left out (Trace Context, 3.3.1.5)."""

MOST_MEMBERS: Final = 32
MEMBER: Final = re.compile(
    r"([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=([ -+\--<>-~]{0,255}[!-+\--<>-~])"
)
"""A member of tracestate: its key, of a vendor or of a tenant of one, and its value."""


class Parent(NamedTuple):
    """The client's span, in hexadecimal, its flags, and what vendors say beside it."""

    trace_id: str
    span_id: str
    flags: int
    state: tuple[tuple[str, str], ...] = ()


def parent_of(traceparent: bytes | None, tracestate: bytes | None = None) -> Parent | None:
    """The client's span by the values of its headers; None without a valid traceparent."""
    match = TRACEPARENT.match(traceparent) if traceparent is not None else None
    if match is None:
        return None
    state = state_of(tracestate) if tracestate is not None else ()
    return Parent(match[1].decode(), match[2].decode(), int(match[3], 16), state)


def parent_in(extensions: Mapping[str, object] | None) -> Parent | None:
    """The client's span by the members of a message's `extensions`, which stand for the headers."""
    given = extensions or {}
    return parent_of(_bytes(given.get("traceparent")), _bytes(given.get("tracestate")))


def state_of(tracestate: bytes) -> tuple[tuple[str, str], ...]:
    """The members of tracestate; none of them if one is not well-formed, comes twice or is too many."""
    if len(tracestate) > LONGEST_STATE:
        return ()
    texts = [part.strip(" \t") for part in tracestate.decode("latin-1").split(",")]
    found = [MEMBER.fullmatch(text) for text in texts if text]
    members = tuple((match[1], match[2]) for match in found if match is not None)
    is_valid = len(members) == len(found) <= MOST_MEMBERS and len(dict(members)) == len(members)
    return members if is_valid else ()


def _bytes(value: object) -> bytes | None:
    return value.encode("utf-8", "replace") if isinstance(value, str) else None
