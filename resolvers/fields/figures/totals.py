"""The sums of a list of documents: aggregates over its rows, which `compilation/connections.py` selects from."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution
from resolvers.fields.figures.amounts import document_amount
from resolvers.fields.money.payments import balances
from schema.apps import App

OF_INVOICES: Final = (App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES)


def _sum(column: str) -> Leaf:
    def value(row: Row, arguments: Arguments) -> Sql:
        return sql("coalesce(sum({}), 0.00)", document_amount(row, row.rows, column))

    return Leaf(value)


def _balance(row: Row, arguments: Arguments) -> Sql:
    """What is open of the invoices in the list; for who may not see it, not even worked out."""
    passes = row.company_scope.passes(OF_INVOICES) or sql("true")
    return balances(row, row.rows, sql("{} = 'INVOICE' and {}", row["kind"], passes))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "DocumentTotals.count": Leaf(lambda row, arguments: sql("count(*)")),
    "DocumentTotals.totalExcl": _sum("total_excl"),
    "DocumentTotals.totalIncl": _sum("total_incl"),
    "DocumentTotals.balanceDue": Leaf(_balance),
}

HOMES: Final[Mapping[str, str]] = {"DocumentTotals": "document"}
