"""The rows of a price list, and the quantities in which products are sold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.belgium import ean13
from db.demo.chance import happens, uuid7
from db.demo.rows import ProductGroupRow, ProductRow
from db.demo.trade.catalogue import Basket, Item, PriceList
from db.demo.trade.totals import HUNDRED, cents
from db.demo.words.wording import PRODUCT_NOTES

QUANTITIES: dict[str, tuple[str, int, int]] = {
    "one": ("1", 1, 1),
    "few": ("1", 1, 4),
    "many": ("1", 2, 40),
    "hours": ("0.25", 2, 32),
    "metres": ("0.5", 4, 60),
    "kilos": ("0.125", 4, 60),
    "crates": ("1", 1, 30),
    "kegs": ("1", 1, 8),
    "bottles": ("6", 1, 10),
}
"""The smallest step, and the least and most number of steps sold at once, by kind of quantity."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rows of a company's products by group, each with its item of the price list."""

    groups: list[ProductGroupRow]
    products: list[ProductRow]
    by_group: dict[str, list[tuple[Item, ProductRow]]]
    baskets: tuple[Basket, ...]


@dataclass(frozen=True, slots=True)
class Stocking:
    """The company of the products: its first day, features, language, and whether prices include VAT."""

    company_id: UUID
    at: datetime
    features: frozenset[str]
    language: str
    retail: bool


def quantity(chance: Random, sold: str) -> Decimal:
    """A random quantity for one sale; small ones are the most frequent."""
    step, least, most = QUANTITIES[sold]
    return Decimal(step) * min(chance.randint(least, most), chance.randint(least, most))


def stock(prices: PriceList, place: Stocking, chance: Random) -> Shelf:
    """The rows of a price list; the columns of an app are filled when the company uses it."""
    shelf = Shelf([], [], {}, prices.baskets)
    for group in prices.groups:
        at = place.at + timedelta(minutes=5 * len(shelf.groups) + 1)
        row = ProductGroupRow(
            company_id=place.company_id,
            id=uuid7(at, chance),
            name=group.name,
            gl_account=group.gl_account if "GL_ACCOUNTS" in place.features and happens(chance, 0.8) else None,
            profit_margin=_margin_of(group.items) if "PURCHASES" in place.features else None,
        )
        shelf.groups.append(row)
        shelf.by_group[group.name] = []
        for item in group.items:
            product = _product(item, row, group.gl_account, len(shelf.products) + 1, place, chance)
            shelf.products.append(product)
            shelf.by_group[group.name].append((item, product))
    return shelf


def _product(
    item: Item, group: ProductGroupRow, gl_account: str, number: int, place: Stocking, chance: Random
) -> ProductRow:
    at = place.at + timedelta(hours=1, seconds=47 * number)
    has = place.features.__contains__
    cost = Decimal(item.cost) if item.cost is not None and has("PURCHASES") else None
    price = Decimal(item.price)
    return ProductRow(
        company_id=place.company_id,
        id=uuid7(at, chance),
        group_id=group.id if happens(chance, 0.96) else None,
        sequence_number=number,
        number=f"P{number:04d}",
        name=item.name,
        nature="GOODS" if item.cost else "SERVICE",
        text=item.text,
        price=price,
        vat_rate=Decimal(item.vat),
        vat_type="INCL" if place.retail else "EXCL",
        purchase_price=cost,
        profit_margin=cents((price / cost - 1) * HUNDRED) if cost else None,
        currency="EUR",
        empty_goods_value=Decimal(item.deposit) if item.deposit and has("EMPTY_GOODS") else None,
        gl_account=gl_account if has("GL_ACCOUNTS") and happens(chance, 0.7) else None,
        ean=_ean(number, chance) if has("BARCODE_SCANNER") and item.cost and happens(chance, 0.9) else None,
        photo_url=f"https://photos.demo.enfact.test/{number:04d}.jpg"
        if has("PRODUCT_PHOTOS") and item.cost and happens(chance, 0.8)
        else None,
        note=chance.choice(PRODUCT_NOTES[place.language]) if happens(chance, 0.1) else None,
        created_at=at,
    )


def _margin_of(items: tuple[Item, ...]) -> Decimal | None:
    margins = [Decimal(item.price) / Decimal(item.cost) - 1 for item in items if item.cost]
    return cents(sum(margins, Decimal(0)) / len(margins) * HUNDRED) if margins else None


def _ean(number: int, chance: Random) -> str:
    """A bar code that no other product of the company has."""
    return ean13(541_000_000_000 + chance.randrange(1_000) * 1_000_000 + number)
