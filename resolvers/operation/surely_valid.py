"""A quick answer to whether a document is valid: yes, or not known.

Most documents are one operation of plain fields, valid, and sent by a program. One walk over the schema shows that they
break no rule, in a tenth of the time that graphql-core takes; it judges all other documents, and writes the errors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_type_sub_type_of,
    utilities,
)

from resolvers.fair_use.breath import breathe
from resolvers.gates.coordinates import Fields, item_type, named_type, takes_list, type_at, type_of

Inputs: TypeAlias = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]
"""The declared arguments of a field, or the members of an input object."""

PLAIN: Final = (IntValueNode, FloatValueNode, StringValueNode, BooleanValueNode, EnumValueNode)
"""The literals in which no variable can be."""

INPUT_TYPES: Final = (GraphQLScalarType, GraphQLEnumType, GraphQLInputObjectType)


def is_surely_valid(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """True if a document breaks no rule of the specification; False for one that graphql-core has to judge.

    That is any document with a fragment, a directive, a second operation, a subscription or introspection, one that
    selects a response key twice, and each that is not valid.
    """
    match document.definitions:
        case (OperationDefinitionNode(operation=OperationType.QUERY | OperationType.MUTATION) as operation,):
            return _Walk(schema).is_valid(operation)
        case _:
            return False


@dataclass(slots=True)
class _Walk:
    """The walk through one operation: the types of its variables, and the names of those that it uses."""

    schema: GraphQLSchema
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    used: set[str] = field(default_factory=set[str])

    def is_valid(self, operation: OperationDefinitionNode) -> bool:
        root = self.schema.get_root_type(operation.operation)
        return (
            root is not None
            and not operation.directives
            and self._defines(operation)
            and self._selects(operation.selection_set, root)
            and self.used == self.variables.keys()
        )

    def _defines(self, operation: OperationDefinitionNode) -> bool:
        for definition in operation.variable_definitions or ():
            name, type_ = definition.variable.name.value, type_at(self.schema, definition.type)
            default = definition.default_value
            if name in self.variables or definition.directives or not isinstance(_inside(type_), INPUT_TYPES):
                return False
            if default is not None and not self._fits(default, type_):
                return False
            self.variables[name] = type_
        return True

    def _selects(self, selection_set: SelectionSetNode, parent: GraphQLNamedType) -> bool:
        """True for fields of the parent, each with a response key of its own."""
        selections = selection_set.selections
        keys = {(node.alias or node.name).value for node in selections if isinstance(node, FieldNode)}
        return len(keys) == len(selections) > 0 and all(self._is_field(node, parent) for node in selections)

    def _is_field(self, node: SelectionNode, parent: GraphQLNamedType) -> bool:
        breathe()
        if not isinstance(node, FieldNode) or node.directives:
            return False
        if node.name.value == "__typename":
            return node.selection_set is None and not node.arguments
        declared = parent.fields.get(node.name.value) if isinstance(parent, Fields) else None
        if declared is None or not self._has(node.arguments or (), declared.args):
            return False
        named = named_type(declared)
        if isinstance(named, GraphQLScalarType | GraphQLEnumType):
            return node.selection_set is None
        return node.selection_set is not None and self._selects(node.selection_set, named)

    def _has(self, given: Iterable[ArgumentNode | ObjectFieldNode], declared: Inputs) -> bool:
        """True for known inputs that fit, each given once, with all that are required."""
        names: set[str] = set()
        for node in given:
            name = node.name.value
            if name in names or name not in declared or not self._fits(node.value, type_of(declared[name])):
                return False
            names.add(name)
        return all(name in names for name, one in declared.items() if isinstance(type_of(one), GraphQLNonNull))

    def _fits(self, node: ValueNode, type_: Any) -> bool:
        breathe()
        if isinstance(node, VariableNode):
            self.used.add(node.name.value)
            variable = self.variables.get(node.name.value)
            return variable is not None and is_type_sub_type_of(self.schema, variable, type_)
        if isinstance(node, NullValueNode):
            return not isinstance(type_, GraphQLNonNull)
        if takes_list(type_):
            items = node.values if isinstance(node, ListValueNode) else (node,)
            return all(self._fits(item, item_type(type_)) for item in items)
        match _inside(type_):
            case GraphQLInputObjectType(is_one_of=False) as object_:
                return isinstance(node, ObjectValueNode) and self._has(node.fields, object_.fields)
            case GraphQLScalarType() | GraphQLEnumType() as leaf:
                return isinstance(node, PLAIN) and _is_literal_of(node, leaf)
            case _:
                return False


def _inside(type_: Any) -> GraphQLNamedType | None:
    """The named type inside the wrappers; None for no type."""
    return cast("GraphQLNamedType | None", get_named_type(type_))


def _is_literal_of(node: ValueNode, type_: GraphQLScalarType | GraphQLEnumType) -> bool:
    """True if graphql-core takes a literal as a value of the type."""
    errors: list[GraphQLError] = []

    def add(error: GraphQLError, _path: list[str | int]) -> None:
        errors.append(error)

    cast("Any", utilities).validate_input_literal(node, type_, add)
    return not errors
