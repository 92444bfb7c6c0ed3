"""Filters, orders and pages over rows in memory, by their definitions."""

import base64
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from schema import schema
from tests.differential.core import named_of
from tests.differential.gating import printed_schema
from tests.differential.world import Record


def global_id(type_name: str, key: Any) -> str:
    """A global id."""
    return f"{prefix_of(type_name)}_{key.hex}"


def prefix_of(type_name: str) -> str | None:
    """The prefix of a type's global ids; None for a type without."""
    return getattr(schema.core.type_map[type_name].extensions["strawberry-definition"].origin, "__id_prefix__", None)


def snake(name: str) -> str:
    """A name of GraphQL as a column is written."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def fold(text: str) -> str:
    """A text in lower case, character by character."""
    return "".join(character.lower()[0] for character in text)


# --- filters --------------------------------------------------------------------------------------------------------

TEXT: Final[Mapping[str, Callable[[str, Any], bool]]] = {
    "eq": lambda value, wanted: fold(value) == fold(wanted),
    "contains": lambda value, wanted: fold(wanted) in fold(value),
    "startsWith": lambda value, wanted: fold(value).startswith(fold(wanted)),
    "oneOf": lambda value, wanted: fold(value) in map(fold, wanted),
}
ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, wanted: value == wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
}


def meets(row: Record, filter_type: str, given: Mapping[str, Any]) -> bool:
    """Whether a row meets every criterion of a filter."""
    return all(_meets(row, filter_type, name, value) for name, value in given.items() if value is not None)


def _meets(row: Record, filter_type: str, name: str, value: Any) -> bool:
    declared = printed_schema().type_map[filter_type].fields[name]
    read = [snake(field) for field in declared.description.removeprefix("By ").removesuffix(".").split(", ")]
    named = named_of(declared.type).name
    if named == "String":
        return any(row[column] is not None and TEXT["contains"](row[column], value) for column in read)
    if named == "IdCriterion":
        return _refers(row[f"{read[0]}_id"], _referred(filter_type, name), value)
    found = row[read[0]]
    match value:
        case list():
            return found in value
        case dict():
            return all(_compares(found, op, operand) for op, operand in value.items() if operand is not None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return found == value


def _referred(filter_type: str, name: str) -> str:
    """The type of the field that a criterion of ids reads."""
    return named_of(printed_schema().type_map[filter_type.removesuffix("Filter")].fields[name].type).name


def _compares(value: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (value is None) is operand
    if value is None:
        return False
    if isinstance(value, str):
        return TEXT[operator](value, operand)
    return ORDERED[operator](value, _wanted(value, operand))


def _wanted(value: Any, operand: Any) -> Any:
    match value:
        case Decimal():
            return Decimal(str(operand))
        case datetime.datetime():
            return datetime.datetime.fromisoformat(operand)
        case _:
            return datetime.date.fromisoformat(operand)


def _refers(key: Any, type_name: str, criterion: Mapping[str, Any]) -> bool:
    for operator, operand in criterion.items():
        wanted: list[Any] = [operand] if isinstance(operand, str) else operand
        if operator == "isNull" and operand is not None:
            if (key is None) is not operand:
                return False
        elif operand is not None and (key is None or global_id(type_name, key) not in wanted):
            return False
    return True


# --- orders and pages -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Descending:
    """A sort key that sorts the other way round."""

    key: Any

    def __lt__(self, other: "Descending") -> bool:
        return other.key < self.key


def sort_key(order: Sequence[str], row: Record) -> tuple[Any, ...]:
    """What rows are sorted by: null is the greatest value, equal rows by id in the direction of the first key."""
    keys: list[Any] = []
    for written in (*order, f"-{'id'}" if order[0].startswith("-") else "id"):
        value = row[written.removeprefix("-")]
        key = (value is None, value if value is not None else 0)
        keys.append(Descending(key) if written.startswith("-") else key)
    return tuple(keys)


def order_of(names: Sequence[str], otherwise: str) -> list[str]:
    """The keys of an order as `column` or `-column`."""
    keys = [
        name.removesuffix("_ASC").lower() if name.endswith("_ASC") else f"-{name.removesuffix('_DESC').lower()}"
        for name in names
    ]
    return keys or [otherwise]


def row_of_cursor(cursor: str) -> str:
    """The hex of the key of the row that a cursor stands at: its last key."""
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[-1].replace("-", "")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a connection that are shown, and what is told of the others."""

    rows: list[Any]
    total: int
    has_next: bool
    has_previous: bool


def paginate(
    listed: list[Record], order: Sequence[str], arguments: Mapping[str, Any], find: Callable[[str], Record]
) -> Page:
    """One page of rows; `find` gives the row with the key of a cursor."""
    after, before = arguments.get("after"), arguments.get("before")
    rows = sorted(listed, key=lambda row: sort_key(order, row))
    if after is not None:
        start = sort_key(order, find(row_of_cursor(after)))
        rows = [row for row in rows if start < sort_key(order, row)]
    if before is not None:
        end = sort_key(order, find(row_of_cursor(before)))
        rows = [row for row in rows if sort_key(order, row) < end]
    last = arguments.get("last")
    if last is not None:
        shown = rows[len(rows) - min(last, len(rows)) :]
        return Page(list(shown), len(listed), before is not None, len(rows) > len(shown))
    first = arguments.get("first")
    shown = rows[: 50 if first is None else first]
    return Page(list(shown), len(listed), len(rows) > len(shown), after is not None)
