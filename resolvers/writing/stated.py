"""The members that the input of a mutation states: a statement has expressions of its own for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from resolvers.operation.arguments import (
    ArgumentValue,
    ConstantArgument,
    Inputs,
    ListArgument,
    ObjectArgument,
    VariableArgument,
    read_arguments,
    value_of,
)
from resolvers.operation.selection import SelectedField


@dataclass(frozen=True, slots=True)
class Stated:
    """The probe for an input object: the members, among some, that it states, null included."""

    names: tuple[str, ...]

    def __call__(self, value: object) -> tuple[str, ...]:
        """The members; none if the value is no object."""
        return tuple(name for name in self.names if name in value) if isinstance(value, Mapping) else ()


@dataclass(frozen=True, slots=True)
class StatedInItems:
    """The probe for a list of input objects, or for a single one: the members, among some, that any of them states."""

    one: Stated

    def __call__(self, value: object) -> frozenset[str]:
        """The members."""
        items: list[object] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
        return frozenset(name for item in items for name in self.one(item))


def input_of(schema: GraphQLSchema, selected: SelectedField) -> ArgumentValue:
    """The argument `input` of a root field of Mutation."""
    mutation = schema.mutation_type
    assert mutation is not None
    return read_arguments(selected.nodes[0], mutation.fields[selected.name].args)["input"]


def stated_members(inputs: Inputs, given: ArgumentValue, names: tuple[str, ...]) -> frozenset[str]:
    """The members, among some, that an input states, null included."""
    match given:
        case ObjectArgument(members):
            return frozenset(names) & members.keys()
        case _:
            return frozenset(inputs.probe(given, Stated(names)))


def stated_in_items(inputs: Inputs, given: ArgumentValue, names: tuple[str, ...]) -> frozenset[str]:
    """The members, among some, that any of the `items` of an input states, null included."""
    match given:
        case ObjectArgument(members):
            listed = members["items"]
        case VariableArgument(place):
            listed = VariableArgument(place.at("items"))
        case _:
            listed = ConstantArgument(value_of(given, {})["items"])
    match listed:
        case ListArgument(items):
            return frozenset(name for item in items for name in stated_members(inputs, item, names))
        case ObjectArgument():
            return stated_members(inputs, listed, names)
        case _:
            return inputs.probe(listed, StatedInItems(Stated(names)))
