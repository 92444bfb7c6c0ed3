"""What goes into the execution of an operation and what comes out.

`GraphQLRequest`, `Result`, and what a client may be told of hidden fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schema.errors import ErrorCode
from schema.texts import Language


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One GraphQL request, whatever transport brought it.

    `token` is the credential as the client sent it (None: anonymous), `language` what Accept-Language asks for,
    `report_errors` whether hidden fields are reported as errors (`Hidden-Fields: error`) instead of notes,
    `queries_only` whether mutations are refused (GET).
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict[str, object])
    token: str | None = None
    language: Language = Language.FR
    report_errors: bool = False
    queries_only: bool = False
    request_id: str = ""
    user_agent: str | None = None
    address: str = ""


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


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a request.

    `data` is the JSON of `data` as PostgreSQL wrote it; None when nothing was executed (a request error: then
    `errors` says why).
    """

    data: bytes | None
    errors: tuple[ErrorEntry, ...] = ()
    hidden: tuple[Note, ...] = ()


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
