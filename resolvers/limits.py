"""How large an operation may be: takes a document's text, gives the parsed document or raises RequestError.

Everything is measured before validation, in time linear in the text: each fragment is measured once.
"""

import re
from collections.abc import Iterable
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

from resolvers.glance import counts, quiet, tokens_and_comments
from resolvers.request import Location, RequestError
from schema.errors import ErrorCode

INTROSPECTION = frozenset({"__schema", "__type"})
NESTING = 100  # braces and spreads inside each other that are measured at all: it bounds the recursion
BARE, COMPOUND = 1, 10  # what validation pays to compare two fields without, and with, arguments or selections

FAR = {"aliases": 2, "directives": 2}
"""What has so many times more than it may is refused without a place."""

WORDS = {"spreads": "fragments spread", "items": "items in a list"}

VALUE = re.compile(r"\b(String|BlockString|Int|Float) '.*'", re.DOTALL)
"""How a message of the parser quotes a value, which may be a password."""

NAME = re.compile(r"\b[_A-Za-z]\w*")

Directed = OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode | SelectionNode


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may have."""

    source: int = 65_536  # characters
    name: int = 100  # characters: names are repeated in answers, notes and errors
    tokens: int = 2_000
    comments: int = 2_000
    operations: int = 20
    fragments: int = 100  # validation compares the fragments of a selection set pair by pair
    depth: int = 12  # fields inside each other, introspection apart
    introspection_depth: int = 20  # from `__schema` or `__type` on; the standard query needs 15
    aliases: int = 30
    directives: int = 50
    root_fields: int = 20  # of one operation, after expanding fragments
    spreads: int = 400  # fragments used, inline ones too
    fields: int = 3_000  # after expanding fragments, all operations together
    items: int = 1_000  # of one list; the lists of variables are bounded in operation.py
    comparisons: int = 50_000  # n fields of one response name make n(n-1)/2 pairs for validation


@dataclass(frozen=True, slots=True)
class Size:
    """The measure of a selection set with its fragments expanded; `selections` counts fields and spreads."""

    selections: int = 0
    root_fields: int = 0
    depth: int = 0
    introspection_depth: int = 0


def parse_document(text: str, limits: Limits, *, located: bool = True) -> DocumentNode:
    """Parse `text` and check its size; its nodes know their places in the text if `located`.

    Raises RequestError (GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED).
    """
    if len(text) > limits.source:
        raise RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, f"The document is longer than {limits.source} characters.")
    _glance(text, limits)
    try:
        document = parse(text, max_tokens=limits.tokens, no_location=not located, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        places = tuple(Location(place.line, place.column) for place in error.locations or ())
        raise RequestError(ErrorCode.GRAPHQL_PARSE_FAILED, VALUE.sub(r"\1", error.message), places) from None
    check_limits(document, limits)
    return document


def _glance(text: str, limits: Limits) -> None:
    """Refuse what is plainly too large before it is parsed; of what is only a little so, parsing tells where."""
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
    """Measures one document; `visits` counts the selections that it looked at."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.visits = 0
        self._limits = limits
        self._operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        for node in document.definitions:
            if isinstance(node, FragmentDefinitionNode):
                self._add_fragment(node)
        self._sizes: dict[str, Size | None] = {}  # None: being measured
        self._aliases = 0
        self._directives = 0
        self._comparisons = 0

    def check(self) -> None:
        """Raise RequestError for the first limit that is passed."""
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

    def _size_of_operation(self, operation: OperationDefinitionNode) -> Size:
        self._count_directives(operation)
        for variable in operation.variable_definitions or ():
            self._count_directives(variable)
        size = self._size(operation.selection_set, 0)
        self._at_most(self._limits.depth, size.depth, "levels of fields", operation)
        self._at_most(self._limits.introspection_depth, size.introspection_depth, "levels of introspection", operation)
        self._at_most(self._limits.root_fields, size.root_fields, "fields at the root of an operation", operation)
        return size

    def _size(self, selections: SelectionSetNode, level: int) -> Size:
        self._at_most(NESTING, level, "selections inside each other", selections)
        sizes = [self._size_of(selection, level + 1) for selection in selections.selections]
        return Size(
            sum(size.selections for size in sizes),
            sum(size.root_fields for size in sizes),
            max((size.depth for size in sizes), default=0),
            max((size.introspection_depth for size in sizes), default=0),
        )

    def _size_of(self, selection: SelectionNode, level: int) -> Size:
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
                return Size()

    def _size_of_field(self, field: FieldNode, level: int) -> Size:
        if field.alias is not None:
            self._aliases += 1
            self._at_most(self._limits.aliases, self._aliases, "aliases", field)
        inner = self._size(field.selection_set, level) if field.selection_set else Size()
        if field.name.value in INTROSPECTION:
            return Size(inner.selections + 1, 1, 1, inner.depth + 1)
        return Size(inner.selections + 1, 1, inner.depth + 1, inner.introspection_depth)

    def _size_of_spread(self, spread: FragmentSpreadNode, level: int) -> Size:
        name = spread.name.value
        if name not in self._fragments:  # validation says so
            return Size(selections=1)
        if name in self._sizes and self._sizes[name] is None:
            raise _refused(f"Cannot spread fragment '{name}' within itself.", spread)
        size = self._sizes.get(name) or self._size_of_fragment(self._fragments[name], level)
        return Size(size.selections + 1, size.root_fields, size.depth, size.introspection_depth)

    def _size_of_fragment(self, fragment: FragmentDefinitionNode, level: int) -> Size:
        name = fragment.name.value
        self._sizes[name] = None
        self._count_directives(fragment)
        self._sizes[name] = size = self._size(fragment.selection_set, level)
        return size

    def _compare(self, merged: list[SelectionSetNode]) -> None:
        """Count what validation compares below one response path; the expansion is known to be small."""
        by_key: dict[str, list[FieldNode]] = {}
        for selections in merged:
            for field in self._expand(selections):
                by_key.setdefault((field.alias or field.name).value, []).append(field)
        for fields in by_key.values():
            weight = COMPOUND if any(field.arguments or field.selection_set for field in fields) else BARE
            self._comparisons += weight * len(fields) * (len(fields) - 1) // 2
            if self._comparisons > self._limits.comparisons:
                raise _refused("The document selects the same fields too often.", fields[-1])
            self._compare([field.selection_set for field in fields if field.selection_set])

    def _expand(self, selections: SelectionSetNode) -> Iterable[FieldNode]:
        for selection in selections.selections:
            self.visits += 1
            match selection:
                case FieldNode():
                    yield selection
                case InlineFragmentNode():
                    yield from self._expand(selection.selection_set)
                case FragmentSpreadNode() if selection.name.value in self._fragments:
                    yield from self._expand(self._fragments[selection.name.value].selection_set)
                case _:
                    pass

    def _count_directives(self, node: Directed) -> None:
        self._directives += len(node.directives or ())
        self._at_most(self._limits.directives, self._directives, "directives", node)

    def _at_most(self, limit: int, count: int, what: str, node: Node | None = None) -> None:
        if count > limit:
            raise _refused(f"The document has more than {limit} {what}.", node)


def _refused(message: str, node: Node | None = None) -> RequestError:
    places = ()
    if node is not None and node.loc is not None:
        token = node.loc.start_token
        places = (Location(token.line, token.column),)
    return RequestError(ErrorCode.GRAPHQL_VALIDATION_FAILED, message, places)
