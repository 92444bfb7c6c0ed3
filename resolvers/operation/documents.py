"""From the text of a document to its operations: parse it, check its size, validate it, keep it in a cache."""

import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    Undefined,
    ValidationContext,
    validate,
)

from resolvers.cache import Cache
from resolvers.gates.coordinates import literal_value, type_at
from resolvers.gates.schema_views import View
from resolvers.gates.visibility import Held
from resolvers.operation.limits import INTROSPECTION, parse_document
from resolvers.operation.operation import Operation, VariableDefinition
from resolvers.operation.optional import may_be_optional, pruned
from resolvers.operation.prescan import tokens_and_comments
from resolvers.operation.references import expanded
from resolvers.operation.surely_valid import is_surely_valid
from resolvers.operation.validation_rules import EVERY, UNUSED, Rule, rules_for, together
from resolvers.request import ErrorEntry, Location, RequestError
from resolvers.request_limits import TRUSTED, Limits
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode

VALIDATION_ERRORS: Final = 5

TOKEN, DOCUMENT = 800, 4_000
"""Estimated size of a document in memory, in bytes: of each token or comment, half without places, and of the rest."""

VALUE: Final = re.compile(r"(?:, found: |(?<= value): |, but encountered error ).*", re.DOTALL)
"""The end of a message of graphql-core that quotes the value that does not fit, or Python's error about it."""


MESSAGE: Final = 300
"""Maximum length of a message that is sent back, in characters; messages quote the document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A validated document; `size` is its estimated size in memory, in bytes."""

    operations: Mapping[str | None, Operation]
    size: int

    def choose(self, name: str | None) -> Operation:
        """The operation that a request means: the named one, or the only one.

        Raises RequestError (OPERATION_RESOLUTION_FAILURE).
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise RequestError(
                ErrorCode.OPERATION_RESOLUTION_FAILURE,
                "The document has several operations: say which by operationName.",
            )
        if name not in self.operations:
            raise RequestError(ErrorCode.OPERATION_RESOLUTION_FAILURE, "The document has no operation of that name.")
        return self.operations[name]


@dataclass(slots=True)
class Documents:
    """Turns texts into documents and keeps them; `room` bounds their estimated size in memory together, in bytes.

    Documents that are pinned, and those with a `trusted` text, are the operator's own: they may be `TRUSTED` times as
    large, and are kept under every view without the places of their tokens, which only matter for an error.
    """

    schema: GraphQLSchema
    limits: Limits = field(default_factory=Limits)
    room: int = 24_000_000
    trusted: frozenset[str] = frozenset()
    _whole: View = field(init=False)
    _cache: Cache[str | tuple[Held, str], Document] = field(init=False)

    def __post_init__(self) -> None:
        self._whole = View.whole(self.schema)
        self._cache = Cache(self.room)

    def find(self, text: str, view: View | None = None, *, stages: Stages | None = None) -> Document:
        """The document of a text, validated against a view or the whole schema.

        Raises RequestError (GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE).
        """
        document = self.kept(text, view)
        if document is None:
            is_trusted = text in self.trusted or self._cache.is_pinned(text)
            read = self._read_trusted if is_trusted else self._read
            document = read(text, view or self._whole, stages=stages)
            self._cache.put(_key(text, view), document, document.size)
        return document

    def kept(self, text: str, view: View | None = None) -> Document | None:
        """The document of a text if it is in the cache, else None."""
        return self._cache.get(_key(text, view))

    def figures(self) -> tuple[int, int, int]:
        """The number of documents that are kept, and how often one was found and not found."""
        return self._cache.figures()

    def pin(self, text: str) -> Document:
        """The document of a text, which is kept for good. Raises as `find` does."""
        document = self._read_trusted(text, self._whole)
        self._cache.pin(text, document)
        return document

    def _read_trusted(self, text: str, view: View, *, stages: Stages | None = None) -> Document:
        """Read a text once for errors with their places, and once more for the document without places."""
        limits = self.limits.times(TRUSTED)
        self._read(text, view, limits)
        return self._read(text, view, limits, located=False, stages=stages)

    def _read(
        self, text: str, view: View, limits: Limits | None = None, *, located: bool = True, stages: Stages | None = None
    ) -> Document:
        limits = limits or self.limits
        parsed = parse_document(text, limits, located=located)
        if stages is not None:
            stages.end(Stage.PARSE)
        if view is not self._whole and may_be_optional(text):
            errors, parsed = self._prune(parsed, view)
        else:
            errors = _validated(view, parsed, rules_for(text))
        if errors:
            raise RequestError.several(tuple(_entry(error) for error in errors[:VALIDATION_ERRORS]))
        fragments = {node.name.value: node for node in parsed.definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
        if not operations:
            raise RequestError(ErrorCode.OPERATION_RESOLUTION_FAILURE, "The document has no operation.")
        tokens, comments = tokens_and_comments(text, limits.tokens + limits.comments)
        usages = ValidationContext(view.schema, parsed, TypeInfo(view.schema), lambda error: None)
        digest = hash_of(text)
        document = Document(
            {
                node.name.value if node.name else None: Operation(
                    node,
                    fragments,
                    _wanted(view.schema, node),
                    _required(usages, node),
                    view.names,
                    _introspects(node.selection_set, fragments),
                    tokens,
                    is_viewed=view is not self._whole,
                    digest=digest,
                )
                for node in operations
            },
            DOCUMENT + sys.getsizeof(text) + (tokens + comments) * (TOKEN if located else TOKEN // 2),
        )
        if stages is not None:
            stages.end(Stage.VALIDATE)
        return document

    def _prune(self, parsed: DocumentNode, view: View) -> tuple[list[GraphQLError], DocumentNode]:
        """The errors of a document, and the document without its optional parts that are not in the view.

        Unused variables and fragments are looked for in the document as it was sent, since pruning drops uses.
        """
        left = pruned(parsed, view.schema)
        unused = _validated(view, parsed, UNUSED)
        return unused + _validated(view, left, tuple(rule for rule in EVERY if rule not in UNUSED)), left


def hash_of(text: str) -> str:
    """The SHA-256 of a text in hexadecimal, as clients compute it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _key(text: str, view: View | None) -> str | tuple[Held, str]:
    """The cache key of a document."""
    return text if view is None else (view.held, text)


def _validated(view: View, parsed: DocumentNode, rules: tuple[Rule, ...]) -> list[GraphQLError]:
    if is_surely_valid(view.schema, parsed):
        return []
    return validate(view.schema, parsed, (together(rules),), max_errors=VALIDATION_ERRORS, hide_suggestions=True)


def _wanted(schema: GraphQLSchema, node: OperationDefinitionNode) -> tuple[VariableDefinition, ...]:
    found: list[VariableDefinition] = []
    for definition in node.variable_definitions or ():
        type_ = type_at(schema, definition.type)
        default = literal_value(definition.default_value, type_) if definition.default_value else None
        found.append(VariableDefinition(definition.variable.name.value, type_, default, definition))
    return tuple(found)


def _introspects(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """True if an operation with these selections reads the schema."""
    return any(
        isinstance(selection, FieldNode) and selection.name.value in INTROSPECTION
        for selection in expanded(selections, fragments)
    )


def _required(usages: ValidationContext, node: OperationDefinitionNode) -> frozenset[str]:
    """The variables of nullable types (with a default) that are used where null is not allowed.

    Validation allows them because of the default; a null from the client still has to be refused. A place with a
    default of its own uses it for null; only introspection has such places.
    """
    nullable = {
        definition.variable.name.value
        for definition in node.variable_definitions or ()
        if not isinstance(definition.type, NonNullTypeNode)
    }
    found = cast("list[Any]", usages.get_recursive_variable_usages(node)) if nullable else []
    return frozenset(
        usage.node.name.value
        for usage in found
        if usage.node.name.value in nullable
        and isinstance(usage.type, GraphQLNonNull)
        and usage.default_value is Undefined
    )


def _entry(error: GraphQLError) -> ErrorEntry:
    """A validation error as the client sees it, without values, which may be passwords, and not too long."""
    message = VALUE.sub(".", error.message)
    message = message if len(message) <= MESSAGE else f"{message[:MESSAGE]}…"
    locations = tuple(Location(place.line, place.column) for place in error.locations or ())
    return ErrorEntry(ErrorCode.GRAPHQL_VALIDATION_FAILED, message, locations=locations)
