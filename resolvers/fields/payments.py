"""What invoices and customers owe, and which payments pay an invoice."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.documents import document
from db.tables.payments import payment_allocation
from resolvers.compilation import Row
from resolvers.links import through
from resolvers.resolution import Arguments, Leaf, Listing, Resolution


def _paid(row: Row, arguments: Arguments) -> Sql:
    """What payments paid of the invoice at hand."""
    part = row.to.rows(payment_allocation, company=row.company)
    paying = every([*part.where, sql("{} = {}", part["invoice_id"], row["id"])])
    return sql("(select coalesce(sum({}), 0.00) from {} where {})", part["amount"], part.source, paying)


def _due(row: Row, arguments: Arguments) -> Sql:
    """The rest. Credit notes are no part of it: it must not tell of them who does not hold that app."""
    return sql("({} - {})", row["total_incl"], _paid(row, arguments))


def _open_balance(row: Row, arguments: Arguments) -> Sql:
    """The open invoices of the customer at hand, by what an invoice shows without payments."""
    owed = row.to.rows(document, company=row.company)
    open_ = every(
        [
            *owed.where,
            sql("{} = {}", owed["customer_id"], row["id"]),
            sql("{} = 'INVOICE'", owed["kind"]),
            sql("{} in ('SENT', 'OVERDUE')", owed["status"]),
        ]
    )
    return sql("(select coalesce(sum({}), 0.00) from {} where {})", owed["total_incl"], owed.source, open_)


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.payments": Listing(through(payment_allocation, "invoice_id", "payment_id")),
    "Invoice.amountPaid": Leaf(_paid),
    "Invoice.amountDue": Leaf(_due),
    "Customer.openBalance": Leaf(_open_balance),
}
