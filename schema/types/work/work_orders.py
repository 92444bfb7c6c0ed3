"""Work orders: jobs at a customer's, with assignees, materials, working time and travel."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import concerns_viewer, order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import Quote
from schema.types.core.products import Product
from schema.types.sales.addresses import Address
from schema.types.work.time_tracking import TimeEntry, TimeEntryFilter, TimeEntryOrder


@strawberry.enum(description="Where a work order stands.")
class WorkOrderStatus(Enum):
    PLANNED = enum_value("PLANNED", "To be done; the day may still be open.")
    IN_PROGRESS = enum_value("IN_PROGRESS", "Begun.")
    DONE = enum_value("DONE", "Done.")
    CANCELLED = enum_value("CANCELLED", "Not done after all.")


@thing("wom", App.WORK_ORDERS, description="Something that was used for a work order.")
class WorkOrderMaterial:
    position: int = field("Its place in the list, from 1.")
    product: Product | None = field("The product.")
    name: str = field("What it is.")
    quantity: decimal.Decimal = field("How many.")
    price: decimal.Decimal = field("The sales price of one.")


@thing("wos", App.WORK_ORDERS, description="A customer's signature under a work order, given where the work was done.")
class WorkOrderSignature:
    signed_at: datetime.datetime | None = field("When the customer signed.")
    signer_name: str | None = field("Who signed.")
    image_url: str | None = field("Where the picture of the signature is.")


@entity("wor", App.WORK_ORDERS, description="A job at a customer's.")
class WorkOrder(Node):
    number: str = field("The number as printed.")
    title: str = field("What is to be done.")
    status: WorkOrderStatus = field("Where it stands.")
    customer: Customer | None = field("For whom; null for work in the own house.")
    planned_start: datetime.datetime | None = field("When it should begin; null while the day is open.")
    planned_end: datetime.datetime | None = field("When it should end.")
    assignees: list[User] = field("Who does it.")
    materials: list[WorkOrderMaterial] = field("What was used, in the order in which it was noted.")
    kilometres: decimal.Decimal | None = field("The distance that was driven for it.")
    signature: WorkOrderSignature | None = field("The customer's signature, once it was given.")
    created_at: datetime.datetime = field("When it was recorded.")
    site_address: Address | None = gated("The building site.", App.SITE_ADDRESSES)
    quote: Quote | None = gated("The quote that it carries out.", App.QUOTES)
    time_entries: Connection[TimeEntry] | None = connection(
        "The working time spent on it.", filter=TimeEntryFilter, order=TimeEntryOrder
    )


@filter_object("Which work orders.")
class WorkOrderFilter:
    number: TextCriterion | None = reads(WorkOrder, "number")
    title: TextCriterion | None = reads(WorkOrder, "title")
    status: list[WorkOrderStatus] | None = reads(WorkOrder, "status")
    customer: IdCriterion | None = reads(WorkOrder, "customer")
    planned_start: DateTimeCriterion | None = reads(WorkOrder, "planned_start")
    planned_end: DateTimeCriterion | None = reads(WorkOrder, "planned_end")
    kilometres: DecimalCriterion | None = reads(WorkOrder, "kilometres")
    created_at: DateTimeCriterion | None = reads(WorkOrder, "created_at")
    site_address: IdCriterion | None = reads(WorkOrder, "site_address")
    quote: IdCriterion | None = reads(WorkOrder, "quote")
    assignee: IdCriterion | None = reads(WorkOrder, "assignees")
    mine: bool | None = concerns_viewer(WorkOrder, "assignees")
    search: str | None = reads(WorkOrder, "number", "title")


WorkOrderOrder = order_enum("WorkOrderOrder", WorkOrder, "planned_start", "number", "title", "kilometres", "created_at")


@extends(TimeEntry)
class TimeEntryWorkOrder:
    work_order: WorkOrder | None = gated("The work order that it was spent on.", App.WORK_ORDERS)


@extends(TimeEntryFilter)
class TimeEntriesByWorkOrder:
    work_order: IdCriterion | None = reads(TimeEntry, "work_order")


@extends(Company)
class CompanyWorkOrders:
    kilometre_rate: decimal.Decimal | None = gated("At what a kilometre is billed.", App.WORK_ORDERS)
    work_orders: Connection[WorkOrder] | None = connection("Work orders.", filter=WorkOrderFilter, order=WorkOrderOrder)


@extends(Customer)
class CustomerWorkOrders:
    work_orders: Connection[WorkOrder] | None = connection(
        "Work orders for the customer.", filter=WorkOrderFilter, order=WorkOrderOrder
    )


@extends(Quote)
class QuoteWorkOrders:
    work_orders: Connection[WorkOrder] | None = connection(
        "The work orders that carry it out.", filter=WorkOrderFilter, order=WorkOrderOrder
    )
