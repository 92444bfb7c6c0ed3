"""MailChimp: the installer's newsletter of a few months, and a trial of the other companies."""

from datetime import timedelta
from typing import Final

from db.demo.chance import happens
from db.demo.rows import Record
from db.demo.scene import Scene

NAMES: Final = {"FR": "Lettre d’information", "NL": "Nieuwsbrief"}
TAGS: Final = {"FR": ("particulier", "professionnel", "bon client"), "NL": ("particulier", "bedrijf", "vaste klant")}
FIRST, LAST = 300, 519
"""The first and the last day (of the company's age) on which the installer had the app."""


def play(scene: Scene) -> None:
    """Add an audience and its members among the customers."""
    chance = scene.chance("mailchimp")
    at = scene.created + timedelta(days=FIRST if scene.index == 0 else 8, hours=1)
    reachable = [customer for customer in scene.all("contact", is_customer=True) if customer["email"]]
    if scene.index == 0:
        known = [customer for customer in reachable if (customer["created_at"] - scene.created).days < LAST]
        members = [customer for customer in known if happens(chance, 0.45)]
    else:
        members = reachable[:2]
    for place, member in enumerate(members):
        tags = _tags(scene, member, known_well=place % 5 == 0)
        scene.change(member, mailchimp_subscribed=True, mailchimp_tags=tags)
    synced = scene.created + timedelta(days=LAST, hours=5) if scene.index == 0 else at + timedelta(days=2)
    scene.add(
        "mailchimp_audience",
        at,
        chance,
        name=f"{NAMES[scene.language]} {scene.name}",
        member_count=len(members),
        last_sync_at=None if scene.index % 4 == 3 else synced,
    )


def _tags(scene: Scene, member: Record, *, known_well: bool) -> list[str]:
    private, business, good = TAGS[scene.language]
    return [business if member["vat_number"] else private, *([good] if known_well else ())]
