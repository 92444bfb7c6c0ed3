"""Tasks: those that follow from quotes and internal ones, or one of the trial."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from db.demo.chance import happens, office_hour, weekday
from db.demo.people.crew import Crew, crew_of, since, trial, workdays
from db.demo.rows import Record
from db.demo.scene import Scene

AFTER = ("projects",)

REMIND = {"FR": "Relancer l’offre {}", "NL": "Offerte {} opvolgen"}
ORDER = {"FR": "Commander le matériel de l’offre {}", "NL": "Materiaal bestellen voor offerte {}"}
REASONS = {
    "FR": (
        "Le client hésite encore sur le modèle.",
        "Demander la date souhaitée pour les travaux.",
        "Vérifier le délai.",
    ),
    "NL": ("De klant twijfelt nog over het model.", "Gewenste datum vragen.", "Levertermijn nagaan."),
}
HOUSE = {
    "FR": (
        "Contrôler l’outillage électroportatif",
        "Commander des consommables",
        "Renouveler l’assurance de la camionnette",
        "Étalonner l’analyseur de combustion",
        "Trier le stock de pièces",
        "Préparer l’inventaire",
        "Mettre à jour le tarif horaire",
    ),
    "NL": ("Gereedschap nakijken", "Verbruiksgoederen bestellen", "Verzekering hernieuwen", "Voorraad sorteren"),
}
FIRST_TRIES = {
    "FR": (
        "Encoder les clients",
        "Choisir un modèle de facture",
        "Vérifier les prix de vente",
        "Inviter le comptable",
        "Compléter le numéro de compte",
    ),
    "NL": ("Klanten ingeven", "Een factuurmodel kiezen", "Verkoopprijzen nakijken", "De boekhouder uitnodigen"),
}


def play(scene: Scene) -> None:
    """Add tasks."""
    chance = scene.chance("tasks")
    begin = since(scene, "TASKS")
    if begin is None:
        _try(scene, chance)
        return
    crew = crew_of(scene, "TASKS")
    for quote in scene.all("document", kind="QUOTE"):
        if quote["customer_id"] is not None and quote["created_at"] > begin:
            _of_quote(scene, quote, crew, chance)
    titles = HOUSE.get(scene.language, HOUSE["FR"])
    for n, day in enumerate(workdays(begin.date() + timedelta(days=5), scene.today - timedelta(days=1))[::28]):
        _of_house(scene, day, titles[n % len(titles)], crew, chance)


def _try(scene: Scene, chance: Random) -> None:
    titles = chance.sample(FIRST_TRIES.get(scene.language, FIRST_TRIES["FR"]), 2)
    for n, title in enumerate(titles):
        day = trial(scene, 3 + n)
        moment = office_hour(day, chance)
        scene.add(
            "task",
            moment,
            chance,
            title=title,
            status="DONE" if happens(chance, 0.5) else "OPEN",
            deadline=day + timedelta(days=7) if happens(chance, 0.7) else None,
            assignee_id=scene.members[0]["id"] if n == 0 else None,
            created_at=moment,
        )


def _of_quote(scene: Scene, quote: Record, crew: Crew, chance: Random) -> None:
    """Add the tasks of a quote: sometimes a reminder (more often for a new quote), and the order for a large one."""
    share = 0.5 if quote["date"] > scene.today - timedelta(days=30) else 0.12
    if quote["status"] in ("SENT", "ACCEPTED", "EXPIRED") and happens(chance, share):
        day = weekday(quote["date"] + timedelta(days=chance.randint(8, 14)))
        _add(scene, REMIND.get(scene.language, REMIND["FR"]), quote, day, crew.owners(quote["date"]), chance)
    if quote["status"] == "ACCEPTED" and quote["total_excl"] > 3000 and happens(chance, 0.6):
        day = weekday(quote["date"] + timedelta(days=chance.randint(5, 9)))
        _add(scene, ORDER.get(scene.language, ORDER["FR"]), quote, day, crew.on(quote["date"]), chance)


def _add(
    scene: Scene,
    title: str,
    quote: Record,
    deadline: date,
    people: Sequence[Record],
    chance: Random,
) -> None:
    reasons = REASONS.get(scene.language, REASONS["FR"])
    moment = quote["created_at"] + timedelta(minutes=chance.randint(1, 60))
    scene.add(
        "task",
        moment,
        chance,
        title=title.format(quote["number"]),
        description=chance.choice(reasons) if happens(chance, 0.45) else None,
        status=_status(scene, deadline, chance),
        deadline=deadline,
        customer_id=quote["customer_id"],
        assignee_id=chance.choice(people)["id"] if people else None,
        quote_id=quote["id"],
        project_id=quote.get("project_id"),
        created_at=moment,
    )


def _of_house(scene: Scene, day: date, title: str, crew: Crew, chance: Random) -> None:
    moment = office_hour(day, chance)
    deadline = weekday(day + timedelta(days=chance.randint(5, 20)))
    scene.add(
        "task",
        moment,
        chance,
        title=title,
        status=_status(scene, deadline, chance),
        deadline=deadline if happens(chance, 0.8) else None,
        assignee_id=chance.choice(crew.on(day))["id"] if crew.on(day) and happens(chance, 0.9) else None,
        created_at=moment,
    )


def _status(scene: Scene, deadline: date, chance: Random) -> str:
    if deadline < scene.today - timedelta(days=14):
        return "DONE" if happens(chance, 0.97) else "OPEN"
    return chance.choice(("OPEN", "OPEN", "IN_PROGRESS", "DONE"))
