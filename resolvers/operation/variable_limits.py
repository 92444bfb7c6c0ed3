"""Limits of the variables of a request: counts their values and finds lists that are too long."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from resolvers.gates.coordinates import type_of
from resolvers.request_limits import NESTED, VALUES, VARIABLE_ITEMS

OWN_BOUND: Final = frozenset({"AppAccessChange"})
"""Types of items whose number is bounded by the mutation that takes them."""


class Measures(NamedTuple):
    """The number of values in some JSON, itself included, the length of its longest list, and its depth."""

    values: int
    longest: int
    depth: int


def measured(given: Mapping[str, object]) -> Measures:
    """The measures of some variables; measuring ends once there are more than `VALUES`, or more than `NESTED` deep."""
    level, count, longest, depth = _nested(given.values()), 1 + len(given), 0, 0
    while level and count <= VALUES and depth <= NESTED:
        depth += 1
        outer, level = level, list[dict[str, object] | list[object]]()
        for inside in outer:
            size = len(inside)
            count += size
            if isinstance(inside, dict):
                level += _nested(inside.values())
            else:
                longest = max(longest, size)
                level += _nested(inside)
    return Measures(count, longest, depth)


def _nested(values: Iterable[object]) -> list[dict[str, object] | list[object]]:
    """The lists and objects among some values."""
    return [cast("list[object]", value) for value in values if isinstance(value, (dict, list))]


def is_too_long(value: object, type_: Any) -> bool:
    """True if a value of this type has a longer list than `VARIABLE_ITEMS`; some lists have a bound of their own."""
    inner: Any = cast("Any", type_).of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(value, list) and isinstance(inner, GraphQLList):
        items, of = cast("list[object]", value), cast("Any", inner).of_type
        own = cast("Any", get_named_type(of)).name in OWN_BOUND
        return (len(items) > VARIABLE_ITEMS and not own) or any(is_too_long(item, of) for item in items)
    if isinstance(value, dict) and isinstance(inner, GraphQLInputObjectType):
        members = cast("dict[str, object]", value)
        return any(is_too_long(members.get(name), type_of(member)) for name, member in inner.fields.items())
    return False
