"""Delivery and site addresses, which are in one table: each field shows only its own kind, whatever a row refers to."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, equals
from resolvers.compilation.context import Row
from resolvers.compilation.joins import to_many, to_one
from resolvers.compilation.resolution import Link, Listing, Resolution, ToOne


def _of_kind(kind: str, link: Link) -> Link:
    """The link, restricted to addresses of a kind."""

    def linked(row: Row, address: Row) -> tuple[Sql, ...]:
        return (*link(row, address), equals(address["kind"], kind))

    return linked


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Customer.deliveryAddresses": Listing(_of_kind("DELIVERY", to_many("customer_id"))),
    "Customer.siteAddresses": Listing(_of_kind("SITE", to_many("customer_id"))),
    "Document.deliveryAddress": ToOne(_of_kind("DELIVERY", to_one("delivery_address_id"))),
    "Document.siteAddress": ToOne(_of_kind("SITE", to_one("site_address_id"))),
}
