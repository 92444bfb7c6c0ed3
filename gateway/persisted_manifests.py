"""Manifests of trusted documents: reads the files that client tools write, with the text of each document by its id.

Three formats are supported: an object from id to text (the client preset of graphql-codegen, relay-compiler), Apollo's
list of operations with `id` and `body`, and a file `.graphql` of named operations, whose names are the ids.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from graphql import GraphQLSyntaxError

from gateway.operation_files import operations_of
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Document, Documents
from resolvers.operation.persisted import OperationNames, PersistedDocuments, operation_names
from resolvers.request import RequestError
from resolvers.request_limits import TRUSTED, Limits
from schema import schema

LARGEST: Final = 8_388_608
"""Maximum number of bytes of one file."""

MOST: Final = 5_000
"""Maximum number of documents of all files together."""

LONGEST_ID: Final = 200

APOLLO: Final = "apollo-persisted-query-manifest"


class ManifestBroken(ValueError):
    """A manifest cannot be used; the message names the file, the place and the reason, for the gateway's operator."""


def known_operations(
    paths: Iterable[Path],
    limits: Limits | None = None,
    *,
    only: bool = False,
    own: Mapping[str, str] = MappingProxyType({}),
) -> PersistedDocuments:
    """The documents of some manifests, validated, compiled and kept for good; others have at most these limits.

    `own` are the gateway's own documents, by id: as trusted as those, but validated and compiled when they are used.
    Raises ManifestBroken.
    """
    compiler = default_compiler()
    documents = Documents(compiler.schema, limits or Limits(), trusted=frozenset(own.values()))
    texts, found = _validated(_texts(paths), documents.pin)
    for document in found.values():
        for operation in document.operations.values():
            compiler.keep(operation)
    return PersistedDocuments(documents, {**texts, **own}, only=only, names=operation_names(texts, found, own))


def check_manifests(
    paths: Iterable[Path], limits: Limits | None = None, own: Mapping[str, str] = MappingProxyType({})
) -> OperationNames:
    """Validate manifests, so that the gateway can refuse to start; returns the names of these and its own operations.

    Raises ManifestBroken.
    """
    documents = Documents(schema.core, (limits or Limits()).times(TRUSTED))
    return operation_names(*_validated(_texts(paths), documents.find), own)


def _texts(paths: Iterable[Path]) -> Mapping[str, tuple[Path, str]]:
    """The texts of all manifests by their ids, each with the first file that contains it. Raises ManifestBroken."""
    found: dict[str, tuple[Path, str]] = {}
    for path in paths:
        for id_, text in read_manifest(path).items():
            if found.setdefault(id_, (path, text))[1] != text:
                raise ManifestBroken(f"{path}: operation {id_} has another text in {found[id_][0]}.")
        if len(found) > MOST:
            raise ManifestBroken(f"{path}: the manifests have more than {MOST} operations.")
    return found


def _validated(
    texts: Mapping[str, tuple[Path, str]], read: Callable[[str], Document]
) -> tuple[Mapping[str, str], Mapping[str, Document]]:
    """The texts by their ids, and their documents by text."""
    documents = {text: _valid(path, id_, text, read) for id_, (path, text) in texts.items()}
    return {id_: text for id_, (_, text) in texts.items()}, documents


def _valid(path: Path, id_: str, text: str, read: Callable[[str], Document]) -> Document:
    try:
        return read(text)
    except RequestError as refused:
        raise ManifestBroken(f"{path}: operation {id_}: {reason(refused)}") from None


def reason(refused: RequestError) -> str:
    """The reason why a document is refused, with its line."""
    entry = refused.entry
    where = f"line {entry.locations[0].line}: " if entry.locations else ""
    return f"{where}{entry.message}"


def read_manifest(path: Path) -> Mapping[str, str]:
    """The texts of one manifest by their ids. Raises ManifestBroken."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ManifestBroken(f"{path}: {error.strerror or 'cannot be read'}.") from None
    if len(content) > LARGEST:
        raise ManifestBroken(f"{path}: has more than {LARGEST} bytes.")
    if path.suffix == ".graphql":
        return _of_graphql(path, content)
    try:
        found = json.loads(content, object_pairs_hook=lambda pairs: _unique(path, pairs))
    except json.JSONDecodeError as error:
        raise ManifestBroken(f"{path}: line {error.lineno}: is not JSON ({error.msg}).") from None
    except (UnicodeDecodeError, RecursionError):
        raise ManifestBroken(f"{path}: is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise ManifestBroken(f"{path}: has to be an object from ids to documents.")
    manifest = cast("dict[str, Any]", found)
    return _of_apollo(path, manifest) if "operations" in manifest or "format" in manifest else _plain(path, manifest)


def _of_graphql(path: Path, content: bytes) -> Mapping[str, str]:
    try:
        return _plain(path, operations_of(content.decode()))
    except UnicodeDecodeError:
        raise ManifestBroken(f"{path}: is not in UTF-8.") from None
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise ManifestBroken(f"{path}: line {line}: {error.message}") from None
    except ValueError as error:
        raise ManifestBroken(f"{path}: {error}.") from None


def _unique(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ManifestBroken(f"{path}: {twice[:LONGEST_ID]} is there twice.")
    return found


def _of_apollo(path: Path, manifest: Mapping[str, Any]) -> Mapping[str, str]:
    if manifest.get("format") != APOLLO or manifest.get("version") != 1:
        raise ManifestBroken(f"{path}: the only format with `operations` that is known is {APOLLO}, version 1.")
    operations: object = manifest.get("operations")
    if not isinstance(operations, list):
        raise ManifestBroken(f"{path}: `operations` has to be a list.")
    found: dict[str, Any] = {}
    for n, operation in enumerate(cast("list[Any]", operations), 1):
        members = cast("dict[str, Any]", operation if isinstance(operation, dict) else {})
        id_ = members.get("id")
        if not isinstance(id_, str):
            raise ManifestBroken(f"{path}: operation number {n} has no `id`.")
        if id_ in found:
            raise ManifestBroken(f"{path}: operation {id_[:LONGEST_ID]} is there twice.")
        found[id_] = members.get("body")
    return _plain(path, found)


def _plain(path: Path, manifest: Mapping[str, Any]) -> Mapping[str, str]:
    for id_, text in manifest.items():
        if not 0 < len(id_) <= LONGEST_ID:
            raise ManifestBroken(f"{path}: an id has 1 to {LONGEST_ID} characters, unlike {id_[:LONGEST_ID]!r}.")
        if not isinstance(text, str):
            raise ManifestBroken(f"{path}: operation {id_} has no text.")
    return manifest
