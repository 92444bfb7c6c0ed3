"""Composite products: those that have components."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.composition import product_component
from resolvers.compilation import Row
from resolvers.resolution import Arguments, Leaf, Resolution


def _is_composite(product: Row, arguments: Arguments) -> Sql:
    part = product.to.rows(product_component, company=product.company)
    mine = sql("{} = {}", part["product_id"], product["id"])
    return sql("exists (select from {} where {})", part.source, every([*part.where, mine]))


RESOLVERS: Final[Mapping[str, Resolution]] = {"Product.isComposite": Leaf(_is_composite)}
