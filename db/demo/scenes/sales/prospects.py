"""Prospects: one for each company without any; trade/customers.py makes those of the companies that use the app."""

from datetime import timedelta

from db.demo.chance import happens
from db.demo.people.people import person, slug
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.customers import CAMPAIGNS, CHANNELS
from db.demo.words.addresses import address, mobile
from db.demo.words.places import FLANDERS, LIEGE, WALLONIA


def play(scene: Scene) -> None:
    """Add the prospect of the trial where there is no other."""
    if prospects_of(scene):
        return
    chance = scene.chance("prospects")
    at = scene.created + timedelta(days=chance.randint(4, 9), minutes=chance.randint(5, 400))
    place = address(chance, FLANDERS if scene.language == "NL" else LIEGE + WALLONIA)
    who = person(chance, scene.language)
    number = max(record["sequence_number"] for record in scene.all("contact")) + 1
    source, medium, campaign = chance.choice(CAMPAIGNS)
    scene.add(
        "contact",
        at,
        chance,
        sequence_number=number,
        number=f"C{number:05d}",
        name=f"{who.first} {who.last}",
        kind="CONSUMER",
        is_customer=False,
        street=place.street,
        street_number=place.number,
        postcode=place.town.postcode,
        city=place.town.name,
        language=scene.language,
        mobile=mobile(chance, place.town) if happens(chance, 0.7) else None,
        email=f"{slug(who.first)}.{slug(who.last)}@courrier.test",
        payment_term_days=14,
        prospect_since=at - timedelta(days=1),
        utm_source=source,
        utm_medium=medium,
        utm_campaign=campaign,
        channel=chance.choice(CHANNELS),
        created_at=at,
    )


def prospects_of(scene: Scene) -> list[Record]:
    """The contacts that are neither customer nor supplier."""
    return [record for record in scene.all("contact", is_customer=False) if not record.get("is_supplier")]
