"""The people of a company who can do an app's work on a day, and their free hours; for the scenes of planned work."""

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
"""The beginning of a working day, in UTC."""

DAY, LONGEST = 8.0, 9.5
"""Hours of a working day, and hours after its beginning by which the last work has to end."""

HOUR = timedelta(hours=1)
BREAK = 0.5
"""Hours between two jobs."""

Span = tuple[datetime, datetime]
"""A beginning and an end."""


def at(day: date, hours: float = 0) -> datetime:
    """The moment `hours` hours after the beginning of work on `day`."""
    return datetime.combine(day, OPENS, UTC) + hours * HOUR


def workdays(first: date, last: date) -> list[date]:
    """The days from Monday to Friday between two days, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def anniversary(day: date, months: int) -> date:
    """The same day `months` months later, or the last day of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shifts(start: datetime, end: datetime) -> list[Span]:
    """The beginning and end of the work on each day of a job."""
    days = workdays(start.date(), end.date())
    return [(max(start, at(day)), min(end, at(day, LONGEST if len(days) == 1 else DAY))) for day in days]


@dataclass(frozen=True, slots=True)
class Crew:
    """The people who could use an app, each with the period; owners from the moment they became one."""

    stints: Sequence[tuple[Record, datetime, datetime | None]]

    def on(self, day: date) -> list[Record]:
        """The employees who held the app on a day, or the owners if there are none."""
        moment = at(day)
        here = [who for who, since, until in self.stints if since <= moment and (until is None or moment < until)]
        return [who for who in here if who["role"] != "OWNER"] or here

    def owners(self, day: date) -> list[Record]:
        """The owners on a day."""
        return [who for who, since, _ in self.stints if who["role"] == "OWNER" and since <= at(day)]


def crew_of(scene: Scene, app: str) -> Crew:
    """All people who could do the work of an app at some time."""
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
    """The hour until which each person is busy on each day, so that appointments do not overlap."""

    busy: defaultdict[tuple[UUID, date], float] = field(
        default_factory=lambda: defaultdict[tuple[UUID, date], float](float)
    )

    @classmethod
    def of(cls, scene: Scene) -> "Diary":
        """The diary with the work orders and the calendar of a company."""
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
        """Mark a person as busy: on the last day until the end, on the days before it all day."""
        for day in workdays(start.date(), end.date()):
            until = (min(end, at(day, LONGEST)) - at(day)) / HOUR
            self.busy[person, day] = max(self.busy[person, day], until)

    def is_free(self, person: UUID, days: Iterable[date]) -> bool:
        """True if the person has nothing planned on these days."""
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
        """Book a job of `hours` hours, shared by `count` people, on the first of `days` when enough people are free.

        It begins at least `earliest` hours after the beginning of the day; one longer than a working day goes on during
        the following ones. Returns the people and the span; None when no day fits.
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
        """The hours after the beginning of a day at which a person can begin; None when there is no room."""
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
    """The working days that a job of `hours` takes, from `day` on."""
    count = -int(-hours // DAY)
    return workdays(day, day + timedelta(days=2 * count + 2))[:count]


def since(scene: Scene, app: str) -> datetime | None:
    """The moment since which a company works with an app; None when it only tried it, or never had it."""
    open_ = [row["valid"].lower for row in scene.all("company_app", app_id=app) if row["valid"].upper is None]
    return open_[-1] if open_ else None


def trial(scene: Scene, day: int) -> date:
    """A working day of a company's trial of 14 days; `day` counts from 0."""
    return workdays(scene.created.date(), scene.created.date() + timedelta(days=20))[day]
