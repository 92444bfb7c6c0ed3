"""Connections with other services: what of a secret may be told, and what belongs to a document."""

from collections.abc import Mapping
from typing import Final

from db.sql import sql
from resolvers.links import pointing
from resolvers.resolution import Leaf, Reference, Resolution
from resolvers.settings import setting

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.peppolRegistration": setting("peppol_registration"),
    "ConnectedService.hasSecret": Leaf(lambda row, arguments: sql("{} is not null", row["secret"])),
    "Document.webshopOrder": Reference(pointing("document_id")),
    "Payment.onlinePayment": Reference(pointing("payment_id")),
    "Product.supplierCatalogRef": Reference(pointing("product_id")),
}
