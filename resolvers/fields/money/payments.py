"""The amounts that invoices and customers owe, and the payments of an invoice."""

from collections.abc import Callable, Mapping
from typing import Final

from db.sql import TRUE, Rows, Sql, every, sql
from db.tables.core.documents import document
from db.tables.money.payments import payment_allocation
from resolvers.compilation.context import Row
from resolvers.compilation.joins import through
from resolvers.compilation.resolution import Arguments, Leaf, Listing, Resolution
from resolvers.fields.amounts import document_amount, in_euro, sum_of
from resolvers.fields.core.statuses import UNPAID


def paid(row: Row, invoice: Rows) -> Sql:
    """The sum of the payments of an invoice."""
    part = row.ctx.rows(payment_allocation, company=row.company)
    paying = every([*part.where, sql("{} = {}", part["invoice_id"], invoice["id"])])
    return sql("(select coalesce(sum({}), 0.00) from {} where {})", part["amount"], part.source, paying)


def _due(row: Row, arguments: Arguments) -> Sql:
    """The unpaid part of the invoice. Credit notes do not count: a viewer without their app must not learn of them."""
    return sql("({} - {})", row["total_incl"], paid(row, row.rows))


def _credited(row: Row, invoice: Rows) -> Sql:
    """The sum of the credit notes on an invoice, which are in its currency; one that is in another settles nothing."""
    credit = row.ctx.rows(document, company=row.company)
    on_it = [
        *credit.where,
        sql("{} = {}", credit["source_document_id"], invoice["id"]),
        sql("{} = 'CREDIT_NOTE'", credit["kind"]),
        sql("{} <> 'DRAFT'", credit["status"]),
        sql("{} = {}", credit["currency"], invoice["currency"]),
    ]
    return sql("(select coalesce(sum({}), 0.00) from {} where {})", credit["total_incl"], credit.source, every(on_it))


def balance(row: Row, invoice: Rows) -> Sql:
    """The open amount of an invoice, in its currency; zero while it is a draft, and once it is paid."""
    open_ = sql("{} - {} - {}", invoice["total_incl"], paid(row, invoice), _credited(row, invoice))
    return sql("case when {} in {} then greatest({}, 0.00) else 0.00 end", invoice["status"], UNPAID, open_)


def balances(row: Row, invoice: Rows, counts: Sql = TRUE) -> Sql:
    """The sum over the rows that count, which are unpaid invoices, of what is open of them, as `sum_of` adds it up."""
    open_ = balance(row, invoice)
    base = sql("round({} * {}, 2)", open_, invoice["exchange_rate"])
    return sum_of(row, invoice, in_euro(row, base, open_), counts)


def _owed(total: Callable[[Row, Rows], Sql]) -> Leaf:
    """A sum over the unpaid invoices to the customer at hand."""

    def value(row: Row, arguments: Arguments) -> Sql:
        owed = row.ctx.rows(document, company=row.company)
        theirs = [
            *owed.where,
            sql("{} = {}", owed["customer_id"], row["id"]),
            sql("{} = 'INVOICE'", owed["kind"]),
            sql("{} in {}", owed["status"], UNPAID),
        ]
        return sql("(select {} from {} where {})", total(row, owed), owed.source, every(theirs))

    return Leaf(value)


def _totals(row: Row, invoice: Rows) -> Sql:
    """The totals of invoices, without regard to payments, which have a gate of their own."""
    return sum_of(row, invoice, document_amount(row, invoice, "total_incl"))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.payments": Listing(through(payment_allocation, "invoice_id", "payment_id")),
    "Invoice.amountPaid": Leaf(lambda row, arguments: paid(row, row.rows)),
    "Invoice.amountDue": Leaf(_due),
    "Invoice.balanceDue": Leaf(lambda row, arguments: balance(row, row.rows)),
    "Customer.balanceDue": _owed(balances),
    "Customer.openBalance": _owed(_totals),
}
