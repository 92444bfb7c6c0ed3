"""What goes into the execution of an operation and what comes out.

`GraphQLRequest`, `Result`, and what a client may be told of hidden fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, Self

from db.tokens import KEY_MARKS, CredentialKind, kind_of
from schema.access import HiddenFields
from schema.errors import ErrorCode
from schema.texts import Language

BEFORE_DATA: Final = '{"data":'
AFTER_DATA: Final = "}"
"""What stands around `data` in a response that has no more than that."""


class Reference(NamedTuple):
    """How a client names a document that is known: one of the two; beside a text, the hash that it is to have."""

    document_id: str | None = None
    sha256_hash: str | None = None


class Client(Protocol):
    """Who is to be answered, as far as somebody can tell whether he is still there."""

    def when_gone(self, call: Callable[[], None]) -> None:
        """Call this once he is gone."""
        ...


class GraphQLRequest(NamedTuple):
    """One GraphQL request, whatever transport brought it.

    `query` is the document's text, empty where a `reference` stands for it (`KnownOperations` finds the document).
    `token` is the credential as the client sent it (None: anonymous), `by_cookie` whether a browser sent it by itself,
    `language` what Accept-Language asks for,
    `hidden_fields` how hidden fields are told (`Hidden-Fields`; an API key's own mode may be stricter),
    `queries_only` whether mutations are refused (GET), `client` who waits (None: somebody who stays).
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, object] = MappingProxyType({})
    token: str | None = None
    by_cookie: bool = False
    language: Language = Language.FR
    hidden_fields: HiddenFields = HiddenFields.NULL
    queries_only: bool = False
    request_id: str = ""
    user_agent: str | None = None
    address: str = ""
    reference: Reference | None = None
    wants_cost: bool = False
    client: Client | None = None

    @property
    def kind(self) -> CredentialKind:
        """What sort of credential the token is taken for; a cookie is a session or nothing."""
        return CredentialKind.SESSION if self.by_cookie else kind_of(self.token)

    @property
    def may_be_absent(self) -> bool:
        """Whether hidden fields may have to be unknown to it: it says so, or its API key may."""
        return self.hidden_fields is HiddenFields.ABSENT or (
            self.token is not None and self.token.startswith(KEY_MARKS) and not self.by_cookie
        )


@dataclass(frozen=True, slots=True)
class Location:
    """A position in a query document; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One entry of a response's `errors`; the gateway adds the request id to its extensions."""

    code: ErrorCode
    message: str
    path: tuple[str | int, ...] | None = None
    locations: tuple[Location, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Note:
    """One hidden selection.

    Its path without list indices, the gate that hides it, and the companies in which it does.
    """

    path: tuple[str, ...]
    app: str | None
    role: str | None
    companies: tuple[str, ...]


class SessionCookie(NamedTuple):
    """A session that the client is to keep as a cookie until a moment; without a token it is to forget its cookie."""

    token: str | None = None
    expires_at: datetime | None = None


class Result(NamedTuple):
    """The answer to a request.

    `response` is the whole response without errors and notes, `{"data":…}`, as PostgreSQL wrote it: mostly it is sent
    as it is. None when nothing was executed (a request error: then `errors` says why). `cookie` is what becomes of the
    client's session cookie, None when it stays as it is. `cost` is what the operation costs and may cost, where the
    request wants to know. `written` tells that a mutation is answered: a token may be in it.
    """

    response: bytes | None
    errors: tuple[ErrorEntry, ...] = ()
    hidden: tuple[Note, ...] = ()
    cookie: SessionCookie | None = None
    cost: tuple[int, int] | None = None
    written: bool = False

    @classmethod
    def of(
        cls,
        data: bytes,
        errors: tuple[ErrorEntry, ...] = (),
        hidden: tuple[Note, ...] = (),
        cookie: SessionCookie | None = None,
        cost: tuple[int, int] | None = None,
    ) -> Self:
        """The answer with this JSON as its `data`."""
        return cls(b"".join((BEFORE_DATA.encode(), data, AFTER_DATA.encode())), errors, hidden, cookie, cost)

    @property
    def data(self) -> bytes | None:
        """The JSON of `data`."""
        return None if self.response is None else self.response[len(BEFORE_DATA) : -len(AFTER_DATA)]


class RequestError(Exception):
    """The whole request is refused before anything is executed; carries what the client is told."""

    def __init__(self, code: ErrorCode, message: str, locations: tuple[Location, ...] = ()) -> None:
        super().__init__(message)
        self.entries: tuple[ErrorEntry, ...] = (ErrorEntry(code, message, locations=locations),)

    @property
    def entry(self) -> ErrorEntry:
        """The first, and mostly only, reason."""
        return self.entries[0]

    @classmethod
    def several(cls, entries: "tuple[ErrorEntry, ...]") -> "RequestError":
        """A refusal with all its reasons."""
        error = cls(entries[0].code, entries[0].message)
        error.entries = entries
        return error
