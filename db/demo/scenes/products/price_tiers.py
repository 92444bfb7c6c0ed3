"""Price tiers: one for each sort of customer at the wholesaler, one of the trial at the others."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene

TIERS = {
    "FR": (("Cafés et brasseries", "0.97"), ("Hôtels et restaurants", "0.95"), ("Revendeurs", "0.91")),
    "NL": (("Horeca", "0.97"), ("Vaste klanten", "0.95"), ("Doorverkopers", "0.91")),
}
"""The names of the tiers, and the part of the usual price for each."""

TRIED = {"FR": (("Clients fidèles", "0.95"),), "NL": (("Trouwe klanten", "0.95"),)}

KINDS = ("Café Brasserie Taverne Bar Buvette Kantine", "Hôtel Hotel Restaurant Traiteur Feestzaal", "Night-shop")
"""The first words of the names of customers in each tier."""


def play(scene: Scene) -> None:
    """Add the tiers with their prices, and give them to customers."""
    chance = scene.chance("price tiers")
    works = scene.has("PRICE_TIERS")
    at = scene.created + timedelta(days=61 if works else 6)
    customers = scene.all("contact", is_customer=True)
    products = [record for record in scene.all("product") if record["created_at"] < at]
    tiers: list[UUID] = []
    for name, part in (TIERS if works else TRIED)[scene.language]:
        tiers.append(scene.add("price_tier", at + timedelta(minutes=len(tiers)), chance, name=name))
        for product in _priced(products) if works else products[:2]:
            price = _cut(product["price"], Decimal(part))
            scene.add("tier_price", at, chance, product_id=product["id"], tier_id=tiers[-1], price=price)
    if not works:
        scene.change(customers[0], price_tier_id=tiers[0])
        return
    for customer in customers:
        place = _place(customer["name"])
        if place is not None and happens(chance, 0.7):
            scene.change(customer, price_tier_id=tiers[place])


def _priced(products: Sequence[Record]) -> list[Record]:
    """The products with a tier price: goods that are bought, because services cost every customer the same."""
    return [product for product in products if product["purchase_price"] is not None]


def _cut(price: Decimal, part: Decimal) -> Decimal:
    """A part of a price; small prices keep four decimals."""
    return (price * part).quantize(Decimal("0.0001") if price < 12 else Decimal("0.01"), ROUND_HALF_UP)


def _place(name: str) -> int | None:
    """The index of the tier for a customer with this name, or None."""
    first = name.split(" ", maxsplit=1)[0]
    return next((place for place, kinds in enumerate(KINDS) if first in kinds.split()), None)
