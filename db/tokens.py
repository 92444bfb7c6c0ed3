"""Secrets that are shown once: takes what they are for, gives new ones; what is stored of one is its hash."""

import hashlib
import secrets


def new_token(prefix: str) -> str:
    """A token of 256 random bits, in characters that need no escaping anywhere; `prefix` says what it is for."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> bytes:
    """What is stored of a token, and looked up: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
