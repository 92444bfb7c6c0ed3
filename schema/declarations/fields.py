"""The fields of declared types: open, gated, with arguments, connections; the members of input objects and enums.

Declarations only; nothing here resolves a field.

A gated field is one line: `discount: Decimal | None = gated("…", App.DISCOUNTS)`. Several gates mean all of them.
"""

from collections.abc import Mapping
from typing import Any, Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.enum import EnumValueDefinition
from strawberry.types.field import StrawberryField

from schema.declarations.gates import Gate, directives_of
from schema.declarations.writing import WriteRule


class Argument:
    """An argument of a field: its type, description and gates."""

    __slots__ = ("annotation", "description", "gates")

    def __init__(self, annotation: object, description: str, *gates: Gate) -> None:
        self.annotation = annotation
        self.description = description
        self.gates = gates


def camel(name: str) -> str:
    """The GraphQL name of a Python name."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _arguments(arguments: Mapping[str, Argument]) -> list[StrawberryArgument]:
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=camel(name),
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
