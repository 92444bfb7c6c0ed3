"""Tasks, with assignee, customer and due date."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DateTimeCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import concerns_viewer, order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import Quote


@strawberry.enum(description="Where a task stands.")
class TaskStatus(Enum):
    OPEN = enum_value("OPEN", "Not begun yet.")
    IN_PROGRESS = enum_value("IN_PROGRESS", "Somebody is at it.")
    DONE = enum_value("DONE", "Done.")


@entity("tsk", App.TASKS, description="Something to do.")
class Task(Node):
    title: str = field("What is to be done.")
    description: str | None = field("How, in more words.")
    status: TaskStatus = field("Where it stands.")
    deadline: datetime.date | None = field("The day by which it should be done.")
    created_at: datetime.datetime = field("When it was recorded.")
    customer: Customer | None = field("For whom.")
    assignee: User | None = field("Who does it.")
    quote: Quote | None = gated("The quote that it came from.", App.QUOTES)


@filter_object("Which tasks.")
class TaskFilter:
    title: TextCriterion | None = reads(Task, "title")
    status: list[TaskStatus] | None = reads(Task, "status")
    deadline: DateCriterion | None = reads(Task, "deadline")
    created_at: DateTimeCriterion | None = reads(Task, "created_at")
    customer: IdCriterion | None = reads(Task, "customer")
    assignee: IdCriterion | None = reads(Task, "assignee")
    quote: IdCriterion | None = reads(Task, "quote")
    mine: bool | None = concerns_viewer(Task, "assignee")
    search: str | None = reads(Task, "title", "description")


TaskOrder = order_enum("TaskOrder", Task, "deadline", "title", "created_at")


@extends(Company)
class CompanyTasks:
    tasks: Connection[Task] | None = connection("Tasks.", filter=TaskFilter, order=TaskOrder)


@extends(Customer)
class CustomerTasks:
    tasks: Connection[Task] | None = connection("Tasks for the customer.", filter=TaskFilter, order=TaskOrder)
