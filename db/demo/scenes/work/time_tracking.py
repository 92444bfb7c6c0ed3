"""Time tracking: hours that fit the work orders, and the hourly cost and rate of each person."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from db.demo.chance import happens
from db.demo.people.crew import Crew, at, crew_of, shifts, since, trial, workdays
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.jobs import is_maintenance

AFTER = ("maintenance", "tasks")

ROUNDING = 15
"""Minutes to which working time is rounded."""

NOTES = {
    "FR": (
        "Travail terminé, chantier nettoyé.",
        "À revoir : légère fuite au raccord.",
        "Client absent, clé au voisin.",
        "",
    ),
    "NL": ("Werk klaar, werf opgeruimd.", "Nog te bekijken: klein lek.", ""),
}
CHECKED = {
    "FR": ("Entretien effectué, attestation remise.", "Réglage du brûleur, mesures dans les normes.", ""),
    "NL": ("Onderhoud uitgevoerd, attest afgegeven.", ""),
}
HOUSE = {
    "FR": ("Rangement du dépôt", "Réunion d’équipe", "Entretien du véhicule", "Préparation du matériel"),
    "NL": ("Depot opruimen", "Teamvergadering", "Voertuig nakijken"),
}
FIRST_TRIES = {
    "FR": ("Essai du chronomètre", "Administration", "Déplacement chez le fournisseur", "Préparation des commandes"),
    "NL": ("Test van de timer", "Administratie", "Rit naar de leverancier", "Bestellingen klaarmaken"),
}


def play(scene: Scene) -> None:
    """Add time entries, hourly costs and rates, and the setting of rounding."""
    chance = scene.chance("time tracking")
    begin = since(scene, "TIME_TRACKING")
    if begin is None:
        _try(scene, chance)
    else:
        _work(scene, begin, chance)
    _value(scene, crew_of(scene, "TIME_TRACKING"), chance)
    for settings in scene.all("company_settings"):
        scene.change(settings, time_rounding=ROUNDING if begin else chance.choice((5, 10, 15, 15, 30)))


def _try(scene: Scene, chance: Random) -> None:
    owner = scene.members[0]
    notes = chance.sample(FIRST_TRIES.get(scene.language, FIRST_TRIES["FR"]), 2)
    for n, note in enumerate(notes):
        start = at(trial(scene, 4 + 2 * n), chance.randint(0, 20) / 4)
        end = start + timedelta(minutes=ROUNDING * chance.randint(1, 9))
        scene.add("time_entry", start, chance, user_id=owner["id"], start=start, end=end, note=note)
    tried = scene.all("work_order", status="DONE")
    if tried:
        start, end = tried[0]["planned_start"], tried[0]["planned_end"]
        scene.add("time_entry", start, chance, user_id=owner["id"], start=start, end=end, work_order_id=tried[0]["id"])


def _work(scene: Scene, begin: datetime, chance: Random) -> None:
    members = {row["id"]: row for row in scene.all("membership")}
    orders = {row["id"]: row for row in scene.all("work_order") if row["status"] in ("DONE", "IN_PROGRESS")}
    for row in scene.all("work_order_assignee"):
        if row["work_order_id"] in orders:
            _of_order(scene, orders[row["work_order_id"]], members[row["membership_id"]], chance)
    crew = crew_of(scene, "TIME_TRACKING")
    for day in workdays(begin.date() + timedelta(days=3), scene.today - timedelta(days=2))[::9]:
        _of_house(scene, day, crew, chance)
    done = [task for task in scene.all("task", status="DONE") if task["assignee_id"] and task["deadline"]]
    for task in {(task["assignee_id"], task["deadline"]): task for task in done}.values():
        if happens(chance, 0.3):
            _of_task(scene, task, members[task["assignee_id"]], chance)


def _of_order(scene: Scene, order: Record, who: Record, chance: Random) -> None:
    """Add the hours of a work order, about as long as planned; some timers of work in progress still run."""
    words = CHECKED if is_maintenance(order["title"]) else NOTES
    for start, end in shifts(order["planned_start"], order["planned_end"]):
        if start.date() >= scene.today:
            continue
        begun = start + timedelta(minutes=ROUNDING * chance.choice((0, 0, 1)))
        ended = max(
            begun + timedelta(minutes=ROUNDING), end + timedelta(minutes=ROUNDING * chance.choice((-1, 0, 0, 1)))
        )
        forgotten = order["status"] == "IN_PROGRESS" and start == at(start.date()) and happens(chance, 0.5)
        scene.add(
            "time_entry",
            begun,
            chance,
            user_id=who["id"],
            start=begun,
            end=None if forgotten else ended,
            note=chance.choice(words.get(scene.language, words["FR"])) or None,
            billed=order["status"] == "DONE" and end.date() < scene.today - timedelta(days=7) and happens(chance, 0.96),
            work_order_id=order["id"],
            project_id=order.get("project_id"),
        )


def _of_house(scene: Scene, day: date, crew: Crew, chance: Random) -> None:
    """Add a short internal entry in the evening, which is not billed."""
    here = crew.on(day)
    if not here:
        return
    start = at(day, 9.75)
    end = start + timedelta(minutes=ROUNDING * chance.randint(1, 3))
    note = chance.choice(HOUSE.get(scene.language, HOUSE["FR"]))
    scene.add("time_entry", start, chance, user_id=chance.choice(here)["id"], start=start, end=end, note=note)


def _of_task(scene: Scene, task: Record, who: Record, chance: Random) -> None:
    start = at(task["deadline"] - timedelta(days=1), 10.5)
    if who["removed_at"] is not None and who["removed_at"] < start:
        return
    scene.add(
        "time_entry",
        start,
        chance,
        user_id=who["id"],
        start=start,
        end=start + timedelta(minutes=ROUNDING * chance.randint(1, 3)),
        task_id=task["id"],
        project_id=task.get("project_id"),
    )


def _value(scene: Scene, crew: Crew, chance: Random) -> None:
    """Set the hourly cost of employees, and the hourly rate of everybody who records time."""
    for who in {id(who): who for who, _, _ in crew.stints}.values():
        if who["role"] == "OWNER":
            rate = Decimal(chance.choice((68, 72, 75))) if happens(chance, 0.7) else None
            scene.change(who, hourly_rate=rate)
        else:
            cost = Decimal(chance.randint(108, 138)) / 4
            scene.change(who, hourly_cost=cost, hourly_rate=Decimal(chance.choice((56, 58, 60))))
