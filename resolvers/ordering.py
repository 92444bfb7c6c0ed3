"""The order of a list and the cursors into it: keyset paging over keys that may be null, in either direction.

Ascending puts rows without a value last, descending first: "null is the greatest value", as PostgreSQL's indexes have
it.
"""

import base64
import binascii
import datetime
import decimal
import hashlib
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString, cast

import orjson
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, Text, Uuid

from db.sql import Rows, Sql, every, join, literal, sql
from resolvers.compilation import Compilation
from resolvers.convert import text
from resolvers.inputs import Input, bad_input

CURSOR_LENGTH: Final = 4_000
MARK_LENGTH, MOST_KEYS = 6, 20
INT4: Final = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How a column's value stands in a cursor: PostgreSQL's type and the reader of its text form."""

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
    (DateTime, ColumnType("timestamptz", _moment)),
    (Date, ColumnType("date", datetime.date.fromisoformat)),
    (Boolean, ColumnType("bool", lambda value: {"true": True, "false": False}[value])),
)


def column_type(column: "Column[Any]") -> ColumnType:
    """How values of this column stand in cursors."""
    return next(found for sort, found in COLUMN_TYPES if isinstance(column.type, sort))


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A column that a list is sorted by."""

    column: str
    descending: bool = False

    @classmethod
    def parse(cls, written: str) -> "OrderKey":
        """`column` or `-column`, as tables and resolvers write it."""
        return cls(written.removeprefix("-"), written.startswith("-"))

    @classmethod
    def of_enum(cls, name: str) -> "OrderKey":
        """`COLUMN_ASC` or `COLUMN_DESC`, as the schema's order enums write it."""
        column, _, direction = name.rpartition("_")
        return cls(column.lower(), direction == "DESC")

    def turned(self) -> "OrderKey":
        """The opposite direction."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: distinct keys, the id last."""

    keys: tuple[OrderKey, ...]

    @classmethod
    def by(cls, keys: Sequence[OrderKey]) -> "Order":
        """The keys, later ones of a column dropped, and the id as the last in the direction of the first."""
        distinct = {key.column: key for key in reversed(keys)}
        kept = tuple(key for key in keys if distinct.get(key.column) is key)
        return cls((*kept, OrderKey("id", kept[0].descending if kept else False)))

    def turned(self) -> "Order":
        """The same rows, last first."""
        return Order(tuple(key.turned() for key in self.keys))

    def clause(self, rows: Rows) -> Sql:
        """What stands after ORDER BY."""
        return join(
            ", ", [sql("{} desc", rows[key.column]) if key.descending else rows[key.column] for key in self.keys]
        )

    @property
    def mark(self) -> str:
        """What tells cursors of this order from others."""
        text = ",".join(f"{'-' if key.descending else ''}{key.column}" for key in self.keys)
        return hashlib.sha256(text.encode()).hexdigest()[:MARK_LENGTH]

    def cursor(self, rows: Rows) -> Sql:
        """SQL text of a row's cursor: base64url of a JSON array of the order's mark and the keys as text."""
        return sql(
            r"""translate(encode(convert_to(json_build_array({}, {})::text, 'UTF8'), 'base64'), E'+/=\n', '-_')""",
            literal(self.mark),
            join(", ", [sql("{}::text", rows[key.column]) for key in self.keys]),
        )


# --- cursors from a client ------------------------------------------------------------------------------------------


def decode_cursor(cursor: Any) -> tuple[str, list[str | None]] | None:
    """The mark and the keys in a cursor; None for anything else."""
    if not isinstance(cursor, str) or len(cursor) > CURSOR_LENGTH:
        return None
    try:
        decoded: Any = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    items = cast("list[Any]", decoded) if isinstance(decoded, list) else []
    if not items or not all(item is None or isinstance(item, str) for item in items):
        return None
    mark, *keys = items
    return (mark, keys) if isinstance(mark, str) and len(mark) == MARK_LENGTH and len(keys) <= MOST_KEYS else None


def cursor_keys(cursor: Any, order: Order) -> list[str | None] | None:
    """The keys in a cursor of this order; None for anything else."""
    mark, keys = decode_cursor(cursor) or ("", [])
    return keys if mark == order.mark and len(keys) == len(order.keys) else None


def null_pattern(cursor: Any) -> tuple[str | bool, ...] | None:
    """The view of a cursor that the shape of a statement depends on: its mark, and which keys are null.

    None for no cursor.
    """
    decoded = decode_cursor(cursor)
    return None if decoded is None else (decoded[0], *(key is None for key in decoded[1]))


@dataclass(frozen=True, slots=True)
class KeyOf:
    """The conversion of a cursor to one of its keys."""

    order: Order
    n: int
    type: ColumnType

    def __call__(self, cursor: Any) -> object:
        """The key, typed; BAD_USER_INPUT when it is none."""
        keys = cursor_keys(cursor, self.order)
        key = keys[self.n] if keys is not None else None
        if key is None:
            raise bad_cursor()
        try:
            return self.type.read(key)
        except (ValueError, KeyError, OverflowError):
            raise bad_cursor() from None


def bad_cursor() -> Exception:
    """The refusal of a cursor that this list did not give in this order."""
    return bad_input("The cursor does not belong to this list in this order.")


@dataclass(frozen=True, slots=True)
class _Bound:
    """One key of an order with the cursor's value for it: None where that is null."""

    column: Sql
    descending: bool
    nullable: bool
    value: Sql | None

    def beyond(self) -> Sql:
        """The column's value comes after the cursor's."""
        if self.value is None:
            return sql("{} is not null", self.column) if self.descending else sql("false")
        if self.descending:
            return sql("{} < {}", self.column, self.value)
        return self._or_null(sql("{} > {}", self.column, self.value))

    def same(self) -> Sql:
        """The column's value is the cursor's."""
        return sql("{} is null", self.column) if self.value is None else sql("{} = {}", self.column, self.value)

    def not_before(self) -> Sql | None:
        """The bound on the first key alone, which the key's index can use; None where it bounds nothing."""
        if self.value is None:
            return None if self.descending else sql("{} is null", self.column)
        if self.descending:
            return sql("{} <= {}", self.column, self.value)
        return self._or_null(sql("{} >= {}", self.column, self.value))

    def _or_null(self, later: Sql) -> Sql:
        return sql("({} or {} is null)", later, self.column) if self.nullable else later


def beyond(to: Compilation, rows: Rows, order: Order, cursor: Input) -> Sql:
    """The condition that a row comes after the cursor in this order; of the opposite order, for rows before it.

    Raises RequestError (BAD_USER_INPUT) for a cursor that is none of the order's.
    """
    return _beyond(to, rows, order, order, cursor)


def before(to: Compilation, rows: Rows, order: Order, cursor: Input) -> Sql:
    """The condition that a row comes before the cursor in this order."""
    return _beyond(to, rows, order, order.turned(), cursor)


def _beyond(to: Compilation, rows: Rows, order: Order, walked: Order, cursor: Input) -> Sql:
    pattern = to.inputs.look(cursor, null_pattern)
    if pattern is None or pattern[0] != order.mark or len(pattern) != len(order.keys) + 1:
        raise bad_cursor()
    nulls = pattern[1:]
    bounds: list[_Bound] = []
    for n, key in enumerate(walked.keys):
        column = rows.table.columns[key.column]
        if nulls[n] and not column.nullable:
            raise bad_cursor()
        kind = column_type(column)
        value = None if nulls[n] else to.bind(cursor, KeyOf(order, n, kind), kind.name)
        bounds.append(_Bound(rows[key.column], key.descending, bool(column.nullable), value))
    return _after(bounds)


def _after(bounds: Sequence[_Bound]) -> Sql:
    values = [bound.value for bound in bounds if bound.value is not None and not bound.nullable]
    if len(values) == len(bounds) and len({bound.descending for bound in bounds}) == 1:
        columns = join(", ", [bound.column for bound in bounds])
        operator = sql("<") if bounds[0].descending else sql(">")
        return sql("({}) {} ({})", columns, operator, join(", ", values))
    steps = [every([*(bound.same() for bound in bounds[:n]), bounds[n].beyond()]) for n in range(len(bounds))]
    exact = sql("({})", join(" or ", [sql("({})", step) for step in steps]))
    first = bounds[0].not_before()
    return exact if first is None else sql("{} and {}", first, exact)
