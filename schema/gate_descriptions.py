"""The gates of each coordinate at the end of its description, for readers who see no directives.

Explorers, editors and generators read introspection, which has descriptions but no applied directives.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate, gates_of
from schema.roles import Role


def describe_gates(core: GraphQLSchema) -> None:
    """Add to all descriptions of a schema which apps and role a viewer needs.

    A field needs its own gates and those of its value: of the type, or of a connection's rows.
    """
    for coordinate, gates in _coordinates(core):
        if gates:
            coordinate.description = _with_gates(coordinate.description or "", gates)


def _coordinates(core: GraphQLSchema) -> Iterator[tuple[Any, tuple[Gate, ...]]]:
    for type_ in core.type_map.values():
        yield type_, _own(type_)
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field in type_.fields.values():
                    yield field, tuple(dict.fromkeys((*_own(field), *_of_value(field))))
                    yield from ((argument, _own(argument)) for argument in field.args.values())
            case GraphQLInputObjectType():
                yield from ((field, _own(field)) for field in type_.fields.values())
            case GraphQLEnumType():
                yield from ((value, _own(value)) for value in type_.values.values())
            case _:
                pass


def _own(of: Any) -> tuple[Gate, ...]:
    """The gates stated on a coordinate that a viewer may lack."""
    stated = gates_of(getattr(of.extensions.get("strawberry-definition"), "directives", None) or ())
    return tuple(gate for gate in stated if not isinstance(gate, App) or not CATALOGUE[gate].always_visible)


def _of_value(field: GraphQLField) -> tuple[Gate, ...]:
    named = cast("GraphQLNamedType", get_named_type(cast("Any", field).type))
    nodes = named.fields.get("nodes") if isinstance(named, GraphQLObjectType) else None
    return (*_own(named), *(_of_value(nodes) if nodes is not None else ()))


@cache
def _with_gates(description: str, gates: tuple[Gate, ...]) -> str:
    """The description with a sentence for the apps and one for the role."""
    apps = [gate.name for gate in gates if isinstance(gate, App)]
    sentences = [description]
    if apps:
        sentences.append(f"App{'s' if len(apps) > 1 else ''}: {', '.join(apps)}.")
    sentences += [f"Role: {gate.name}." for gate in gates if isinstance(gate, Role)]
    return " ".join(sentences)
