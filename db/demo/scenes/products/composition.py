"""Composite products: the wholesaler's crates of bottles, the installer's sets, one of the trial for the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from uuid import UUID

from db.belgium import ean13
from db.demo.rows import Record
from db.demo.scene import Scene


@dataclass(frozen=True, slots=True)
class Article:
    """A product that is a component of others, or composed of others; `vat` is its rate."""

    name: str
    price: str
    cost: str | None
    deposit: str | None = None
    vat: int = 21


PACKAGING = "Bouteilles et emballages"

PARTS = (
    Article("Casier vide 24 bouteilles", "3.5000", "2.2000", "2.10"),
    Article("Pils de Senne 25 cl, bouteille", "0.7200", "0.4900", "0.10"),
    Article("Blonde d’abbaye 33 cl, bouteille", "1.4500", "1.0300", "0.10"),
    Article("Brune d’abbaye 33 cl, bouteille", "1.4800", "1.0500", "0.10"),
    Article("Triple des Moines 33 cl, bouteille", "1.6800", "1.2000", "0.10"),
    Article("Verre de dégustation 25 cl", "2.9000", "1.4500"),
)

CRATES = {
    "Pils de Senne 24 × 25 cl, casier": "Pils de Senne 25 cl, bouteille",
    "Blonde d’abbaye 24 × 33 cl, casier": "Blonde d’abbaye 33 cl, bouteille",
    "Brune d’abbaye 24 × 33 cl, casier": "Brune d’abbaye 33 cl, bouteille",
    "Triple des Moines 24 × 33 cl, casier": "Triple des Moines 33 cl, bouteille",
}
"""The crate, and the bottle that it holds 24 of; the deposits of both and of the empty crate add up."""

GIFT = ("Coffret découverte, trois bières et un verre", ("Blonde d’abbaye 33 cl, bouteille",
    "Brune d’abbaye 33 cl, bouteille", "Triple des Moines 33 cl, bouteille", "Verre de dégustation 25 cl"))  # fmt: skip

SET = ("Pack chaudière murale 25 kW, posée", ("Chaudière gaz à condensation murale 25 kW",
    "Thermostat modulant sans fil", "Kit ventouse horizontale 60/100", "Mise en service et réglages"))  # fmt: skip

PACK = {"FR": "Formule combinée", "NL": "Combinatieformule"}


def play(scene: Scene) -> None:
    """Add composite products and their components."""
    chance = scene.chance("composition")
    if scene.index == 1:
        _crates(scene, chance)
        return
    products = {record["name"]: record for record in scene.all("product")}
    name, parts = SET if scene.index == 0 else (PACK[scene.language], _pair(list(products.values())))
    _pack(scene, scene.created + timedelta(days=5, hours=3), chance, name, [products[part] for part in parts])


def _pair(products: Sequence[Record]) -> tuple[str, ...]:
    """The names of the first two products with the same VAT rate."""
    first = products[0]
    second = next((record for record in products[1:] if record["vat_rate"] == first["vat_rate"]), products[1])
    return first["name"], second["name"]


def _crates(scene: Scene, chance: Random) -> None:
    """Add single bottles and empty crates as components of the wholesaler's full crates, and a gift pack."""
    at = scene.created + timedelta(days=62, hours=2)
    products = {record["name"]: record for record in scene.all("product")}
    group = scene.add("product_group", at, chance, name=PACKAGING, gl_account=None, profit_margin=Decimal("41.20"))
    for place, part in enumerate(PARTS):
        _article(scene, at + timedelta(minutes=3 * place), chance, part, group)
    products |= {record["name"]: record for record in scene.all("product", group_id=group)}
    for crate, bottle in CRATES.items():
        parts = ((products[bottle], Decimal(24)), (products[PARTS[0].name], Decimal(1)))
        _compose(scene, at + timedelta(hours=1), chance, products[crate]["id"], parts)
    _pack(scene, at + timedelta(hours=2), chance, GIFT[0], [products[part] for part in GIFT[1]])


def _pack(scene: Scene, at: datetime, chance: Random, name: str, parts: Sequence[Record]) -> None:
    """Add a product of one unit of each part, 5 % cheaper than the parts."""
    total = sum((part["price"] for part in parts), Decimal(0))
    price = (total * Decimal("0.95")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    whole = _product(
        scene,
        at,
        chance,
        {
            "name": name,
            "price": price,
            "vat_rate": parts[0]["vat_rate"],
            "vat_type": parts[0]["vat_type"],
            "group_id": parts[0]["group_id"],
        },
    )
    _compose(scene, at, chance, whole, [(part, Decimal(1)) for part in parts])


def _article(scene: Scene, at: datetime, chance: Random, article: Article, group: UUID) -> None:
    cost = Decimal(article.cost) if article.cost is not None else None
    price = Decimal(article.price)
    _product(
        scene,
        at,
        chance,
        {
            "name": article.name,
            "price": price,
            "vat_rate": Decimal(article.vat),
            "vat_type": "EXCL",
            "group_id": group,
            "purchase_price": cost,
            "profit_margin": ((price / cost - 1) * 100).quantize(Decimal("0.01")) if cost else None,
            "empty_goods_value": Decimal(article.deposit) if article.deposit else None,
            "ean": ean13(542_000_000_000 + chance.randrange(1_000_000_000)),
        },
    )


def _product(scene: Scene, at: datetime, chance: Random, columns: Mapping[str, object]) -> UUID:
    """Add a product with the next number; columns that are not given are empty."""
    number = max(record["sequence_number"] for record in scene.all("product")) + 1
    nothing = dict.fromkeys(("text", "purchase_price", "profit_margin", "empty_goods_value", "ean", "photo_url"))
    return scene.add(
        "product",
        at,
        chance,
        sequence_number=number,
        number=f"P{number:04d}",
        created_at=at,
        **{**nothing, "gl_account": None, "note": None, "currency": "EUR", **columns},
    )


def _compose(scene: Scene, at: datetime, chance: Random, whole: UUID, parts: Sequence[tuple[Record, Decimal]]) -> None:
    for place, (part, quantity) in enumerate(parts, start=1):
        scene.add(
            "product_component",
            at + timedelta(seconds=place),
            chance,
            product_id=whole,
            child_id=part["id"],
            position=place,
            quantity=quantity,
        )
