"""The sums of a list of documents: aggregates over its rows, which `compilation/lists/paging.py` selects from.

Those of each currency are as the documents state them; who may not see the currencies sees only that they differ.
"""

from collections.abc import Mapping
from typing import Final

from db.sql import TRUE, Sql, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution
from resolvers.fields.amounts import document_amount, sum_of
from resolvers.fields.core.statuses import UNPAID
from resolvers.fields.money.payments import balance, balances
from schema.apps import App

OF_INVOICES: Final = (App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES)


COUNT: Final = Leaf(lambda row, arguments: sql("count(*)"))


def _sum(column: str) -> Leaf:
    return Leaf(lambda row, arguments: sum_of(row, row.rows, document_amount(row, row.rows, column)))


def _stated(column: str) -> Leaf:
    return Leaf(lambda row, arguments: sql("sum({})", row[column]))


def _open(row: Row) -> Sql:
    """The condition of an invoice that is to be paid; for who may not see how much, of none."""
    passes = row.company_scope.passes(OF_INVOICES) or TRUE
    return sql("{} = 'INVOICE' and {} in {} and {}", row["kind"], row["status"], UNPAID, passes)


def _stated_balance(row: Row, arguments: Arguments) -> Sql:
    return sql("coalesce(sum({}) filter (where {}), 0.00)", balance(row, row.rows), _open(row))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "DocumentTotals.count": COUNT,
    "DocumentTotals.totalExcl": _sum("total_excl"),
    "DocumentTotals.totalIncl": _sum("total_incl"),
    "DocumentTotals.balanceDue": Leaf(lambda row, arguments: balances(row, row.rows, _open(row))),
    "CurrencyTotals.currency": Leaf(lambda row, arguments: sql('min({} collate "C")', row["currency"])),
    "CurrencyTotals.count": COUNT,
    "CurrencyTotals.totalExcl": _stated("total_excl"),
    "CurrencyTotals.totalIncl": _stated("total_incl"),
    "CurrencyTotals.balanceDue": Leaf(_stated_balance),
}

HOMES: Final[Mapping[str, str]] = {"DocumentTotals": "document", "CurrencyTotals": "document"}
