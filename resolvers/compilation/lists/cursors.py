"""Cursors of a Connection, which mark where the rows of a page begin or end (keyset)."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from db.sql import Rows, Sql, every, join, sql
from resolvers.compilation.context import StatementContext
from resolvers.compilation.lists.ordering import MARK_LENGTH, ColumnType, Order
from resolvers.operation.arguments import ArgumentValue
from resolvers.request import bad_input
from resolvers.request_limits import CURSOR_KEYS, CURSOR_LENGTH


def decode_cursor(cursor: Any) -> tuple[str, list[str | None]] | None:
    """The order's mark and the keys in a cursor; None for any other value."""
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
    return (mark, keys) if isinstance(mark, str) and len(mark) == MARK_LENGTH and len(keys) <= CURSOR_KEYS else None


def cursor_keys(cursor: Any, order: Order) -> list[str | None] | None:
    """The keys in a cursor of this order; None for any other value."""
    mark, keys = decode_cursor(cursor) or ("", [])
    return keys if mark == order.mark and len(keys) == len(order.keys) else None


def is_cursor(value: Any) -> bool:
    """The probe of an argument that may be a cursor: False for null and for an empty text."""
    return value not in (None, "")


def null_pattern(cursor: Any) -> tuple[str | bool, ...] | None:
    """The probe of a cursor: its mark, and for each key True if it is null. None for any other value."""
    decoded = decode_cursor(cursor)
    return None if decoded is None else (decoded[0], *(key is None for key in decoded[1]))


@dataclass(frozen=True, slots=True)
class KeyOf:
    """Converts a cursor of this order to its n-th key, which may not be null."""

    order: Order
    n: int
    type: ColumnType

    def __call__(self, cursor: Any) -> object:
        """The typed key. Raises RequestError (BAD_USER_INPUT) for a value without such a key."""
        keys = cursor_keys(cursor, self.order)
        key = keys[self.n] if keys is not None else None
        if key is None:
            raise bad_cursor()
        try:
            return self.type.read(key)
        except (ValueError, KeyError, OverflowError):
            raise bad_cursor() from None


def bad_cursor() -> Exception:
    """The refusal of a cursor that does not come from this list in this order."""
    return bad_input("The cursor does not belong to this list in this order.")


@dataclass(frozen=True, slots=True)
class _Bound:
    """One key of an order with the cursor's value for it; None for null."""

    column: Sql
    descending: bool
    nullable: bool
    value: Sql | None

    def beyond(self) -> Sql:
        """The condition that the column's value comes after the cursor's."""
        if self.value is None:
            return sql("{} is not null", self.column) if self.descending else sql("false")
        if self.descending:
            return sql("{} < {}", self.column, self.value)
        return self._or_null(sql("{} > {}", self.column, self.value))

    def same(self) -> Sql:
        """The condition that the column's value is the cursor's."""
        return sql("{} is null", self.column) if self.value is None else sql("{} = {}", self.column, self.value)

    def not_before(self) -> Sql | None:
        """The condition that the value is not before the cursor's, for the use of an index; None if always true."""
        if self.value is None:
            return None if self.descending else sql("{} is null", self.column)
        if self.descending:
            return sql("{} <= {}", self.column, self.value)
        return self._or_null(sql("{} >= {}", self.column, self.value))

    def _or_null(self, later: Sql) -> Sql:
        return sql("({} or {} is null)", later, self.column) if self.nullable else later


def beyond(ctx: StatementContext, rows: Rows, order: Order, cursor: ArgumentValue) -> Sql:
    """The condition that a row comes after the cursor in this order.

    Raises RequestError (BAD_USER_INPUT) for a cursor of another order.
    """
    return _beyond(ctx, rows, order, order, cursor)


def before(ctx: StatementContext, rows: Rows, order: Order, cursor: ArgumentValue) -> Sql:
    """The condition that a row comes before the cursor in this order. Raises as `beyond` does."""
    return _beyond(ctx, rows, order, order.turned(), cursor)


def _beyond(ctx: StatementContext, rows: Rows, order: Order, walked: Order, cursor: ArgumentValue) -> Sql:
    pattern = ctx.inputs.probe(cursor, null_pattern)
    if pattern is None or pattern[0] != order.mark or len(pattern) != len(order.keys) + 1:
        raise bad_cursor()
    nulls = pattern[1:]
    bounds: list[_Bound] = []
    for n, key in enumerate(walked.keys):
        nullable, kind = key.nullable(rows), key.type(rows)
        if nulls[n] and not nullable:
            raise bad_cursor()
        value = None if nulls[n] else ctx.bind(cursor, KeyOf(order, n, kind), kind.name)
        bounds.append(_Bound(key.value(rows), key.descending, nullable, value))
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
