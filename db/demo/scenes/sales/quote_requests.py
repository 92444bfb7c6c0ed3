"""Quote requests: those in the installer's mailbox, with the quotes that answer them; a few of the trial elsewhere."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.demo.chance import happens
from db.demo.people.people import slug
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.scenes.sales.prospects import prospects_of

AFTER = ("prospects",)

MAILBOXES: Final = {"FR": "offres", "NL": "offertes"}

HEATING: Final = tuple(
    (subject, f"Bonjour, {message} Merci d’avance.")
    for subject, message in (
        ("Remplacement chaudière", "notre chaudière au mazout a plus de vingt ans. Que coûte une chaudière gaz ?"),
        ("Pompe à chaleur", "nous rénovons une maison de 160 m² et pensons à une pompe à chaleur air-eau."),
        ("Devis radiateurs", "il nous faudrait quatre radiateurs pour une annexe de 30 m², pose comprise."),
        ("Entretien annuel", "quel est votre tarif pour l’entretien d’une chaudière gaz avec attestation ?"),
        ("Salle de bain", "nous voudrions remplacer la baignoire par une douche avec mitigeur thermostatique."),
        ("Adoucisseur", "l’eau est très dure chez nous. Que coûte un adoucisseur pour quatre personnes ?"),
    )
)
"""Subjects and messages about heating."""

PLAIN: Final = {
    "FR": ("Demande de prix", "Bonjour, pourriez-vous m’envoyer un prix ? Vous pouvez me joindre en journée."),
    "NL": ("Prijsaanvraag", "Dag, kunt u mij een prijs bezorgen? Overdag ben ik telefonisch bereikbaar."),
}

UNKNOWN_SENDER: Final = 5

OPENED: Final = timedelta(days=372)
"""The age of the company at which the installer opened the mailbox."""


def play(scene: Scene) -> None:
    """Add requests of prospects and customers."""
    chance = scene.chance("quote requests")
    if scene.index % 4 != 3:
        mailbox = f"{MAILBOXES[scene.language]}@{slug(scene.name)}.test"
        scene.change(scene.all("company_settings")[0], quote_request_mailbox=mailbox)
    if scene.has("QUOTE_REQUESTS"):
        _of_prospects(scene, chance)
        _of_customers(scene, chance)
    else:
        _tried(scene, chance)


def _tried(scene: Scene, chance: Random) -> None:
    """Add the remains of the trial: a prospect's request, and the one that the first quote answers.

    At some companies there is also one of an unknown sender.
    """
    message = PLAIN[scene.language]
    prospect = prospects_of(scene)[0]
    _ask(scene, chance, prospect["id"], prospect["created_at"] + timedelta(hours=3), "CLOSED", message)
    if scene.index % 8 == UNKNOWN_SENDER:
        _ask(scene, chance, None, scene.created + timedelta(days=9, hours=6), "CLOSED", message)
    customers = {record["id"]: record for record in scene.all("contact")}
    for quote in scene.all("document", kind="QUOTE")[:1]:
        at = _before(quote, customers, timedelta(hours=5))
        scene.change(quote, quote_request_id=_ask(scene, chance, quote["customer_id"], at, "QUOTED", message))


def _before(quote: Record, customers: Mapping[UUID, Record], pause: timedelta) -> datetime:
    """The moment `pause` before a quote, but not before its customer was created."""
    at: datetime = quote["created_at"] - pause
    return max(at, customers[quote["customer_id"]]["created_at"]) if quote["customer_id"] in customers else at


def _of_prospects(scene: Scene, chance: Random) -> None:
    """Add requests of prospects. They got no quote yet: by age the request is new, in progress or closed."""
    for prospect in prospects_of(scene):
        at = prospect["created_at"] + timedelta(hours=1, minutes=chance.randint(1, 50))
        if at < scene.created + OPENED:
            continue
        age = (scene.today - at.date()).days
        status = "NEW" if age < 10 else "IN_PROGRESS" if age < 45 else "CLOSED"
        _ask(scene, chance, prospect["id"], at, status, chance.choice(HEATING))


def _of_customers(scene: Scene, chance: Random) -> None:
    """Add requests for some quotes, one to four days earlier, and two new requests, one of an unknown sender."""
    customers = {record["id"]: record for record in scene.all("contact", is_customer=True)}
    for quote in scene.all("document", kind="QUOTE"):
        pause = timedelta(days=chance.randint(1, 4), minutes=chance.randint(0, 200))
        if quote["customer_id"] in customers and happens(chance, 0.12):
            at = _before(quote, customers, pause)
            if at >= scene.created + OPENED:
                key = _ask(scene, chance, quote["customer_id"], at, "QUOTED", chance.choice(HEATING))
                scene.change(quote, quote_request_id=key)
    for age, customer in ((2, chance.choice(list(customers))), (1, None)):
        at = datetime.combine(scene.today - timedelta(days=age), time(9, 12 * age), UTC)
        _ask(scene, chance, customer, at, "NEW", chance.choice(HEATING))


def _ask(
    scene: Scene, chance: Random, contact: UUID | None, at: datetime, status: str, message: tuple[str, str]
) -> UUID:
    return scene.add(
        "quote_request",
        at,
        chance,
        contact_id=contact,
        subject=message[0],
        body=message[1] if happens(chance, 0.93) else None,
        received_at=at,
        status=status,
    )
