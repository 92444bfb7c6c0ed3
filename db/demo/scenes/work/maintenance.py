"""Maintenance plans: contracts that follow from past maintenance, and the visits that are due now."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from db.demo.chance import happens
from db.demo.people.crew import Diary, anniversary, at, crew_of, since, trial, workdays
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.scenes.work.work_orders import assign, number_of
from db.demo.trade.jobs import is_maintenance

AFTER = ("work_orders",)

OWN = {
    "FR": ("Entretien de la camionnette", "Contrôle des extincteurs", "Entretien de la climatisation du bureau"),
    "NL": ("Onderhoud van de bestelwagen", "Controle van de blustoestellen", "Onderhoud van de airco"),
}
OLDEST = timedelta(days=720)
"""Maximum age of a maintenance that is planned again."""

YEAR, LATE = timedelta(days=340), timedelta(days=395)
"""The age of a maintenance at which a yearly visit is due, and up to which it is only late."""

AHEAD = 20
"""Number of days ahead for which visits are planned."""


def play(scene: Scene) -> None:
    """Add maintenance plans, and work orders for the visits that are due."""
    chance = scene.chance("maintenance")
    begin = since(scene, "PERIODIC_MAINTENANCE")
    if begin is None:
        _try(scene, chance)
        return
    planned = [(order, _plan(scene, order, begin, chance)) for order in _latest(scene)]
    _visit(scene, [(order, day) for order, day in planned if day is not None], chance)


def _try(scene: Scene, chance: Random) -> None:
    day = trial(scene, 6)
    names = OWN.get(scene.language, OWN["FR"])
    months = chance.choice((6, 12, 12, 24))
    given_up = happens(chance, 0.3)
    orders = scene.all("work_order", customer_id=None)[:1] if happens(chance, 0.4) else []
    scene.add(
        "maintenance_plan",
        at(day, 3),
        chance,
        name=chance.choice(names),
        interval_months=months,
        next_due=None if given_up else anniversary(day, months),
        cancelled=given_up,
        source_work_order_id=orders[0]["id"] if orders else None,
        created_at=at(day, 3),
    )


def _latest(scene: Scene) -> list[Record]:
    """The newest maintenance of each title for each customer, oldest first."""
    oldest = at(scene.today) - OLDEST
    done = [
        row
        for row in scene.all("work_order", status="DONE")
        if is_maintenance(row["title"]) and row["planned_start"] > oldest
    ]
    done.sort(key=lambda row: row["planned_start"])
    return list({(row["customer_id"], row["title"]): row for row in done}.values())


def _plan(scene: Scene, order: Record, begin: datetime, chance: Random) -> date | None:
    """Add the plan that follows from a maintenance; returns the day of a visit that is due now, else None."""
    age = scene.today - order["planned_start"].date()
    months, given_up = 12, False
    if age > LATE or (age < YEAR and happens(chance, 0.25)):
        months = 24
        given_up = age > LATE and happens(chance, 0.12)
    if age > LATE and not given_up and happens(chance, 0.3):
        return None
    moment = max(begin, order["planned_end"]) + timedelta(minutes=chance.randint(5, 600))
    day = anniversary(order["planned_start"].date(), months)
    scene.add(
        "maintenance_plan",
        moment,
        chance,
        name=order["title"],
        interval_months=months,
        next_due=None if given_up else day,
        cancelled=given_up,
        customer_id=order["customer_id"],
        source_work_order_id=order["id"],
        created_at=moment,
    )
    return day if months == 12 and age > YEAR and happens(chance, 0.75) else None


def _visit(scene: Scene, due: Sequence[tuple[Record, date]], chance: Random) -> None:
    """Add the work orders of due visits, all created yesterday afternoon."""
    first, last = scene.today, scene.today + timedelta(days=AHEAD)
    people, diary = crew_of(scene, "WORK_ORDERS").on(scene.today), Diary.of(scene)
    number = _last_number(scene, first.year)
    for n, (order, day) in enumerate(sorted(due, key=lambda pair: pair[1])):
        found = diary.book(people, workdays(max(first, day - timedelta(days=5)), last), 1.25, chance)
        if found is None:
            continue
        moment = at(first - timedelta(days=1), 7) + timedelta(minutes=2 * n + 1)
        number += 1
        visit = _order(scene, order, found[1], moment, number_of(scene, moment.year, number), chance)
        assign(scene, visit, found[0], moment, chance)


def _last_number(scene: Scene, year: int) -> int:
    return max(
        (int(row["number"][-4:]) for row in scene.all("work_order") if row["created_at"].year == year), default=0
    )


def _order(
    scene: Scene, before: Record, span: tuple[datetime, datetime], moment: datetime, number: str, chance: Random
) -> UUID:
    return scene.add(
        "work_order",
        moment,
        chance,
        number=number,
        title=before["title"],
        status="CANCELLED" if happens(chance, 0.1) else "PLANNED",
        customer_id=before["customer_id"],
        planned_start=span[0],
        planned_end=span[1],
        created_at=moment,
    )
