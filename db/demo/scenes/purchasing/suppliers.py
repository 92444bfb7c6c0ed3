"""Product catalogues of suppliers."""

from datetime import timedelta
from decimal import Decimal

from db.demo.chance import office_hour
from db.demo.filling import Filling
from db.tables.connections.connectors import SUPPLIERS


def look_up(company: Filling) -> None:
    """Find products in the catalogues."""
    used = [name for name in SUPPLIERS if company.scene.has(name)]
    for place, product in enumerate(company.scene.all("product")[:120]):
        names = used if used and place >= len(SUPPLIERS) else SUPPLIERS
        price = Decimal(product["price"] or 10) * Decimal("0.58")
        at = office_hour(company.scene.today - timedelta(days=place % 30 + 1), company.chance)
        if used or place < len(SUPPLIERS):
            company.add(
                "supplier_catalog_ref", supplier=names[place % len(names)],
                article_no=f"{company.chance.randrange(10**7):07}", net_price=price.quantize(Decimal("0.0001")),
                updated_at=at, product_id=product["id"],
            )  # fmt: skip
