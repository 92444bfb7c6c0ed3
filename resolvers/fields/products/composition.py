"""Composite products, which have components."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.products.composition import product_component
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution


def _is_composite(product: Row, arguments: Arguments) -> Sql:
    part = product.ctx.rows(product_component, company=product.company)
    mine = sql("{} = {}", part["product_id"], product["id"])
    return sql("exists (select from {} where {})", part.source, every([*part.where, mine]))


RESOLVERS: Final[Mapping[str, Resolution]] = {"Product.isComposite": Leaf(_is_composite)}
