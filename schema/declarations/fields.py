"""The functions with which the schema is declared: fields, gates, entities, connections.

Declarations only; nothing here resolves a field.

A gated field is one line: `discount: Decimal | None = gated("…", App.DISCOUNTS)`. Several gates mean all of them.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, cast, dataclass_transform, get_args

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.enum import EnumValueDefinition
from strawberry.types.field import StrawberryField

from schema.apps import App
from schema.declarations.writing import FINAL, MANY, NOTHING, WriteRule, Writes
from schema.errors import UserError
from schema.roles import Role


class Standing(Enum):
    """A role, or the standing in for its first holder (the accountant who created the company)."""

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
"""A requirement of a coordinate: the viewer must hold it in the company that the data belongs to."""


class Openness(Enum):
    """In place of a gate: visible to every viewer who enters the company."""

    OPEN = "OPEN"


OPEN: Final = Openness.OPEN

DIRECTIONS: Final = {"ASC": "ascending, rows without a value last", "DESC": "descending, rows without a value first"}

T = TypeVar("T")

ENTITIES: Final[list[type]] = []
"""Every declared entity, so that the schema also has those that only an interface leads to."""


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


def _declare(
    description: str,
    gates: tuple[Gate, ...],
    arguments: Mapping[str, Argument],
    *,
    is_open: bool,
    write: WriteRule | None = None,
) -> Any:
    metadata = {"open": is_open, "write": write}
    declared = StrawberryField(description=description, directives=directives_of(gates), metadata=metadata)
    if arguments:
        declared.arguments = _arguments(arguments)
    return declared


def field(description: str, *, write: WriteRule | None = None, **arguments: Argument) -> Any:
    """A field without a gate of its own, of a type that is gated or reached only through a gate.

    `write` says what may be written into it; without it nothing can.
    """
    return _declare(description, (), arguments, is_open=False, write=write)


def open_field(description: str, **arguments: Argument) -> Any:
    """A field of an open entity, visible to every viewer who enters the company."""
    return _declare(description, (), arguments, is_open=True)


def named(name: str, declared: Any) -> Any:
    """The field under a GraphQL name that is a keyword of Python, such as `from`."""
    declared.graphql_name = name
    return declared


def deprecated(instead: str, declared: Any) -> Any:
    """The field, which stays for clients that know it; `instead` says what they should read."""
    declared.deprecation_reason = instead
    return declared


def gated(description: str, *gates: Gate, write: WriteRule | None = None, **arguments: Argument) -> Any:
    """A field that a viewer sees only by passing every gate; nullable, since a hidden field is null.

    `write` as for `field`; who does not see a field cannot write it.
    """
    return _declare(description, gates, arguments, is_open=False, write=write)


def stood_in(declared: Any) -> Any:
    """The field, gated for owners, also open to the accountant who stands in for the first owner."""
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
    more = narrowing(filter, order)
    return _declare(description, gates, {**PAGE, **arguments, **more}, is_open=is_open)


def narrowing(filter: object = None, order: object = None) -> dict[str, Argument]:
    """The arguments of a list by which its rows are chosen and sorted, for the input object and the enum that exist."""
    arguments: dict[str, Argument] = {}
    if filter is not None:
        arguments["filter"] = Argument(filter | None, "Only rows that meet every criterion.")  # type: ignore[operator]
    if order is not None:
        arguments["order_by"] = Argument(list[order] | None, "Order keys, most significant first.")  # type: ignore[valid-type]
    return arguments


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


COMBINATIONS: Final = {
    "and": "Each of these filters holds.",
    "or": "At least one of these filters holds; none does in an empty list.",
    "not": "This filter does not hold; a row without a value holds no comparison.",
}
"""The members of every filter that combine filters of the same list."""


@dataclass_transform(kw_only_default=True, field_specifiers=(input_field,))
def filter_object(description: str) -> Callable[[type[T]], type[T]]:
    """The filter of a list: its criteria, the tests for values that may be absent, and `and`, `or`, `not`."""

    def declare(cls: type[T]) -> type[T]:
        declared = _lean(strawberry.input(cls, description=description))
        fields = get_object_definition(declared, strict=True).fields
        fields += _absences(fields)
        fields += [_combination(name, text, declared) for name, text in COMBINATIONS.items()]
        return declared

    return declare


def _combination(name: str, description: str, filter_: type) -> StrawberryField:
    annotation = filter_ | None if name == "not" else list[filter_] | None
    return _named_input(f"{name}_", name, description, annotation, {"combines": name})


def _absences(criteria: Iterable[StrawberryField]) -> list[StrawberryField]:
    """A test for each criterion of an enum or a boolean that may be absent: `<criterion>IsNull`, with its gates."""
    found: list[StrawberryField] = []
    for criterion in criteria:
        reads = criterion.metadata.get("absent")
        if reads is not None:
            test = _named_input(
                f"{criterion.python_name}_is_null",
                f"{_camel(criterion.python_name)}IsNull",
                f"Whether there is no {_camel(reads)}.",
                bool | None,
                {"reads": (reads,), "is_null": True},
            )
            test.directives = criterion.directives
            found.append(test)
    return found


def _named_input(
    name: str, graphql_name: str, description: str, annotation: object, metadata: Mapping[str, object]
) -> StrawberryField:
    """A member of an input object that is no attribute of a class."""
    return StrawberryField(
        python_name=name,
        graphql_name=graphql_name,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=strawberry.UNSET,
        metadata=metadata,
    )


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
        fields += _absences(fields)
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
        texts = " ".join(map(_camel, self.names))
        return f"{_camel(self.through)}.{texts}" if self.through else texts


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
    criterion.description = f"Whether {_camel(name)} is, or includes, the viewer."
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
            f"{key.upper()}_{direction}", f"By {_camel(key)}, {words}.", *gates_of(declared[key].directives)
        )
        for key in keys
        for direction, words in DIRECTIONS.items()
    }
    keys_enum = cast("type[Enum]", Enum(name, values))
    return strawberry.enum(description=f"How a list of {entity_type.__name__} is sorted.")(keys_enum)
