"""The case in which an invoice is collected: the one that points to it."""

from collections.abc import Mapping
from typing import Final

from resolvers.links import pointing
from resolvers.resolution import Reference, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.collectionCase": Reference(pointing("invoice_id")),
}
