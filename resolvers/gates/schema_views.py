"""Views of the schema: from the gates that a viewer holds to a schema with only what these gates show.

A type that is the same in a view, and leads to no type that is cut there, is shared with the whole schema.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from resolvers.cache import Cache
from resolvers.fair_use.breath import breathe
from resolvers.gates.coordinates import Fields, definition, named_type, type_of
from resolvers.gates.visibility import NOTHING, Held, Needs, Visible, members

ROOM: Final = 16_000_000
"""Maximum size of all views together, in bytes."""

VIEW, TYPE, MEMBER = 60_000, 600, 190
"""Measured size in memory of a view, and of each type and each member in it that is not shared; in bytes."""


@dataclass(frozen=True, slots=True)
class View:
    """A schema for viewers who hold exactly these gates, and the names of its types.

    `weight` estimates its size in memory, in bytes.
    """

    held: Held
    schema: GraphQLSchema
    names: frozenset[str]
    weight: int = 0

    @classmethod
    def whole(cls, schema: GraphQLSchema, held: Held = NOTHING) -> Self:
        """The view of a schema in which nothing is hidden."""
        return cls(held, schema, frozenset(schema.type_map))


class Views:
    """Builds views of a schema and keeps them in a cache; `room` is their maximum size together. It reads no data."""

    def __init__(self, schema: GraphQLSchema, room: int = ROOM) -> None:
        self._needs = Needs(schema)
        self._cache = Cache[Held, View](room)

    def of(self, held: Held) -> View:
        """The view for these gates; with every gate it is the whole schema."""
        held = self.relevant(held)
        view = self._cache.get(held)
        if view is None:
            view = self.make(held)
            self._cache.put(held, view, view.weight)
        return view

    def kept(self, held: Held) -> View | None:
        """The view for these gates if it is in the cache, else None."""
        return self._cache.get(self.relevant(held))

    def relevant(self, held: Held) -> Held:
        """Those of the held gates that make a difference in this schema."""
        return held & self._needs.gates

    def make(self, held: Held) -> View:
        """Build the view for these gates."""
        whole = self._needs.schema
        if held == self._needs.gates:
            return View.whole(whole, held)
        visible = Visible(whole, self._needs.hidden(held))
        building = _Building(visible)
        weight = building.weight()
        return View(held, building.finish(), visible.types, weight)


class _Building:
    """One view under construction."""

    def __init__(self, visible: Visible) -> None:
        self._visible = visible
        self._other = self._differing()
        self._made: dict[str, GraphQLNamedType] = {}

    def finish(self) -> GraphQLSchema:
        """Return the view. Its types keep references to this object, so the object drops what it holds."""
        whole = self._visible.schema
        types = [
            self._type(type_)
            for type_ in whole.type_map.values()
            if type_.name in self._visible.types and not is_introspection_type(type_)
        ]
        view = GraphQLSchema(
            self._root(whole.query_type),
            self._root(whole.mutation_type),
            self._root(whole.subscription_type),
            types,
            whole.directives,
            whole.description,
            assume_valid=True,
        )
        del self._visible, self._other, self._made
        return view

    def weight(self) -> int:
        """Estimated size in memory of the parts that the view does not share, in bytes."""
        types = [self._visible.schema.type_map[name] for name in self._other]
        return VIEW + TYPE * len(types) + MEMBER * sum(len(members(type_)) for type_ in types)

    # --- the types that differ from the whole schema's

    def _differing(self) -> frozenset[str]:
        """The names of the types with a hidden part, and of those that lead to such a type."""
        type_map, leading = self._visible.schema.type_map, defaultdict[str, list[str]](list)
        waiting: list[str] = []
        for name in self._visible.types:
            type_ = type_map[name]
            for other in self._visible.leads(type_):
                leading[other.name].append(name)
            if self._is_cut(type_):
                waiting.append(name)
        differing: set[str] = set()
        while waiting:
            breathe()
            name = waiting.pop()
            if name not in differing:
                differing.add(name)
                waiting += leading[name]
        return frozenset(differing)

    def _is_cut(self, type_: GraphQLNamedType) -> bool:
        left = self._visible.members(type_)
        if len(left) != len(members(type_)):
            return True
        if not isinstance(type_, Fields):
            return False
        if len(self._visible.interfaces(type_)) != len(type_.interfaces):
            return True
        return any(
            len(self._visible.arguments(type_, name, declared)) != len(declared.args)
            for name, declared in type_.fields.items()
        )

    # --- building the view

    def _root(self, root: GraphQLObjectType | None) -> GraphQLObjectType | None:
        if root is None or root.name not in self._visible.types:
            return None
        return cast("GraphQLObjectType", self._type(root))

    def _type(self, type_: GraphQLNamedType) -> GraphQLNamedType:
        if type_.name not in self._other:
            return type_
        made = self._made.get(type_.name)
        if made is None:
            made = self._made[type_.name] = self._anew(type_)
        return made

    def _anew(self, type_: GraphQLNamedType) -> GraphQLNamedType:
        named: Any = {"name": type_.name, "description": type_.description, "extensions": type_.extensions}
        match type_:
            case GraphQLObjectType():
                interfaces = partial(self._interfaces, type_)
                return GraphQLObjectType(fields=partial(self._fields, type_), interfaces=interfaces, **named)
            case GraphQLInterfaceType():
                interfaces = partial(self._interfaces, type_)
                return GraphQLInterfaceType(fields=partial(self._fields, type_), interfaces=interfaces, **named)
            case GraphQLUnionType():
                possible = [cast("GraphQLObjectType", self._type(of)) for of in self._visible.members(type_).values()]
                return GraphQLUnionType(types=possible, **named)
            case GraphQLInputObjectType():
                fields = partial(self._input_fields, type_)
                return GraphQLInputObjectType(fields=fields, is_one_of=type_.is_one_of, **named)
            case CustomGraphQLEnumType():
                return CustomGraphQLEnumType(enum=definition(type_), values=self._visible.members(type_), **named)
            case GraphQLEnumType():
                return GraphQLEnumType(values=self._visible.members(type_), **named)
            case _:
                raise AssertionError(f"nothing of {type_.name} can be hidden")

    def _interfaces(self, type_: Fields) -> tuple[GraphQLInterfaceType, ...]:
        return tuple(cast("GraphQLInterfaceType", self._type(of)) for of in self._visible.interfaces(type_))

    def _fields(self, type_: Fields) -> Mapping[str, GraphQLField]:
        return {name: self._field(type_, name, of) for name, of in self._visible.members(type_).items()}

    def _field(self, type_: Fields, name: str, declared: GraphQLField) -> GraphQLField:
        breathe()
        arguments = self._visible.arguments(type_, name, declared) if declared.args else {}
        others = {argument for argument, of in arguments.items() if named_type(of).name in self._other}
        if named_type(declared).name not in self._other and not others and len(arguments) == len(declared.args):
            return declared
        anew = {argument: self._argument(of) if argument in others else of for argument, of in arguments.items()}
        return GraphQLField(
            self._wrapped(type_of(declared)),
            anew,
            description=declared.description,
            deprecation_reason=declared.deprecation_reason,
            extensions=declared.extensions,
        )

    def _argument(self, declared: GraphQLArgument) -> GraphQLArgument:
        return GraphQLArgument(**self._anew_but_for_type(declared))

    def _input_fields(self, type_: GraphQLInputObjectType) -> Mapping[str, GraphQLInputField]:
        return {name: self._input_field(declared) for name, declared in self._visible.members(type_).items()}

    def _input_field(self, declared: GraphQLInputField) -> GraphQLInputField:
        if named_type(declared).name not in self._other:
            return declared
        return GraphQLInputField(**self._anew_but_for_type(declared))

    def _anew_but_for_type(self, declared: GraphQLArgument | GraphQLInputField) -> Any:
        return {**declared.to_kwargs(), "type_": self._wrapped(type_of(declared))}

    def _wrapped(self, type_: Any) -> Any:
        """A type of the whole schema, with its wrappers, as it is in this view."""
        if isinstance(type_, (GraphQLNonNull, GraphQLList)):
            wrapper: Any = cast("Any", type_).__class__
            return wrapper(self._wrapped(cast("Any", type_).of_type))
        return self._type(type_)
