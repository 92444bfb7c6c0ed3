"""From a query document to the operation that a request means.

Parsed, bounded, validated, chosen, its variables coerced. Documents are cached.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeInfo,
    Undefined,
    ValidationContext,
    VariableDefinitionNode,
    print_ast,
    validate,
)

from resolvers.bounds import ITEMS, VALUES, is_too_long, measured
from resolvers.cache import Cache
from resolvers.coordinates import coerced_value, literal_value, type_at
from resolvers.glance import tokens_and_comments
from resolvers.inputs import Inputs, Lookup, Variables, bad_input
from resolvers.limits import INTROSPECTION, Limits, parse_document
from resolvers.pruning import may_be_optional, pruned
from resolvers.request import ErrorEntry, Location, RequestError
from resolvers.rules import EVERY, UNUSED, Rule, rules_for
from resolvers.views import View
from resolvers.visibility import Held
from schema.errors import ErrorCode

VALIDATION_ERRORS: Final = 5

SYNTAX_TREE, DOCUMENT = 160, 4_000
"""What a document takes in memory: so many bytes a character of its text, and so many besides."""

VALUE: Final = re.compile(r"(?:, found: |(?<= value): |, but encountered error ).*", re.DOTALL)
"""How graphql-core ends a message with the value that does not fit, or with Python's words about it."""

MESSAGE: Final = 300
"""How much of a message that quotes the document is sent back, in characters."""


@dataclass(slots=True, eq=False)
class Shapes:
    """What the compiler looked at in the variables, in any of the compilations of one selection."""

    lookups: tuple[Lookup, ...] = ()

    def shape(self, variables: Variables) -> tuple[Any, ...]:
        """The answers to all lookups: variables of equal shape have the same statement."""
        return tuple([lookup.answer(variables) for lookup in self.lookups])

    def learn(self, inputs: Inputs) -> None:
        """Add the lookups of a compilation; statements of the coarser shapes before are not found again."""
        self.lookups = (*self.lookups, *(lookup for lookup in inputs.lookups if lookup not in self.lookups))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A variable as an operation defines it; `default` is None where there is none, or null."""

    name: str
    type: Any
    default: Any
    node: VariableDefinitionNode

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return isinstance(self.type, GraphQLNonNull)

    def coerce(self, value: object) -> Any:
        """The value as its type has it. RequestError (BAD_USER_INPUT)."""
        try:
            coerced = coerced_value(value, self.type)
        except RecursionError:
            coerced = Undefined
        if coerced is Undefined:
            raise self.misfit("is missing" if value is None else "has a value that does not fit its type")
        return coerced

    def misfit(self, what: str) -> RequestError:
        """The refusal of a value, which is not repeated."""
        message = f'Variable "${self.name}" of type "{print_ast(self.node.type)}" {what}.'
        return RequestError(ErrorCode.BAD_USER_INPUT, message, _locations(self.node))


@dataclass(slots=True)
class Operation:
    """A validated operation, and what its statements depend on.

    `shapes` by root response key, None for the whole of a query; `required` are the variables that may be null by their
    own type, but not where they are used; `names` are the types that there are for it; `introspects` tells whether it
    may select `__schema` or `__type`, `tokens` how many its document has.
    """

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    wanted: tuple[Wanted, ...] = ()
    required: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    introspects: bool = False
    tokens: int = 0
    shapes: dict[str | None, Shapes] = field(default_factory=dict[str | None, Shapes])

    @property
    def is_mutation(self) -> bool:
        """Whether it writes."""
        return self.node.operation is OperationType.MUTATION

    @property
    def is_live(self) -> bool:
        """Whether it is a subscription."""
        return self.node.operation is OperationType.SUBSCRIPTION

    @property
    def selection_set(self) -> SelectionSetNode:
        """What it selects of the root."""
        return self.node.selection_set

    def coerce(self, given: Mapping[str, object]) -> Variables:
        """The variables as their types have them.

        RequestError (BAD_USER_INPUT) names the variable and never repeats its value.
        """
        if not self.wanted:
            return {}
        count, longest = measured(given)
        if count > VALUES:
            raise bad_input(f"The variables have more than {VALUES} values.")
        coerced: dict[str, Any] = {}
        for wanted in self.wanted:
            if longest > ITEMS and is_too_long(given.get(wanted.name), wanted.type):
                raise wanted.misfit(f"has a list of more than {ITEMS} items")
            if wanted.name in given:
                coerced[wanted.name] = wanted.coerce(given[wanted.name])
            elif wanted.default is not None:
                coerced[wanted.name] = wanted.default
            elif wanted.is_required:
                raise wanted.misfit("is missing")
        for name in self.required:
            if coerced.get(name) is None:
                raise bad_input(f'Variable "${name}" may not be null where it is used.')
        return coerced


@dataclass(frozen=True, slots=True)
class Document:
    """A validated document."""

    operations: Mapping[str | None, Operation]

    def choose(self, name: str | None) -> Operation:
        """The operation that a request means: the named one, or the only one.

        RequestError (OPERATION_RESOLUTION_FAILURE).
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
    """Turns texts into documents and keeps them, bounded by their estimated size in memory together (bytes)."""

    schema: GraphQLSchema
    limits: Limits = field(default_factory=Limits)
    room: int = 24_000_000
    _whole: View = field(init=False)
    _cache: Cache[str | tuple[Held, str], Document] = field(init=False)

    def __post_init__(self) -> None:
        self._whole = View.whole(self.schema)
        self._cache = Cache(self.room)

    def find(self, text: str, view: View | None = None) -> Document:
        """The document of a text, validated against a view or the whole schema.

        RequestError: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED.
        """
        key = text if view is None else (view.held, text)
        document = self._cache.get(key)
        if document is None:
            document = self._read(text, view or self._whole)
            self._cache.put(key, document, SYNTAX_TREE * len(text) + DOCUMENT)
        return document

    def pin(self, text: str) -> Document:
        """The document of a text, which is kept for good; raises as `find` does.

        Without the places of its tokens a document takes half of the memory; they only matter where it is refused.
        """
        self._read(text, self._whole)
        document = self._read(text, self._whole, located=False)
        self._cache.pin(text, document)
        return document

    def _read(self, text: str, view: View, *, located: bool = True) -> Document:
        parsed = parse_document(text, self.limits, located=located)
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
        tokens, _ = tokens_and_comments(text, self.limits.tokens + self.limits.comments)
        usages = ValidationContext(view.schema, parsed, TypeInfo(view.schema), lambda error: None)
        return Document(
            {
                node.name.value if node.name else None: Operation(
                    node,
                    fragments,
                    _wanted(view.schema, node),
                    _required(usages, node),
                    view.names,
                    any(name in INTROSPECTION for name in root_fields(node.selection_set, fragments)),
                    tokens,
                )
                for node in operations
            }
        )

    def _prune(self, parsed: DocumentNode, view: View) -> tuple[list[GraphQLError], DocumentNode]:
        """What is wrong with a document, and what is left of it in a view.

        What it does not use was written so; what it only uses in what is not there was used.
        """
        left = pruned(parsed, view.schema)
        unused = _validated(view, parsed, UNUSED)
        return unused + _validated(view, left, tuple(rule for rule in EVERY if rule not in UNUSED)), left


def _validated(view: View, parsed: DocumentNode, rules: Sequence[Rule]) -> list[GraphQLError]:
    return validate(view.schema, parsed, rules, max_errors=VALIDATION_ERRORS, hide_suggestions=True)


def _wanted(schema: GraphQLSchema, node: OperationDefinitionNode) -> tuple[Wanted, ...]:
    found: list[Wanted] = []
    for definition in node.variable_definitions or ():
        type_ = type_at(schema, definition.type)
        default = literal_value(definition.default_value, type_) if definition.default_value else None
        found.append(Wanted(definition.variable.name.value, type_, default, definition))
    return tuple(found)


def root_fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    """The names of the fields that an operation may select of its root."""
    for selection in selections.selections:
        match selection:
            case FieldNode():
                yield selection.name.value
            case InlineFragmentNode():
                yield from root_fields(selection.selection_set, fragments)
            case FragmentSpreadNode():
                yield from root_fields(fragments[selection.name.value].selection_set, fragments)
            case _:
                pass


def _required(usages: ValidationContext, node: OperationDefinitionNode) -> frozenset[str]:
    """The variables of nullable types (with a default) that are used where null is not allowed.

    Validation lets them pass for their default's sake; a null that is given all the same has to be refused. A place
    with a default of its own takes it for null, too: only introspection has such places.
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
    """A validation error as the client sees it.

    A value is not repeated, since it may be a password; nor is too much of the rest of the document.
    """
    message = VALUE.sub(".", error.message)
    message = message if len(message) <= MESSAGE else f"{message[:MESSAGE]}…"
    locations = tuple(Location(place.line, place.column) for place in error.locations or ())
    return ErrorEntry(ErrorCode.GRAPHQL_VALIDATION_FAILED, message, locations=locations)


def _locations(node: Any) -> tuple[Location, ...]:
    start = node.loc.start_token if node.loc else None
    return (Location(start.line, start.column),) if start else ()
