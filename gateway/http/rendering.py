"""The body of an answer: a Result as the bytes of the JSON response."""

from collections.abc import Sequence

import orjson

from resolvers.request import ErrorEntry, Note, Result

LONGEST_MESSAGE = 1_000


def render(result: Result, request_id: str) -> bytes:
    """The response (specification, section 7.1); PostgreSQL's bytes are kept as they are, and left out when None."""
    if result.response is not None and not result.errors and not result.hidden and result.cost is None:
        return result.response
    members: list[bytes] = []
    if result.errors:
        members.append(b'"errors":' + render_errors(result.errors, request_id))
    if result.hidden or result.cost is not None:
        members.append(b'"extensions":' + _dumps(_extensions(result)))
    before = b"{" if result.response is None else result.response[:-1] + b","
    return before + b",".join(members) + b"}"


class LastRendering:
    """Renders results, and one that comes again at once not anew: an event is the same Result for many clients."""

    __slots__ = ("_body", "_result")

    def __init__(self) -> None:
        self._result: Result | None = None
        self._body = b""

    def render(self, result: Result, request_id: str) -> bytes:
        """As `render`. Errors have the id of the request, and are written each time."""
        if result.errors or not result.hidden:
            return render(result, request_id)
        if result is not self._result:
            self._result, self._body = result, render(result, request_id)
        return self._body


def _extensions(result: Result) -> dict[str, object]:
    extensions: dict[str, object] = {}
    if result.hidden:
        extensions["hidden"] = [_note(note) for note in result.hidden]
    if result.cost is not None:
        requested, limit = result.cost
        extensions["cost"] = {"requested": requested, "limit": limit}
    return extensions


def render_errors(errors: Sequence[ErrorEntry], request_id: str) -> bytes:
    """The errors alone, as a JSON list."""
    return _dumps([_error(entry, request_id) for entry in errors])


def _error(entry: ErrorEntry, request_id: str) -> dict[str, object]:
    error: dict[str, object] = {"message": _bounded(entry.message)}
    if entry.locations:
        error["locations"] = [{"line": place.line, "column": place.column} for place in entry.locations]
    if entry.path is not None:
        error["path"] = entry.path
    error["extensions"] = {**entry.extensions, "code": entry.code.value, "requestId": request_id}
    return error


def _note(note: Note) -> dict[str, object]:
    answer: dict[str, object] = {"path": note.path}
    if note.app is not None:
        answer["app"] = note.app
    if note.role is not None:
        answer["role"] = note.role
    answer["companies"] = note.companies
    return answer


def _bounded(message: str) -> str:
    """At most LONGEST_MESSAGE characters, without lone surrogates, which UTF-8 cannot encode."""
    text = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _dumps(value: object) -> bytes:
    return orjson.dumps(value, default=str)
