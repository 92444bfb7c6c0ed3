"""What each coordinate of the schema requires of the viewer, and what the schema may not say (checked at boot).

The need of a field is its own gates, its return type's, and for a connection its node type's. Gates that nobody can lack are left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
)

from schema.apps import CATALOGUE
from schema.declarations import Gate, gates_of

DEFINITION: Final = "strawberry-definition"

Need = tuple[Gate, ...]


def definition(of: Any) -> Any:
    """The Strawberry definition behind a type, field, argument, input field or enum value; None where there is none."""
    return of.extensions.get(DEFINITION)


def own_gates(of: Any) -> Need:
    """The gates stated on this very coordinate, but those that everybody passes."""
    declared = definition(of)
    return without_always(gates_of(declared.directives)) if declared is not None else ()


def without_always(gates: Iterable[Gate]) -> Need:
    """The gates that somebody may lack."""
    return tuple(gate for gate in gates if gate not in ALWAYS)


ALWAYS: Final = frozenset(entry.app for entry in CATALOGUE.values() if entry.always_visible)


def node_type(connection: GraphQLNamedType) -> GraphQLNamedType | None:
    """The type whose rows a connection lists; None for a type that is no connection."""
    if not isinstance(connection, GraphQLObjectType) or not connection.name.endswith("Connection"):
        return None
    return get_named_type(connection.fields["nodes"].type)


def type_need(named: GraphQLNamedType) -> Need:
    """What seeing a value of this type requires: its gates, and a connection's node type's."""
    nodes = node_type(named)
    return (*own_gates(named), *(type_need(nodes) if nodes is not None else ()))


def field_need(field: GraphQLField) -> Need:
    """What selecting this field requires, whatever leads to it."""
    return tuple(dict.fromkeys((*own_gates(field), *type_need(get_named_type(field.type)))))
