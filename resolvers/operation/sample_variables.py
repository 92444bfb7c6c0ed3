"""Sample variables with which an operation can be compiled before a client sends any.

Optional variables are left out, or have their default. Statements depend on booleans, which select fields, and on ids,
whose prefix names a type; so there is one set of variables for each combination of them.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final

from graphql import (
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    Undefined,
    visit,
)
from graphql.language import Visitor

from resolvers.gates.coordinates import id_prefix, type_of
from resolvers.operation.arguments import Variables
from resolvers.operation.coercion import coerced_value
from resolvers.operation.operation import Operation

MOST_TYPES: Final = 16
"""Maximum number of types of which an id is tried, in document order."""

VALUES: Final[Mapping[str, object]] = {
    "Int": 1,
    "Float": 1.0,
    "String": "",
    "Date": "2026-01-01",
    "DateTime": "2026-01-01T00:00:00Z",
    "Decimal": "1",
}


def plausible(operation: Operation, schema: GraphQLSchema) -> Iterator[Variables]:
    """Sets of sample variables; they end at a variable with a type that has no sample value."""
    ids = _ids(operation, schema) if any(_holds(wanted.type, "ID") for wanted in operation.wanted) else [""]
    flags = (True, False) if any(_holds(wanted.type, "Boolean") for wanted in operation.wanted) else (True,)
    for id_, flag in product(ids, flags):
        found: dict[str, Any] = {}
        for wanted in operation.wanted:
            if wanted.is_required or wanted.name in operation.required or _holds(wanted.type, "Boolean"):
                value = coerced_value(_value(wanted.type, id_, flag), wanted.type)
                if value is Undefined:
                    return
                found[wanted.name] = value
            elif wanted.default is not None:
                found[wanted.name] = wanted.default
        yield found


def _holds(type_: Any, scalar: str) -> bool:
    """True for a type that is this scalar inside any list and non-null wrappers."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return isinstance(type_, GraphQLScalarType) and type_.name == scalar


def _value(type_: Any, id_: str, flag: bool) -> Any:
    match type_:
        case GraphQLNonNull():
            return _value(type_.of_type, id_, flag)  # pyright: ignore[reportUnknownMemberType]
        case GraphQLList():
            return [_value(type_.of_type, id_, flag)]  # pyright: ignore[reportUnknownMemberType]
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLInputObjectType():
            needed = {name: type_of(of) for name, of in type_.fields.items() if isinstance(type_of(of), GraphQLNonNull)}
            return {name: _value(inner, id_, flag) for name, inner in needed.items()}
        case _:
            return {"ID": id_, "Boolean": flag}.get(type_.name, VALUES.get(type_.name, ""))


def _ids(operation: Operation, schema: GraphQLSchema) -> list[str]:
    """A sample id of each type that the operation has a fragment on."""
    conditions = _Conditions(operation.fragments)
    visit(operation.node, conditions)
    prefixes = [id_prefix(schema.type_map[name]) for name in conditions.names]
    return [f"{prefix}_{0:032x}" for prefix in prefixes if prefix is not None][:MOST_TYPES] or [""]


class _Conditions(Visitor):
    """Collects the type conditions of the fragments below a node."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.names: dict[str, None] = {}
        self._fragments = fragments
        self._read: set[str] = set()

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        """Record the type condition."""
        if node.type_condition is not None:
            self.names[node.type_condition.name.value] = None

    def enter_fragment_spread(self, node: Any, *_: object) -> None:
        """Record the fragment's type condition, and read the fragment once."""
        name = node.name.value
        if name not in self._read:
            self._read.add(name)
            self.names[self._fragments[name].type_condition.name.value] = None
            visit(self._fragments[name], self)
