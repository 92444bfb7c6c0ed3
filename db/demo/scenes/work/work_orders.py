"""Work orders for accepted quotes and maintenance visits, or an internal one of the trial."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.demo.chance import happens
from db.demo.people.crew import Crew, Diary, at, crew_of, since, trial, workdays
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.jobs import Good, Job, jobs_of

AFTER = ("projects", "addresses")

PREFIXES = {"FR": "BT", "NL": "WB"}
OWN_WORK = {
    "FR": ("Rangement de l’atelier", "Réparation de la vitrine", "Peinture du local", "Inventaire du matériel"),
    "NL": ("Opruimen van het atelier", "Herstelling van de etalage", "Schilderen van het lokaal", "Inventaris"),
}
SMALL_PARTS = {"FR": "Petit matériel", "NL": "Klein materiaal"}
AHEAD = 12
"""Number of days ahead for which open jobs are planned."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A job with its people and its span; without a span it is not scheduled yet."""

    job: Job
    people: Sequence[Record]
    start: datetime | None
    end: datetime | None


def play(scene: Scene) -> None:
    """Add work orders with their materials and assignees."""
    chance = scene.chance("work orders")
    begin = since(scene, "WORK_ORDERS")
    if begin is None:
        _try(scene, chance)
    else:
        _work(scene, begin, chance)
    for settings in scene.all("company_settings"):
        rate = chance.choice(("0.6500", "0.5500", "0.4500")) if begin is not None or happens(chance, 0.5) else None
        scene.change(settings, kilometre_rate=None if rate is None else Decimal(rate))


def number_of(scene: Scene, year: int, count: int) -> str:
    """The number of a year's work order, by its `count` from 1."""
    return f"{PREFIXES.get(scene.language, 'BT')}{year}/{count:04d}"


def assign(scene: Scene, order: UUID, people: Sequence[Record], moment: datetime, chance: Random) -> None:
    """Add the assignees of a work order."""
    for n, who in enumerate(people, 1):
        scene.add(
            "work_order_assignee",
            moment + timedelta(seconds=n),
            chance,
            work_order_id=order,
            membership_id=who["id"],
        )


def _try(scene: Scene, chance: Random) -> None:
    day = trial(scene, 5)
    moment = at(day, 1)
    order = scene.add(
        "work_order",
        moment,
        chance,
        number=number_of(scene, day.year, 1),
        title=chance.choice(OWN_WORK.get(scene.language, OWN_WORK["FR"])),
        status=chance.choice(("DONE", "DONE", "PLANNED", "CANCELLED")),
        planned_start=at(day, 2),
        planned_end=at(day, 4),
        created_at=moment,
    )
    assign(scene, order, scene.members[:1], moment, chance)
    product = chance.choice(scene.all("product"))
    _material(scene, order, moment, chance, product_id=product["id"], name=product["name"], price=product["price"])


def _material(
    scene: Scene, order: UUID, moment: datetime, chance: Random, *, position: int = 1, **columns: object
) -> None:
    scene.add(
        "work_order_material",
        moment + timedelta(minutes=1, seconds=position),
        chance,
        work_order_id=order,
        position=position,
        **{"quantity": Decimal(1), **columns},
    )


def _work(scene: Scene, begin: datetime, chance: Random) -> None:
    planner = _Planner(scene, crew_of(scene, "WORK_ORDERS"), Diary(), chance)
    planned = planner.plan(jobs_of(scene, begin, chance))
    counts: defaultdict[int, int] = defaultdict(int)
    for one in sorted(planned, key=lambda one: (one.job.asked, one.job.customer_id)):
        year = one.job.asked.year
        counts[year] += 1
        _write(scene, one, number_of(scene, year, counts[year]), chance)


@dataclass(frozen=True, slots=True)
class _Planner:
    """Finds people and hours for jobs."""

    scene: Scene
    crew: Crew
    diary: Diary
    chance: Random

    def plan(self, jobs: Sequence[Job]) -> list[Planned]:
        """Schedule the past jobs, then the open ones, largest first; the two newest are not scheduled yet."""
        past = sorted((job for job in jobs if job.days), key=lambda job: (job.days[0], job.asked))
        found = [self._planned(job, job.days) for job in past]
        *waiting, last, newest = sorted((job for job in jobs if not job.days), key=lambda job: job.asked) or (
            None,
            None,
        )
        ahead = workdays(self.scene.today - timedelta(days=1), self.scene.today + timedelta(days=AHEAD))
        for n, job in enumerate(sorted(filter(None, waiting), key=lambda job: -job.hours)):
            found.append(self._planned(job, ahead[n % 8 :]))
        return [one for one in found if one] + [Planned(job, (), None, None) for job in (last, newest) if job]

    def _planned(self, job: Job, days: Sequence[date]) -> Planned | None:
        people = self.crew.on(days[0])
        if not people:
            return None
        found = self.diary.book(people, days, job.hours, self.chance, count=min(job.people, len(people)))
        return Planned(job, found[0], *found[1]) if found else None


def _status(scene: Scene, one: Planned) -> str:
    if one.start is None or one.end is None or one.start.date() >= scene.today:
        return "PLANNED"
    return "DONE" if one.end.date() < scene.today else "IN_PROGRESS"


def _write(scene: Scene, one: Planned, number: str, chance: Random) -> None:
    job, status = one.job, _status(scene, one)
    order = scene.add(
        "work_order",
        job.asked,
        chance,
        number=number,
        title=job.title,
        status=status,
        customer_id=job.customer_id,
        planned_start=one.start,
        planned_end=one.end,
        kilometres=job.kilometres if status == "DONE" else None,
        site_address_id=job.site,
        quote_id=job.quote["id"] if job.quote else None,
        project_id=job.quote.get("project_id") if job.quote else None,
        created_at=job.asked,
        **(_signature(scene, one, number) if status == "DONE" else {}),
    )
    assign(scene, order, one.people, job.asked, chance)
    used = [_used(good, chance) for good in job.goods]
    if status == "DONE" and happens(chance, 0.06):
        name = SMALL_PARTS.get(scene.language, SMALL_PARTS["FR"])
        used.append({"product_id": None, "name": name, "quantity": Decimal(1), "price": Decimal("7.5000")})
    for position, columns in enumerate(used, 1):
        _material(scene, order, job.asked, chance, position=position, **columns)


def _signature(scene: Scene, one: Planned, number: str) -> dict[str, object]:
    """The columns of the customer's signature after the work."""
    (customer,) = scene.all("contact", id=one.job.customer_id)
    page = f"{scene.index}-{number.replace('/', '-')}"
    return {
        "signed_at": one.end,
        "signer_name": customer["name"],
        "signature_url": f"https://files.enfact.test/sign/{page}",
    }


def _used(good: Good, chance: Random) -> dict[str, object]:
    """The material used of a good: mostly the quantity of the document, sometimes one more."""
    more = 1 if happens(chance, 0.05) else 0
    return {"product_id": good.product_id, "name": good.name, "quantity": good.quantity + more, "price": good.price}
