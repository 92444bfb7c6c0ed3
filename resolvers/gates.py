"""What each coordinate of the schema requires of the viewer, and what the schema may not say (checked at boot).

The need of a field is its own gates, its return type's, and for a connection its node type's. Gates that nobody can
lack are left out.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from graphql import GraphQLField, GraphQLNamedType

from resolvers.coordinates import directives_at, named_type, node_type
from schema.apps import CATALOGUE
from schema.declarations import Gate, gates_of

Need: TypeAlias = tuple[Gate, ...]


def own_gates(of: Any) -> Need:
    """The gates stated on this very coordinate, but those that everybody passes."""
    return without_always(gates_of(directives_at(of)))


def without_always(gates: Iterable[Gate]) -> Need:
    """The gates that somebody may lack."""
    return tuple(gate for gate in gates if gate not in ALWAYS)


ALWAYS: Final = frozenset(entry.app for entry in CATALOGUE.values() if entry.always_visible)


def type_need(named: GraphQLNamedType) -> Need:
    """What seeing a value of this type requires: its gates, and a connection's node type's."""
    nodes = node_type(named)
    return (*own_gates(named), *(type_need(nodes) if nodes is not None else ()))


def field_need(field: GraphQLField) -> Need:
    """What selecting this field requires, whatever leads to it."""
    return tuple(dict.fromkeys((*own_gates(field), *type_need(named_type(field)))))
