"""What each coordinate requires, read from the directives of the printed schema."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from graphql import (
    EnumValueNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from schema import schema
from schema.apps import App
from schema.declarations import Gate, Role


@cache
def printed_schema() -> GraphQLSchema:
    """The schema as its SDL says it, without anything of the declarations behind it."""
    return build_schema(schema.as_str())


def own_gates(of: Any) -> Iterator[Gate]:
    """The gates stated on a type, field, argument, input field or enum value."""
    stated = of.ast_node.directives if of.ast_node is not None else None
    for directive in stated or ():
        for argument in directive.arguments:
            match directive.name.value, argument.value:
                case "requiresApp", EnumValueNode(value=name):
                    yield App(name)
                case "requiresRole", EnumValueNode(value=name):
                    yield Role(name)
                case _:
                    pass


def type_gates(type_: Any) -> Iterator[Gate]:
    """The gates of a type; a connection's are its node type's."""
    yield from own_gates(type_)
    if type_.name.endswith("Connection"):
        yield from type_gates(get_named_type(type_.fields["nodes"].type))


def field_gates(field: GraphQLField) -> Iterator[Gate]:
    """The gates of a field: its own and its type's."""
    yield from own_gates(field)
    yield from type_gates(get_named_type(field.type))


def used_gates(field: GraphQLField, arguments: Mapping[str, Any]) -> Iterator[Gate]:
    """The gates of the arguments, input fields and enum values that are used; nulls are as if left out."""
    for name, value in arguments.items():
        yield from _used(field.args[name], value)


def _used(declared: Any, value: Any) -> Iterator[Gate]:
    if value is None:
        return
    yield from own_gates(declared)
    named = get_named_type(declared.type)
    match named:
        case GraphQLInputObjectType():
            for name, member in value.items():
                yield from _used(named.fields[name], member)
        case GraphQLEnumType():
            for name in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                yield from own_gates(named.values[name])
        case _:
            pass


def every_gate() -> set[Gate]:
    """All gates that the schema states anywhere."""
    return set(_every_gate(printed_schema().type_map.values()))


def _every_gate(types: Iterable[Any]) -> Iterator[Gate]:
    for type_ in types:
        yield from own_gates(type_)
        members = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
        for member in members.values():
            yield from own_gates(member)
            for argument in (getattr(member, "args", None) or {}).values():
                yield from own_gates(argument)
