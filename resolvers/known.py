"""Operations that are known in advance: takes a request, gives its document, whatever it names the document by.

Trusted documents come from the operator's manifests when the gateway starts. Others are registered by a client
(automatic persisted queries): whoever sends a text with its hash may send the hash alone from then on, and so may
everybody else. A text is no right: what it gives is judged by the statement, for each caller.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from resolvers.cache import Cache
from resolvers.inputs import bad_input
from resolvers.operation import Document, Documents
from resolvers.request import GraphQLRequest, Reference, RequestError
from resolvers.views import View
from schema.errors import ErrorCode, error_message

SHA256: Final = "sha256:"
"""How the specification marks an id that is the hash of its text."""

ROOM: Final = 4_000_000
"""The room for registered texts, in bytes, in each process."""

ENTRY: Final = 400
"""What a registered text takes in memory besides itself, with its hash; in bytes."""

UNKNOWN_HASH: Final = "PersistedQueryNotFound"
"""The message by which Apollo's clients know that they have to send the text too."""


Find: TypeAlias = Callable[[str, View | None], Document | None]
"""Gives the document of a text."""


class KnownOperations:
    """The documents that may be named instead of sent; `only`: nothing else is admitted, by whatever transport.

    `trusted` has texts by their ids; their documents are kept for good.
    """

    def __init__(
        self, documents: Documents, trusted: Mapping[str, str] | None = None, *, only: bool = False, room: int = ROOM
    ) -> None:
        self.documents = documents
        self._trusted = _by_every_name(trusted or {})
        self._only = only
        self._registered: Cache[str, str] = Cache(room)

    def document(self, request: GraphQLRequest, view: View | None = None) -> Document:
        """The document that a request means, validated against a view or the whole schema.

        RequestError: PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_REQUIRED, BAD_USER_INPUT for a hash that is another
        text's, and what is wrong with the document.
        """
        document = self._meant(request, view, self.documents.find)
        assert document is not None, "what is not kept is read"
        return document

    def kept(self, request: GraphQLRequest, view: View | None = None) -> Document | None:
        """The same if it was found before. RequestError as `document` does, but for what is wrong with a document."""
        if request.reference is None and not self._only:
            return self.documents.kept(request.query, view)
        return self._meant(request, view, self.documents.kept)

    def _meant(self, request: GraphQLRequest, view: View | None, find: Find) -> Document | None:
        if request.reference is None and not self._only:
            return find(request.query, view)
        reference = request.reference or Reference()
        if not request.query and reference != Reference():
            return find(self._text(request, reference), view)
        if self._only:
            message = error_message(ErrorCode.PERSISTED_QUERY_REQUIRED, request.language)
            raise RequestError(ErrorCode.PERSISTED_QUERY_REQUIRED, message)
        return self._registering(request.query, reference.sha256_hash or "", view, find)

    def _text(self, request: GraphQLRequest, reference: Reference) -> str:
        """The text behind a reference."""
        if reference.document_id is not None:
            text = self._trusted.get(reference.document_id)
            if text is None:
                message = error_message(ErrorCode.PERSISTED_QUERY_NOT_FOUND, request.language)
                raise RequestError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, message)
            return text
        sha256_hash = reference.sha256_hash or ""
        text = self._trusted.get(sha256_hash)
        if text is None and not self._only:
            text = self._registered.get(sha256_hash)
        if text is None:
            raise RequestError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, UNKNOWN_HASH)
        return text

    def _registering(self, text: str, sha256_hash: str, view: View | None, find: Find) -> Document | None:
        """The document of a text that came with its hash; only what is valid is registered."""
        if hash_of(text) != sha256_hash:
            raise bad_input("`sha256Hash` is not the SHA-256 of `query`.")
        document = find(text, view)
        if document is not None and sha256_hash not in self._trusted and self._registered.get(sha256_hash) is None:
            self._registered.put(sha256_hash, text, ENTRY + len(text))
        return document


def hash_of(text: str) -> str:
    """The SHA-256 of a text in hexadecimal, as clients make it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _by_every_name(trusted: Mapping[str, str]) -> Mapping[str, str]:
    """The texts by their ids, with and without the mark of a hash, and by their own hashes; given ids come first."""
    named: dict[str, str] = {}
    for id_, text in trusted.items():
        named.setdefault(hash_of(text), text)
        named.setdefault(SHA256 + hash_of(text), text)
        named.setdefault(id_.removeprefix(SHA256), text)
        named.setdefault(SHA256 + id_.removeprefix(SHA256), text)
    return {**named, **trusted}
