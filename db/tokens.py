"""Tokens: random secrets that are shown once. Their prefix tells their kind; only their hash is stored."""

import hashlib
import secrets
from enum import Enum


class CredentialKind(Enum):
    """The kinds of credentials; the value is the prefix of their tokens."""

    SESSION = "enf"
    API_KEY = "enk"
    VIEW_AS = "env"

    __hash__ = object.__hash__  # Enum's is a function of Python, and each statement is looked up by its kind


ABSENT_KEY = "ena"
"""Prefix of an API key with the mode `absent` of hidden fields. It changes the validation of the operation, which comes
before the key is looked up."""

_MARKS = {f"{kind.value}_": kind for kind in CredentialKind} | {f"{ABSENT_KEY}_": CredentialKind.API_KEY}
KEY_MARKS = tuple(mark for mark, kind in _MARKS.items() if kind is CredentialKind.API_KEY)
"""Prefixes of API keys, with the underscore."""

MARK = 4
"""Number of characters of a token's prefix, with the underscore."""


def new_token(prefix: str) -> str:
    """A new token: `prefix`, an underscore, and 256 random bits in the base64 of URLs."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> bytes:
    """The hash under which a token is stored: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def kind_of(token: str | None) -> CredentialKind:
    """The kind of credential that a token claims to be by its prefix; a session for any unknown prefix.

    Each lookup of the token requires a credential of this kind.
    """
    return _MARKS.get(token[:MARK], CredentialKind.SESSION) if token is not None else CredentialKind.SESSION


def is_absent_key(token: str | None) -> bool:
    """True when a token claims to be an API key with the mode `absent`; only a claim, as in `kind_of`."""
    return token is not None and token.startswith(f"{ABSENT_KEY}_")
