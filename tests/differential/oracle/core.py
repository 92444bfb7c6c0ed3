"""graphql-core's functions over types, without type annotations: its wrapping types are generic without parameters."""

from typing import Any, Final

import graphql

CORE: Final[Any] = graphql


def named_of(type_: Any) -> Any:
    """The type without its list and non-null wrappers."""
    return CORE.get_named_type(type_)


def nullable_of(type_: Any) -> Any:
    """The type without its outermost non-null wrapper."""
    return CORE.get_nullable_type(type_)


def is_list(type_: Any) -> bool:
    """Whether a type is a list, apart from non-null."""
    return bool(CORE.is_list_type(nullable_of(type_)))


def is_leaf(type_: Any) -> bool:
    """Whether the named type is a scalar or an enum."""
    return bool(CORE.is_leaf_type(named_of(type_)))


def is_abstract(type_: Any) -> bool:
    """Whether it is an interface or a union."""
    return bool(CORE.is_abstract_type(type_))


def kinds_of(schema: Any, type_: Any) -> list[Any]:
    """The object types that a value of a type may have."""
    return list(schema.get_possible_types(type_)) if is_abstract(type_) else [type_]
