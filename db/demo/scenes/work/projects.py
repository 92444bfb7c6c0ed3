"""Projects: the largest quotes with all their documents where the app is used, else one of the trial."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens
from db.demo.people.crew import at, since, trial
from db.demo.rows import Record
from db.demo.scene import Scene

COLOURS = ("#94a3b8", "#3b82f6", "#f59e0b", "#8b5cf6", "#22c55e")
PHASES = {
    "FR": ("À étudier", "Offre", "Commandé", "Chantier", "Réception"),
    "NL": ("Te bestuderen", "Offerte", "Besteld", "Werf", "Oplevering"),
}
STUDY, OFFER, ORDERED, SITE, HANDED_OVER = range(5)

FIRST_TRIES = {
    "FR": ("Nouveau magasin", "Site internet", "Aménagement de l’atelier", "Changement de camionnette", "Catalogue"),
    "NL": ("Nieuwe winkel", "Website", "Inrichting van het atelier", "Nieuwe bestelwagen", "Catalogus"),
}
NAMES = {
    "FR": ("Rénovation {}", "Chantier {}", "Nouvelle installation {}", "Transformation {}"),
    "NL": ("Renovatie {}", "Werf {}", "Nieuwe installatie {}", "Verbouwing {}"),
}
NOTES = {
    "FR": (
        "Accès par la rue arrière, clé chez le concierge.",
        "Marge serrée : suivre les heures de près.",
        "Le client paie toujours avec un mois de retard.",
        "Prévoir deux personnes pour la livraison.",
    ),
    "NL": ("Toegang via de achterzijde.", "Krappe marge: uren goed opvolgen.", "Sleutel bij de conciërge."),
}
LARGEST, NEWEST = 12, 6
AFTERWARDS = timedelta(days=200)
"""The time after a quote in which the customer's documents belong to its project."""


def play(scene: Scene) -> None:
    """Add phases and projects, and assign documents to them."""
    chance = scene.chance("projects")
    begin = since(scene, "PROJECTS")
    if begin is None:
        _try(scene, chance)
    else:
        _work(scene, begin, chance)


def _phases(scene: Scene, moment: datetime, count: int, chance: Random) -> list[UUID]:
    names = PHASES.get(scene.language, PHASES["FR"])
    return [
        scene.add(
            "project_phase",
            moment + timedelta(seconds=rank),
            chance,
            name=names[rank],
            colour=COLOURS[rank],
            rank=rank + 1,
        )
        for rank in range(count)
    ]


def _try(scene: Scene, chance: Random) -> None:
    moment = at(trial(scene, 4), 2.5)
    phases = _phases(scene, moment, 3, chance)
    moment += timedelta(minutes=chance.randint(2, 40))
    scene.add(
        "project",
        moment,
        chance,
        number=f"PR{moment.year}/01",
        name=chance.choice(FIRST_TRIES.get(scene.language, FIRST_TRIES["FR"])),
        phase_id=phases[0] if happens(chance, 0.8) else None,
        archived=happens(chance, 0.4),
        budget=Decimal(chance.randint(4, 60)) * 250 if happens(chance, 0.6) else None,
        created_at=moment,
    )


def _work(scene: Scene, begin: datetime, chance: Random) -> None:
    phases = _phases(scene, begin + timedelta(minutes=3), len(COLOURS), chance)
    documents: defaultdict[UUID, list[Record]] = defaultdict(list)
    for row in scene.all("document"):
        if row["customer_id"] is not None and row["created_at"] > begin:
            documents[row["customer_id"]].append(row)
    builder = _Builder(scene, phases, {row["id"]: row["name"] for row in scene.all("contact")}, chance)
    counts: defaultdict[int, int] = defaultdict(int)
    for quote in _largest(documents, scene.today - timedelta(days=60)):
        counts[quote["date"].year] += 1
        builder.project(quote, documents[quote["customer_id"]], counts[quote["date"].year])


def _largest(documents: Mapping[UUID, Sequence[Record]], lately: date) -> list[Record]:
    """Quotes for projects: of each customer's largest quote, the overall largest and the largest after `lately`.

    In order of creation.
    """
    quotes = [
        max(found, key=lambda row: row["total_excl"])
        for rows in documents.values()
        if (found := [row for row in rows if row["kind"] == "QUOTE" and row["status"] in ("SENT", "ACCEPTED")])
    ]
    quotes.sort(key=lambda row: row["total_excl"], reverse=True)
    chosen = quotes[:LARGEST] + [row for row in quotes[LARGEST:] if row["date"] > lately][:NEWEST]
    return sorted(chosen, key=lambda row: row["created_at"])


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes projects from quotes."""

    scene: Scene
    phases: Sequence[UUID]
    names: Mapping[UUID, str]
    chance: Random

    def project(self, quote: Record, documents: Sequence[Record], number: int) -> None:
        chance, scene = self.chance, self.scene
        until = quote["created_at"] + AFTERWARDS
        mine = [row for row in documents if quote["created_at"] <= row["created_at"] <= until]
        phase = self._phase(quote, mine)
        moment = quote["created_at"] + timedelta(minutes=chance.randint(10, 200))
        pattern = chance.choice(NAMES.get(scene.language, NAMES["FR"]))
        notes = NOTES.get(scene.language, NOTES["FR"])
        key = scene.add(
            "project",
            moment,
            chance,
            number=f"PR{moment.year}/{number:02d}",
            name=pattern.format(self.names[quote["customer_id"]]),
            customer_id=quote["customer_id"],
            phase_id=self.phases[phase],
            archived=phase == HANDED_OVER and until.date() < scene.today,
            internal_note=chance.choice(notes) if happens(chance, 0.5) else None,
            budget=round(quote["total_excl"] * 17 / 1000) * Decimal(50) if happens(chance, 0.85) else None,
            created_at=moment,
        )
        for row in mine:
            scene.change(row, project_id=key)

    def _phase(self, quote: Record, documents: Sequence[Record]) -> int:
        if quote["status"] == "SENT":
            return STUDY if happens(self.chance, 0.3) else OFFER
        invoices = [row for row in documents if row["source_document_id"] == quote["id"]]
        if not invoices:
            return ORDERED
        return SITE if invoices[0]["status"] == "SENT" else HANDED_OVER
