"""The gates of each coordinate, read from the directives of the printed schema."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from graphql import EnumValueNode, GraphQLEnumType, GraphQLInputObjectType

from schema import schema
from schema.apps import App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.oracle.core import CORE, named_of


@cache
def printed_schema() -> Any:
    """The schema built from its SDL, independent of the declarations in Python."""
    return CORE.build_schema(schema.as_str(), assume_valid_sdl=True)  # printed from a schema that is valid


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
        yield from type_gates(named_of(type_.fields["nodes"].type))


def field_gates(field: Any) -> Iterator[Gate]:
    """The gates of a field: its own and its type's."""
    yield from own_gates(field)
    yield from type_gates(named_of(field.type))


def used_gates(field: Any, arguments: Mapping[str, Any]) -> Iterator[Gate]:
    """The gates of the arguments, input fields and enum values that are used; null counts as left out."""
    for name, value in arguments.items():
        yield from _used(field.args[name], value)


def _used(declared: Any, value: Any) -> Iterator[Gate]:
    if value is None:
        return
    yield from own_gates(declared)
    named = named_of(declared.type)
    match named:
        case GraphQLInputObjectType():
            for one in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                for name, member in one.items():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                    yield from _used(named.fields[name], member)
        case GraphQLEnumType():
            for name in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                yield from own_gates(named.values[name])
        case _:
            pass


def every_gate() -> set[Gate]:
    """All gates in the schema."""
    return set(_every_gate(printed_schema().type_map.values()))


def _every_gate(types: Iterable[Any]) -> Iterator[Gate]:
    for type_ in types:
        yield from own_gates(type_)
        for member in _members(type_, "fields", "values"):
            yield from own_gates(member)
            for argument in _members(member, "args"):
                yield from own_gates(argument)


def _members(of: Any, *attributes: str) -> Iterator[Any]:
    for attribute in attributes:
        yield from getattr(of, attribute, {}).values()
