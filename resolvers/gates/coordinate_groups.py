"""The coordinates of the schema by the apps that they need: what somebody sees more or less when apps are switched.

They are fields of objects, and values of enums that fields return. What needs a role is left out: a switch changes
nothing of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema

from resolvers.gates.coordinates import fields_of, named_type
from resolvers.gates.needs import Need, field_need, own_gates, type_need
from resolvers.gates.visibility import members
from schema.apps import App


class CoordinateGroup(NamedTuple):
    """The fields or values of a type that need the same apps."""

    type_name: str
    apps: frozenset[App]
    names: tuple[str, ...]


@cache
def coordinate_groups(schema: GraphQLSchema) -> tuple[CoordinateGroup, ...]:
    """All groups of a schema, by the name of the type."""
    found: dict[tuple[str, frozenset[App]], list[str]] = defaultdict(list)
    returned = {named_type(field).name for _, _, field in fields_of(schema)}
    for type_name in sorted(schema.type_map):
        type_ = schema.type_map[type_name]
        if isinstance(type_, GraphQLObjectType) or (isinstance(type_, GraphQLEnumType) and type_name in returned):
            for name, member in members(type_).items():
                need = _need(type_, member)
                apps = frozenset(gate for gate in need if isinstance(gate, App))
                if apps and len(apps) == len(set(need)):
                    found[type_name, apps].append(name)
    return tuple(CoordinateGroup(type_name, apps, tuple(names)) for (type_name, apps), names in found.items())


class Reach(NamedTuple):
    """The part of a schema with some need: its types, and the bytes of their fields' and values' names in JSON."""

    types: int
    length: int


@cache
def reach_of_apps(schema: GraphQLSchema) -> tuple[Reach, Mapping[App, Reach]]:
    """The coordinates that need any app, and those that need each app."""
    groups = coordinate_groups(schema)
    by_app: dict[App, list[CoordinateGroup]] = defaultdict(list)
    for group in groups:
        for app in group.apps:
            by_app[app].append(group)
    return _reach(groups), {app: _reach(found) for app, found in by_app.items()}


def _reach(groups: Iterable[CoordinateGroup]) -> Reach:
    found = list(groups)
    length = sum(len(name) + len('"",') for group in found for name in group.names)
    return Reach(len({group.type_name for group in found}), length)


def _need(type_: GraphQLObjectType | GraphQLEnumType, member: Any) -> Need:
    """All that a field of an object needs, or a value of an enum."""
    return (*type_need(type_), *field_need(member)) if isinstance(type_, GraphQLObjectType) else own_gates(member)
