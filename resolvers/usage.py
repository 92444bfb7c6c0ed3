"""Which gated inputs a field uses: arguments, input fields and enum values, as far as they are given."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType

from resolvers.coordinates import Typed, named_type
from resolvers.gates import Need, own_gates
from resolvers.inputs import Input, Inputs, plain
from schema.declarations import Gate


def input_need(inputs: Inputs, arguments: Mapping[str, Input], declared: GraphQLField) -> Need:
    """The gates of what is given to a field; a null, or a variable that is not given, is as if left out."""
    gates = [gate for name, given in arguments.items() for gate in _used(inputs, given, declared.args[name])]
    return tuple(dict.fromkeys(gates))


def _used(inputs: Inputs, given: Input, declared: Typed) -> Iterator[Gate]:
    if not inputs.given(given):
        return
    yield from own_gates(declared)
    match named_type(declared):
        case GraphQLInputObjectType() as type_:
            for _, member, value in inputs.members(given, type_):
                yield from _used(inputs, value, member)
        case GraphQLEnumType() as enum if any(own_gates(value) for value in enum.values.values()):
            for name in enum_values(inputs, given):
                yield from own_gates(enum.values[name])
        case _:
            pass


def enum_values(inputs: Inputs, given: Input) -> tuple[str, ...]:
    """One or several enum values as names, each once; the statement's shape then depends on them."""
    return inputs.look(given, _distinct_names)


def _distinct_names(value: Any) -> tuple[str, ...]:
    """The view of an enum value or a list of them: their names, each once, in their order."""
    items = cast("Iterable[Any]", value if isinstance(value, (list, tuple)) else (value,))
    return tuple(dict.fromkeys(str(plain(item)) for item in items if item is not None))


def every_gate(declared: Typed) -> Iterator[Gate]:
    """Every gate in what may ever be given for an argument or input field."""
    yield from own_gates(declared)
    match named_type(declared):
        case GraphQLInputObjectType() as type_:
            for member in type_.fields.values():
                yield from every_gate(member)
        case GraphQLEnumType() as enum:
            for value in enum.values.values():
                yield from own_gates(value)
        case _:
            pass
