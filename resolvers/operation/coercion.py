"""Coerces the values of variables to their types, by functions that are made once for each type.

They do what graphql-core's `coerce_input_value` does, without looking at the types again for every value.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, cast
from weakref import WeakKeyDictionary, ref

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLString, GraphQLType, Undefined
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce: TypeAlias = Callable[[Any], Any]
"""From the value of a variable to the coerced one. Raises any exception for a value that does not fit."""


class Unfit(ValueError):
    """A value does not fit its type."""


class CoercedMember(NamedTuple):
    """A member of an input object: its name there and as it is coerced; `default` is Undefined without one."""

    name: str
    coerced_name: str
    coerce: Coerce
    default: Any
    is_required: bool


def coerced_value(value: object, type_: Any) -> Any:
    """The coerced value of a variable; Undefined for a value that does not fit the type. Raises RecursionError."""
    try:
        return coercer_of(type_)(value)
    except RecursionError:
        raise
    except Exception:  # noqa: BLE001 (a scalar may refuse a value by any exception)
        return Undefined


def coercer_of(type_: Any) -> Coerce:
    """The function that coerces values to a type."""
    match type_:
        case GraphQLNonNull():
            return _non_null(coercer_of(cast("Any", type_).of_type))
        case GraphQLList():
            return _list(coercer_of(cast("Any", type_).of_type))
        case GraphQLInputObjectType():
            return ObjectCoercer.of(type_)
        case _:
            read = type_.coerce_input_value
            return _text(read) if type_ is GraphQLString else _leaf(read)


def _non_null(coerce: Coerce) -> Coerce:
    def non_null(value: Any) -> Any:
        if value is None:
            raise Unfit
        return coerce(value)

    return non_null


def _list(coerce: Coerce) -> Coerce:
    """A single value is a list of one."""

    def listed(value: Any) -> Any:
        if value is None:
            return None
        items = cast("list[Any]", value) if isinstance(value, (list, tuple)) else [value]
        return [coerce(item) for item in items]

    return listed


def _leaf(read: Coerce) -> Coerce:
    def leaf(value: Any) -> Any:
        if value is None:
            return None
        found = read(value)
        if found is Undefined:
            raise Unfit
        return found

    return leaf


def _text(read: Coerce) -> Coerce:
    """A text is as it is."""

    def text(value: Any) -> Any:
        return value if value is None or type(value) is str else read(value)

    return text


class ObjectCoercer:
    """Coerces the values of an input object, and keeps no type alive: those of a caller's view come and go."""

    __slots__ = ("_members", "_names", "_type")

    def __init__(self, type_: GraphQLInputObjectType) -> None:
        self._type = ref(type_)
        self._members: tuple[CoercedMember, ...] | None = None
        self._names: frozenset[str] = frozenset()

    @staticmethod
    def of(type_: GraphQLInputObjectType) -> "ObjectCoercer":
        """The one of a type."""
        found = COERCERS.get(type_)
        if found is None:
            found = COERCERS[type_] = ObjectCoercer(type_)
        return found

    def __call__(self, value: Any) -> Any:
        """The coerced object."""
        if value is None:
            return None
        members = self._members or self._prepare()
        if not isinstance(value, dict) or not self._names.issuperset(cast("dict[str, Any]", value)):
            raise Unfit
        given, coerced = cast("dict[str, Any]", value), dict[str, Any]()
        for name, coerced_name, coerce, default, is_required in members:
            if name in given:
                coerced[coerced_name] = coerce(given[name])
            elif is_required:
                raise Unfit
            elif default is not Undefined:
                coerced[coerced_name] = default
        return self._finished(coerced, len(given))

    def _finished(self, coerced: dict[str, Any], given: int) -> Any:
        type_ = self._alive
        if type_.is_one_of and (given != 1 or len(coerced) != 1 or None in coerced.values()):
            raise Unfit
        return cast("Any", type_).out_type(coerced)

    @property
    def _alive(self) -> GraphQLInputObjectType:
        type_ = self._type()
        assert type_ is not None, "the type of a value is alive while the value is read"
        return type_

    def _prepare(self) -> tuple[CoercedMember, ...]:
        """The members, made when the first value comes: types refer to each other in circles."""
        fields = cast("dict[str, Any]", self._alive.fields)
        self._names = frozenset(fields)
        self._members = tuple(
            CoercedMember(
                name,
                field.out_name or name,
                coercer_of(field.type),
                default := coerce_default_value(field),
                default is Undefined and isinstance(field.type, GraphQLNonNull),
            )
            for name, field in fields.items()
        )
        return self._members


COERCERS: Final[WeakKeyDictionary[GraphQLType, ObjectCoercer]] = WeakKeyDictionary()
