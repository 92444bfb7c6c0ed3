"""The figures of the dashboard, each from the rows of the app that gates it."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from db.declarations import Table
from db.sql import Rows, Sql, every, sql
from db.tables.core.documents import document
from db.tables.core.products import product
from db.tables.parts.inbox import inbox_item
from db.tables.work.tasks import task
from db.tables.work.time_tracking import time_entry
from db.tables.work.work_orders import work_order
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution
from resolvers.fields.amounts import TODAY, document_amount, hours, sum_of
from resolvers.fields.company_settings import OF_COMPANY, SETTINGS
from resolvers.fields.core.statuses import UNPAID, UNPAID_PURCHASE, is_overdue, is_unanswered
from resolvers.fields.money.payments import balances
from resolvers.fields.products.stock import low

Where: TypeAlias = Callable[[Rows], Sql]
"""Returns a condition on the rows of a figure."""


def _has(statuses: Sql) -> Where:
    return lambda rows: sql("{} in {}", rows["status"], statuses)


def _count(table: Table, statuses: Sql) -> Leaf:
    """The number of the company's rows with one of these statuses."""

    def value(row: Row, arguments: Arguments) -> Sql:
        counted = row.ctx.rows(table, company=row.company)
        return _select(sql("count(*)"), counted, sql("{} in {}", counted["status"], statuses))

    return Leaf(value)


def _documents(row: Row, kind: Sql, counts: Where) -> tuple[Rows, tuple[Sql, ...]]:
    found = row.ctx.rows(document, company=row.company)
    return found, (sql("{} = {}", found["kind"], kind), counts(found))


def _count_documents(kind: Sql, counts: Where) -> Leaf:
    def value(row: Row, arguments: Arguments) -> Sql:
        found, where = _documents(row, kind, counts)
        return _select(sql("count(*)"), found, *where)

    return Leaf(value)


def _owed(counts: Where) -> Leaf:
    """The total with tax of the invoices that count."""

    def value(row: Row, arguments: Arguments) -> Sql:
        found, where = _documents(row, sql("'INVOICE'"), counts)
        return _select(sum_of(row, found, document_amount(row, found, "total_incl")), found, *where)

    return Leaf(value)


def _balance(counts: Where) -> Leaf:
    """The open amount of the invoices that count."""

    def value(row: Row, arguments: Arguments) -> Sql:
        found, where = _documents(row, sql("'INVOICE'"), counts)
        return _select(balances(row, found), found, *where)

    return Leaf(value)


def _turnover(row: Row, arguments: Arguments) -> Sql:
    """The total without tax of the invoices of this calendar year in Belgium."""
    found = row.ctx.rows(document, company=row.company)
    amount = document_amount(row, found, "total_excl")
    return _of_year(row, found, sql("{} = 'INVOICE'", found["kind"]), amount)


def _net_turnover(row: Row, arguments: Arguments) -> Sql:
    """The same with the credit notes of the year taken off."""
    found = row.ctx.rows(document, company=row.company)
    sign = sql("case {} when 'INVOICE' then 1 else -1 end", found["kind"])
    signed = sql("{} * {}", document_amount(row, found, "total_excl"), sign)
    return _of_year(row, found, sql("{} in ('INVOICE', 'CREDIT_NOTE')", found["kind"]), signed)


def _of_year(row: Row, found: Rows, kind: Sql, amount: Sql) -> Sql:
    """The sum of an amount over the documents of a kind of this calendar year in Belgium."""
    first = sql("date_trunc('year', {}::timestamp)::date", TODAY)
    return _select(
        sum_of(row, found, amount),
        found,
        kind,
        sql("{} <> 'DRAFT'", found["status"]),
        sql("{} >= {}", found["date"], first),
        sql("{} < ({} + interval '1 year')::date", found["date"], first),
    )


def _low_stock(row: Row, arguments: Arguments) -> Sql:
    found = row.child(row.ctx.rows(product, company=row.company), {})
    return _select(sql("count(*)"), found.rows, sql("{} is null", found["deleted_at"]), *low(row, found))


def _unbilled_hours(row: Row, arguments: Arguments) -> Sql:
    entry = row.ctx.rows(time_entry, company=row.company)
    total = sql("round(coalesce(sum({}), 0), 2)", hours(entry))
    return _select(total, entry, sql("not {}", entry["billed"]), sql("{} is not null", entry["end"]))


def _select(value: Sql, rows: Rows, *conditions: Sql) -> Sql:
    return sql("(select {} from {} where {})", value, rows.source, every([*rows.where, *conditions]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.dashboard": SETTINGS,
    "Dashboard.id": OF_COMPANY,
    "Dashboard.turnover": Leaf(_turnover),
    "Dashboard.netTurnover": Leaf(_net_turnover),
    "Dashboard.balanceDue": _balance(_has(UNPAID)),
    "Dashboard.overdueBalance": _balance(is_overdue),
    "Dashboard.openInvoices": _count_documents(sql("'INVOICE'"), _has(UNPAID)),
    "Dashboard.openAmount": _owed(_has(UNPAID)),
    "Dashboard.overdue": _count_documents(sql("'INVOICE'"), is_overdue),
    "Dashboard.overdueAmount": _owed(is_overdue),
    "Dashboard.openQuotes": _count_documents(sql("'QUOTE'"), is_unanswered),
    "Dashboard.unpaidPurchases": _count_documents(sql("'PURCHASE'"), _has(UNPAID_PURCHASE)),
    "Dashboard.lowStock": Leaf(_low_stock),
    "Dashboard.unbilledHours": Leaf(_unbilled_hours),
    "Dashboard.openWorkOrders": _count(work_order, sql("('PLANNED', 'IN_PROGRESS')")),
    "Dashboard.openTasks": _count(task, sql("('OPEN', 'IN_PROGRESS')")),
    "Dashboard.unprocessedInbox": _count(inbox_item, sql("('NEW')")),
}

HOMES: Final[Mapping[str, str]] = {"Dashboard": "company_settings"}
