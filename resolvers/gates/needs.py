"""Needs: the gates that each coordinate of the schema requires of the viewer.

The need of a field is its own gates, its return type's, and for a connection its node type's. Gates that every viewer
passes are left out.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, GraphQLNamedType

from resolvers.gates.coordinates import Typed, definition, directives_at, named_type, node_type
from schema.apps import CATALOGUE
from schema.declarations.gates import Gate, Standing, gates_of
from schema.roles import Role

Need: TypeAlias = tuple[Gate, ...]


def own_gates(of: Any) -> Need:
    """The gates stated on this very coordinate, without those that every viewer passes."""
    return without_always(gates_of(directives_at(of)))


def without_always(gates: Iterable[Gate]) -> Need:
    """The gates that a viewer may lack."""
    return tuple(gate for gate in gates if gate not in ALWAYS)


ALWAYS: Final = frozenset(entry.app for entry in CATALOGUE.values() if entry.always_visible)


def type_need(named: GraphQLNamedType) -> Need:
    """The need of seeing a value of this type: its own gates, and those of a connection's node type."""
    nodes = node_type(named)
    return (*own_gates(named), *(type_need(nodes) if nodes is not None else ()))


def field_need(field: GraphQLField) -> Need:
    """The need of selecting this field, apart from that of the fields above it."""
    return tuple(dict.fromkeys((*own_gates(field), *type_need(named_type(field)))))


def judged_need(field: GraphQLField) -> Need:
    """The need of a field as statements judge it."""
    return judged(field, field_need(field))


def judged(field: GraphQLField, need: Need) -> Need:
    """A need of a field or of its inputs as statements judge it.

    A field with `stood_in` is also for the accountant who stands in until the first owner joins.
    """
    if not definition(field).metadata.get("stood_in"):
        return need
    return tuple(Standing.OWNER if gate is Role.OWNER else gate for gate in need)


def implied(gates: Iterable[Gate]) -> frozenset[Gate]:
    """These gates, and those that they imply: an owner passes `Standing.OWNER` too."""
    passed = frozenset(gates)
    return passed | {Standing.OWNER} if Role.OWNER in passed else passed


def every_gate(declared: Typed, within: frozenset[str] = frozenset()) -> Iterator[Gate]:
    """Every gate of an argument or input field, and of all the input fields and enum values in its type.

    A type `within` itself, as a filter inside a filter, is looked at once.
    """
    yield from own_gates(declared)
    match named_type(declared):
        case GraphQLInputObjectType() as type_ if type_.name not in within:
            for member in type_.fields.values():
                yield from every_gate(member, within | {type_.name})
        case GraphQLEnumType() as enum:
            for value in enum.values.values():
                yield from own_gates(value)
        case _:
            pass
