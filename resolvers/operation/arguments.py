"""The value of an argument as the compiler sees it: a constant of the document, or a place in the variables.

The compiler may look at a variable only through `Inputs.probe`, which records each lookup. The answers to the lookups
are the shape of the statement: all variables with the same answers have the same compiled statement.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias, cast

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)

from resolvers.gates.coordinates import item_type, literal_value, member_type, takes_list, type_of
from resolvers.request import bad_input

Variables: TypeAlias = Mapping[str, Any]
Probe: TypeAlias = Callable[[Any], Any]
Convert: TypeAlias = Callable[[Any], object]


def variable_path(variable: str, path: Iterable[str | int] = ()) -> str:
    """A place in the variables as messages write it: `$f.date.gte`."""
    return ".".join([f"${variable}", *map(str, path)])


@dataclass(frozen=True, slots=True)
class VariablePath:
    """A place in the variables: a variable, or a member inside an input object in it."""

    variable: str
    path: tuple[str | int, ...] = ()

    def read(self, variables: Variables) -> Any:
        """The value at this place; None for no value."""
        found: Any = variables.get(self.variable)
        for step in self.path:
            found = _inside(found, step)
        return found

    def at(self, step: str | int) -> "VariablePath":
        """The place of a member, or of an item of a list, in the value at this place."""
        return VariablePath(self.variable, (*self.path, step))

    def __str__(self) -> str:
        return variable_path(self.variable, self.path)


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return cast("dict[str, Any]", value).get(step) if isinstance(value, dict) else None
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return items[step] if step < len(items) else None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A place in the variables and the probe for its value; the probe returns something hashable for any value."""

    place: VariablePath
    probe: Probe

    def answer(self, variables: Variables) -> Any:
        """The probe's answer for these variables."""
        return self.probe(self.place.read(variables))


# --- probes ---------------------------------------------------------------------------------------------------------


def is_given(value: Any) -> bool:
    """The probe for presence: True unless the value is missing or null."""
    return value is not None


def plain(value: Any) -> Any:
    """The probe for a whole value: the value itself, of an enum value the name, of a list a tuple of these."""
    match value:
        case list() | tuple():
            return tuple(plain(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case Enum():
            return value.value
        case _:
            return value


def keys(value: Any) -> tuple[str, ...] | None:
    """The probe for the keys of an input object, sorted; None for any other value."""
    return tuple(sorted(value)) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownArgumentType]


def length(value: Any) -> int:
    """The probe for the length of a list; 0 for any other value."""
    return len(value) if isinstance(value, list) else 0  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The probe for a list: the answers of `probe` for its items, sorted, each once; `probe` returns texts or None."""

    probe: Probe

    def __call__(self, value: Any) -> Any:
        """The distinct answers for the items; empty for a value that is not a list."""
        if not isinstance(value, (list, tuple)):
            return ()
        return self.gather(self.probe(item) for item in value)  # pyright: ignore[reportUnknownVariableType]

    def gather(self, seen: Iterable[Any]) -> tuple[Any, ...]:
        """The distinct answers among those for each item, without None."""
        return tuple(sorted({item for item in seen if item is not None}))


# --- inputs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConstantArgument:
    """A value in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class VariableArgument:
    """A value that comes with each request."""

    place: VariablePath


@dataclass(frozen=True, slots=True)
class ListArgument:
    """A list in the document with variables in it."""

    items: "tuple[ArgumentValue, ...]"


@dataclass(frozen=True, slots=True)
class ObjectArgument:
    """An input object in the document with variables in it."""

    fields: "Mapping[str, ArgumentValue]"


ArgumentValue: TypeAlias = ConstantArgument | VariableArgument | ListArgument | ObjectArgument

NOT_GIVEN = ConstantArgument(None)


def value_of(given: ArgumentValue, variables: Variables) -> Any:
    """The whole value with these variables."""
    match given:
        case ConstantArgument(value):
            return value
        case VariableArgument(place):
            return place.read(variables)
        case ListArgument(items):
            return [value_of(item, variables) for item in items]
        case ObjectArgument(members):
            return {name: value_of(member, variables) for name, member in members.items()}


def read_input(node: ValueNode, type_: Any) -> ArgumentValue:
    """The argument value of a value node in a validated document."""
    match node:
        case VariableNode():
            return VariableArgument(VariablePath(node.name.value))
        case ListValueNode() if _has_variable(node):
            return ListArgument(tuple(read_input(item, item_type(type_)) for item in node.values))
        case ObjectValueNode() if _has_variable(node) and takes_list(type_):
            return ListArgument((read_input(node, item_type(type_)),))  # a single value is a list of one
        case ObjectValueNode() if _has_variable(node):
            return ObjectArgument({name: read_input(value, member_type(type_, name)) for name, value in _members(node)})
        case _:
            return ConstantArgument(literal_value(node, type_))


def _members(node: ObjectValueNode) -> Iterator[tuple[str, ValueNode]]:
    for member in node.fields:
        yield member.name.value, member.value


def _has_variable(node: ValueNode) -> bool:
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(_has_variable(item) for item in node.values)
        case ObjectValueNode():
            return any(_has_variable(field.value) for field in node.fields)
        case _:
            return False


def read_arguments(
    node: FieldNode | DirectiveNode, declared: Mapping[str, GraphQLArgument]
) -> dict[str, ArgumentValue]:
    """The arguments given to a field or directive, by name; arguments that were left out are missing."""
    return {
        given.name.value: read_input(given.value, type_of(declared[given.name.value])) for given in node.arguments or ()
    }


@dataclass(slots=True)
class Inputs:
    """The variables of the request that is compiled, and the lookups so far."""

    variables: Variables
    lookups: dict[Lookup, None] = field(default_factory=dict[Lookup, None])

    def probe(self, given: ArgumentValue, by: Probe) -> Any:
        """The answer of `by` for an argument; for a variable it is recorded as a lookup."""
        match given:
            case VariableArgument(place):
                lookup = Lookup(place, by)
                self.lookups[lookup] = None
                return lookup.answer(self.variables)
            case ListArgument(items) if isinstance(by, Distinct):
                return by.gather([self.probe(item, by.probe) for item in items])
            case ListArgument(items):
                return by([self.probe(item, plain) for item in items])
            case ConstantArgument(value):
                return by(value)
            case ObjectArgument():
                raise AssertionError("an input object is looked at member by member")

    def given(self, given: ArgumentValue) -> bool:
        """True if the argument is neither absent nor null."""
        match given:
            case ConstantArgument(value):
                return value is not None
            case VariableArgument():
                return self.probe(given, is_given)
            case ListArgument() | ObjectArgument():
                return True

    def items(self, given: ArgumentValue, most: int) -> Iterator[ArgumentValue]:
        """The items of a list of input objects; a single object counts as a list of one.

        Raises RequestError (BAD_USER_INPUT) for more than `most`.
        """
        match given:
            case ConstantArgument(value):
                items = [ConstantArgument(item) for item in (value if isinstance(value, list) else [value])]  # pyright: ignore[reportUnknownVariableType]
            case VariableArgument(place):
                items = [VariableArgument(place.at(index)) for index in range(min(self.probe(given, length), most + 1))]
            case ListArgument(listed):
                items = listed
            case ObjectArgument():
                raise AssertionError("an object in place of a list is read as a list of one")
        if len(items) > most:
            raise bad_input(f"A list in a filter has more than {most} items.")
        yield from items

    def members(
        self, given: ArgumentValue, type_: GraphQLInputObjectType
    ) -> Iterator[tuple[str, GraphQLInputField, ArgumentValue]]:
        """The given fields of an input object, null included, sorted by name."""
        match given:
            case ConstantArgument(value):
                given_members: Mapping[str, Any] = value or {}
                found: Mapping[str, ArgumentValue] = {
                    name: ConstantArgument(item) for name, item in given_members.items()
                }
            case VariableArgument(place):
                names = self.probe(given, keys) or ()
                found = {name: VariableArgument(place.at(name)) for name in names}
            case ObjectArgument(members):
                found = members
            case ListArgument():
                raise AssertionError("a list is no input object")
        for name in sorted(found):
            yield name, type_.fields[name], found[name]
