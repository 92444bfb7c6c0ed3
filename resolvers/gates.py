"""What each coordinate of the schema requires of the viewer, and what the schema may not say (checked at boot).

The need of a field is its own gates, its return type's, and for a connection its node type's. Gates that nobody can
lack are left out.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from graphql import GraphQLField, GraphQLNamedType

from resolvers.coordinates import definition, directives_at, named_type, node_type
from schema.apps import CATALOGUE
from schema.declarations import Gate, Role, Standing, gates_of

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


def judged_need(field: GraphQLField) -> Need:
    """The same as statements judge it: some of what is for owners is also for who stands in for the first of them."""
    need = field_need(field)
    return _stood_in(need) if definition(field).metadata.get("stood_in") else need


def _stood_in(need: Need) -> Need:
    return tuple(Standing.OWNER if gate is Role.OWNER else gate for gate in need)


def implied(gates: Iterable[Gate]) -> frozenset[Gate]:
    """These gates, and those that whoever passes them passes as well."""
    passed = frozenset(gates)
    return passed | {Standing.OWNER} if Role.OWNER in passed else passed
