"""SELF_BILLING: purchase slips for goods of private sellers, from the trial of every company."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from db.demo.chance import uuid7
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.buying import Bought, Paper, write_papers
from db.demo.trade.totals import PricedLine

WARES = {
    "FR": (("Étagères d’occasion", "45.00"), ("Comptoir d’occasion", "180.00"), ("Chaises d’occasion", "12.50")),
    "NL": (("Tweedehands rekken", "45.00"), ("Tweedehands toonbank", "180.00"), ("Tweedehands stoelen", "12.50")),
}
SCRAP = (("Radiateurs en fonte de récupération", "38.00"), ("Cuivre, kg", "6.40"))
"""Goods that private sellers bring to the installer."""

ORCHARD = (("Pommes de verger, caisse de 20 kg", "14.00"), ("Fleurs de sureau, kg", "9.50"))
"""Goods that growers bring to the wholesaler."""


def play(scene: Scene) -> None:
    """Add one or two slips to a company, with its first private customers as sellers."""
    chance = scene.chance("slips")
    customers = sorted(scene.all("contact", is_customer=True), key=lambda row: (row["created_at"], row["id"]))
    private = [row for row in customers if row["vat_number"] is None and row["country"] == "BE"] or customers
    sellers = private[: 2 if scene.index < 2 or scene.index % 4 == 0 else 1]
    papers = [_slip(scene, seller, seller["created_at"] + timedelta(minutes=20), chance) for seller in sellers]
    write_papers(scene, papers, [scene.owner], chance)


def _slip(scene: Scene, seller: Record, at: datetime, chance: Random) -> Paper:
    day, paid = at.date(), chance.random() < 0.7
    wares = (SCRAP, ORCHARD)[scene.index] if scene.index < 2 else WARES[scene.language]
    sold = chance.sample(wares, chance.randint(1, 2))
    return Paper(
        kind="PURCHASE_SLIP",
        id=uuid7(at, chance),
        at=at,
        status="PAID" if paid else "ACCEPTED",
        lines=tuple(
            Bought(
                name,
                PricedLine(Decimal(price), Decimal(chance.randint(1, 12 if scene.index < 2 else 4)), Decimal(0), None),
            )
            for name, price in sold
        ),
        more={
            "customer_id": seller["id"],
            "customer_name": seller["name"],
            "due_date": day + timedelta(days=14),
            "accepted_on": day + timedelta(days=chance.randint(0, 3)),
            "paid_on": day + timedelta(days=chance.randint(4, 14)) if paid else None,
        },
    )
