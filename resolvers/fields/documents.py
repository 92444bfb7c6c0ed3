"""How documents come from one another, and their lines.

`source_document_id` names the document that one was made of, `invoiced_by_id` the invoice that bills one.
"""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.documents import document
from resolvers.compilation import Row
from resolvers.links import pointed, pointing
from resolvers.resolution import Leaf, Listing, Reference, Resolution

MADE_OF: Final = Reference(pointed("source_document_id"))
MADE: Final = Listing(pointing("source_document_id"))


def _newest(kind: Sql) -> Reference:
    """The newest document of a kind that was made of the one at hand."""

    def link(row: Row, target: Row) -> tuple[Sql, ...]:
        made = row.to.rows(document, company=row.company)
        where = every(
            [*made.where, sql("{} = {}", made["source_document_id"], row["id"]), sql("{} = {}", made["kind"], kind)]
        )
        order = sql("{} desc, {} desc", made["date"], made["id"])
        newest = sql("(select {} from {} where {} order by {} limit 1)", made["id"], made.source, where, order)
        return (sql("{} = {}", target["id"], newest),)

    return Reference(link)


def _titles(row: Row, line: Row) -> tuple[Sql, ...]:
    """The lines of a document that are titles."""
    return (sql("{} = {}", line["document_id"], row["id"]), sql("{} = 'SECTION'", line["type"]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Document.sections": Listing(_titles),
    "DocumentLine.position": Leaf(lambda row, arguments: sql("({} - {})", row["position"], row["titles_before"])),
    "Quote.invoices": MADE,
    "Quote.orderConfirmation": _newest(sql("'ORDER_CONFIRMATION'")),
    "Quote.paymentRequests": MADE,
    "OrderConfirmation.quote": MADE_OF,
    "OrderConfirmation.deliveryNotes": MADE,
    "DeliveryNote.orderConfirmation": MADE_OF,
    "Invoice.quote": MADE_OF,
    "Invoice.creditNotes": MADE,
    "Invoice.fromDeliveryNotes": Listing(pointing("invoiced_by_id")),
    "CreditNote.invoice": MADE_OF,
    "PaymentRequest.quote": MADE_OF,
}
