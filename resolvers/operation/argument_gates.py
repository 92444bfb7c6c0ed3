"""The gates of the inputs that a field uses: of arguments, input fields and enum values, as far as they are given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType

from resolvers.gates.coordinates import Typed, is_list, named_type
from resolvers.gates.needs import Need, every_gate, judged, own_gates
from resolvers.operation.arguments import ArgumentValue, Inputs, plain
from resolvers.request import bad_input
from resolvers.request_limits import MOST_CRITERIA, OBJECTS
from schema.declarations.gates import Gate


def input_need(inputs: Inputs, arguments: Mapping[str, ArgumentValue], declared: GraphQLField) -> Need:
    """The gates of the inputs given to a field; a null or a variable that is not given counts as left out."""
    if not arguments:
        return ()
    gates = [gate for name, given in arguments.items() for gate in _Walk(inputs).used(given, declared.args[name])]
    return judged(declared, tuple(dict.fromkeys(gates)))


@dataclass(slots=True)
class _Walk:
    """The walk through one argument, which counts the input objects."""

    inputs: Inputs
    objects: int = 0

    def used(self, given: ArgumentValue, declared: Typed) -> Iterator[Gate]:
        """The gates of a value. Raises RequestError (BAD_USER_INPUT) beyond `MOST_CRITERIA` and `OBJECTS`."""
        if not self.inputs.given(given):
            return
        yield from own_gates(declared)
        match named_type(declared):
            case GraphQLInputObjectType() as type_ if not _has_gates(type_):
                pass
            case GraphQLInputObjectType() as type_ if is_list(declared):
                for item in self.inputs.items(given, MOST_CRITERIA):
                    yield from self._used_in(item, type_)
            case GraphQLInputObjectType() as type_:
                yield from self._used_in(given, type_)
            case GraphQLEnumType() as enum if any(own_gates(value) for value in enum.values.values()):
                for name in enum_values(self.inputs, given):
                    yield from own_gates(enum.values[name])
            case _:
                pass

    def _used_in(self, given: ArgumentValue, type_: GraphQLInputObjectType) -> Iterator[Gate]:
        self.objects += 1
        if self.objects > OBJECTS:
            raise bad_input(f"An argument has more than {OBJECTS} objects inside it.")
        for _, member, value in self.inputs.members(given, type_):
            yield from self.used(value, member)


@cache
def _has_gates(type_: GraphQLInputObjectType) -> bool:
    """True if a member of an input object, or anything inside one, has a gate."""
    return any(gate for member in type_.fields.values() for gate in every_gate(member, frozenset({type_.name})))


def enum_values(inputs: Inputs, given: ArgumentValue) -> tuple[str, ...]:
    """The names of one or several enum values, each once; they become part of the statement's shape."""
    return inputs.probe(given, _distinct_names)


def _distinct_names(value: Any) -> tuple[str, ...]:
    """The probe of an enum value or a list of them: their names, each once, in their order."""
    items = cast("Iterable[Any]", value if isinstance(value, (list, tuple)) else (value,))
    return tuple(dict.fromkeys(str(plain(item)) for item in items if item is not None))
