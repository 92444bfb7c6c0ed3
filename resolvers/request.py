"""The values that go into the execution of an operation and come out: `GraphQLRequest`, `Result`, `RequestError`.

Notes on hidden fields are part of a result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, Self

from graphql import Node

from db.tokens import KEY_MARKS, CredentialKind, kind_of
from resolvers.stages import Stages
from schema.errors import NO_COOKIE_HERE, ErrorCode
from schema.hidden_fields import HiddenFields
from schema.localization.translate import Language

BEFORE_DATA: Final = '{"data":'
AFTER_DATA: Final = "}"
"""The text around `data` in a response without other members."""

BEFORE, AFTER = BEFORE_DATA.encode(), AFTER_DATA.encode()


class DocumentReference(NamedTuple):
    """The name of a persisted document: an id, or a hash; sent beside a text, the hash that the text must have."""

    document_id: str | None = None
    sha256_hash: str | None = None


class Client(Protocol):
    """The client that waits for the answer, as the transport sees it."""

    def when_gone(self, call: Callable[[], None]) -> None:
        """Call `call` once the client is gone."""
        ...


class GraphQLRequest(NamedTuple):
    """One GraphQL request, whatever transport brought it.

    `query` is the document's text, empty where a `reference` stands for it (`PersistedDocuments` finds the document).
    `token` is the credential as the client sent it (None: anonymous); `by_cookie`: it came in a cookie.
    `hindrance` returns the reason why the client could not keep a cookie, None when it could.
    `language` is the language that Accept-Language asks for.
    `hidden_fields` is the mode of the header `Hidden-Fields`; an API key's own mode may be stricter.
    `queries_only`: mutations are refused (GET). `client` is the client that waits; None: one that never leaves.
    `stages` is the stop-watch of its stages; None: they are not measured. `idempotency_key` is the key of its only root
    field that writes by one, from the header `Idempotency-Key`.
    `position`: a replica may answer that has every transaction below this number; None: the primary alone may.
    `token_hash` is the hash of the token where the transport knows it already. `spending` is what the requests that
    came in one array cost together; None: it came alone.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, object] = MappingProxyType({})
    token: str | None = None
    by_cookie: bool = False
    hindrance: Callable[[], str | None] = lambda: NO_COOKIE_HERE
    language: Language = Language.FR
    hidden_fields: HiddenFields = HiddenFields.NULL
    queries_only: bool = False
    request_id: str = ""
    user_agent: str | None = None
    address: str = ""
    reference: DocumentReference | None = None
    wants_cost: bool = False
    client: Client | None = None
    stages: Stages | None = None
    idempotency_key: str | None = None
    position: int | None = None
    token_hash: bytes | None = None
    spending: "Spending | None" = None

    @property
    def kind(self) -> CredentialKind:
        """The kind of credential that the token is taken for; in a cookie it can only be a session."""
        return CredentialKind.SESSION if self.by_cookie else kind_of(self.token)

    @property
    def may_be_absent(self) -> bool:
        """True if hidden fields may have to be unknown to this request: by its own mode, or by its API key's."""
        return self.hidden_fields is HiddenFields.ABSENT or (
            self.token is not None and self.token.startswith(KEY_MARKS) and not self.by_cookie
        )


@dataclass(frozen=True, slots=True)
class Location:
    """A position in a document; line and column count from 1."""

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
    """One hidden selection: its path without list indices, the gate that hides it, and the companies where it does."""

    path: tuple[str, ...]
    app: str | None
    role: str | None
    companies: tuple[str, ...]


class SessionCookie(NamedTuple):
    """A session that the client shall keep as a cookie until it expires; without a token: it shall drop its cookie."""

    token: str | None = None
    expires_at: datetime | None = None


class Result(NamedTuple):
    """The answer to a request.

    `response` is the whole response without errors and notes, `{"data":…}`, as PostgreSQL wrote it; mostly it is sent
    unchanged. It is None when nothing was executed (a request error: `errors` has the reasons). `cookie` is the change
    of the client's session cookie, None for no change. `cost` is the operation's cost and its limit, where the request
    wants them. `written`: this answers a mutation, and may hold a token. `position`: what was written is in every
    database in which all transactions below this number are over; None where that is not known. `stale`: the seconds
    since the primary was last seen, when a replica answers in its stead.
    """

    response: bytes | None
    errors: tuple[ErrorEntry, ...] = ()
    hidden: tuple[Note, ...] = ()
    cookie: SessionCookie | None = None
    cost: tuple[int, int] | None = None
    written: bool = False
    position: int | None = None
    stale: float | None = None

    @classmethod
    def of(
        cls,
        data: bytes,
        errors: tuple[ErrorEntry, ...] = (),
        hidden: tuple[Note, ...] = (),
        cookie: SessionCookie | None = None,
        cost: tuple[int, int] | None = None,
        *,
        written: bool = False,
        position: int | None = None,
    ) -> Self:
        """The answer with this JSON as its `data`."""
        return cls(BEFORE + data + AFTER, errors, hidden, cookie, cost, written, position)

    @property
    def data(self) -> bytes | None:
        """The JSON of `data`."""
        return None if self.response is None else self.response[len(BEFORE_DATA) : -len(AFTER_DATA)]


class RequestError(Exception):
    """The refusal of a whole request before anything is executed; `entries` are the errors of the response."""

    def __init__(self, code: ErrorCode, message: str, locations: tuple[Location, ...] = ()) -> None:
        super().__init__(message)
        self.entries: tuple[ErrorEntry, ...] = (ErrorEntry(code, message, locations=locations),)

    @property
    def entry(self) -> ErrorEntry:
        """The first reason, mostly the only one."""
        return self.entries[0]

    def placed(
        self, path: tuple[str | int, ...], locations: tuple[Location, ...] = (), variable: str | None = None
    ) -> "RequestError":
        """The same refusal of a value, with the path and place of its field and the path in the variables.

        A refusal that has a path already, or is not about a value, stays as it is.
        """
        entry = self.entry
        if entry.code is not ErrorCode.BAD_USER_INPUT or entry.path is not None:
            return self
        extensions = {**entry.extensions, **({"variable": variable} if variable is not None else {})}
        placed = replace(entry, path=path, locations=entry.locations or locations, extensions=extensions)
        return RequestError.several((placed, *self.entries[1:]))

    @classmethod
    def several(cls, entries: "tuple[ErrorEntry, ...]") -> "RequestError":
        """A refusal with all its reasons."""
        error = cls(entries[0].code, entries[0].message)
        error.entries = entries
        return error


class Spending:
    """The cost of the requests of one array so far; `is_used_up` once one more would have exceeded the limit."""

    __slots__ = ("is_used_up", "spent")

    def __init__(self) -> None:
        self.spent = 0
        self.is_used_up = False

    def take(self, cost: int, limit: int) -> None:
        """Add the cost of one more request. Raises RequestError (COST_EXCEEDED) if it does not fit."""
        total = self.spent + cost
        if total > limit:
            self.is_used_up = True
            message = f"The requests of this array cost {total} together, and {limit} is allowed; please send fewer."
            extensions: dict[str, object] = {"cost": total, "limit": limit, "selection": []}
            raise RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))
        self.spent = total


def locations_of(node: Node) -> tuple[Location, ...]:
    """The place where a node begins; empty for a document that was parsed without places."""
    return (Location(node.loc.start_token.line, node.loc.start_token.column),) if node.loc is not None else ()


def bad_input(message: str) -> RequestError:
    """The refusal (BAD_USER_INPUT) of a value that the schema cannot forbid."""
    return RequestError(ErrorCode.BAD_USER_INPUT, message)
