"""The words in which the schema is declared: fields, gates, entities, connections.

Declarations only, nothing here resolves anything.

A gated field is one line: `discount: Decimal | None = gated("…", App.DISCOUNTS)`. Several gates mean all of them.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.enum import EnumValueDefinition
from strawberry.types.field import StrawberryField

from schema.apps import App


@strawberry.enum(description="What a member is in a company; an external user has no role.")
class Role(Enum):
    OWNER = strawberry.enum_value("OWNER", description="Reaches every active app and manages users and access.")
    EMPLOYEE = strawberry.enum_value("EMPLOYEE", description="Reaches the apps that an owner switched on.")


class Standing(Enum):
    """A role, where somebody else may stand in for the first who has it."""

    OWNER = "OWNER"


GATED_LOCATIONS: Final = [
    Location.FIELD_DEFINITION,
    Location.OBJECT,
    Location.INTERFACE,
    Location.ARGUMENT_DEFINITION,
    Location.INPUT_FIELD_DEFINITION,
    Location.ENUM_VALUE,
]


@strawberry.schema_directive(
    locations=GATED_LOCATIONS,
    name="requiresApp",
    repeatable=True,
    description="Visible only to whoever holds the app in the company that the data belongs to; repeated: all of them.",
)
class RequiresApp:
    app: App


@strawberry.schema_directive(
    locations=GATED_LOCATIONS,
    name="requiresRole",
    repeatable=True,
    description="Visible only to whoever has the role in the company that the data belongs to.",
)
class RequiresRole:
    role: Role


Gate: TypeAlias = App | Role | Standing
"""What a coordinate requires of the viewer in the company that the data belongs to."""


class Openness(Enum):
    """Said instead of a gate where something is meant to be visible to everyone who enters the company."""

    OPEN = "OPEN"


OPEN: Final = Openness.OPEN

DIRECTIONS: Final = {"ASC": "ascending, rows without a value last", "DESC": "descending, rows without a value first"}

T = TypeVar("T")

ENTITIES: Final[list[type]] = []
"""Every entity that was declared, so that the schema knows those, too, that only an interface leads to."""


def directives_of(gates: tuple[Gate, ...]) -> list[object]:
    """The schema directives that state `gates`."""
    return [RequiresRole(role=gate) if isinstance(gate, Role) else RequiresApp(app=cast("App", gate)) for gate in gates]


def gates_of(directives: Iterable[object]) -> tuple[Gate, ...]:
    """The gates among the directives of a Strawberry definition."""
    gates: list[Gate] = []
    for directive in directives:
        match directive:
            case RequiresApp(app=app):
                gates.append(app)
            case RequiresRole(role=role):
                gates.append(role)
            case _:
                pass
    return tuple(dict.fromkeys(gates))


class Argument:
    """An argument of a field: its type, description and gates."""

    __slots__ = ("annotation", "description", "gates")

    def __init__(self, annotation: object, description: str, *gates: Gate) -> None:
        self.annotation = annotation
        self.description = description
        self.gates = gates


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _arguments(arguments: Mapping[str, Argument]) -> list[StrawberryArgument]:
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=_camel(name),
            type_annotation=StrawberryAnnotation(argument.annotation),
            description=argument.description,
            directives=directives_of(argument.gates),
        )
        for name, argument in arguments.items()
    ]


def _declare(description: str, gates: tuple[Gate, ...], arguments: Mapping[str, Argument], *, is_open: bool) -> Any:
    declared = StrawberryField(description=description, directives=directives_of(gates), metadata={"open": is_open})
    if arguments:
        declared.arguments = _arguments(arguments)
    return declared


def field(description: str, **arguments: Argument) -> Any:
    """A field without a gate of its own, of a type that is gated or reached only through a gate."""
    return _declare(description, (), arguments, is_open=False)


def opened(description: str, **arguments: Argument) -> Any:
    """A field of an open entity that everyone who enters the company may see."""
    return _declare(description, (), arguments, is_open=True)


def named(name: str, declared: Any) -> Any:
    """The same field under a GraphQL name that Python keeps for itself, such as `from`."""
    declared.graphql_name = name
    return declared


def gated(description: str, *gates: Gate, **arguments: Argument) -> Any:
    """A field that only who passes every gate may see; nullable, since hidden means null."""
    return _declare(description, gates, arguments, is_open=False)


def stood_in(declared: Any) -> Any:
    """The same field of owners, for who stands in for the first of them, too, until that one has come."""
    declared.metadata = {**declared.metadata, "stood_in": True}
    return declared


def input_field(description: str, *gates: Gate, optional: bool = True) -> Any:
    """A field of an input object; an optional one may be left out."""
    options: dict[str, Any] = {"default": strawberry.UNSET} if optional else {}
    return StrawberryField(description=description, directives=directives_of(gates), **options)


def enum_value(name: str, description: str, *gates: Gate) -> EnumValueDefinition:
    """A value of an enum; a gated one hides every row that carries it, and is refused as an argument."""
    return strawberry.enum_value(name, description=description, directives=directives_of(gates))


PAGE: Final = {
    "first": Argument(int | None, "How many rows from the start, 0 to 100; 50 when neither first nor last is given."),
    "after": Argument(str | None, "Rows after this cursor."),
    "last": Argument(int | None, "How many rows from the end, 0 to 100."),
    "before": Argument(str | None, "Rows before this cursor."),
}
"""The arguments of every connection."""


def connection(
    description: str,
    *gates: Gate,
    is_open: bool = False,
    filter: object = None,
    order: object = None,
    **arguments: Argument,
) -> Any:
    """A field that is a Relay connection; `filter` and `order` are its input object and its enum of order keys."""
    more = dict(arguments)
    if filter is not None:
        more["filter"] = Argument(filter | None, "Only rows that meet every criterion.")  # type: ignore[operator]
    if order is not None:
        more["order_by"] = Argument(list[order] | None, "Order keys, most significant first.")  # type: ignore[valid-type]
    return _declare(description, gates, {**PAGE, **more}, is_open=is_open)


def _lean(declared: type[T]) -> type[T]:
    """A declared type without what dataclasses make for instances: none is ever made, and it would take megabytes."""
    for name in ("__init__", "__repr__", "__eq__", "__match_args__"):
        if name in declared.__dict__:
            delattr(declared, name)
    declared.__doc__ = None  # the signature of the method that is gone
    return declared


@dataclass_transform(kw_only_default=True, field_specifiers=(field, opened, gated, connection))
def entity(prefix: str, *gates: Gate | Openness, description: str) -> Callable[[type[T]], type[T]]:
    """A type whose rows have a global id `<prefix>_<uuid hex>`.

    It names its gates, or OPEN and then each field says gated or opened.
    """
    required = tuple(gate for gate in gates if not isinstance(gate, Openness))

    def declare(cls: type[T]) -> type[T]:
        cls.__id_prefix__ = prefix  # type: ignore[attr-defined]
        cls.__is_open__ = OPEN in gates  # type: ignore[attr-defined]
        declared = _lean(strawberry.type(cls, description=description, directives=directives_of(required)))
        ENTITIES.append(declared)
        return declared

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(field, opened, gated, connection))
def value(description: str, *gates: Gate, prefix: str | None = None) -> Callable[[type[T]], type[T]]:
    """A type without a life of its own: it is only seen through the fields that return it, and they carry the gates."""

    def declare(cls: type[T]) -> type[T]:
        cls.__id_prefix__ = prefix  # type: ignore[attr-defined]
        return _lean(strawberry.type(cls, description=description, directives=directives_of(gates)))

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(input_field,))
def input_object(description: str) -> Callable[[type[T]], type[T]]:
    """An input object."""
    return lambda cls: _lean(strawberry.input(cls, description=description))


@dataclass_transform(kw_only_default=True, field_specifiers=(field, opened, gated, connection, input_field))
def extends(target: type) -> Callable[[type[T]], type[T]]:
    """What one file adds to a type, interface or input object of another: its fields become fields of `target` too.

    So that an app stands in one file. Types that implement or inherit `target` get them as well. Order keys stand in
    the list's own file. Raises TypeError for a field that is there already.
    """

    def declare(addition: type[T]) -> type[T]:
        is_input = get_object_definition(target, strict=True).is_input
        declared = _lean(strawberry.input(addition) if is_input else strawberry.type(addition))
        for type_ in (target, *_heirs(target)):
            there = get_object_definition(type_, strict=True).fields
            for added in get_object_definition(declared, strict=True).fields:
                if any(known.python_name == added.python_name for known in there):
                    raise TypeError(f"{type_.__name__} has a field {added.python_name} already")
                there.append(copy.copy(added))
        return declared

    return declare


def _heirs(target: type) -> Iterator[type]:
    for heir in target.__subclasses__():
        yield heir
        yield from _heirs(heir)


def reads(entity_type: type, *names: str) -> Any:
    """A criterion of a filter: declares the output coordinates that it reads and takes over their gates.

    `names` are the Python names of fields of `entity_type`; the criterion requires all that any of them requires
    beyond the type itself.
    """
    declared = {
        declaration.python_name: declaration for declaration in get_object_definition(entity_type, strict=True).fields
    }
    gates = tuple(dict.fromkeys(gate for name in names for gate in gates_of(declared[name].directives)))
    criterion = input_field(f"By {', '.join(_camel(name) for name in names)}.", *gates)
    criterion.metadata = {"reads": names}
    return criterion


def order_enum(name: str, entity_type: type, *keys: str) -> type[Enum]:
    """The order keys of a list of `entity_type`: `KEY_ASC` and `KEY_DESC` for each Python field name in `keys`.

    A key sorts by the output coordinate of that name and takes over its gates.
    """
    declared = {
        declaration.python_name: declaration for declaration in get_object_definition(entity_type, strict=True).fields
    }
    values = {
        f"{key.upper()}_{direction}": enum_value(
            f"{key.upper()}_{direction}", f"By {_camel(key)}, {words}.", *gates_of(declared[key].directives)
        )
        for key in keys
        for direction, words in DIRECTIONS.items()
    }
    keys_enum = cast("type[Enum]", Enum(name, values))
    return strawberry.enum(description=f"How a list of {entity_type.__name__} is sorted.")(keys_enum)
