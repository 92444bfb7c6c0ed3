"""The bank accounts of a company, the main one and the others."""

from collections.abc import Mapping
from typing import Final

from db.sql import sql
from resolvers.compilation.resolution import Leaf, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.ibans": Leaf(
        lambda row, arguments: sql("array_remove(array[{}] || {}, null)", row["iban"], row["further_ibans"])
    ),
}
