"""Persisted documents: finds the document of a request by its text, its id or its hash.

Trusted documents come from the operator's manifests when the gateway starts. Others are registered by a client
(automatic persisted queries): once a client has sent a text with its hash, every client may send the hash alone. A
persisted document grants no right: its statement judges the gates for each viewer.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from resolvers.cache import Cache
from resolvers.gates.schema_views import View
from resolvers.operation.documents import Document, Documents, hash_of
from resolvers.request import DocumentReference, GraphQLRequest, RequestError, bad_input
from schema.errors import ErrorCode, error_message

SHA256: Final = "sha256:"
"""The prefix of a document id that is the hash of its text (the specification's mark)."""

ROOM: Final = 4_000_000
"""Maximum size of the registered texts of a process, in bytes."""

ENTRY: Final = 400
"""Size of a cache entry besides its text, in bytes."""

UNKNOWN_HASH: Final = "PersistedQueryNotFound"
"""The message that makes Apollo's clients send the text too."""


Find: TypeAlias = Callable[[str, View | None], Document | None]
"""Returns the document of a text."""


Named: TypeAlias = Mapping[str, Sequence[str]]


class OperationNames(NamedTuple):
    """The names of the operations of trusted documents, by every id that clients may use and by text."""

    by_id: Named = MappingProxyType[str, Sequence[str]]({})
    by_text: Named = MappingProxyType[str, Sequence[str]]({})

    @property
    def all(self) -> set[str]:
        """Every name."""
        return set(chain.from_iterable(self.by_text.values()))

    def only(self, reference: DocumentReference | None) -> str | None:
        """The name of the only operation of the document that a request names."""
        if reference is None:
            return None
        names = self.by_id.get(reference.document_id or reference.sha256_hash or "", ())
        return names[0] if len(names) == 1 else None


NO_NAMES: Final = OperationNames()


class PersistedDocuments:
    """The documents that a client may name instead of sending their text.

    `trusted` has texts by their ids; their documents are kept for good. `only`: other documents are refused. `names`
    are those of the operations of trusted documents.
    """

    def __init__(
        self,
        documents: Documents,
        trusted: Mapping[str, str] | None = None,
        *,
        only: bool = False,
        room: int = ROOM,
        names: OperationNames = NO_NAMES,
    ) -> None:
        self.documents = documents
        self.names = names
        self._trusted = by_every_name(trusted or {})
        self._only = only
        self._registered: Cache[str, str] = Cache(room)

    def document(self, request: GraphQLRequest, view: View | None = None) -> Document:
        """The document that a request means, validated against a view or the whole schema.

        Raises RequestError: PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_REQUIRED, BAD_USER_INPUT for a hash of another
        text, and the errors of `Documents.find`.
        """
        document = self._meant(request, view, partial(self.documents.find, stages=request.stages))
        assert document is not None, "what is not kept is read"
        return document

    def kept(self, request: GraphQLRequest, view: View | None = None) -> Document | None:
        """The document of a request if it is in the cache, else None. Raises as `document`, but does not validate."""
        if request.reference is None and not self._only:
            return self.documents.kept(request.query, view)
        return self._meant(request, view, self.documents.kept)

    def _meant(self, request: GraphQLRequest, view: View | None, find: Find) -> Document | None:
        if request.reference is None and not self._only:
            return find(request.query, view)
        reference = request.reference or DocumentReference()
        if not request.query and reference != DocumentReference():
            return find(self._text(request, reference), view)
        if self._only:
            message = error_message(ErrorCode.PERSISTED_QUERY_REQUIRED, request.language)
            raise RequestError(ErrorCode.PERSISTED_QUERY_REQUIRED, message)
        return self._registering(request.query, reference.sha256_hash or "", view, find)

    def _text(self, request: GraphQLRequest, reference: DocumentReference) -> str:
        """The text behind a reference. Raises RequestError (PERSISTED_QUERY_NOT_FOUND)."""
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
        """The document of a text that came with its hash; a valid one is registered under the hash."""
        if hash_of(text) != sha256_hash:
            raise bad_input("`sha256Hash` is not the SHA-256 of `query`.")
        document = find(text, view)
        if document is not None and sha256_hash not in self._trusted and self._registered.get(sha256_hash) is None:
            self._registered.put(sha256_hash, text, ENTRY + len(text))
        return document


def by_every_name(trusted: Mapping[str, str]) -> Mapping[str, str]:
    """The texts by id and by hash, each with and without the prefix `sha256:`; the ids as given take precedence."""
    named: dict[str, str] = {}
    for id_, text in trusted.items():
        named.setdefault(hash_of(text), text)
        named.setdefault(SHA256 + hash_of(text), text)
        named.setdefault(id_.removeprefix(SHA256), text)
        named.setdefault(SHA256 + id_.removeprefix(SHA256), text)
    return {**named, **trusted}


def operation_names(
    texts: Mapping[str, str], documents: Mapping[str, Document], own: Mapping[str, str] = MappingProxyType({})
) -> OperationNames:
    """The names in the documents, by their texts; `texts` are by the ids of trusted documents.

    `own` has the gateway's own texts by ids that end in `/` and the name of the operation.
    """
    found = {text: tuple(filter(None, document.operations)) for text, document in documents.items()}
    by_text = {text: names for text, names in found.items() if names}
    by_text |= {text: (id_.rpartition("/")[2],) for id_, text in own.items()}
    by_id = {id_: by_text[text] for id_, text in by_every_name({**texts, **own}).items() if text in by_text}
    return OperationNames(by_id, by_text)
