"""How documents come from one another: `source_document_id` names the one that a document was made of."""

from collections.abc import Mapping
from typing import Final

from resolvers.links import pointed, pointing
from resolvers.resolution import Listing, Reference, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.quote": Reference(pointed("source_document_id")),
    "Invoice.creditNotes": Listing(pointing("source_document_id")),
    "Quote.invoices": Listing(pointing("source_document_id")),
    "CreditNote.invoice": Reference(pointed("source_document_id")),
}
