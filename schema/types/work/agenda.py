"""The calendar: appointments, planned work and absences of the whole team."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import concerns_viewer, order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.work.tasks import Task
from schema.types.work.work_orders import WorkOrder


@strawberry.enum(description="What stands in the calendar; events of what the viewer does not hold are not listed.")
class AgendaEventKind(Enum):
    APPOINTMENT = enum_value("APPOINTMENT", "An appointment.")
    TASK = enum_value("TASK", "Time for a task.", App.TASKS)
    WORK_ORDER = enum_value("WORK_ORDER", "The work of a work order.", App.WORK_ORDERS)
    UNAVAILABILITY = enum_value("UNAVAILABILITY", "Somebody is not there.")


@entity("age", App.AGENDA, description="Something that stands in the calendar.")
class AgendaEvent(Node):
    kind: AgendaEventKind = field("What it is.")
    title: str = field("What it says.")
    start: datetime.datetime = field("When it begins.")
    end: datetime.datetime = field("When it ends.")
    customer: Customer | None = field("With whom.")
    users: list[User] = field("Whose calendar it stands in.")
    task: Task | None = gated("The task that the time is for.", App.TASKS)
    work_order: WorkOrder | None = gated("The work order that is done then.", App.WORK_ORDERS)


@filter_object("Which events.")
class AgendaEventFilter:
    kind: list[AgendaEventKind] | None = reads(AgendaEvent, "kind")
    title: TextCriterion | None = reads(AgendaEvent, "title")
    start: DateTimeCriterion | None = reads(AgendaEvent, "start")
    end: DateTimeCriterion | None = reads(AgendaEvent, "end")
    customer: IdCriterion | None = reads(AgendaEvent, "customer")
    task: IdCriterion | None = reads(AgendaEvent, "task")
    work_order: IdCriterion | None = reads(AgendaEvent, "work_order")
    user: IdCriterion | None = reads(AgendaEvent, "users")
    mine: bool | None = concerns_viewer(AgendaEvent, "users")
    search: str | None = reads(AgendaEvent, "title")


AgendaEventOrder = order_enum("AgendaEventOrder", AgendaEvent, "start", "end", "title")


@thing("ags", App.AGENDA, description="How the calendar is shown.")
class AgendaSettings:
    start_hour: int = field("The first hour of a day, 0 to 23.")
    end_hour: int = field("The hour at which a day ends, 1 to 24.")
    show_weekends: bool = field("Whether weekends are shown.")


@extends(Company)
class CompanyAgenda:
    agenda_settings: AgendaSettings | None = gated("How the calendar is shown.", App.AGENDA)
    agenda_events: Connection[AgendaEvent] | None = connection(
        "What stands in the calendar.", filter=AgendaEventFilter, order=AgendaEventOrder
    )


@extends(User)
class UserAgenda:
    agenda_color: str | None = gated("The colour of this user in the calendar, as #rrggbb.", App.AGENDA)
