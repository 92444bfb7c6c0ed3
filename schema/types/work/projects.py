"""Projects, with their documents, phases and budgets."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import Argument, connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    Document,
    DocumentConnection,
    DocumentFilter,
    DocumentKind,
    DocumentOrder,
)
from schema.types.work.tasks import Task, TaskFilter, TaskOrder
from schema.types.work.time_tracking import TimeEntry, TimeEntryFilter, TimeEntryOrder
from schema.types.work.work_orders import WorkOrder, WorkOrderFilter, WorkOrderOrder


@entity("pph", App.PROJECTS, description="A phase that projects go through.")
class ProjectPhase(Node):
    name: str = field("The phase's name.")
    colour: str = field("The phase's colour, as #rrggbb.")
    rank: int = field("Its place among the phases, from 1.")


@entity("prj", App.PROJECTS, description="Work that belongs together.")
class Project(Node):
    number: str = field("The number as printed.")
    name: str = field("The project's name.")
    customer: Customer | None = field("For whom.")
    phase: ProjectPhase | None = field("The phase that it is in.")
    archived: bool = field("Whether it is closed and put away.")
    internal_note: str | None = field("A note for colleagues only.")
    budget: decimal.Decimal | None = field("What it may cost, without tax.")
    created_at: datetime.datetime = field("When it was recorded.")
    documents: DocumentConnection[Document] | None = connection(
        "Its documents of every kind that the viewer holds.",
        filter=DocumentFilter,
        order=DocumentOrder,
        kinds=Argument(list[DocumentKind] | None, "Only these kinds."),
    )
    tasks: Connection[Task] | None = connection("Its tasks.", filter=TaskFilter, order=TaskOrder)
    time_entries: Connection[TimeEntry] | None = connection(
        "The working time spent on it.", filter=TimeEntryFilter, order=TimeEntryOrder
    )
    work_orders: Connection[WorkOrder] | None = connection(
        "Its work orders.", filter=WorkOrderFilter, order=WorkOrderOrder
    )


@filter_object("Which projects.")
class ProjectFilter:
    number: TextCriterion | None = reads(Project, "number")
    name: TextCriterion | None = reads(Project, "name")
    customer: IdCriterion | None = reads(Project, "customer")
    phase: IdCriterion | None = reads(Project, "phase")
    archived: bool | None = reads(Project, "archived")
    budget: DecimalCriterion | None = reads(Project, "budget")
    created_at: DateTimeCriterion | None = reads(Project, "created_at")
    search: str | None = reads(Project, "number", "name")


@filter_object("Which phases.")
class ProjectPhaseFilter:
    name: TextCriterion | None = reads(ProjectPhase, "name")
    search: str | None = reads(ProjectPhase, "name")


ProjectOrder = order_enum("ProjectOrder", Project, "number", "name", "budget", "created_at")
ProjectPhaseOrder = order_enum("ProjectPhaseOrder", ProjectPhase, "rank", "name")


@extends(Company)
class CompanyProjects:
    projects: Connection[Project] | None = connection("Projects.", filter=ProjectFilter, order=ProjectOrder)
    project_phases: Connection[ProjectPhase] | None = connection(
        "The phases that projects go through.", filter=ProjectPhaseFilter, order=ProjectPhaseOrder
    )


@extends(Document)
class DocumentProject:
    project: Project | None = gated("The project that it belongs to.", App.PROJECTS)


@extends(DocumentFilter)
class DocumentsByProject:
    project: IdCriterion | None = reads(Document, "project")


@extends(Task)
class TaskProject:
    project: Project | None = gated("The project that it belongs to.", App.PROJECTS)


@extends(TaskFilter)
class TasksByProject:
    project: IdCriterion | None = reads(Task, "project")


@extends(TimeEntry)
class TimeEntryProject:
    project: Project | None = gated("The project that it was spent on.", App.PROJECTS)


@extends(TimeEntryFilter)
class TimeEntriesByProject:
    project: IdCriterion | None = reads(TimeEntry, "project")


@extends(WorkOrder)
class WorkOrderProject:
    project: Project | None = gated("The project that it belongs to.", App.PROJECTS)


@extends(WorkOrderFilter)
class WorkOrdersByProject:
    project: IdCriterion | None = reads(WorkOrder, "project")
