"""What a client gave for an argument, seen without its values: constants of the document and places in the variables.

The compiler may look at a variable only through `Inputs.look`, which remembers what was looked at. These lookups are
the shape of the statement: for all variables that answer them alike, the compiled statement is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

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

from resolvers.coordinates import item_type, literal_value, member_type, type_of
from resolvers.request import RequestError
from schema.errors import ErrorCode

Variables: TypeAlias = Mapping[str, Any]
View: TypeAlias = Callable[[Any], Any]
Convert: TypeAlias = Callable[[Any], object]


def bad_input(message: str) -> RequestError:
    """The refusal of a value that the schema cannot forbid."""
    return RequestError(ErrorCode.BAD_USER_INPUT, message)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the variables: a variable, or something inside it."""

    variable: str
    path: tuple[str, ...] = ()

    def read(self, variables: Variables) -> Any:
        """The value there; None when nothing is there."""
        found: Any = variables.get(self.variable)
        for step in self.path:
            found = found.get(step) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return found  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A place and what of it the compiler looks at; `view` gives something hashable for any value."""

    place: Place
    view: View

    def answer(self, variables: Variables) -> Any:
        """What the compiler would see with these variables."""
        return self.view(self.place.read(variables))


# --- views ----------------------------------------------------------------------------------------------------------


def is_given(value: Any) -> bool:
    """Whether there is anything, null apart."""
    return value is not None


def plain(value: Any) -> Any:
    """A boolean, an enum value's name, or a tuple of them."""
    match value:
        case list() | tuple():
            return tuple(plain(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case Enum():
            return value.value
        case _:
            return value


def keys(value: Any) -> tuple[str, ...] | None:
    """The keys of an input object, in order of name."""
    return tuple(sorted(value)) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class Distinct:
    """What `view` shows of the items of a list, each thing once and sorted; `view` gives texts or None."""

    view: View

    def __call__(self, value: Any) -> Any:
        """What `view` shows of each item; nothing for what is no list."""
        if not isinstance(value, (list, tuple)):
            return ()
        return self.gather(self.view(item) for item in value)  # pyright: ignore[reportUnknownVariableType]

    def gather(self, seen: Iterable[Any]) -> tuple[Any, ...]:
        """The answer for what was seen of each item."""
        return tuple(sorted({item for item in seen if item is not None}))


# --- inputs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that comes with each request."""

    place: Place


@dataclass(frozen=True, slots=True)
class Several:
    """A list in the document with variables in it."""

    items: "tuple[Input, ...]"


@dataclass(frozen=True, slots=True)
class Members:
    """An input object in the document with variables in it."""

    fields: "Mapping[str, Input]"


Input: TypeAlias = Constant | Variable | Several | Members

ABSENT = Constant(None)


def value_of(given: Input, variables: Variables) -> Any:
    """The whole value with these variables."""
    match given:
        case Constant(value):
            return value
        case Variable(place):
            return place.read(variables)
        case Several(items):
            return [value_of(item, variables) for item in items]
        case Members(members):
            return {name: value_of(member, variables) for name, member in members.items()}


def read_input(node: ValueNode, type_: Any) -> Input:
    """The input that a value of a validated document stands for."""
    match node:
        case VariableNode():
            return Variable(Place(node.name.value))
        case ListValueNode() if _has_variable(node):
            return Several(tuple(read_input(item, item_type(type_)) for item in node.values))
        case ObjectValueNode() if _has_variable(node):
            return Members({name: read_input(value, member_type(type_, name)) for name, value in _members(node)})
        case _:
            return Constant(literal_value(node, type_))


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


def read_arguments(node: FieldNode | DirectiveNode, declared: Mapping[str, GraphQLArgument]) -> dict[str, Input]:
    """The arguments given to a field or directive, by their names in the schema; those left out are not in it."""
    return {
        given.name.value: read_input(given.value, type_of(declared[given.name.value])) for given in node.arguments or ()
    }


@dataclass(slots=True)
class Inputs:
    """The variables of the request that is compiled, and what was looked at so far."""

    variables: Variables
    lookups: dict[Lookup, None] = field(default_factory=dict[Lookup, None])

    def look(self, given: Input, view: View) -> Any:
        """What `view` shows of an input."""
        match given:
            case Variable(place):
                lookup = Lookup(place, view)
                self.lookups[lookup] = None
                return lookup.answer(self.variables)
            case Several(items) if isinstance(view, Distinct):
                return view.gather([self.look(item, view.view) for item in items])
            case Several(items):
                return view([self.look(item, plain) for item in items])
            case Constant(value):
                return view(value)
            case Members():
                raise AssertionError("an input object is looked at member by member")

    def given(self, given: Input) -> bool:
        """Whether the input is neither absent nor null."""
        match given:
            case Constant(value):
                return value is not None
            case Variable():
                return self.look(given, is_given)
            case Several() | Members():
                return True

    def members(self, given: Input, type_: GraphQLInputObjectType) -> Iterator[tuple[str, GraphQLInputField, Input]]:
        """The fields of an input object that were given, null included, in order of name."""
        match given:
            case Constant(value):
                given_members: Mapping[str, Any] = value or {}
                found: Mapping[str, Input] = {name: Constant(item) for name, item in given_members.items()}
            case Variable(place):
                names = self.look(given, keys) or ()
                found = {name: Variable(Place(place.variable, (*place.path, name))) for name in names}
            case Members(members):
                found = members
            case Several():
                raise AssertionError("a list is no input object")
        for name in sorted(found):
            yield name, type_.fields[name], found[name]
