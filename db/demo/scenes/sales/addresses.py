"""Delivery addresses and site addresses of customers; one of the trial where an app is not used."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.words.addresses import address, mobile
from db.demo.words.places import BRUSSELS, FLANDERS, LIEGE, WALLONIA, Town

AFTER = ("orders",)

NAMES: Final = {
    ("DELIVERY", "FR"): ("Entrepôt", "Réserve arrière", "Terrasse", "Second établissement", "Salle des fêtes"),
    ("DELIVERY", "NL"): ("Magazijn", "Achterdeur", "Tweede zaak", "Feestzaal"),
    ("SITE", "FR"): (
        "Appartement locatif", "Nouvelle construction", "Maison en rénovation", "Immeuble de rapport",
        "Seconde résidence", "Bâtiment B", "Hall industriel",
    ),
    ("SITE", "NL"): ("Nieuwbouw", "Renovatie", "Appartement", "Loods"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of address: its app, the column of documents that refers to one, the share of customers that have some."""

    kind: str
    app: str
    column: str
    share: float


KINDS: Final = (
    Kind("DELIVERY", "DELIVERY_ADDRESSES", "delivery_address_id", 0.4),
    Kind("SITE", "SITE_ADDRESSES", "site_address_id", 0.25),
)


def play(scene: Scene) -> None:
    """Add addresses, and set them on documents of their customers."""
    documents: dict[UUID | None, list[Record]] = defaultdict(list)
    for document in scene.all("document"):
        documents[document.get("customer_id")].append(document)
    for kind in KINDS:
        if scene.has(kind.app):
            _work(scene, kind, documents)
        else:
            _try(scene, kind, documents)


def _towns(scene: Scene) -> tuple[Town, ...]:
    if scene.language == "NL":
        return FLANDERS
    return BRUSSELS + FLANDERS if scene.index == 1 else LIEGE + WALLONIA[:4]


def _work(scene: Scene, kind: Kind, documents: dict[UUID | None, list[Record]]) -> None:
    """Add one to three addresses for some customers, and set one on four fifths of their later documents."""
    chance = scene.chance(f"addresses {kind.kind}")
    for customer in scene.all("contact", is_customer=True):
        if not happens(chance, kind.share):
            continue
        added: list[tuple[date, UUID]] = []
        for place in range(chance.choice((1, 1, 1, 2, 2, 3))):
            at = customer["created_at"] + timedelta(days=40 * place * chance.random(), minutes=2 * place + 1)
            if at.date() < scene.today:
                added.append((at.date(), _add(scene, kind, customer, at, chance)))
        for document in documents[customer["id"]]:
            there = [key for day, key in added if day <= document["date"]]
            if there and happens(chance, 0.8):
                scene.change(document, **{kind.column: chance.choice(there)})


def _try(scene: Scene, kind: Kind, documents: dict[UUID | None, list[Record]]) -> None:
    """Add the remains of the trial: one address, set on one document."""
    chance = scene.chance(f"addresses {kind.kind}")
    customer = next(customer for customer in scene.all("contact", is_customer=True) if documents[customer["id"]])
    key = _add(scene, kind, customer, customer["created_at"] + timedelta(minutes=2), chance)
    for document in documents[customer["id"]][:1]:
        scene.change(document, **{kind.column: key})


def _add(scene: Scene, kind: Kind, customer: Record, at: datetime, chance: Random) -> UUID:
    place = address(chance, _towns(scene))
    unplaced = happens(chance, 0.03)
    return scene.add(
        "contact_address",
        at,
        chance,
        customer_id=customer["id"],
        kind=kind.kind,
        name=chance.choice(NAMES[kind.kind, scene.language]),
        street=None if unplaced else place.street,
        street_number=None if unplaced or happens(chance, 0.05) else place.number,
        postcode=None if unplaced else place.town.postcode,
        city=None if unplaced else place.town.name,
        country=place.town.country,
        phone=mobile(chance, place.town) if happens(chance, 0.6) else None,
    )
