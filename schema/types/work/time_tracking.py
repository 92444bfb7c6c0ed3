"""Working time: entries by user and work, and the cost and price of a user's hour."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import concerns_viewer, order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.roles import Role
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.work.tasks import Task


@entity("tim", App.TIME_TRACKING, description="A stretch of somebody's working time.")
class TimeEntry(Node):
    user: User | None = field("Who worked; null where somebody from outside recorded it.")
    start: datetime.datetime = field("When it began.")
    end: datetime.datetime | None = field("When it ended; null while the timer runs.")
    note: str | None = field("What was done.")
    billed: bool = field("Whether it was billed to the customer.")
    task: Task | None = gated("The task that it was spent on.", App.TASKS)


@filter_object("Which time entries.")
class TimeEntryFilter:
    user: IdCriterion | None = reads(TimeEntry, "user")
    start: DateTimeCriterion | None = reads(TimeEntry, "start")
    end: DateTimeCriterion | None = reads(TimeEntry, "end")
    note: TextCriterion | None = reads(TimeEntry, "note")
    billed: bool | None = reads(TimeEntry, "billed")
    task: IdCriterion | None = reads(TimeEntry, "task")
    mine: bool | None = concerns_viewer(TimeEntry, "user")
    search: str | None = reads(TimeEntry, "note")


TimeEntryOrder = order_enum("TimeEntryOrder", TimeEntry, "start", "end")


@extends(Company)
class CompanyTimeTracking:
    time_rounding: int | None = gated(
        "The minutes to a multiple of which working time is rounded; 0 rounds nothing.", App.TIME_TRACKING
    )
    time_entries: Connection[TimeEntry] | None = connection(
        "Working time.", filter=TimeEntryFilter, order=TimeEntryOrder
    )


@extends(User)
class UserTimeTracking:
    hourly_cost: decimal.Decimal | None = gated("What an hour of this user costs.", App.TIME_TRACKING, Role.OWNER)
    hourly_rate: decimal.Decimal | None = gated("At what an hour of this user is billed.", App.TIME_TRACKING)
