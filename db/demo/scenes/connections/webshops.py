"""Webshops: orders that became invoices, and the first products for sale there."""

from datetime import timedelta

from db.demo.filling import Filling
from db.tables.connections.connectors import SHOPS


def sell(company: Filling) -> None:
    """Add the orders and the articles."""
    products = company.scene.all("product")
    for place, name in enumerate(SHOPS):
        busy = company.scene.has(name)
        made_of = company.invoices[place :: 7 if busy else 1000][: 60 if busy else 1]
        for number, row in enumerate(made_of, 1001):
            at = row["created_at"] - timedelta(hours=2)
            company.add(
                "webshop_order", at, shop=name, order_number=f"{number}", ordered_at=at, document_id=row["id"],
                document_kind=row["kind"],
            )  # fmt: skip
        for product in products[: 30 if busy else 2]:
            sku = f"{name[:2]}-{company.chance.randrange(10_000):04}"
            company.add("webshop_article", shop=name, sku=sku, product_id=product["id"])
    at = company.begin + timedelta(days=1)
    company.add(
        "webshop_order", at, shop=SHOPS[0], order_number="T-1", ordered_at=at, document_id=None, document_kind=None
    )
