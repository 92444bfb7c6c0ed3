"""The narrowing of a list: criteria that read fields, and the keys by which it is sorted; both take over the gates."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, NamedTuple, cast, get_args

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from schema.declarations.fields import camel, enum_value, input_field
from schema.declarations.gates import Gate, gates_of

DIRECTIONS: Final = {"ASC": "ascending, rows without a value last", "DESC": "descending, rows without a value first"}


class Read(NamedTuple):
    """Texts of a listed row, or of the row that its field `through` leads to: the Python names of their fields.

    Several texts are read as one, with blanks between them.
    """

    through: str | None
    names: tuple[str, ...]

    @classmethod
    def parse(cls, written: str) -> "Read":
        """Parse `name`, `first_name last_name` or `actor.first_name last_name`, the forms in `reads`."""
        through, _, names = written.rpartition(".")
        return cls(through or None, tuple(names.split()))

    def __str__(self) -> str:
        texts = " ".join(map(camel, self.names))
        return f"{camel(self.through)}.{texts}" if self.through else texts


def reads(entity_type: type, *written: str) -> Any:
    """A criterion of a filter: declares the output coordinates that it reads, and takes over their gates.

    `written` are Python names of fields of `entity_type`, or for a search the other forms of `Read`; the criterion has
    the gates of all of them, besides those of the type itself.
    """
    found = [Read.parse(each) for each in written]
    gates = tuple(dict.fromkeys(gate for read in found for gate in _gates_of_read(entity_type, read)))
    criterion = input_field(f"By {', '.join(map(str, found))}.", *gates)
    first = _declared(entity_type).get(written[0])
    criterion.metadata = {"reads": written, "absent": written[0] if first and _may_be_absent(first) else None}
    return criterion


def _declared(entity_type: type) -> dict[str, StrawberryField]:
    """The declared fields of a type by their Python names."""
    fields = get_object_definition(entity_type, strict=True).fields
    return {declaration.python_name: declaration for declaration in fields}


def _gates_of_read(entity_type: type, read: Read) -> Iterator[Gate]:
    declared = _declared(entity_type)
    if read.through is not None:
        yield from gates_of(declared[read.through].directives)
        types = [option for option in _options(declared[read.through]) if isinstance(option, type)]
        (referred,) = [option for option in types if get_object_definition(option) is not None]
        yield from gates_of(get_object_definition(referred, strict=True).directives or ())
        declared = _declared(referred)
    for name in read.names:
        yield from gates_of(declared[name].directives)


def _options(declared: StrawberryField) -> tuple[object, ...]:
    """The types of a field that may be null: the one declared, and that of null."""
    return get_args(declared.type_annotation.raw_annotation if declared.type_annotation is not None else None)


def _may_be_absent(declared: StrawberryField) -> bool:
    """True for a field with an enum or a boolean that may be null; texts, numbers and times have `isNull`."""
    options = _options(declared)
    return type(None) in options and any(
        option is bool or (isinstance(option, type) and issubclass(option, Enum)) for option in options
    )


def concerns_viewer(entity_type: type, name: str) -> Any:
    """A yes-or-no criterion: the member, or one of the members, in this field of `entity_type` is the viewer."""
    criterion = reads(entity_type, name)
    criterion.description = f"Whether {camel(name)} is, or includes, the viewer."
    criterion.metadata = {"reads": (name,), "viewer": True}
    return criterion


def refers_to_nothing(name: str, description: str, *gates: Gate) -> Any:
    """A yes-or-no criterion: this field of a row leads to nothing. `gates` are those of the type that it leads to."""
    criterion = input_field(description, *gates)
    criterion.metadata = {"reads": (name,), "refers_to_nothing": True}
    return criterion


def order_enum(name: str, entity_type: type, *keys: str) -> type[Enum]:
    """The order keys of a list of `entity_type`: `KEY_ASC` and `KEY_DESC` for each Python field name in `keys`.

    A key sorts by the output coordinate of that name and takes over its gates.
    """
    declared = _declared(entity_type)
    values = {
        f"{key.upper()}_{direction}": enum_value(
            f"{key.upper()}_{direction}", f"By {camel(key)}, {words}.", *gates_of(declared[key].directives)
        )
        for key in keys
        for direction, words in DIRECTIONS.items()
    }
    keys_enum = cast("type[Enum]", Enum(name, values))
    return strawberry.enum(description=f"How a list of {entity_type.__name__} is sorted.")(keys_enum)
