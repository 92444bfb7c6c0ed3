"""Filters, orders and pages over rows in memory, by their definitions."""

import base64
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tests.differential.world import Record

PREFIXES: Final = {
    "Company": "com",
    "User": "usr",
    "ExternalUser": "ext",
    "Account": "acc",
    "PermissionMatrix": "pmx",
    "PermissionRow": "prw",
    "AccessChange": "acg",
    "Session": "ses",
    "Customer": "cus",
    "ContactPerson": "cop",
    "Product": "pro",
    "ProductGroup": "prg",
    "Quote": "quo",
    "Invoice": "inv",
    "CreditNote": "crn",
    "DocumentLine": "lin",
}


def global_id(type_name: str, key: Any) -> str:
    """A global id."""
    return f"{PREFIXES[type_name]}_{key.hex}"


def snake(name: str) -> str:
    """The column that a field is called after."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


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
SEARCHED: Final = {
    "CustomerFilter": ("number", "name", "city"),
    "ProductFilter": ("number", "name"),
    "ProductGroupFilter": ("name",),
    "ViewerCompanyFilter": ("name", "vat_number"),
}
SEARCHED_OF_DOCUMENTS: Final = ("number", "customer_name")
REFERRED: Final = {"customer": ("customer_id", "Customer"), "group": ("group_id", "ProductGroup")}


def meets(row: Record, filter_type: str, given: Mapping[str, Any]) -> bool:
    """Whether a row meets every criterion of a filter."""
    return all(_meets(row, filter_type, name, value) for name, value in given.items() if value is not None)


def _meets(row: Record, filter_type: str, name: str, value: Any) -> bool:
    match value:
        case str() if name == "search":
            columns = [row[column] for column in SEARCHED.get(filter_type, SEARCHED_OF_DOCUMENTS)]
            return any(column is not None and TEXT["contains"](column, value) for column in columns)
        case list():
            return row[name] in value
        case _ if name in REFERRED:
            column, type_name = REFERRED[name]
            return _refers(row[column], type_name, value)
        case _:
            found = row[snake(name)]
            return all(
                _compares(found, operator, operand) for operator, operand in value.items() if operand is not None
            )


def _compares(value: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (value is None) is operand
    if value is None:
        return False
    if isinstance(value, str):
        return TEXT[operator](value, operand)
    wanted = Decimal(str(operand)) if isinstance(value, Decimal) else datetime.date.fromisoformat(operand)
    return ORDERED[operator](value, wanted)


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
