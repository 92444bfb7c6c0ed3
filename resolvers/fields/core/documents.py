"""The links between documents, their lines, and the derived values of quotes.

`source_document_id` names the document from which one was made, `invoiced_by_id` the invoice that bills one. The number
of a line does not count titles, which are rows of an app: gaps in the numbers would tell of them.
"""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.core.documents import document
from resolvers.compilation.context import Row
from resolvers.compilation.joins import to_many, to_one
from resolvers.compilation.resolution import Leaf, Listing, Resolution, ToOne

MADE_OF: Final = ToOne(to_one("source_document_id"))
MADE: Final = Listing(to_many("source_document_id"))


def _newest(kind: Sql) -> ToOne:
    """The resolution of a field by the newest document of a kind that was made from the one at hand."""

    def link(row: Row, target: Row) -> tuple[Sql, ...]:
        made = row.ctx.rows(document, company=row.company)
        where = every(
            [*made.where, sql("{} = {}", made["source_document_id"], row["id"]), sql("{} = {}", made["kind"], kind)]
        )
        order = sql("{} desc, {} desc", made["date"], made["id"])
        newest = sql("(select {} from {} where {} order by {} limit 1)", made["id"], made.source, where, order)
        return (sql("{} = {}", target["id"], newest),)

    return ToOne(link)


def _titles(row: Row, line: Row) -> tuple[Sql, ...]:
    """The link to the lines of a document that are titles."""
    return (sql("{} = {}", line["document_id"], row["id"]), sql("{} = 'SECTION'", line["type"]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Document.sections": Listing(_titles),
    "DocumentLine.position": Leaf(lambda row, arguments: sql("({} - {})", row["position"], row["titles_before"])),
    "Quote.validityDays": Leaf(lambda row, arguments: sql("({} - {})", row["expiration_date"], row["date"])),
    "Quote.depositAmount": Leaf(
        lambda row, arguments: sql("round({} * {} / 100, 2)", row["total_incl"], row["deposit_percent"])
    ),
    "Quote.invoices": MADE,
    "Quote.orderConfirmation": _newest(sql("'ORDER_CONFIRMATION'")),
    "Quote.paymentRequests": MADE,
    "OrderConfirmation.quote": MADE_OF,
    "OrderConfirmation.deliveryNotes": MADE,
    "DeliveryNote.orderConfirmation": MADE_OF,
    "Invoice.quote": MADE_OF,
    "Invoice.creditNotes": MADE,
    "Invoice.fromDeliveryNotes": Listing(to_many("invoiced_by_id")),
    "CreditNote.invoice": MADE_OF,
    "PaymentRequest.quote": MADE_OF,
}
