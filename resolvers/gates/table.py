"""The gate table: every gated coordinate of the schema with its gate and the paths by which a client reaches it.

The table is derived from the schema alone, so it is complete.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
)

from resolvers.gates.coordinates import Fields, Typed, fields_of, named_type
from resolvers.gates.needs import own_gates
from resolvers.gates.visibility import Needs
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate, Standing
from schema.roles import Role


class CoordinateKind(Enum):
    """The kind of a gated coordinate."""

    TYPE = "type"
    FIELD = "field"
    ARGUMENT = "argument"
    INPUT_FIELD = "input field"
    ENUM_VALUE = "enum value"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


class Step(NamedTuple):
    """A field of a path; `on` is the type that a fragment must name where the field's parent is an interface."""

    name: str
    on: str | None = None


TypePath = tuple[Step, ...]
"""The steps from a company to a field; a path that begins with the step `node` starts at the root."""


@dataclass(frozen=True, slots=True)
class GatedCoordinate:
    """One line of the table: a coordinate and one of its gates.

    `paths` lead to the fields that show it. For an input field or enum value these are the fields with an argument that
    takes it (`given` has the argument and its members, outermost first) and the fields that return it (`given` is
    empty). A mutation or a subscription is its own path, and is judged in the company that its input or argument names.
    """

    gate: Gate
    kind: CoordinateKind
    coordinate: str
    type_name: str
    name: str | None
    paths: tuple["Reached", ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """One path to a coordinate: the steps, and the argument of the last step, with its members, that uses it.

    `live`: the only step is a field of a subscription, which names its company itself.
    """

    steps: TypePath
    given: tuple[str, ...] = ()
    live: bool = False

    def __str__(self) -> str:
        parts = [f"[{step.on}].{step.name}" if step.on else f".{step.name}" for step in self.steps]
        arguments = f"({'.'.join(self.given)})" if self.given else ""
        return "".join(parts).removeprefix(".") + arguments


NODE: Final = Step("node", "Query")
"""The step that reaches any object by its global id."""


def gate_table(schema: GraphQLSchema) -> list[GatedCoordinate]:
    """Every gated coordinate of the schema, sorted by gate: apps in the catalogue's order, then roles."""
    table = _Table(schema)
    rank = {gate: place for place, gate in enumerate((*CATALOGUE, *Role, *Standing))}
    return sorted(table.lines(), key=lambda line: (rank[line.gate], list(CoordinateKind).index(line.kind)))


def ungated(schema: GraphQLSchema) -> list[App]:
    """The apps that gate nothing, without those that are always visible."""
    gating = Needs(schema).gates
    return [app for app, entry in CATALOGUE.items() if app not in gating and not entry.always_visible]


class _Table:
    """The table under construction: `ways` are the paths to each type, found once."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.giving: dict[str, list[tuple[Fields, str]]] = defaultdict(list)
        self.taking: dict[tuple[str, str], list[tuple[Fields, str, tuple[str, ...]]]] = defaultdict(list)
        self._abstract: dict[TypePath, bool] = {}
        self._index()
        self.ways = self._ways()

    # --- the lines

    def lines(self) -> Iterator[GatedCoordinate]:
        for type_ in self.schema.type_map.values():
            if is_introspection_type(type_):
                continue
            match type_:
                case GraphQLObjectType() if type_ is self.schema.mutation_type:
                    yield from self._of_roots(CoordinateKind.MUTATION, type_)
                case GraphQLObjectType() if type_ is self.schema.subscription_type:
                    yield from self._of_roots(CoordinateKind.SUBSCRIPTION, type_)
                case GraphQLObjectType() | GraphQLInterfaceType():
                    yield from self._of_fields(type_)
                case GraphQLInputObjectType():
                    for name, member in type_.fields.items():
                        yield from self._of_input(CoordinateKind.INPUT_FIELD, type_, name, member)
                case GraphQLEnumType():
                    for name, value in type_.values.items():
                        yield from self._of_input(CoordinateKind.ENUM_VALUE, type_, name, value)
                case _:
                    pass

    def _of_roots(self, kind: CoordinateKind, type_: GraphQLObjectType) -> Iterator[GatedCoordinate]:
        for name, field in type_.fields.items():
            reached = (Reached((Step(name, type_.name),)),)
            for gate in own_gates(field):
                yield GatedCoordinate(gate, kind, f"{type_.name}.{name}", type_.name, name, reached)

    def _of_fields(self, type_: Fields) -> Iterator[GatedCoordinate]:
        to_type = tuple(Reached(path) for path in self.ways.get(type_.name, ()))
        for gate in own_gates(type_):
            yield GatedCoordinate(gate, CoordinateKind.TYPE, type_.name, type_.name, None, to_type)
        for name, field in type_.fields.items():
            reached = tuple(Reached(path) for path in self._to_field(type_, name))
            for gate in own_gates(field):
                yield GatedCoordinate(gate, CoordinateKind.FIELD, f"{type_.name}.{name}", type_.name, name, reached)
            for argument, declared in field.args.items():
                for gate in own_gates(declared):
                    where = f"{type_.name}.{name}({argument}:)"
                    with_it = tuple(Reached(way.steps, (argument,)) for way in reached)
                    yield GatedCoordinate(gate, CoordinateKind.ARGUMENT, where, type_.name, name, with_it)

    def _of_input(
        self, kind: CoordinateKind, type_: GraphQLNamedType, name: str, member: Any
    ) -> Iterator[GatedCoordinate]:
        gates = own_gates(member)
        reached = tuple(self._using(type_, name)) if gates else ()
        for gate in gates:
            yield GatedCoordinate(gate, kind, f"{type_.name}.{name}", type_.name, name, reached)

    # --- the paths

    def _using(self, type_: GraphQLNamedType, name: str) -> Iterator[Reached]:
        """The paths to the fields that take this input field or enum value, and to those that return the enum."""
        for owner, field_name in self.giving.get(type_.name, ()):
            yield from (Reached(path) for path in self._to_field(owner, field_name))
        for owner, field_name, given in self.taking.get((type_.name, name), ()):
            if owner is self.schema.subscription_type:
                yield Reached((Step(field_name, owner.name),), given, live=True)
            yield from (Reached(path, given) for path in self._to_field(owner, field_name))

    def _index(self) -> None:
        """Fill `giving` (fields that return an enum) and `taking` (fields that take an input field or enum value)."""
        for owner, name, field in fields_of(self.schema):
            if isinstance(named_type(field), GraphQLEnumType):
                self.giving[named_type(field).name].append((owner, name))
            for argument, declared in field.args.items():
                for type_name, given in _members(declared):
                    self.taking[type_name, given[-1]].append((owner, name, (argument, *given)))

    def _to_field(self, type_: Fields, name: str) -> Iterator[TypePath]:
        """The paths to a field, one for each path to its type; below an interface with a fragment on the type.

        A mutation is its own path.
        """
        if type_ is self.schema.mutation_type:
            yield (Step(name, type_.name),)
        for way in self.ways.get(type_.name, ()):
            yield (*way, Step(name, type_.name if self._ends_abstract(way) and _is_object(type_) else None))

    def _ends_abstract(self, way: TypePath) -> bool:
        if way not in self._abstract:
            abstract = bool(way) and (way[-1] == NODE or isinstance(self._given_by(way), GraphQLInterfaceType))
            self._abstract[way] = abstract
        return self._abstract[way]

    def _given_by(self, way: TypePath) -> GraphQLNamedType:
        """The type that the last step of a path from a company returns."""
        type_: GraphQLNamedType = self.schema.type_map["Company"]
        for step in way:
            if step == NODE:
                type_ = self.schema.type_map["Node"]
                continue
            parent = self.schema.type_map[step.on] if step.on else type_
            assert isinstance(parent, Fields)
            type_ = named_type(parent.fields[step.name])
        return type_

    def _ways(self) -> dict[str, tuple[TypePath, ...]]:
        """For each type the shortest path to each field that returns it, and `node` where it has a global id."""
        leads = self._leads()
        ways: dict[str, list[TypePath]] = defaultdict(list, {"Company": [()]})
        for owner, name, field in fields_of(self.schema):
            if owner.name not in leads or owner.name == "Node":
                continue
            lead = leads[owner.name]
            path = (*lead, Step(name, owner.name if self._ends_abstract(lead) and _is_object(owner) else None))
            for given in self._kinds(named_type(field)):
                if given.name != "Company":
                    ways[given.name].append(path)
        for type_ in self.schema.get_possible_types(self._node()):
            if type_.name != "Company":
                ways[type_.name].append((NODE,))
        return {name: tuple(paths) for name, paths in ways.items()}

    def _leads(self) -> dict[str, TypePath]:
        """The shortest path from a company to each type below it."""
        leads: dict[str, TypePath] = {"Company": ()}
        waiting = deque(["Company"])
        while waiting:
            name = waiting.popleft()
            type_ = self.schema.type_map[name]
            assert isinstance(type_, Fields)
            lead = leads[name]
            on = name if self._ends_abstract(lead) and _is_object(type_) else None
            for field_name, field in type_.fields.items():
                for given in self._kinds(named_type(field)):
                    if given.name not in leads:
                        leads[given.name] = (*lead, Step(field_name, on))
                        waiting.append(given.name)
        return leads

    def _kinds(self, type_: GraphQLNamedType) -> tuple[Fields, ...]:
        """The type itself, if it has fields, and its implementations; nothing for `Node`."""
        if not isinstance(type_, Fields) or type_.name == "Node":
            return ()
        kinds = self.schema.get_possible_types(type_) if isinstance(type_, GraphQLInterfaceType) else ()
        return (type_, *kinds)

    def _node(self) -> GraphQLInterfaceType:
        node = self.schema.type_map["Node"]
        assert isinstance(node, GraphQLInterfaceType)
        return node


def _is_object(type_: GraphQLNamedType) -> bool:
    return isinstance(type_, GraphQLObjectType)


def _members(declared: Typed, within: frozenset[str] = frozenset()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The members of an argument's type: the name of the input object or enum, and the names that lead to a member.

    A type `within` itself, as a filter inside a filter, leads no further.
    """
    named = named_type(declared)
    match named:
        case GraphQLEnumType():
            yield from ((named.name, (value,)) for value in named.values)
        case GraphQLInputObjectType() if named.name not in within:
            for name, member in named.fields.items():
                yield named.name, (name,)
                inside = _members(member, within | {named.name})
                yield from ((type_name, (name, *rest)) for type_name, rest in inside)
        case _:
            pass
