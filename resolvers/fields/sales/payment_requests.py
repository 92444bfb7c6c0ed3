"""The amount of a payment request, which says nothing of tax apart."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Leaf, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "PaymentRequest.amountIncl": Leaf(lambda row, arguments: row["total_incl"]),
}
