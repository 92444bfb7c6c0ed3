"""A validated operation with its variables, their coercion, and the shapes of its statements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from graphql import (
    FragmentDefinitionNode,
    GraphQLNonNull,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    print_ast,
)

from resolvers.operation.arguments import ArgumentValue, Inputs, Lookup, Variables, variable_path
from resolvers.operation.coercion import Coerce, coercer_of
from resolvers.operation.misfit import find_misfit
from resolvers.operation.selection import SelectedField
from resolvers.operation.variable_limits import is_too_long, measured
from resolvers.request import ErrorEntry, RequestError, bad_input, locations_of
from resolvers.request_limits import NESTED, VALUES, VARIABLE_ITEMS
from schema.errors import ErrorCode

LOOKUPS: Final = 2_000
"""Maximum number of lookups of a selection whose statements are kept: every request of the operation makes them all."""


class WritePart(NamedTuple):
    """The part of a mutation that writes, for the root field with this response key; `in_full`: whatever its input."""

    key: str
    in_full: bool = False


Part: TypeAlias = str | WritePart | None
"""A statement of an operation: the payload of a root field, by its response key; its write; None: the whole query."""


@dataclass(slots=True, eq=False)
class Shapes:
    """The compiler's lookups in the variables, of all compilations of one selection together."""

    lookups: tuple[Lookup, ...] = ()

    def shape(self, variables: Variables) -> tuple[Any, ...]:
        """The answers to all lookups: variables of equal shape have the same statement."""
        return tuple([lookup.answer(variables) for lookup in self.lookups])

    def learn(self, inputs: Inputs) -> None:
        """Add the lookups of a compilation; statements that are kept under the coarser shapes are not found again."""
        self.lookups = tuple(dict.fromkeys((*self.lookups, *inputs.lookups)))

    def has_room(self, inputs: Inputs) -> bool:
        """True if the lookups stay few enough with those of a compilation, so that its statement may be kept."""
        return len(self.lookups) + len(inputs.lookups) <= LOOKUPS


@dataclass(frozen=True, slots=True)
class VariableDefinition:
    """A variable definition of an operation; `default` is None for no default or a null."""

    name: str
    type: Any
    default: Any
    node: VariableDefinitionNode
    _coerce: Coerce = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_coerce", coercer_of(self.type))

    @property
    def is_required(self) -> bool:
        """True if the variable must be given."""
        return isinstance(self.type, GraphQLNonNull)

    def coerce(self, value: object) -> Any:
        """The value coerced to the variable's type. Raises RequestError (BAD_USER_INPUT)."""
        try:
            return self._coerce(value)
        except Exception:  # noqa: BLE001 (a scalar may refuse a value by any exception)
            raise self._explained(value) from None

    def misfit(self, what: str, path: tuple[str | int, ...] = ()) -> RequestError:
        """The refusal of the variable's value, which the message does not repeat, at a path inside it."""
        variable = variable_path(self.name, path)
        inside = f': "{variable}" ' if path else " "
        message = f'Variable "${self.name}" of type "{print_ast(self.node.type)}"{inside}{what}.'
        entry = ErrorEntry(ErrorCode.BAD_USER_INPUT, message, None, locations_of(self.node), {"variable": variable})
        return RequestError.several((entry,))

    def _explained(self, value: object) -> RequestError:
        if value is None:
            return self.misfit("is missing")
        try:
            found = find_misfit(value, self.type)
        except RecursionError:
            found = None
        return self.misfit(found.what, found.path) if found else self.misfit("has a value that does not fit its type")


@dataclass(slots=True)
class Operation:
    """A validated operation, and the lookups on which its statements depend.

    `shapes` are by the parts of the operation. `required` are the
    variables that may be null by their own type, but not where they are used. `names` are the types of the view that it
    was validated against, `is_viewed`: that view is not the whole schema. `introspects`: it may select `__schema` or
    `__type`. `tokens` counts those of its document, `digest` is the SHA-256 of that. `roots` are the root fields of a
    mutation that writes the same ones whatever the variables are, once they are known; `inputs` are their arguments
    `input`, by response keys.
    """

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    wanted: tuple[VariableDefinition, ...] = ()
    required: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    introspects: bool = False
    tokens: int = 0
    is_viewed: bool = False
    digest: str = ""
    shapes: dict[Part, Shapes] = field(default_factory=dict[Part, Shapes])
    roots: tuple[SelectedField, ...] | None = None
    inputs: dict[str, ArgumentValue] = field(default_factory=dict[str, ArgumentValue])

    @property
    def name(self) -> str | None:
        """Its name in the document."""
        return self.node.name.value if self.node.name is not None else None

    @property
    def is_mutation(self) -> bool:
        """True for a mutation."""
        return self.node.operation is OperationType.MUTATION

    @property
    def is_live(self) -> bool:
        """True for a subscription."""
        return self.node.operation is OperationType.SUBSCRIPTION

    @property
    def selection_set(self) -> SelectionSetNode:
        """The selection set at the root."""
        return self.node.selection_set

    def coerce(self, given: Mapping[str, object]) -> Variables:
        """The variables coerced to their types.

        Raises RequestError (BAD_USER_INPUT), which names the variable and never repeats its value.
        """
        if not self.wanted:
            return {}
        count, longest, depth = measured(given)
        if count > VALUES:
            raise bad_input(f"The variables have more than {VALUES} values.")
        if depth > NESTED:
            raise bad_input(f"The variables have more than {NESTED} lists and objects inside each other.")
        coerced: dict[str, Any] = {}
        for wanted in self.wanted:
            if longest > VARIABLE_ITEMS and is_too_long(given.get(wanted.name), wanted.type):
                raise wanted.misfit(f"has a list of more than {VARIABLE_ITEMS} items")
            if wanted.name in given:
                coerced[wanted.name] = wanted.coerce(given[wanted.name])
            elif wanted.default is not None:
                coerced[wanted.name] = wanted.default
            elif wanted.is_required:
                raise wanted.misfit("is missing")
        for wanted in self.wanted:
            if wanted.name in self.required and coerced.get(wanted.name) is None:
                raise wanted.misfit("may not be null where it is used")
        return coerced
