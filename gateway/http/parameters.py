"""The parameters of a GraphQL request, read from a JSON body, a query string or a WebSocket message."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast
from urllib.parse import parse_qsl

import orjson

from gateway.http.errors import bad_input, not_well_formed
from resolvers.request import DocumentReference

BOM: Final = b"\xef\xbb\xbf"
"""The byte order mark, which a parser of JSON may ignore (RFC 8259, 8.1)."""

MOST_QUERY_FIELDS = 16
KINDS: Final[Mapping[str, Any]] = {
    "query": str, "operationName": str, "documentId": str, "variables": dict, "extensions": dict,
}  # fmt: skip
NO_QUERY = "The member `query` is missing: it holds the GraphQL document, as a string."
NO_OBJECT = "has to be a JSON object with the member `query`."
LONGEST_REFERENCE = 200
"""Maximum number of characters of a document id, or of a hash."""


class Parameters(NamedTuple):
    """The parameters: a document, as text or by reference to a persisted one (`query` may be empty then), variables.

    `wants_cost`: the answer is to state the cost of the operation (`extensions: {"cost": true}`). `members` are those
    of an array, each of which may hold the parameters of a request; the rest is empty then.
    """

    query: str
    operation_name: str | None
    variables: Mapping[str, object]
    reference: DocumentReference | None = None
    wants_cost: bool = False
    members: Sequence[object] | None = None


NOTHING: Final = Parameters("", None, {})


def from_json(body: bytes | bytearray) -> Parameters:
    """The parameters of a POST. Raises HTTPFault (400 for what is no JSON, 422)."""
    value = _loads(body.removeprefix(BOM), "The body")
    if isinstance(value, list):
        return NOTHING._replace(members=cast("list[object]", value))
    if not isinstance(value, dict):
        raise not_well_formed(f"The body {NO_OBJECT}")
    return _typed(cast("dict[str, object]", value), may_hold_nul=b"\\u0000" in body)


def from_member(value: object) -> Parameters:
    """The parameters in a member of an array. Raises HTTPFault (422)."""
    if not isinstance(value, dict):
        raise not_well_formed(f"A member of the array {NO_OBJECT}")
    return _typed(cast("dict[str, object]", value), may_hold_nul=True)


def from_query_string(query_string: bytes) -> Parameters:
    """The parameters of a GET; `variables` and `extensions` are JSON. Raises as `from_json` does."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_QUERY_FIELDS
        )
    except ValueError:
        raise bad_input("The query string is not UTF-8 in percent-encoding, or has too many parameters.") from None
    given = [pair for pair in pairs if pair[0] in KINDS]
    values: dict[str, object] = dict(given)
    if len(values) != len(given):
        raise not_well_formed("A parameter of the query string is given twice.")
    for name in ("variables", "extensions"):
        if name in values:
            text = cast("str", values[name])
            values[name] = _loads(text, f"The parameter `{name}`") if text else None
    return _typed(values, may_hold_nul=True)


def from_members(values: Mapping[str, object]) -> Parameters:
    """The parameters in a JSON object that is parsed already. Raises as `from_json` does."""
    return _typed(values, may_hold_nul=True)


def _loads(text: bytes | bytearray | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise bad_input(f"{what} is not valid JSON (line {error.lineno}, column {error.colno}).") from None


def _typed(values: Mapping[str, object], *, may_hold_nul: bool) -> Parameters:
    for name, value in values.items():
        if value is not None and not isinstance(value, KINDS.get(name, object)):
            raise not_well_formed(f"The member `{name}` has to be {'a string' if KINDS[name] is str else 'an object'}.")
    known: Any = values.get
    query, variables, extensions = known("query"), known("variables"), known("extensions")
    reference = None
    if query is None or extensions is not None or "documentId" in values:
        reference = _reference(known("documentId"), extensions)
        if query is None and reference is None:
            raise not_well_formed(NO_QUERY)
    if query is not None and reference is not None and reference.document_id is not None:
        raise not_well_formed("Send either `query` or `documentId`, not both.")
    if may_hold_nul and _holds_nul(variables):
        raise not_well_formed("A string in `variables` contains the character U+0000, which cannot be stored.")
    wants_cost = extensions is not None and extensions.get("cost") is True
    return Parameters(query or "", known("operationName") or None, variables or {}, reference, wants_cost)


def _reference(document_id: str | None, extensions: Mapping[str, Any] | None) -> DocumentReference | None:
    """The reference to a document, alone or beside its text: `documentId`, or Apollo's `extensions.persistedQuery`."""
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is None:
        if document_id is None:
            return None
        if len(document_id) > LONGEST_REFERENCE:
            raise not_well_formed(f"The member `documentId` is longer than {LONGEST_REFERENCE} characters.")
        return DocumentReference(document_id=document_id)
    if document_id is not None:
        raise not_well_formed("Send either `documentId` or `extensions.persistedQuery`, not both.")
    known = cast("dict[str, Any]", persisted if isinstance(persisted, dict) else {})
    sha256_hash = known.get("sha256Hash")
    if known.get("version") != 1 or not isinstance(sha256_hash, str) or not 0 < len(sha256_hash) <= LONGEST_REFERENCE:
        raise not_well_formed('`extensions.persistedQuery` has to be {"version": 1, "sha256Hash": "…"}.')
    return DocumentReference(sha256_hash=sha256_hash)


def _holds_nul(value: object) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        match item:
            case str() if "\0" in item:
                return True
            case dict():
                waiting += cast("dict[object, object]", item).keys()
                waiting += cast("dict[object, object]", item).values()
            case list():
                waiting += cast("list[object]", item)
            case _:
                pass
    return False
