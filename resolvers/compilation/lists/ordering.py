"""The order of a list, and the SQL of the cursors into it, for keyset paging over keys that may be null.

Texts are sorted by their reading key, whose length is bounded, so a cursor into any list has a bounded length, too.

Null is the greatest value, as in PostgreSQL's indexes: ascending puts rows without a value last, descending first.
"""

import datetime
import decimal
import hashlib
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, LiteralString

from db.declarations import Boolean, Column, Date, Integer, Moment, Numeric, Table, Text, Uuid
from db.sql import Rows, Sql, join, literal, sql
from resolvers.compilation.parameters import text
from resolvers.compilation.texts import sorted_value

MARK_LENGTH: Final = 6
INT4: Final = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The form of a column's value in a cursor: PostgreSQL's type, and the reader of its text form."""

    name: LiteralString
    read: Callable[[str], object]


def _int4(value: str) -> int:
    if not re.fullmatch(r"-?\d{1,10}", value) or int(value) not in INT4:
        raise ValueError(value)
    return int(value)


def _decimal(value: str) -> decimal.Decimal:
    if not re.fullmatch(r"-?\d{1,20}(\.\d{1,10})?", value):
        raise ValueError(value)
    return decimal.Decimal(value)


def _moment(value: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(datetime.UTC)


def _text(value: str) -> str:
    found = text(value)
    assert found is not None
    return found


COLUMN_TYPES: Final[tuple[tuple[type[Any], ColumnType], ...]] = (
    (Text, ColumnType("text", _text)),
    (Uuid, ColumnType("uuid", uuid.UUID)),
    (Integer, ColumnType("int4", _int4)),
    (Numeric, ColumnType("numeric", _decimal)),
    (Moment, ColumnType("timestamptz", _moment)),
    (Date, ColumnType("date", datetime.date.fromisoformat)),
    (Boolean, ColumnType("bool", lambda value: {"true": True, "false": False}[value])),
)


def column_type(column: Column) -> ColumnType:
    """The form of this column's values in cursors."""
    return next(found for sort, found in COLUMN_TYPES if isinstance(column.type, sort))


ONE_VALUE: Final = re.compile(r"[\w.$:]+")
"""A column or a parameter, as the right side of an equation."""


def _is_given(column: Sql, where: Sequence[Sql]) -> bool:
    """True if a condition gives the column the same value in all rows."""
    equation = f"{column} = "
    return any(ONE_VALUE.fullmatch(one.removeprefix(equation)) for one in where if one.startswith(equation))


@cache
def _distinct_by(table: Table) -> tuple[tuple[str, ...], ...]:
    """The columns by which each unique index of a table tells all of its rows apart."""
    return tuple(
        index.columns
        for index in table.indexes
        if index.unique and index.where is None and index.columns == index.parts
        if not any(table.columns[name].nullable for name in index.columns)
    )


RANK: Final = "found_rank"
"""The key by which a list with ranks is sorted first: no column of the table, but one of its rows (`Rows.copies`)."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A column that a list is sorted by."""

    column: str
    descending: bool = False

    @classmethod
    def parse(cls, written: str) -> "OrderKey":
        """Parse `column` or `-column`, the form in tables and resolvers."""
        return cls(written.removeprefix("-"), written.startswith("-"))

    @classmethod
    def of_enum(cls, name: str) -> "OrderKey":
        """Parse `COLUMN_ASC` or `COLUMN_DESC`, the form in the schema's order enums."""
        column, _, direction = name.rpartition("_")
        return cls(column.lower(), direction == "DESC")

    def value(self, rows: Rows) -> Sql:
        """The value of a row by which it is sorted."""
        return rows[self.column] if self.column in (RANK, "id") else sorted_value(rows, self.column)

    def type(self, rows: Rows) -> ColumnType:
        """The form of the value in cursors."""
        return ColumnType("int4", _int4) if self.column == RANK else column_type(rows.table.columns[self.column])

    def nullable(self, rows: Rows) -> bool:
        """True if the value may be null."""
        return self.column != RANK and bool(rows.table.columns[self.column].nullable)

    def turned(self) -> "OrderKey":
        """The key in the opposite direction."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: distinct keys, the id last."""

    keys: tuple[OrderKey, ...]

    @classmethod
    def by(cls, keys: Sequence[OrderKey]) -> "Order":
        """The order by these keys, the first one of each column, and last by id in the direction of the first key."""
        distinct = {key.column: key for key in reversed(keys)}
        kept = tuple(key for key in keys if distinct.get(key.column) is key)
        return cls((*kept, OrderKey("id", kept[0].descending if kept else False)))

    def ranked(self) -> "Order":
        """The same order within each rank."""
        return Order((OrderKey(RANK), *self.keys))

    def among(self, rows: Rows, where: Sequence[Sql]) -> "Order":
        """The same order of the rows that meet these conditions, without the id where the keys before it are unique.

        PostgreSQL then reads the rows in the order of the unique index, and sorts nothing.
        """
        by_value = {key.column for key in self.keys[:-1] if key.column != RANK and key.value(rows) == rows[key.column]}
        is_unique = any(
            all(name in by_value or _is_given(rows[name], where) for name in names)
            for names in _distinct_by(rows.table)
        )
        return Order(self.keys[:-1]) if is_unique else self

    def turned(self) -> "Order":
        """The opposite order."""
        return Order(tuple(key.turned() for key in self.keys))

    def clause(self, rows: Rows) -> Sql:
        """The text after ORDER BY."""
        values = zip(self.values(rows), self.keys, strict=True)
        return join(", ", [sql("{} desc", value) if key.descending else value for value, key in values])

    @property
    def mark(self) -> str:
        """The mark that tells cursors of this order from those of other orders."""
        text = ",".join(f"{'-' if key.descending else ''}{key.column}" for key in self.keys)
        return hashlib.sha256(text.encode()).hexdigest()[:MARK_LENGTH]

    def values(self, rows: Rows) -> list[Sql]:
        """The values of a row by which it is sorted."""
        return [key.value(rows) for key in self.keys]

    def cursor(self, values: Sequence[Sql]) -> Sql:
        """SQL of the cursor of a row with these values: base64url of a JSON array, the mark and the values as text."""
        return sql(
            r"""translate(encode(convert_to(json_build_array({}, {})::text, 'UTF8'), 'base64'), E'+/=\n', '-_')""",
            literal(self.mark),
            join(", ", [sql("({})::text", value) for value in values]),
        )
