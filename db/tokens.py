"""Secrets that are shown once: takes what they are for, gives new ones; what is stored of one is its hash."""

import hashlib
import secrets
from enum import Enum


class CredentialKind(Enum):
    """What sort of credential a token is; the value is how such tokens begin."""

    SESSION = "enf"
    API_KEY = "enk"
    VIEW_AS = "env"

    __hash__ = object.__hash__  # Enum's is a function of Python, and each statement is looked up by its kind


ABSENT_KEY = "ena"
"""How an API key begins that wants hidden fields to be unknown: what it may ask for is then checked otherwise, and that
has to be known before anything is looked up."""

_MARKS = {f"{kind.value}_": kind for kind in CredentialKind} | {f"{ABSENT_KEY}_": CredentialKind.API_KEY}
KEY_MARKS = tuple(mark for mark, kind in _MARKS.items() if kind is CredentialKind.API_KEY)
"""How API keys begin."""

MARK = 4
"""So many characters of a token say of what kind it is."""


def new_token(prefix: str) -> str:
    """A token of 256 random bits, in characters that need no escaping anywhere; `prefix` says what it is for."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> bytes:
    """What is stored of a token, and looked up: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def kind_of(token: str | None) -> CredentialKind:
    """What sort of credential a token says to be: a session unless it begins like something else.

    Only a claim: whoever looks the token up asks for a credential of this kind.
    """
    return _MARKS.get(token[:MARK], CredentialKind.SESSION) if token is not None else CredentialKind.SESSION


def is_absent_key(token: str | None) -> bool:
    """Whether a token says to be an API key that wants hidden fields to be unknown; only a claim, as in `kind_of`."""
    return token is not None and token.startswith(f"{ABSENT_KEY}_")
