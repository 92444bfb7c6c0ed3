"""The coordinates of the schema as the compiler needs them: Strawberry's definition behind each, and its type."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, cast

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    TypeNode,
    Undefined,
    ValueNode,
    get_named_type,
    is_introspection_type,
    utilities,
)

DEFINITION: Final = "strawberry-definition"

Typed: TypeAlias = GraphQLField | GraphQLArgument | GraphQLInputField
"""A coordinate that has a type."""


Fields: TypeAlias = GraphQLObjectType | GraphQLInterfaceType
"""A type that has fields."""


def types_with_fields(schema: GraphQLSchema) -> Iterator[Fields]:
    """The object types and interfaces of a schema, without those of introspection."""
    for type_ in schema.type_map.values():
        if isinstance(type_, Fields) and not is_introspection_type(type_):
            yield type_


def fields_of(schema: GraphQLSchema) -> Iterator[tuple[Fields, str, GraphQLField]]:
    """Each field of a schema with its type and name, without those of introspection."""
    for type_ in types_with_fields(schema):
        for name, field in type_.fields.items():
            yield type_, name, field


def definition(of: Any) -> Any:
    """The Strawberry definition behind a type, field, argument, input field or enum value; None where there is none."""
    return of.extensions.get(DEFINITION)


def directives_at(of: Any) -> Iterable[object]:
    """The schema directives that are applied to a coordinate."""
    return getattr(definition(of), "directives", None) or ()


def python_name(of: Typed) -> str:
    """The name in the declarations, which is also the column's."""
    return definition(of).python_name


def id_prefix(type_: GraphQLNamedType) -> str | None:
    """The prefix of the type's global ids; None for a type without such ids."""
    return getattr(getattr(definition(type_), "origin", None), "__id_prefix__", None)


def type_of(of: Typed) -> Any:
    """The type with its wrappers, as Any: graphql-core declares its generic wrapping types without parameters."""
    return cast("Any", of).type


def named_type(of: Typed) -> GraphQLNamedType:
    """The type without its list and non-null wrappers."""
    return cast("GraphQLNamedType", get_named_type(type_of(of)))


def is_nullable(of: Typed) -> bool:
    """True if the outermost type may be null."""
    return not isinstance(type_of(of), GraphQLNonNull)


def is_list(of: Typed) -> bool:
    """True if the outermost type, without a non-null wrapper, is a list."""
    return isinstance(_inside_non_null(type_of(of)), GraphQLList)


def item_type(type_: Any) -> Any:
    """The type of a list type's items; for a scalar that takes any JSON, the scalar itself."""
    inner = _inside_non_null(type_)
    return inner if isinstance(inner, GraphQLScalarType) else inner.of_type


def takes_list(type_: Any) -> bool:
    """True for a list type, non-null or not."""
    return isinstance(_inside_non_null(type_), GraphQLList)


def member_type(type_: Any, name: str) -> Any:
    """The type of an input object's field; for a scalar that takes any JSON, the scalar itself."""
    named = cast("Any", get_named_type(type_))
    return named if isinstance(named, GraphQLScalarType) else type_of(input_object(type_).fields[name])


def input_object(type_: Any) -> GraphQLInputObjectType:
    """The input object type inside its wrappers."""
    return cast("GraphQLInputObjectType", get_named_type(type_))


def literal_value(node: ValueNode, type_: Any) -> Any:
    """The coerced value of a literal of a validated document; None for null."""
    value = cast("Any", utilities).value_from_ast(node, type_)
    return None if value is Undefined else value


def type_at(schema: GraphQLSchema, node: TypeNode) -> Any:
    """The type that a validated document names."""
    return cast("Any", utilities).type_from_ast(schema, node)


def _inside_non_null(type_: Any) -> Any:
    return cast("Any", type_).of_type if isinstance(type_, GraphQLNonNull) else type_


def node_type(connection: GraphQLNamedType) -> GraphQLNamedType | None:
    """The type whose rows a connection lists; None for a type that is not a connection."""
    if not isinstance(connection, GraphQLObjectType) or not connection.name.endswith("Connection"):
        return None
    return named_type(connection.fields["nodes"])


def edge_type(edge: GraphQLNamedType) -> GraphQLNamedType | None:
    """The type of an edge's node; None for a type that is not an edge."""
    if not isinstance(edge, GraphQLObjectType) or not edge.name.endswith("Edge"):
        return None
    return named_type(edge.fields["node"])


def snake(name: str) -> str:
    """A GraphQL name in snake case, as columns are: `PaymentAccount` and `paymentAccount` are `payment_account`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def pascal(name: str) -> str:
    """The name of the type that an enum value names: `PRICE_TIER` is `PriceTier`."""
    return "".join(part.capitalize() for part in name.split("_"))
