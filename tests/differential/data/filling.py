"""Values for the columns that the data set does not state, chosen from the table definitions alone.

They are edge cases: nulls wherever possible, equal values, references to existing keys, and the values that checks
allow.
"""

import datetime
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from asyncpg import BitString

from db.declarations import (
    Array,
    Bit,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    Moment,
    Numeric,
    Table,
    Text,
    TransactionId,
)
from db.tables import metadata
from db.tables.metadata import APPS
from tests.differential.oracle.gating import printed_schema

Record = dict[str, Any]
Keys = Callable[[str], Sequence[uuid.UUID]]
"""The keys of a table's rows in the current company."""

DAY: Final = datetime.date(2026, 2, 27)
MOMENT: Final = datetime.datetime(2026, 3, 1, 9, 30, 0, 120_000, tzinfo=datetime.UTC)
DELETED: Final = 3
"""Of five rows of a table with deletion the one that is deleted, counted from 0."""

CHOICES: Final = re.compile(r"(\w+) in \(([^)]*)\)")


def filled(table: Table, n: int, given: Mapping[str, Any], keys: Keys) -> Record:
    """The n-th row of a table: the given columns, and made-up values of the others."""
    row = dict(given)
    for place, column in enumerate(table.columns.values()):
        if column.name not in row and column.computed is None:
            row[column.name] = _value(table, column, n + place, n, keys)
    return row


def _value(table: Table, column: Column, mixed: int, n: int, keys: Keys) -> Any:
    if column.name == "deleted_at":
        return MOMENT if n % 5 == DELETED else None
    if column.nullable and mixed % 3 == 1 and column.name not in _single(table) and not has_one_row(table):
        return None
    target = _target(table, column)
    if target is not None:
        known = keys(target)
        return known[(n if column.name in _single(table) else mixed + n // 4) % len(known)] if known else None
    allowed = choices(table).get(column.name) or _enum(table, column)
    if allowed:
        return allowed[mixed % len(allowed)]
    if column.name in _single(table) and isinstance(column.type, Integer | Text):
        return n + 1 if isinstance(column.type, Integer) else f"{mixed:06}"
    return _made_up(column, mixed, n)


def _made_up(column: Column, mixed: int, n: int) -> Any:
    match column.type:
        case LargeBinary():
            return f"encrypted {mixed}".encode()
        case Text():
            return TEXTS[mixed % len(TEXTS)]
        case Boolean():
            return mixed % 2 == 0
        case Integer() | TransactionId():
            return (3, 1, 0, 12)[mixed % 4]
        case Numeric(scale=scale):
            return Decimal(("12.5", "0", "12.5", "-3.1", "99")[mixed % 5]).quantize(Decimal(1).scaleb(-(scale or 0)))
        case Moment():
            return MOMENT + datetime.timedelta(minutes=30 * (n if _ordered(column.name) else mixed % 4))
        case Bit():
            text: Any = "".join("1" if (place + mixed) % 3 == 0 else "0" for place in range(APPS))
            return BitString(text)  # the stubs want bytes, the driver texts
        case Date():
            return DAY + datetime.timedelta(days=mixed % 4)
        case LargeBinary():
            return f"secret {mixed}".encode()
        case Array(item=Numeric()):
            return [Decimal("12.50"), Decimal("0.00")][: mixed % 3]
        case Array():
            return list(TEXTS[: mixed % 3])
        case _:
            return uuid.UUID(int=mixed + 1)


TEXTS: Final = (
    "Ångström & Zonen", "de smet", "De Smet", 'Café "L\'Étoile"', "back\\slash\\n", "tab\there\nand line",
    "naïve 😀 東京", "100%_sure", "bell\x07 \x7f\u2028", "", "ΑΣ ẞ İ", "de smet",
)  # fmt: skip
"""Values of text columns: case variants, quotes, wildcards, control characters, other planes, the empty text."""


def _ordered(name: str) -> bool:
    """Whether a moment of that name is an end, which must not come before the beginning."""
    return name.startswith("end") or name.endswith(("_end", "_at"))


def _target(table: Table, column: Column) -> str | None:
    """The table that a column refers to."""
    for key in table.foreign_keys:
        if column.name in key.columns and key.columns != ("company_id",):
            return key.target if column.name != "company_id" else None
    return None


@cache
def _single(table: Table) -> frozenset[str]:
    """The columns of unique keys within a company, without the id."""
    unique = [table.primary_key, *(index.columns for index in table.indexes if index.unique)]
    return frozenset(name for names in unique for name in names if name not in ("company_id", "id"))


def has_one_row(table: Table) -> bool:
    """True for a table with one row for each company; its columns always have values, or a gate would hide nothing."""
    return table.primary_key == ("company_id",)


@cache
def choices(table: Table) -> dict[str, list[str]]:
    """The values that the checks of a table allow, by column."""
    return {
        name: [choice.strip(" '") for choice in choices.split(",")]
        for check in table.checks
        for name, choices in CHOICES.findall(check.condition)
    }


def _enum(table: Table, column: Column) -> list[str]:
    """The values of the schema's enum for a column."""
    head, *tail = column.name.split("_")
    name = head + "".join(map(str.capitalize, tail))
    for type_ in table.info.get("types", {}):
        field = getattr(printed_schema().type_map.get(type_), "fields", {}).get(name)
        named = getattr(field.type, "of_type", field.type) if field is not None else None
        if hasattr(named, "values"):
            return list(named.values)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportOptionalMemberAccess, reportUnknownVariableType, reportUnknownArgumentType]
    return []


def tenant_tables() -> list[Table]:
    """The tables of companies, in an order that foreign keys allow."""
    return [table for table in metadata.sorted_tables if table.info.get("tenant")]
