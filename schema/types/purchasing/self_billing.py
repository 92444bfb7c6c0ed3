"""Purchase slips: invoices that the buyer writes for a seller who cannot, such as a private person."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    Document,
    DocumentConnection,
    DocumentFilter,
)


@strawberry.enum(description="Where a purchase slip stands.")
class PurchaseSlipStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not shown to the seller yet.")
    SENT = enum_value("SENT", "Sent to the seller.")
    ACCEPTED = enum_value("ACCEPTED", "Accepted by the seller.")
    PAID = enum_value("PAID", "Paid to the seller.")


@entity("psl", App.SELF_BILLING, description="A purchase invoice written by the buyer; `customer` is the seller.")
class PurchaseSlip(Document):
    status: PurchaseSlipStatus = field("Where it stands.")
    due_date: datetime.date | None = field("The last day to pay.")
    accepted_on: datetime.date | None = field("The day on which the seller accepted it.")
    paid_on: datetime.date | None = gated("The day of its payment.", App.PAYMENTS)


@filter_object("Which purchase slips.")
class PurchaseSlipFilter(DocumentFilter):
    status: list[PurchaseSlipStatus] | None = reads(PurchaseSlip, "status")
    due_date: DateCriterion | None = reads(PurchaseSlip, "due_date")
    accepted_on: DateCriterion | None = reads(PurchaseSlip, "accepted_on")


KEYS = ("date", "number", "customer_name", "total_excl", "total_incl", "due_date", "accepted_on")
PurchaseSlipOrder = order_enum("PurchaseSlipOrder", PurchaseSlip, *KEYS)


@extends(Customer)
class CustomerSelfBilling:
    purchase_slips: DocumentConnection[PurchaseSlip] | None = connection(
        "Purchase slips for what the customer sold to the company.", filter=PurchaseSlipFilter, order=PurchaseSlipOrder
    )


@extends(Company)
class CompanySelfBilling:
    purchase_slips: DocumentConnection[PurchaseSlip] | None = connection(
        "Purchase slips.", filter=PurchaseSlipFilter, order=PurchaseSlipOrder
    )
