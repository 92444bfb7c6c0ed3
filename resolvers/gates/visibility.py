"""The coordinates of the schema that are visible with some gates. It works on names and reads no data.

A coordinate is hidden if one of its gates is not held. With it go an enum without values, an object without fields, a
field or an input object without an input that it requires, and at last each type that nothing leads to any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
)

from resolvers.gates.coordinates import Fields, Typed, named_type
from resolvers.gates.needs import own_gates, type_need
from schema.declarations.gates import Gate

Coordinate: TypeAlias = tuple[str, ...]
"""The names of a type, of its field, input field or value, and of an argument."""

Held: TypeAlias = frozenset[Gate]
"""The gates that a viewer passes in some company."""

NOTHING: Final[Held] = frozenset()


class Needs:
    """The needs of all gated coordinates of a schema; found once, at the first use."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    @cached_property
    def of(self) -> Mapping[Coordinate, Held]:
        """The gates of each gated coordinate; a connection type has those of its node type, too."""
        return {coordinate: frozenset(gates) for coordinate, gates in self._stated() if gates}

    @cached_property
    def gates(self) -> Held:
        """Every gate that hides a coordinate."""
        return frozenset(gate for gates in self.of.values() for gate in gates)

    def hidden(self, held: Held) -> frozenset[Coordinate]:
        """The coordinates behind a gate that is not held."""
        return frozenset(coordinate for coordinate, gates in self.of.items() if not gates <= held)

    def _stated(self) -> Iterator[tuple[Coordinate, tuple[Gate, ...]]]:
        for type_ in self.schema.type_map.values():
            yield (type_.name,), type_need(type_)
            for name, member in members(type_).items():
                yield (type_.name, name), own_gates(member)
                for argument, declared in getattr(member, "args", {}).items():
                    yield (type_.name, name, argument), own_gates(declared)


def members(type_: GraphQLNamedType) -> Mapping[str, Any]:
    """The fields, input fields, values or possible types of a type, by name."""
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType() | GraphQLInputObjectType():
            return type_.fields
        case GraphQLEnumType():
            return type_.values
        case GraphQLUnionType():
            return {possible.name: possible for possible in type_.types}
        case _:
            return {}


@dataclass(slots=True)
class Visible:
    """A schema without the `hidden` coordinates, and without all that falls with them.

    `gone` are the names of the types that fall, `types` the names of those that are left.
    """

    schema: GraphQLSchema
    hidden: frozenset[Coordinate]
    gone: set[str] = field(default_factory=set[str])
    types: frozenset[str] = frozenset()
    _left: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def __post_init__(self) -> None:
        self.gone.update(name for name, *rest in self.hidden if not rest)
        checked = [type_ for type_ in self.schema.type_map.values() if not _is_given(type_)]
        while falling := [type_.name for type_ in checked if type_.name not in self.gone and self._is_empty(type_)]:
            self.gone.update(falling)
        self.types = frozenset(self._reached())

    # --- the visible part of each type

    def members(self, type_: GraphQLNamedType) -> dict[str, Any]:
        """The visible fields, input fields, values or possible types of a type, by name."""
        left = self._left.get(type_.name)
        if left is None:
            left = self._left[type_.name] = self._find(type_)
        return left

    def arguments(self, type_: GraphQLNamedType, name: str, declared: GraphQLField) -> dict[str, GraphQLArgument]:
        """The visible arguments of a field, by name."""
        return {
            argument: of
            for argument, of in declared.args.items()
            if (type_.name, name, argument) not in self.hidden and not self._is_gone(of)
        }

    def interfaces(self, type_: Fields) -> tuple[GraphQLInterfaceType, ...]:
        """The visible interfaces of a type."""
        return tuple(interface for interface in type_.interfaces if interface.name not in self.gone)

    def _find(self, type_: GraphQLNamedType) -> dict[str, Any]:
        return {name: member for name, member in members(type_).items() if self._is_left(type_, name, member)}

    def _is_left(self, type_: GraphQLNamedType, name: str, member: Any) -> bool:
        if (type_.name, name) in self.hidden:
            return False
        match member:
            case GraphQLField():
                if self._is_gone(member):
                    return False
                left = self.arguments(type_, name, member) if member.args else {}
                return all(argument in left for argument, of in member.args.items() if is_required_argument(of))
            case GraphQLInputField():
                return not self._is_gone(member)
            case GraphQLNamedType():
                return member.name not in self.gone
            case _:
                return True

    def _is_gone(self, declared: Typed) -> bool:
        return named_type(declared).name in self.gone

    def _is_empty(self, type_: GraphQLNamedType) -> bool:
        """True if nothing of a type is left, or an input object lacks a required field."""
        left = self._find(type_)
        if isinstance(type_, GraphQLInputObjectType):
            if all(named_type(member) is type_ for member in left.values()):
                return True  # filters can be combined, but nothing is left to filter by
            required = (name for name, member in type_.fields.items() if is_required_input_field(member))
            return not left or not all(name in left for name in required)
        return not left

    # --- from type to type

    def leads(self, type_: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
        """The types that a type names: those of its fields and their arguments, its interfaces, its possible types."""
        for name, member in self.members(type_).items():
            match member:
                case GraphQLField():
                    yield named_type(member)
                    yield from map(named_type, self.arguments(type_, name, member).values())
                case GraphQLInputField():
                    yield named_type(member)
                case GraphQLNamedType():
                    yield member
                case _:
                    return
        if isinstance(type_, Fields):
            yield from self.interfaces(type_)

    def _reached(self) -> set[str]:
        waiting: list[GraphQLNamedType] = [
            root
            for root in (self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type)
            if root is not None and root.name not in self.gone
        ]
        waiting += [type_ for type_ in self.schema.type_map.values() if is_introspection_type(type_)]
        waiting += [named_type(argument) for of in self.schema.directives for argument in of.args.values()]
        reached: set[str] = set()
        while waiting:
            type_ = waiting.pop()
            if type_.name in reached or type_.name in self.gone:
                continue
            reached.add(type_.name)
            waiting += self.leads(type_)
            if isinstance(type_, GraphQLInterfaceType):
                implementations = self.schema.get_implementations(type_)
                waiting += (*implementations.objects, *implementations.interfaces)
        return reached


def _is_given(type_: GraphQLNamedType) -> bool:
    """True for a type that is never cut: a scalar, or a type of introspection."""
    return isinstance(type_, GraphQLScalarType) or is_introspection_type(type_)
