"""The head of a request: its method, its headers, and what was read of them.

Equal heads say the same, so a connection that repeats one has it read once; the length of the body may differ.
"""

from typing import NamedTuple, TypeAlias

from db.tokens import hash_token
from gateway.http.headers import joined
from gateway.http.negotiation import negotiated
from schema.hidden_fields import HiddenFields

LENGTH = b"content-length"


class Credential(NamedTuple):
    """The token of a request (None: anonymous), and how it came."""

    token: str | None = None
    by_cookie: bool = False

    def hashed(self) -> bytes | None:
        """The hash of the token."""
        return hash_token(self.token) if self.token is not None else None


class Sender(NamedTuple):
    """A client and its wishes by valid headers; `token_hash` is the hash of the credential's token."""

    credential: Credential
    token_hash: bytes | None
    hidden_fields: HiddenFields
    user_agent: str | None
    idempotency_key: str | None
    position: int | None


Fields: TypeAlias = list[tuple[bytes, bytes]]


class Head:
    """The method and the headers of a request but Content-Length; `sender` is None until it was read without a fault.

    `fields` are the header fields as they came. `repeats`: a name comes more than once, Content-Length included.
    """

    __slots__ = ("fields", "headers", "method", "repeats", "sender", "wanted")

    def __init__(self, method: str, fields: Fields, *, repeats: bool) -> None:
        self.method = method
        self.fields = fields
        self.headers = joined(fields)
        self.repeats = repeats or len(self.headers) < len(fields)
        self.wanted = negotiated(self.headers)
        self.sender: Sender | None = None

    @classmethod
    def of(cls, method: str, received: Fields, last: "Head | None") -> "Head":
        """The head with these header fields: `last`, the one before on the connection, where it says the same."""
        fields = [field for field in received if field[0] != LENGTH]
        if last is not None and last.fields == fields and last.method == method:
            return last
        return cls(method, fields, repeats=len(fields) < len(received) - 1)
