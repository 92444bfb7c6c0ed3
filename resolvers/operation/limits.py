"""The size limits of a document, and the parser that checks them.

Everything is measured before validation, in time linear in the text: each fragment is measured once.
"""

import re
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    parse,
)

from resolvers.operation.prescan import counts, quiet, tokens_and_comments
from resolvers.operation.references import expanded
from resolvers.request import Location, RequestError, locations_of
from resolvers.request_limits import NESTING, Limits
from schema.errors import ErrorCode

INTROSPECTION = frozenset({"__schema", "__type"})
BARE, COMPOUND = 1, 10  # validation's work to compare two fields without, and with, arguments or selections

FAR = {"aliases": 2, "directives": 2}
"""Factor on a limit above which a document is refused before it is parsed, without a place; 1 for other limits."""

WORDS = {"spreads": "fragments spread", "items": "items in a list"}

VALUE = re.compile(r"\b(String|BlockString|Int|Float) '.*'", re.DOTALL)
"""A value that a message of the parser quotes; it may be a password."""

NAME = re.compile(r"\b[_A-Za-z]\w*")

Directed = OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode | SelectionNode


@dataclass(frozen=True, slots=True)
class DocumentSize:
    """The size of a selection set with its fragments expanded; `selections` counts fields and spreads."""

    selections: int = 0
    root_fields: int = 0
    depth: int = 0
    introspection_depth: int = 0


def parse_document(text: str, limits: Limits, *, located: bool = True) -> DocumentNode:
    """Parse `text` and check its size. With `located`, the nodes have their places in the text.

    Raises RequestError (GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED).
    """
    if len(text) > limits.source:
        raise RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, f"The document is longer than {limits.source} characters.")
    _glance(text, limits)
    try:
        document = parse(
            text,
            max_lexical_tokens=limits.tokens,
            max_comments=limits.comments,
            no_location=not located,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        locations = tuple(Location(place.line, place.column) for place in error.locations or ())
        raise RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, VALUE.sub(r"\1", error.message), locations) from None
    check_limits(document, limits)
    return document


def _glance(text: str, limits: Limits) -> None:
    """Refuse a text that is far too large before it is parsed; a little too large, the parsed document has places."""
    tokens, comments = tokens_and_comments(text, limits.tokens + limits.comments + 1)
    for what, count in (("tokens", tokens), ("comments", comments)):
        if count > getattr(limits, what):
            message = f"The document has more than {getattr(limits, what)} {what}."
            raise RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, message)
    rest = quiet(text)
    if any(len(found[0]) > limits.name for found in NAME.finditer(rest)):
        raise _refused(f"The document has a name of more than {limits.name} characters.")
    for what, count in counts(rest):
        most: int = getattr(limits, what)
        if count > FAR.get(what, 1) * most:
            raise _refused(f"The document has more than {most} {WORDS.get(what, what)}.")


def check_limits(document: DocumentNode, limits: Limits) -> None:
    """Raise RequestError (GRAPHQL_VALIDATION_FAILED) for a document that is larger than `limits`."""
    Meter(document, limits).check()


class Meter:
    """Measures one document; `visits` counts the visited selections."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.visits = 0
        self._limits = limits
        self._operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        for node in document.definitions:
            if isinstance(node, FragmentDefinitionNode):
                self._add_fragment(node)
        self._sizes: dict[str, DocumentSize | None] = {}  # None: being measured
        self._aliases = 0
        self._directives = 0
        self._comparisons = 0

    def check(self) -> None:
        """Raise RequestError for the first limit that the document exceeds."""
        self._at_most(self._limits.operations, len(self._operations), "operations")
        self._at_most(self._limits.fragments, len(self._fragments), "fragments")
        sizes = [self._size_of_operation(operation) for operation in self._operations]
        roots = [operation.selection_set for operation in self._operations]
        for name, fragment in self._fragments.items():  # validation compares the fields of unused fragments too
            if name not in self._sizes:
                sizes.append(self._size_of_fragment(fragment, 0))
                roots.append(fragment.selection_set)
        total = sum(size.selections for size in sizes)
        self._at_most(self._limits.fields, total, "selected fields (fragments expanded)")
        for root in roots:
            self._compare([root])

    def _add_fragment(self, fragment: FragmentDefinitionNode) -> None:
        name = fragment.name.value
        if name in self._fragments:
            raise _refused(f"There can be only one fragment named '{name}'.", fragment)
        self._fragments[name] = fragment

    def _size_of_operation(self, operation: OperationDefinitionNode) -> DocumentSize:
        self._count_directives(operation)
        for variable in operation.variable_definitions or ():
            self._count_directives(variable)
        size = self._size(operation.selection_set, 0)
        self._at_most(self._limits.depth, size.depth, "levels of fields", operation)
        self._at_most(self._limits.introspection_depth, size.introspection_depth, "levels of introspection", operation)
        self._at_most(self._limits.root_fields, size.root_fields, "fields at the root of an operation", operation)
        return size

    def _size(self, selections: SelectionSetNode, level: int) -> DocumentSize:
        self._at_most(NESTING, level, "selections inside each other", selections)
        sizes = [self._size_of(selection, level + 1) for selection in selections.selections]
        return DocumentSize(
            sum(size.selections for size in sizes),
            sum(size.root_fields for size in sizes),
            max((size.depth for size in sizes), default=0),
            max((size.introspection_depth for size in sizes), default=0),
        )

    def _size_of(self, selection: SelectionNode, level: int) -> DocumentSize:
        self.visits += 1
        self._count_directives(selection)
        match selection:
            case FieldNode():
                return self._size_of_field(selection, level)
            case InlineFragmentNode():
                return self._size(selection.selection_set, level)
            case FragmentSpreadNode():
                return self._size_of_spread(selection, level)
            case _:
                return DocumentSize()

    def _size_of_field(self, field: FieldNode, level: int) -> DocumentSize:
        if field.alias is not None:
            self._aliases += 1
            self._at_most(self._limits.aliases, self._aliases, "aliases", field)
        inner = self._size(field.selection_set, level) if field.selection_set else DocumentSize()
        if field.name.value in INTROSPECTION:
            return DocumentSize(inner.selections + 1, 1, 1, inner.depth + 1)
        return DocumentSize(inner.selections + 1, 1, inner.depth + 1, inner.introspection_depth)

    def _size_of_spread(self, spread: FragmentSpreadNode, level: int) -> DocumentSize:
        name = spread.name.value
        if name not in self._fragments:  # validation refuses it
            return DocumentSize(selections=1)
        if name in self._sizes and self._sizes[name] is None:
            raise _refused(f"Cannot spread fragment '{name}' within itself.", spread)
        size = self._sizes.get(name) or self._size_of_fragment(self._fragments[name], level)
        return DocumentSize(size.selections + 1, size.root_fields, size.depth, size.introspection_depth)

    def _size_of_fragment(self, fragment: FragmentDefinitionNode, level: int) -> DocumentSize:
        name = fragment.name.value
        self._sizes[name] = None
        self._count_directives(fragment)
        self._sizes[name] = size = self._size(fragment.selection_set, level)
        return size

    def _compare(self, merged: list[SelectionSetNode]) -> None:
        """Count the comparisons of validation below one response path; the expansion is already known to be small."""
        by_key: dict[str, list[FieldNode]] = {}
        for selections in merged:
            for selection in expanded(selections, self._fragments):
                self.visits += 1
                if isinstance(selection, FieldNode):
                    by_key.setdefault((selection.alias or selection.name).value, []).append(selection)
        for fields in by_key.values():
            weight = COMPOUND if any(field.arguments or field.selection_set for field in fields) else BARE
            self._comparisons += weight * len(fields) * (len(fields) - 1) // 2
            if self._comparisons > self._limits.comparisons:
                raise _refused("The document selects the same fields too often.", fields[-1])
            self._compare([field.selection_set for field in fields if field.selection_set])

    def _count_directives(self, node: Directed) -> None:
        self._directives += len(node.directives or ())
        self._at_most(self._limits.directives, self._directives, "directives", node)

    def _at_most(self, limit: int, count: int, what: str, node: Node | None = None) -> None:
        if count > limit:
            raise _refused(f"The document has more than {limit} {what}.", node)


def _refused(message: str, node: Node | None = None) -> RequestError:
    locations = locations_of(node) if node is not None else ()
    return RequestError(ErrorCode.GRAPHQL_VALIDATION_FAILED, message, locations)
