"""The statuses that a date decides at the moment of reading: OVERDUE and EXPIRED (DECISIONS D110).

What is stored of them, by versions from before, counts as the status without the date.
"""

from collections.abc import Mapping
from typing import Final

from db.sql import Rows, Sql, sql
from resolvers.compilation.resolution import Leaf, Resolution
from resolvers.fields.amounts import TODAY

UNPAID: Final = sql("('SENT', 'OVERDUE')")
UNANSWERED: Final = sql("('SENT', 'EXPIRED')")
UNPAID_PURCHASE: Final = sql("('OPEN', 'OVERDUE')")


def is_past(day: Sql) -> Sql:
    """The condition that a last day has passed in Belgium; false without one."""
    return sql("coalesce({} < {}, false)", day, TODAY)


def is_overdue(invoice: Rows) -> Sql:
    """The condition that an invoice is overdue."""
    return sql("({} in {} and {})", invoice["status"], UNPAID, is_past(invoice["due_date"]))


def is_unanswered(quote: Rows) -> Sql:
    """The condition that a quote is sent, not answered, and still valid."""
    return sql("({} in {} and not {})", quote["status"], UNANSWERED, is_past(quote["expiration_date"]))


def _dated(last_day: str, before: Sql, after: Sql) -> Leaf:
    """The status of a row: as stored, but `after` instead of `before` once its last day has passed, and not sooner.

    The day is compared first, since a date costs PostgreSQL less than a text.
    """
    return Leaf(
        lambda row, arguments: sql(
            "case when {0} < {1} then case when {2} = {3} then {4} else {2} end when {2} = {4} then {3} else {2} end",
            row[last_day], TODAY, row["status"], before, after,
        )
    )  # fmt: skip


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.status": _dated("due_date", sql("'SENT'"), sql("'OVERDUE'")),
    "Quote.status": _dated("expiration_date", sql("'SENT'"), sql("'EXPIRED'")),
    "Purchase.status": _dated("due_date", sql("'OPEN'"), sql("'OVERDUE'")),
}
