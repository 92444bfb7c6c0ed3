"""Subscriptions: the same invoice at regular intervals."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, IdCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    DocumentConnection,
    Invoice,
    InvoiceFilter,
    InvoiceOrder,
)
from schema.types.core.products import Product, VatType


@strawberry.enum(description="How often a subscription makes an invoice.")
class Frequency(Enum):
    WEEKLY = enum_value("WEEKLY", "Every week.")
    MONTHLY = enum_value("MONTHLY", "Every month.")
    QUARTERLY = enum_value("QUARTERLY", "Every three months.")
    YEARLY = enum_value("YEARLY", "Every year.")
    BIENNIAL = enum_value("BIENNIAL", "Every two years.")


@thing("sul", description="A line of every invoice of a subscription.")
class SubscriptionLine:
    position: int = field("Its place in the subscription, from 1.")
    name: str = field("What it is.")
    text: str | None = field("A longer text.")
    quantity: decimal.Decimal = field("How many.")
    price: decimal.Decimal = field("The price of one.")
    vat_rate: decimal.Decimal = field("The rate of value added tax, in percent.")
    product: Product | None = field("The product.")


@entity("sub", App.SUBSCRIPTIONS, description="An invoice that is made and sent at intervals.")
class Subscription(Node):
    start_date: datetime.date = field("The day of the first invoice.")
    end_date: datetime.date | None = field("The last day on which an invoice may be made.")
    creation_hour: int = field("The hour of the day at which invoices are made, 0 to 23.")
    frequency: Frequency = field("How often an invoice is made.")
    active: bool = field("Whether invoices are made now.")
    next_run: datetime.date | None = field("The day of the next invoice.")
    vat_type: VatType = field("Whether prices are without or with tax.")
    customer: Customer | None = field("The customer.")
    lines: list[SubscriptionLine] = field("The lines of each invoice, in their order.")
    invoices: DocumentConnection[Invoice] | None = connection(
        "The invoices that were made.", filter=InvoiceFilter, order=InvoiceOrder
    )


@filter_object("Which subscriptions.")
class SubscriptionFilter:
    start_date: DateCriterion | None = reads(Subscription, "start_date")
    end_date: DateCriterion | None = reads(Subscription, "end_date")
    next_run: DateCriterion | None = reads(Subscription, "next_run")
    frequency: list[Frequency] | None = reads(Subscription, "frequency")
    active: bool | None = reads(Subscription, "active")
    customer: IdCriterion | None = reads(Subscription, "customer")


SubscriptionOrder = order_enum("SubscriptionOrder", Subscription, "start_date", "end_date", "next_run")


@extends(Invoice)
class InvoiceOfSubscription:
    subscription: Subscription | None = field("The subscription that made it.")


@extends(Customer)
class CustomerSubscriptions:
    subscriptions: Connection[Subscription] | None = connection(
        "Subscriptions of the customer.", filter=SubscriptionFilter, order=SubscriptionOrder
    )


@extends(Company)
class CompanySubscriptions:
    subscriptions: Connection[Subscription] | None = connection(
        "Subscriptions.", filter=SubscriptionFilter, order=SubscriptionOrder
    )
