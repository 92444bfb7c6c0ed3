"""Installations with refrigerant: heat pumps that were installed or maintained, with their logbook."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens, uuid7
from db.demo.people.crew import anniversary, at, since, trial
from db.demo.rows import Record
from db.demo.scene import Scene
from db.tables.work.climate import WARMING

AFTER = ("maintenance",)

COOLS = re.compile(r"pompe à chaleur|thermodynamique", re.IGNORECASE)
MODELS = (
    ("pompe à chaleur air-eau 8 kw", "R32", "1.350"),
    ("pompe à chaleur air-eau 12 kw", "R410A", "2.950"),
    ("thermodynamique", "R134A", "1.100"),
)
"""Installed models: words of the name, the refrigerant and its kilograms."""

OLDER = (
    ("Pompe à chaleur air-eau 14 kW", "R410A", "3.600"),
    ("Pompe à chaleur air-air multi-split", "R410A", "4.200"),
    ("Pompe à chaleur air-eau 11 kW", "R407C", "3.100"),
    ("Pompe à chaleur air-eau 6 kW", "R32", "0.900"),
)
"""Models that are maintained but were not sold by the company."""

OWN = {
    "FR": (
        ("Climatisation du bureau", "R32", "1.200"),
        ("Chambre froide", "R404A", "4.800"),
        ("Climatiseur", "R410A", "1.750"),
    ),
    "NL": (("Airco van het kantoor", "R32", "1.200"), ("Koelcel", "R404A", "4.800"), ("Airco", "R410A", "1.750")),
}
OLDEST = timedelta(days=400)
"""The age of work orders up to which installations are in the logbook."""

CHECKED_FROM = Decimal(5)
"""Tonnes of CO2 equivalent from which an installation is checked for leaks every year."""


def play(scene: Scene) -> None:
    """Add installations and the interventions on them."""
    chance = scene.chance("climate")
    oldest = at(scene.today - OLDEST)
    done = [row for row in scene.all("work_order", status="DONE") if row["planned_start"] > oldest]
    orders = [row for row in done if COOLS.search(row["title"])]
    if since(scene, "WORK_ORDERS") is None or not orders:
        _try(scene, chance)
        return
    begin = since(scene, "CLIMAPULSE") or at(scene.today - timedelta(days=300))
    logbook = _Logbook(scene, begin, chance)
    known: dict[UUID, UUID] = {}
    for order in sorted(orders, key=lambda row: row["planned_start"]):
        if order["customer_id"] not in known:
            known[order["customer_id"]] = logbook.installation(order)
        logbook.intervention(known[order["customer_id"]], order)
    logbook.finish()


def equivalent(refrigerant: str, kilograms: Decimal) -> Decimal:
    """The CO2 equivalent of a refrigerant, in tonnes."""
    return kilograms * WARMING[refrigerant] / 1000


def _try(scene: Scene, chance: Random) -> None:
    day = trial(scene, 6)
    name, refrigerant, kilograms = chance.choice(OWN.get(scene.language, OWN["FR"]))
    checked = equivalent(refrigerant, Decimal(kilograms)) >= CHECKED_FROM
    key = scene.add(
        "climate_installation",
        at(day, 4),
        chance,
        name=name,
        refrigerant=refrigerant,
        nominal_kg=Decimal(kilograms),
        next_leak_check=anniversary(day, 12) if checked else None,
        created_at=at(day, 4),
    )
    orders = scene.all("work_order", status="DONE", customer_id=None)[:1] if happens(chance, 0.5) else []
    moment = orders[0]["planned_end"] if orders else at(day, 5)
    _intervene(
        scene, chance, moment, "LEAK_CHECK", installation_id=key, work_order_id=orders[0]["id"] if orders else None
    )


def _intervene(scene: Scene, chance: Random, moment: datetime, kind: str, **columns: object) -> None:
    key = uuid7(moment, chance)
    scene.rows.write("climapulse_intervention", company_id=scene.company_id, id=key, at=moment, kind=kind, **columns)


class _Logbook:
    """Adds installations and interventions."""

    def __init__(self, scene: Scene, begin: datetime, chance: Random) -> None:
        self.scene = scene
        self.begin = begin
        self.chance = chance
        self.checks: dict[UUID, date] = {}
        self.charges: dict[UUID, Decimal] = {}

    def installation(self, order: Record) -> UUID:
        """Add the installation that a work order put in or maintained; returns its key."""
        title = order["title"].lower()
        fitting = [model for model in MODELS if model[0] in title]
        found = re.sub(r"^.*? : ", "", order["title"])
        name, refrigerant, kilograms = (
            (found[0].upper() + found[1:], *fitting[0][1:]) if fitting else self.chance.choice(OLDER)
        )
        moment = max(self.begin, order["planned_end"]) + timedelta(
            days=self.chance.randint(0, 4), minutes=self.chance.randint(5, 400)
        )
        moment = min(moment, at(self.scene.today - timedelta(days=1), 9))
        key = self.scene.add(
            "climate_installation",
            moment,
            self.chance,
            name=name,
            customer_id=order["customer_id"],
            refrigerant=refrigerant,
            nominal_kg=Decimal(kilograms),
            created_at=moment,
        )
        self.charges[key] = equivalent(refrigerant, Decimal(kilograms))
        return key

    def intervention(self, installation: UUID, order: Record) -> None:
        """Add the intervention of a work order on an installation, with a repair when a leak was found."""
        moment: datetime = order["planned_end"]
        of = {"installation_id": installation, "work_order_id": order["id"]}
        put_in = "entretien" not in order["title"].lower()
        leaks = not put_in and happens(self.chance, 0.12)
        kind = "COMMISSIONING" if put_in else "LEAK_CHECK"
        _intervene(self.scene, self.chance, moment, kind, leak_found=leaks, **of)
        if leaks:
            refill = Decimal(self.chance.randint(2, 9)) / 10
            _intervene(self.scene, self.chance, moment + timedelta(minutes=40), "REPAIR", refill_kg=refill, **of)
        self.checks[installation] = moment.date()

    def finish(self) -> None:
        """Set the date of the next leak check of each installation that needs one."""
        for row in self.scene.all("climate_installation"):
            if self.charges[row["id"]] >= CHECKED_FROM:
                self.scene.change(row, next_leak_check=anniversary(self.checks[row["id"]], 12))
