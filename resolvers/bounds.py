"""How much the variables of a request may hold: takes their JSON, counts its values, finds lists that are too long."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from resolvers.coordinates import type_of

VALUES: Final = 16_000
"""How many values the variables of a request may have, in all their lists and objects together."""

ITEMS: Final = 1_000
"""How many items a list in the variables may have; lists of ids and of texts at most 100 (`convert`)."""

OWN_BOUND: Final = frozenset({"AppAccessChange"})
"""The types of items of which the mutation that takes them says how many there may be."""


def measured(given: Mapping[str, object]) -> tuple[int, int]:
    """How many values some JSON has, itself among them, and its longest list; counts no further than it has to."""
    waiting, count, longest = _nested(given.values()), 1 + len(given), 0
    while waiting and count <= VALUES:
        inside = waiting.pop()
        count += len(inside)
        if isinstance(inside, dict):
            waiting += _nested(inside.values())
        else:
            longest = max(longest, len(inside))
            waiting += _nested(inside)
    return count, longest


def _nested(values: Iterable[object]) -> list[dict[str, object] | list[object]]:
    """Those of some values that hold more."""
    return [cast("list[object]", value) for value in values if isinstance(value, (dict, list))]


def is_too_long(value: object, type_: Any) -> bool:
    """Whether a value of a type has a list with more than `ITEMS` items, of those without a bound of their own."""
    inner: Any = cast("Any", type_).of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(value, list) and isinstance(inner, GraphQLList):
        items, of = cast("list[object]", value), cast("Any", inner).of_type
        own = cast("Any", get_named_type(of)).name in OWN_BOUND
        return (len(items) > ITEMS and not own) or any(is_too_long(item, of) for item in items)
    if isinstance(value, dict) and isinstance(inner, GraphQLInputObjectType):
        members = cast("dict[str, object]", value)
        return any(is_too_long(members.get(name), type_of(member)) for name, member in inner.fields.items())
    return False
