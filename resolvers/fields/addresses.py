"""Addresses of both kinds stand in one table: each field shows its own kind only, whatever a document names."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, equals
from resolvers.compilation import Row
from resolvers.links import pointed, pointing
from resolvers.resolution import Link, Listing, Reference, Resolution


def _of_kind(kind: str, link: Link) -> Link:
    """The rows of a link that are addresses of a kind."""

    def linked(row: Row, address: Row) -> tuple[Sql, ...]:
        return (*link(row, address), equals(address["kind"], kind))

    return linked


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Customer.deliveryAddresses": Listing(_of_kind("DELIVERY", pointing("customer_id"))),
    "Customer.siteAddresses": Listing(_of_kind("SITE", pointing("customer_id"))),
    "Document.deliveryAddress": Reference(_of_kind("DELIVERY", pointed("delivery_address_id"))),
    "Document.siteAddress": Reference(_of_kind("SITE", pointed("site_address_id"))),
}
