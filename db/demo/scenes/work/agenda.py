"""The calendar: visits, planned work, tasks, meetings and absences of the last months and the next weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from db.demo.chance import happens, office_hour
from db.demo.people.crew import HOUR, Crew, Diary, Span, at, crew_of, since, trial, workdays
from db.demo.rows import Record
from db.demo.scene import Scene

AFTER = ("maintenance", "tasks")

PAST, AHEAD = timedelta(days=270), timedelta(days=14)
"""The time for which the calendar is filled, back and ahead."""

AWAY = 9.0
"""Hours of an absence on each day."""

COLOURS = ("#2563eb", "#16a34a", "#dc2626", "#9333ea", "#ea580c", "#0891b2")

VISITS = {
    "FR": ("Visite technique", "Prise de mesures", "Discussion de l’offre"),
    "NL": ("Plaatsbezoek", "Opmeting", "Bespreking offerte"),
}
MEETING = {"FR": "Réunion d’équipe", "NL": "Teamvergadering"}
ABSENCES = {"FR": ("Congé", "Congé", "Formation", "Rendez-vous médical"), "NL": ("Verlof", "Opleiding", "Dokter")}
FIRST_TRIES = {
    "FR": ("Rendez-vous à la banque", "Visite du comptable", "Livraison attendue"),
    "NL": ("Afspraak bij de bank", "Bezoek van de boekhouder", "Levering verwacht"),
}


def play(scene: Scene) -> None:
    """Add events, colours and the settings of the calendar."""
    chance = scene.chance("agenda")
    begin = since(scene, "AGENDA")
    if begin is None:
        _try(scene, chance)
    else:
        _work(scene, begin, chance)
    hours = chance.choice(((8, 18), (8, 18), (7, 19), (6, 20), (9, 21)))
    for settings in scene.all("company_settings"):
        scene.change(
            settings,
            agenda_start_hour=hours[0],
            agenda_end_hour=hours[1],
            agenda_show_weekends=hours[1] > 19,
        )


def _event(
    scene: Scene,
    moment: datetime,
    people: Sequence[UUID],
    chance: Random,
    *,
    kind: str,
    title: str,
    span: Span,
    **columns: object,
) -> None:
    start, end = span
    key = scene.add(
        "agenda_event", moment, chance, kind=kind, title=title, start=start, end=end, created_at=moment, **columns
    )
    for n, who in enumerate(people, 1):
        scene.add("agenda_event_user", moment + timedelta(seconds=n), chance, event_id=key, membership_id=who)


def _try(scene: Scene, chance: Random) -> None:
    owner = scene.members[0]
    if happens(chance, 0.6):
        scene.change(owner, agenda_color=chance.choice(COLOURS))
    day = trial(scene, 5)
    start, moment = at(day, chance.randint(4, 28) / 4), at(trial(scene, 3), chance.randint(0, 32) / 4)
    title = chance.choice(FIRST_TRIES.get(scene.language, FIRST_TRIES["FR"]))
    _event(scene, moment, [owner["id"]], chance, kind="APPOINTMENT", title=title, span=(start, start + HOUR))
    title = ABSENCES.get(scene.language, ABSENCES["FR"])[0]
    day = trial(scene, 7)
    _event(
        scene,
        moment + 5 * timedelta(minutes=1),
        [owner["id"]],
        chance,
        kind="UNAVAILABILITY",
        title=title,
        span=(at(day), at(day, AWAY)),
    )


def _work(scene: Scene, begin: datetime, chance: Random) -> None:
    crew = crew_of(scene, "AGENDA")
    people = {who["id"]: who for who, _, _ in crew.stints}
    for who, colour in zip(people.values(), COLOURS, strict=False):
        scene.change(who, agenda_color=colour)
    first = max(begin.date() + timedelta(days=1), scene.today - PAST)
    planner = _Planner(scene, crew, Diary.of(scene), chance, first)
    planner.work_orders()
    planner.absences(list(people.values()))
    planner.visits()
    planner.tasks()
    planner.meetings()


@dataclass(frozen=True, slots=True)
class _Planner:
    """Fills the calendar from `first` on."""

    scene: Scene
    crew: Crew
    diary: Diary
    chance: Random
    first: date

    def work_orders(self) -> None:
        """Add the planned work orders to the calendars of their assignees."""
        assigned: dict[UUID, list[UUID]] = {}
        for row in self.scene.all("work_order_assignee"):
            assigned.setdefault(row["work_order_id"], []).append(row["membership_id"])
        for order in self.scene.all("work_order"):
            start = order["planned_start"]
            if start is not None and start.date() >= self.first and order["status"] != "CANCELLED":
                moment = order["created_at"] + timedelta(minutes=self.chance.randint(1, 9))
                self._add(
                    "WORK_ORDER",
                    order["title"],
                    moment,
                    (start, order["planned_end"]),
                    assigned[order["id"]],
                    customer_id=order["customer_id"],
                    work_order_id=order["id"],
                )

    def visits(self) -> None:
        """Add visits of the owners before some of the quotes, and some in the next days."""
        customers = {row["id"]: row for row in self.scene.all("contact", is_customer=True)}
        for quote in self.scene.all("document", kind="QUOTE"):
            if quote["customer_id"] is not None and quote["date"] > self.first and happens(self.chance, 0.3):
                self._visit(quote["date"] - timedelta(days=self.chance.randint(2, 8)), customers[quote["customer_id"]])
        for day in workdays(self.scene.today, self.scene.today + AHEAD)[:: 1 if len(customers) > 50 else 4]:
            self._visit(day, self.chance.choice(list(customers.values())))

    def _visit(self, day: date, customer: Record) -> None:
        days, known = workdays(day, day + timedelta(days=3)), customer["created_at"]
        title = self.chance.choice(VISITS.get(self.scene.language, VISITS["FR"]))
        self._book("APPOINTMENT", title, days, self.crew.owners(day), customer_id=customer["id"], known=known)

    def tasks(self) -> None:
        """Add an hour for some of the tasks, on the day before their deadline."""
        members = {row["id"]: row for row in self.scene.all("membership", removed_at=None)}
        for task in self.scene.all("task"):
            if task["deadline"] is None or task["assignee_id"] not in members or task["deadline"] <= self.first:
                continue
            if happens(self.chance, 0.5):
                day = task["deadline"] - timedelta(days=1)
                self._book(
                    "TASK",
                    task["title"],
                    workdays(day, day + timedelta(days=2)),
                    [members[task["assignee_id"]]],
                    known=task["created_at"],
                    customer_id=task.get("customer_id"),
                    task_id=task["id"],
                )

    def absences(self, people: Sequence[Record]) -> None:
        """Add days off without other appointments: every two months, in turn a day or a week; one in the next days."""
        words = ABSENCES.get(self.scene.language, ABSENCES["FR"])
        for who in people:
            if who["removed_at"] is not None:
                continue
            for n, month in enumerate(range(0, PAST.days, 60)):
                self._away(
                    who, self.first + timedelta(days=month), 5 if n % 2 else 1, words[0 if n % 2 else n % len(words)]
                )
            self._away(who, self.scene.today + timedelta(days=2), 1, self.chance.choice(words[1:]))

    def _away(self, who: Record, begin: date, length: int, title: str) -> None:
        days = workdays(max(begin, self.first), begin + timedelta(days=40))
        for n in range(len(days) - length):
            if days[n] >= self.scene.today + AHEAD or who not in (*self.crew.on(days[n]), *self.crew.owners(days[n])):
                continue
            if self.diary.is_free(who["id"], days[n : n + length]):
                span = at(days[n]), at(days[n + length - 1], AWAY)
                self.diary.fill(who["id"], *span)
                self._add("UNAVAILABILITY", title, self._noted(days[n]), span, [who["id"]])
                return

    def meetings(self) -> None:
        """Add a meeting of all people on the first working day of each month."""
        day = self.first.replace(day=1)
        while day <= self.scene.today + AHEAD:
            (meeting, *_) = workdays(day, day + timedelta(days=3))
            people = [
                who["id"] for who in (*self.crew.on(meeting), *self.crew.owners(meeting)) if self._is_here(who, meeting)
            ]
            if meeting >= self.first and len(set(people)) > 1:
                title = MEETING.get(self.scene.language, MEETING["FR"])
                span = at(meeting, -0.75), at(meeting, -0.25)
                self._add("APPOINTMENT", title, self._noted(meeting), span, list(dict.fromkeys(people)))
            day = (day + timedelta(days=31)).replace(day=1)

    def _is_here(self, who: Record, day: date) -> bool:
        return self.diary.busy[who["id"], day] < AWAY

    def _book(
        self,
        kind: str,
        title: str,
        days: Sequence[date],
        people: Sequence[Record],
        *,
        known: datetime,
        **columns: object,
    ) -> None:
        """Add an hour of one of the people, on the first of the days when one of them is free."""
        found = self.diary.book(people, days, 1, self.chance, earliest=self.chance.choice((0, 1.5, 3, 6, 7.5)))
        if found is not None:
            chosen, span = found
            moment = max(known + timedelta(minutes=2), self._noted(days[0]))
            if moment < span[0]:
                self._add(kind, title, moment, span, [who["id"] for who in chosen], **columns)

    def _noted(self, day: date) -> datetime:
        """A moment before `day`, and before today, at which its event was entered."""
        before = min(day, self.scene.today) - timedelta(days=self.chance.randint(1, 9))
        return office_hour(before, self.chance)

    def _add(
        self,
        kind: str,
        title: str,
        moment: datetime,
        span: Span,
        people: Sequence[UUID],
        **columns: object,
    ) -> None:
        _event(self.scene, moment, people, self.chance, kind=kind, title=title, span=span, **columns)
