"""The payload of a root field of Mutation, read after its write; and the errors of a field without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from resolvers.compilation.context import Bindings
from resolvers.compilation.statement import Statement
from resolvers.operation.selection import SelectedField
from resolvers.request import ErrorEntry, Result, SessionCookie
from schema.errors import ErrorCode, error_message
from schema.localization.language import Language

NO_EXTENSIONS: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Payload:
    """The payload of a root field, still to be read.

    `committed` is False when the write was refused with errors for the user. `cookie` changes the client's session
    cookie; None leaves it as it is.
    """

    selected: SelectedField
    statement: Statement
    bindings: Bindings
    cookie: SessionCookie | None
    committed: bool

    def unread(self, code: ErrorCode, message: str | None = None) -> Result:
        """The result when the payload cannot be read. A committed write is marked, so the client does not repeat it."""
        extensions = {"written": True} if self.committed else {}
        message = message or error_message(code, self.bindings.language)
        return Result(
            None, (ErrorEntry(code, message, (self.selected.key,), extensions=extensions),), cookie=self.cookie
        )


def failed(
    code: ErrorCode,
    language: Language,
    selected: SelectedField,
    extensions: Mapping[str, object] = NO_EXTENSIONS,
    message: str | None = None,
) -> Result:
    """The result of a root field without data; without a message it has that of the code."""
    message = message or error_message(code, language)
    return Result(None, (ErrorEntry(code, message, (selected.key,), extensions=extensions),))
