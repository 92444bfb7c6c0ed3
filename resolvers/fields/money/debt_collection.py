"""The collection case of an invoice: the one that points to it."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.joins import to_many
from resolvers.compilation.resolution import Resolution, ToOne

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.collectionCase": ToOne(to_many("invoice_id")),
}
