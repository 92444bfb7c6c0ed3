"""Stock: sums of movements, never of documents, so they disclose nothing of documents that the viewer may not see."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, equals, every, sql
from db.tables.products.stock import stock_movement
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Paging, Resolution
from resolvers.fields.company_settings import setting


def _sum(product: Row, **which: str) -> Sql:
    """The sum of a product's movements with these values in their columns."""
    moved = product.ctx.rows(stock_movement, company=product.company)
    where = every(
        [
            *moved.where,
            sql("{} = {}", moved["product_id"], product["id"]),
            *(equals(moved[column], value) for column, value in which.items()),
        ]
    )
    return sql("(select coalesce(sum({}), 0.000) from {} where {})", moved["quantity"], moved.source, where)


def _counted(product: Row, stock: Sql) -> Sql:
    return sql("case when {} is not null then {} end", product["track_stock_since"], stock)


def _actual(product: Row, arguments: Arguments) -> Sql:
    return _counted(product, _sum(product, kind="MOVED"))


def _virtual(product: Row, arguments: Arguments) -> Sql:
    return _counted(product, _sum(product))


def low(company: Row, product: Row) -> tuple[Sql, ...]:
    """The conditions that a product's stock is counted, and is at or below its warning level."""
    return (
        sql("{} is not null", product["track_stock_since"]),
        sql("{} >= {}", product["stock_warning"], _sum(product, kind="MOVED")),
    )


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Product.actualStock": Leaf(_actual),
    "Product.virtualStock": Leaf(_virtual),
    "Company.lowStock": Paging(low),
    "Company.stockBasis": setting("stock_basis"),
}
