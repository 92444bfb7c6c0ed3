"""The place in a variable where its value does not fit the type, and the words for it; values are never repeated."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
)

from resolvers.gates.coordinates import type_of

EXPECTED: Final[Mapping[str, str]] = {
    "Int": "a whole number of at most 32 bits",
    "Float": "a number",
    "String": "a text",
    "Boolean": "true or false",
    "ID": "an id, as a text",
}
"""The values that a standard scalar takes; the scalars of our own say it in their errors."""


class Misfit(NamedTuple):
    """The path below the variable, list indices from 0, and what is wrong there."""

    path: tuple[str | int, ...]
    what: str

    def under(self, step: str | int) -> "Misfit":
        """The same place, seen from one level above."""
        return Misfit((step, *self.path), self.what)


def find_misfit(value: object, type_: Any) -> Misfit | None:
    """The first place where a value does not fit an input type; None if it fits. Linear in the value."""
    if isinstance(type_, GraphQLNonNull):
        return Misfit((), "may not be null") if value is None else find_misfit(value, cast("Any", type_).of_type)
    if value is None:
        return None
    match type_:
        case GraphQLList():
            return _in_list(value, cast("Any", type_).of_type)
        case GraphQLInputObjectType():
            return _in_object(value, type_)
        case GraphQLEnumType():
            is_value = isinstance(value, str) and value in type_.values
            return None if is_value else Misfit((), f"has to be a value of {type_.name}")
        case _:
            return _in_scalar(value, cast("GraphQLScalarType", type_))


def _in_list(value: object, of: Any) -> Misfit | None:
    if not isinstance(value, list):
        return find_misfit(value, of)  # a single value stands for a list of one
    items = enumerate(cast("list[object]", value))
    return _first((place, find_misfit(item, of)) for place, item in items)


def _in_object(value: object, type_: GraphQLInputObjectType) -> Misfit | None:
    if not isinstance(value, dict):
        return Misfit((), "has to be an object")
    given = cast("dict[str, object]", value)
    if any(name not in type_.fields for name in given):
        return Misfit((), f"has a member that {type_.name} does not have")
    for name, declared in type_.fields.items():
        of = type_of(declared)
        if name not in given and isinstance(of, GraphQLNonNull) and declared.default_value is Undefined:
            return Misfit((name,), "is missing")
    return _first((name, find_misfit(item, type_of(type_.fields[name]))) for name, item in given.items())


def _in_scalar(value: object, type_: GraphQLScalarType) -> Misfit | None:
    try:
        if type_.parse_value(value) is not Undefined:
            return None
        expected = f"a value of {type_.name}"
    except GraphQLError as error:
        expected = EXPECTED.get(type_.name) or error.message.removeprefix("Expected ").rstrip(".")
    except Exception:  # noqa: BLE001 (a scalar may refuse a value by any exception)
        expected = EXPECTED.get(type_.name, f"a value of {type_.name}")
    return Misfit((), f"has to be {expected}")


def _first(found: Iterable[tuple[str | int, Misfit | None]]) -> Misfit | None:
    return next((misfit.under(step) for step, misfit in found if misfit is not None), None)
