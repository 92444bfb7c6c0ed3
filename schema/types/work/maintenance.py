"""Periodic maintenance: plans, and the dates when they are due next."""

import datetime

from schema.apps import App
from schema.declarations.criteria import DateCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.work.work_orders import WorkOrder


@entity("mpl", App.PERIODIC_MAINTENANCE, description="Work that is done again after so many months.")
class MaintenancePlan(Node):
    name: str = field("What is done.")
    interval_months: int = field("How many months lie between two times.")
    next_due: datetime.date | None = field("When it is due next; null when it is not planned any more.")
    cancelled: bool = field("Whether the customer gave it up.")
    customer: Customer | None = field("For whom; null for what is the company's own.")
    source_work_order: WorkOrder | None = gated("The work order that it was made from.", App.WORK_ORDERS)


@filter_object("Which maintenance plans.")
class MaintenancePlanFilter:
    name: TextCriterion | None = reads(MaintenancePlan, "name")
    next_due: DateCriterion | None = reads(MaintenancePlan, "next_due")
    cancelled: bool | None = reads(MaintenancePlan, "cancelled")
    customer: IdCriterion | None = reads(MaintenancePlan, "customer")
    source_work_order: IdCriterion | None = reads(MaintenancePlan, "source_work_order")
    search: str | None = reads(MaintenancePlan, "name")


MaintenancePlanOrder = order_enum("MaintenancePlanOrder", MaintenancePlan, "next_due", "name", "interval_months")


@extends(WorkOrder)
class WorkOrderMaintenance:
    maintenance: MaintenancePlan | None = field("The maintenance plan that was made from it.")


@extends(Company)
class CompanyMaintenance:
    maintenance_plans: Connection[MaintenancePlan] | None = connection(
        "Maintenance plans.", filter=MaintenancePlanFilter, order=MaintenancePlanOrder
    )


@extends(Customer)
class CustomerMaintenance:
    maintenances: Connection[MaintenancePlan] | None = connection(
        "Maintenance plans for the customer.", filter=MaintenancePlanFilter, order=MaintenancePlanOrder
    )
