"""Who of a company could do an app's work on a day, and when they still had time: for the scenes of planned work."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from db.demo.rows import Record
from db.demo.scene import Scene

OPENS = time(7)
"""When work begins, in UTC."""

DAY, LONGEST = 8.0, 9.5
"""The hours of a working day, and how many hours after the beginning the last work must be done."""

HOUR = timedelta(hours=1)
BREAK = 0.5
"""The hours between two jobs."""

Span = tuple[datetime, datetime]
"""From when until when."""


def at(day: date, hours: float = 0) -> datetime:
    """So many hours after the beginning of work."""
    return datetime.combine(day, OPENS, UTC) + hours * HOUR


def workdays(first: date, last: date) -> list[date]:
    """The days from Monday to Friday between two days, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def anniversary(day: date, months: int) -> date:
    """The day so many months later; at the end of a shorter month, its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shifts(start: datetime, end: datetime) -> list[Span]:
    """The hours of each day of a job that goes on over several."""
    days = workdays(start.date(), end.date())
    return [(max(start, at(day)), min(end, at(day, LONGEST if len(days) == 1 else DAY))) for day in days]


@dataclass(frozen=True, slots=True)
class Crew:
    """Who held an app when; of owners, since they were one."""

    stints: Sequence[tuple[Record, datetime, datetime | None]]

    def on(self, day: date) -> list[Record]:
        """Who held the app on a day: employees, or the owners where there is none."""
        moment = at(day)
        here = [who for who, since, until in self.stints if since <= moment and (until is None or moment < until)]
        return [who for who in here if who["role"] != "OWNER"] or here

    def owners(self, day: date) -> list[Record]:
        """The owners of a day."""
        return [who for who, since, _ in self.stints if who["role"] == "OWNER" and since <= at(day)]


def crew_of(scene: Scene, app: str) -> Crew:
    """Everybody who could do the work of an app at some time."""
    members = {row["id"]: row for row in scene.all("membership", external=False) if row["accepted_at"]}
    promoted = {row["membership_id"]: row["at"] for row in scene.all("access_change", kind="ROLE", role_after="OWNER")}
    stints = [
        (row, promoted.get(key, row["accepted_at"]), row["removed_at"])
        for key, row in members.items()
        if row["role"] == "OWNER"
    ]
    for grant in scene.all("app_grant", app_id=app):
        who = members.get(grant["membership_id"])
        if who is not None and who["role"] != "OWNER":
            stints.append((who, max(grant["valid"].lower, who["accepted_at"]), grant["valid"].upper))
    return Crew(stints)


@dataclass(slots=True)
class Diary:
    """Until when each person is busy on each day, so that nobody is in two places at once."""

    busy: defaultdict[tuple[UUID, date], float] = field(
        default_factory=lambda: defaultdict[tuple[UUID, date], float](float)
    )

    @classmethod
    def of(cls, scene: Scene) -> "Diary":
        """What the work orders and the calendar of a company have filled."""
        diary = cls()
        orders = {row["id"]: row for row in scene.all("work_order") if row["planned_start"]}
        for row in scene.all("work_order_assignee"):
            if row["work_order_id"] in orders:
                order = orders[row["work_order_id"]]
                diary.fill(row["membership_id"], order["planned_start"], order["planned_end"])
        events = {row["id"]: row for row in scene.all("agenda_event")}
        for row in scene.all("agenda_event_user"):
            event = events[row["event_id"]]
            diary.fill(row["membership_id"], event["start"], event["end"])
        return diary

    def fill(self, person: UUID, start: datetime, end: datetime) -> None:
        """Somebody is busy: on the last day until the end, on the days before all day."""
        for day in workdays(start.date(), end.date()):
            until = (min(end, at(day, LONGEST)) - at(day)) / HOUR
            self.busy[person, day] = max(self.busy[person, day], until)

    def is_free(self, person: UUID, days: Iterable[date]) -> bool:
        """Whether nothing at all is planned on these days."""
        return not any(self.busy[person, day] for day in days)

    def book(
        self,
        people: Sequence[Record],
        days: Sequence[date],
        hours: float,
        chance: Random,
        *,
        count: int = 1,
        earliest: float = 0,
    ) -> tuple[list[Record], Span] | None:
        """The first day on which `count` people have `hours`, with who they are and when; None when there is none.

        Not before `earliest` hours of the day; more than a day's hours go on, on the working days after.
        """
        length = -(-4 * hours // count) / 4
        for day in days:
            free = [who for who in people if self._begin(who["id"], day, length, earliest) is not None]
            if len(free) >= count:
                chosen = sorted(chance.sample(free, count), key=lambda who: who["created_at"])
                begins = max(self._begin(who["id"], day, length, earliest) or 0 for who in chosen)
                span = _span(day, begins, length)
                for who in chosen:
                    self.fill(who["id"], *span)
                return chosen, span
        return None

    def _begin(self, person: UUID, day: date, hours: float, earliest: float) -> float | None:
        """How many hours after the beginning of a day somebody may begin; None where there is no room."""
        if hours > DAY:
            return 0 if self.is_free(person, _following(day, hours)) else None
        busy = self.busy[person, day]
        begins = max(earliest, busy + BREAK if busy else 0)
        return begins if begins + hours <= LONGEST else None


def _span(day: date, begins: float, hours: float) -> Span:
    if hours <= DAY:
        return at(day, begins), at(day, begins + hours)
    days = _following(day, hours)
    return at(day), at(days[-1], hours - DAY * (len(days) - 1))


def _following(day: date, hours: float) -> list[date]:
    """The working days that so many hours take, from a day on."""
    count = -int(-hours // DAY)
    return workdays(day, day + timedelta(days=2 * count + 2))[:count]


def since(scene: Scene, app: str) -> datetime | None:
    """Since when a company has worked with an app; None when it only tried it, or never did."""
    open_ = [row["valid"].lower for row in scene.all("company_app", app_id=app) if row["valid"].upper is None]
    return open_[-1] if open_ else None


def trial(scene: Scene, day: int) -> date:
    """A working day of the fourteen days in which a company tries everything; `day` counts from its first."""
    return workdays(scene.created.date(), scene.created.date() + timedelta(days=20))[day]
