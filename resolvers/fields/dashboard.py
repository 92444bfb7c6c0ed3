"""The figures of the dashboard, each from the rows of the one app that it is behind."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Table

from db.sql import Rows, Sql, every, sql
from db.tables.documents import document
from db.tables.parts import inbox_item
from db.tables.products import product
from db.tables.tasks import task
from db.tables.time_tracking import time_entry
from db.tables.work_orders import work_order
from resolvers.compilation import Row
from resolvers.fields.stock import low
from resolvers.figures import TODAY, document_amount, hours
from resolvers.resolution import Arguments, Leaf, Resolution
from resolvers.settings import SETTINGS

NOT_PAID: Final = sql("('SENT', 'OVERDUE')")


def _count(table: Table, statuses: Sql) -> Leaf:
    """How many rows of the company have one of the statuses."""

    def value(row: Row, arguments: Arguments) -> Sql:
        counted = row.to.rows(table, company=row.company)
        return _select(sql("count(*)"), counted, sql("{} in {}", counted["status"], statuses))

    return Leaf(value)


def _documents(row: Row, kind: Sql, statuses: Sql) -> tuple[Rows, tuple[Sql, ...]]:
    found = row.to.rows(document, company=row.company)
    return found, (sql("{} = {}", found["kind"], kind), sql("{} in {}", found["status"], statuses))


def _count_documents(kind: Sql, statuses: Sql) -> Leaf:
    def value(row: Row, arguments: Arguments) -> Sql:
        found, where = _documents(row, kind, statuses)
        return _select(sql("count(*)"), found, *where)

    return Leaf(value)


def _owed(statuses: Sql) -> Leaf:
    """The total with tax of the invoices with these statuses."""

    def value(row: Row, arguments: Arguments) -> Sql:
        found, where = _documents(row, sql("'INVOICE'"), statuses)
        amount = document_amount(row, found, "total_incl")
        return _select(sql("coalesce(sum({}), 0.00)", amount), found, *where)

    return Leaf(value)


def _turnover(row: Row, arguments: Arguments) -> Sql:
    found = row.to.rows(document, company=row.company)
    first = sql("date_trunc('year', {}::timestamp)::date", TODAY)
    return _select(
        sql("coalesce(sum({}), 0.00)", document_amount(row, found, "total_excl")),
        found,
        sql("{} = 'INVOICE'", found["kind"]),
        sql("{} <> 'DRAFT'", found["status"]),
        sql("{} >= {}", found["date"], first),
        sql("{} < ({} + interval '1 year')::date", found["date"], first),
    )


def _low_stock(row: Row, arguments: Arguments) -> Sql:
    found = row.child(row.to.rows(product, company=row.company), {})
    return _select(sql("count(*)"), found.rows, *low(row, found))


def _unbilled_hours(row: Row, arguments: Arguments) -> Sql:
    entry = row.to.rows(time_entry, company=row.company)
    total = sql("round(coalesce(sum({}), 0), 2)", hours(entry))
    return _select(total, entry, sql("not {}", entry["billed"]), sql("{} is not null", entry["end"]))


def _select(value: Sql, rows: Rows, *conditions: Sql) -> Sql:
    return sql("(select {} from {} where {})", value, rows.source, every([*rows.where, *conditions]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.dashboard": SETTINGS,
    "Dashboard.turnover": Leaf(_turnover),
    "Dashboard.openInvoices": _count_documents(sql("'INVOICE'"), NOT_PAID),
    "Dashboard.openAmount": _owed(NOT_PAID),
    "Dashboard.overdue": _count_documents(sql("'INVOICE'"), sql("('OVERDUE')")),
    "Dashboard.overdueAmount": _owed(sql("('OVERDUE')")),
    "Dashboard.openQuotes": _count_documents(sql("'QUOTE'"), sql("('SENT')")),
    "Dashboard.unpaidPurchases": _count_documents(sql("'PURCHASE'"), sql("('OPEN', 'OVERDUE')")),
    "Dashboard.lowStock": Leaf(_low_stock),
    "Dashboard.unbilledHours": Leaf(_unbilled_hours),
    "Dashboard.openWorkOrders": _count(work_order, sql("('PLANNED', 'IN_PROGRESS')")),
    "Dashboard.openTasks": _count(task, sql("('OPEN', 'IN_PROGRESS')")),
    "Dashboard.unprocessedInbox": _count(inbox_item, sql("('NEW')")),
}

HOMES: Final[Mapping[str, str]] = {"Dashboard": "company_settings"}
