"""Declared types: an entity is a node, a thing has an id, a value has none; payloads, inputs, filters; their extension.

Declarations only; a type's fields are declared by `schema/declarations/fields.py`.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Final, TypeVar, dataclass_transform

import strawberry
from strawberry.types.base import get_object_definition

from schema.declarations.fields import connection, field, gated, input_field, open_field
from schema.declarations.gates import OPEN, Gate, Openness, directives_of
from schema.declarations.input_members import COMBINATIONS, absences, combination
from schema.declarations.writing import FINAL, MANY, NOTHING, Writes
from schema.errors import UserError

T = TypeVar("T")

ENTITIES: Final[list[type]] = []
"""Every declared entity, so that the schema also has those that only an interface leads to."""


def _lean(declared: type[T]) -> type[T]:
    """A declared type without the methods that dataclasses make for instances.

    Strawberry makes each type a dataclass, and no instance is ever made. Without these methods a worker is 3 MiB
    smaller.
    """
    for name in ("__init__", "__repr__", "__eq__", "__match_args__"):
        if name in declared.__dict__:
            delattr(declared, name)
    declared.__doc__ = None  # it had the signature of the removed `__init__`
    return declared


@dataclass_transform(kw_only_default=True, field_specifiers=(field, open_field, gated, connection))
def entity(
    prefix: str,
    *gates: Gate | Openness,
    description: str,
    writes: Writes = NOTHING,
    part_of: str | None = None,
    called: str | None = None,
    at_most: int | None = None,
) -> Callable[[type[T]], type[T]]:
    """A type whose rows have a global id `<prefix>_<uuid hex>`.

    It has gates, or is OPEN; each field of an OPEN type is declared with `gated` or `open_field`. `writes` are the
    mutations that are made for it, from the `write` of its fields. A part is made by the id of the entity that has it,
    and changes the version of that. Inputs name a row by `<type>Id`, or by `<called>Id`. A
    company has `at_most` so many rows, which are made one by one and deleted for good.
    """
    assert at_most is None or (FINAL in writes and MANY not in writes and part_of is None), "only new rows are counted"
    required = tuple(gate for gate in gates if not isinstance(gate, Openness))

    def declare(cls: type[T]) -> type[T]:
        cls.__id_prefix__ = prefix  # type: ignore[attr-defined]
        cls.__is_open__ = OPEN in gates  # type: ignore[attr-defined]
        cls.__writes__ = writes  # type: ignore[attr-defined]
        cls.__part_of__ = part_of  # type: ignore[attr-defined]
        cls.__called__ = called  # type: ignore[attr-defined]
        cls.__at_most__ = at_most  # type: ignore[attr-defined]
        declared = _lean(strawberry.type(cls, description=description, directives=directives_of(required)))
        ENTITIES.append(declared)
        return declared

    return declare


@strawberry.type
class _Identified:
    id: strawberry.ID = field("The global id.")


(_ID,) = get_object_definition(_Identified, strict=True).fields


@dataclass_transform(kw_only_default=True, field_specifiers=(field, open_field, gated, connection))
def thing(prefix: str, *gates: Gate, description: str) -> Callable[[type[T]], type[T]]:
    """A type with a global id that `node` does not find: another field leads to it, and carries the gates.

    A thing can be told apart from others of its type, and may change; a client's normalised cache keeps one copy of it
    by its id. The declaration adds the field `id`.
    """

    def declare(cls: type[T]) -> type[T]:
        cls.__id_prefix__ = prefix  # type: ignore[attr-defined]
        declared = _lean(strawberry.type(cls, description=description, directives=directives_of(gates)))
        get_object_definition(declared, strict=True).fields.insert(0, copy.copy(_ID))
        return declared

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(field, open_field, gated, connection))
def value(description: str, *gates: Gate, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """A type without an id, part of the object whose field returns it; that field carries the gates.

    A client's cache keeps a value inside its object: it is read whole, or nothing else has it. `name` is the type's
    name in the schema where it is not that of the class.
    """
    return lambda cls: _lean(strawberry.type(cls, name=name, description=description, directives=directives_of(gates)))


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def payload(description: str) -> Callable[[type[T]], type[T]]:
    """The payload of a mutation: a value with a last field `errors`."""

    class Refusal:
        errors: list[UserError] = field("Why not.")

    def declare(cls: type[T]) -> type[T]:
        declared = value(description)(cls)
        extends(declared)(Refusal)
        return declared

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(input_field,))
def input_object(description: str) -> Callable[[type[T]], type[T]]:
    """An input object."""
    return lambda cls: _lean(strawberry.input(cls, description=description))


@dataclass_transform(kw_only_default=True, field_specifiers=(input_field,))
def filter_object(description: str) -> Callable[[type[T]], type[T]]:
    """The filter of a list: its criteria, the tests for values that may be absent, and `and`, `or`, `not`."""

    def declare(cls: type[T]) -> type[T]:
        declared = _lean(strawberry.input(cls, description=description))
        fields = get_object_definition(declared, strict=True).fields
        fields += absences(fields)
        fields += [combination(name, text, declared) for name, text in COMBINATIONS.items()]
        return declared

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(field, open_field, gated, connection, input_field))
def extends(target: type) -> Callable[[type[T]], type[T]]:
    """Add the fields of the decorated class to `target`, a type, interface or input object of another file.

    So an app can be declared in one file. Types that implement or inherit `target` get the fields, too. Order keys of a
    list stay in the list's own file. Raises TypeError for a field that exists already.
    """

    def declare(addition: type[T]) -> type[T]:
        is_input = get_object_definition(target, strict=True).is_input
        declared = _lean(strawberry.input(addition) if is_input else strawberry.type(addition))
        fields = get_object_definition(declared, strict=True).fields
        fields += absences(fields)
        for type_ in (target, *_heirs(target)):
            there = get_object_definition(type_, strict=True).fields
            for added in fields:
                if any(known.python_name == added.python_name for known in there):
                    raise TypeError(f"{type_.__name__} has a field {added.python_name} already")
                there.append(copy.copy(added))
        return declared

    return declare


def _heirs(target: type) -> Iterator[type]:
    for heir in target.__subclasses__():
        yield heir
        yield from _heirs(heir)
