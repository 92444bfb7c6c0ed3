"""The article of a supplier's catalogue that a product is."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.joins import to_many
from resolvers.compilation.resolution import Resolution, ToOne

RESOLVERS: Final[Mapping[str, Resolution]] = {"Product.supplierCatalogRef": ToOne(to_many("product_id"))}
