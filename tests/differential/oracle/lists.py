"""Filters, orders and pages over rows in memory, by their definition."""

import base64
import datetime
import json
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final

from schema import schema
from tests.db.text import unicode
from tests.differential.oracle.core import named_of
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.world import Record


def global_id(type_name: str, key: Any) -> str:
    """A global id."""
    return f"{prefix_of(type_name)}_{key.hex}"


def prefix_of(type_name: str) -> str | None:
    """The prefix of a type's global ids; None for a type without."""
    return getattr(schema.core.type_map[type_name].extensions["strawberry-definition"].origin, "__id_prefix__", None)


def snake(name: str) -> str:
    """A name of GraphQL in the form of a column's name."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def fold(text: str) -> str:
    """A text as it is compared, character by character by Unicode's own tables."""
    return " ".join("".join(map(_folded, text)).split())


_folded = cache(unicode.folded)


def compared(column: str, text: str) -> str:
    """A text as it is compared in a column; in those of numbers blanks and punctuation make no difference."""
    kinds = ("iban", "vat_number", "enterprise_number", "structured_communication", "ean")
    return re.sub("[ .+*,:_()/-]", "", fold(text)) if column.endswith(kinds) else fold(text)


def within(sought: str, text: str) -> bool:
    """Whether a compared text has another one in it: two letters or digits, or one and marks, at a word's beginning."""
    letters = [sign.isalnum() for sign in sought]
    if letters not in ([True], [True, True]) and (letters[:1] != [True] or any(letters[1:])):
        return sought in text
    starts = (at for at in range(len(text)) if at == 0 or text[at - 1] in f" {string.punctuation}")
    return any(text.startswith(sought, at) for at in starts)


def read(text: str) -> str:
    """A text as it is sorted: a longer number comes after a shorter one."""
    parts = re.split("([0-9]+)", fold(text[:200]))
    return "".join(_numbered(part) if part.isdecimal() else part for part in parts)[:200]


def _numbered(digits: str) -> str:
    significant = digits.lstrip("0")
    return f"{(string.digits + string.ascii_uppercase)[min(len(significant), 35)]}{significant}"


# --- filters --------------------------------------------------------------------------------------------------------

TEXT: Final[Mapping[str, Callable[[str, Any, Callable[[str], str]], bool]]] = {
    "eq": lambda value, wanted, form: form(value) == form(wanted),
    "contains": lambda value, wanted, form: within(form(wanted), form(value)),
    "startsWith": lambda value, wanted, form: form(value).startswith(form(wanted)),
    "oneOf": lambda value, wanted, form: form(value) in map(form, wanted),
}
ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda value, wanted: value == wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter's type, the membership of the viewer, and what a field of a row shows: the keys of objects, or a value.

    `text` returns a text of a search, as its criterion writes it.
    """

    type_name: str
    viewer: Any
    keys: Callable[[Record, str], set[Any]]
    shown: Callable[[Record, str], Any]
    text: Callable[[str], str | None]


ABSENT: Final = re.compile(r"Whether there is no (\w+)\.")
MINE: Final = re.compile(r"Whether (\w+) is, or includes, the viewer\.")


def is_listed(ended: str | None, row: Record, arguments: Mapping[str, Any]) -> bool:
    """Whether a list may have a row, whose column `ended` is set when it has ended: deleted rows only on demand."""
    given: Mapping[str, Any] = arguments.get("filter") or {}
    return ended is None or row[ended] is None or given.get("deleted") is True


def meets(row: Record, filter_: Filter, given: Mapping[str, Any]) -> bool:
    """Whether a row meets every criterion of a filter."""
    return all(_meets(row, filter_, name, value) for name, value in given.items() if value is not None)


def _meets(row: Record, filter_: Filter, name: str, value: Any) -> bool:
    match name:
        case "deleted":
            return (row["deleted_at"] is not None) is value
        case "and":
            return all(meets(row, filter_, one) for one in value)
        case "or":
            return any(meets(row, filter_, one) for one in value)
        case "not":
            return not meets(row, filter_, value)
        case _:
            return _agrees(row, filter_, name, value)


def _agrees(row: Record, filter_: Filter, name: str, value: Any) -> bool:
    filter_type = filter_.type_name
    declared = printed_schema().type_map[filter_type].fields[name]
    absent = ABSENT.fullmatch(_first_sentence(declared))
    if absent:
        return (row[snake(absent[1])] is None) is value
    if _first_sentence(declared) == "Whether it was recorded as no payment.":
        return (row["payment_id"] is None) is value
    own = MINE.fullmatch(_first_sentence(declared))
    if own:
        return (filter_.viewer in _keys(row, filter_, own[1])) is value
    fields = str(declared.description).partition(" Role: ")[0].partition(" App: ")[0]
    names = fields.partition(" Apps: ")[0].removeprefix("By ").removesuffix(".").split(", ")
    named = named_of(declared.type).name
    if named == "String":
        texts = [(snake(name), filter_.text(name)) for name in names]
        return any(text is not None and _compares(column, text, "contains", value) for column, text in texts)
    names = [snake(name) for name in names]
    if named == "ExternalIdCriterion":
        wanted = [[value["eq"]] if value.get("eq") is not None else None, value.get("oneOf")]
        return all(row[names[0]] in ids for ids in wanted if ids is not None)
    if named == "IdCriterion":
        return _refers(_keys(row, filter_, names[0]), _referred(filter_type, declared), value)
    found = _typed(named, filter_.shown(row, names[0]))
    match value:
        case list():
            return not set(found).isdisjoint(value) if isinstance(found, list) else found in value  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            return all(_compares(names[0], found, op, operand) for op, operand in value.items() if operand is not None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return found == value


def _first_sentence(declared: Any) -> str:
    """The description of a criterion without its gates, which the schema adds."""
    return str(declared.description).partition(".")[0] + "."


def _typed(criterion: str, value: Any) -> Any:
    """A value that may be written as the API shows it."""
    if isinstance(value, str) and criterion == "DateTimeCriterion":
        return datetime.datetime.fromisoformat(value)
    return Decimal(value) if isinstance(value, str) and criterion == "DecimalCriterion" else value


HIDDEN: Final = ("actor",)
"""Fields that do not show every object that their foreign key names."""


def _keys(row: Record, filter_: Filter, field: str) -> set[Any]:
    """The keys of the objects to which a row refers by a field."""
    if f"{field}_id" in row and field not in HIDDEN:
        return {row[f"{field}_id"]} - {None}
    return filter_.keys(row, field)


def _referred(filter_type: str, criterion: Any) -> str:
    """The type of the field that a criterion of ids refers to."""
    field = _first_sentence(criterion).removeprefix("By ").removesuffix(".")
    return named_of(printed_schema().type_map[filter_type.removesuffix("Filter")].fields[field].type).name


def _compares(column: str, value: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return (value is None) is operand
    if operator == "ne":
        return not _compares(column, value, "eq", operand)
    if value is None:
        return False
    if isinstance(value, str):
        return TEXT[operator](value, operand, partial(compared, column))
    return ORDERED[operator](value, _wanted(value, operand))


def _wanted(value: Any, operand: Any) -> Any:
    match value:
        case Decimal():
            return Decimal(str(operand))
        case datetime.datetime():
            return datetime.datetime.fromisoformat(operand)
        case _:
            return datetime.date.fromisoformat(operand)


def _refers(keys: set[Any], type_name: str, criterion: Mapping[str, Any]) -> bool:
    ids = {global_id(type_name, key) for key in keys}
    for operator, operand in criterion.items():
        wanted: list[Any] = [operand] if isinstance(operand, str) else operand
        if operator == "isNull" and operand is not None:
            if (not ids) is not operand:
                return False
        elif operand is not None and ids.isdisjoint(wanted) is not (operator == "ne"):
            return False
    return True


# --- orders and pages -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Descending:
    """A sort key that sorts the other way round."""

    key: Any

    def __lt__(self, other: "Descending") -> bool:
        return other.key < self.key


RANK: Final = "found_rank"
"""The key, in rows that were searched for, by which they are sorted first."""


def sort_key(order: Sequence[str], row: Record) -> tuple[Any, ...]:
    """The sort key of a row: null is the greatest value; equal rows by id, in the direction of the first key."""
    keys: list[Any] = [row.get(RANK, 0)]
    for written in (*order, f"-{'id'}" if order[0].startswith("-") else "id"):
        value = row[written.removeprefix("-")]
        value = read(value) if isinstance(value, str) else value
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
    """The hex of the row's key in a cursor: its last sort key."""
    return keys_of_cursor(cursor)[-1].replace("-", "")


def keys_of_cursor(cursor: str) -> list[str]:
    """The mark and the sort keys in a cursor."""
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a connection, with the total and whether there are other pages."""

    rows: list[Any]
    total: int
    has_next: bool
    has_previous: bool


def paginate(
    listed: list[Record], order: Sequence[str], arguments: Mapping[str, Any], find: Callable[[str], Record]
) -> Page:
    """One page of rows; `find` returns the row with the key of a cursor."""
    after, before = arguments.get("after"), arguments.get("before")
    ranked = any(RANK in row for row in listed)

    def place(cursor: str) -> tuple[Any, ...]:
        rank = {RANK: int(keys_of_cursor(cursor)[1])} if ranked else {}
        return sort_key(order, {**find(row_of_cursor(cursor)), **rank})

    rows = sorted(listed, key=lambda row: sort_key(order, row))
    if after is not None:
        start = place(after)
        rows = [row for row in rows if start < sort_key(order, row)]
    if before is not None:
        end = place(before)
        rows = [row for row in rows if sort_key(order, row) < end]
    last = arguments.get("last")
    if last is not None:
        shown = rows[len(rows) - min(last, len(rows)) :]
        return Page(list(shown), len(listed), before is not None, len(rows) > len(shown))
    first = arguments.get("first")
    shown = rows[: 50 if first is None else first]
    return Page(list(shown), len(listed), len(rows) > len(shown), after is not None)
