"""Online payments of customers."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import services
from schema.types.core.company import Company
from schema.types.core.documents import Invoice
from schema.types.money.payments import Payment

PaymentProvider = services("PaymentProvider", "A service through which customers pay online.", "ONLINE_PAYMENT")


@strawberry.enum(description="What became of an online payment.")
class OnlinePaymentStatus(Enum):
    OPEN = enum_value("OPEN", "The customer was asked to pay.")
    PAID = enum_value("PAID", "The customer paid.")
    EXPIRED = enum_value("EXPIRED", "The customer did not pay in time.")


@entity("olp", App.INVOICES, description="An online payment that a customer was asked for.")
class OnlinePayment(Node):
    provider: PaymentProvider = field("The service.")  # type: ignore[valid-type]
    provider_ref: str = field("What the service calls it.")
    status: OnlinePaymentStatus = field("What became of it.")
    amount: decimal.Decimal = field("How much was asked for, in euro.")
    asked_at: datetime.datetime = field("When it was asked for.")
    invoice: Invoice | None = field("The invoice that it pays.")
    payment: Payment | None = field("The payment that it became.")


@filter_object("Which online payments.")
class OnlinePaymentFilter:
    provider: list[PaymentProvider] | None = reads(OnlinePayment, "provider")  # type: ignore[valid-type]
    status: list[OnlinePaymentStatus] | None = reads(OnlinePayment, "status")
    provider_ref: TextCriterion | None = reads(OnlinePayment, "provider_ref")
    amount: DecimalCriterion | None = reads(OnlinePayment, "amount")
    asked_at: DateTimeCriterion | None = reads(OnlinePayment, "asked_at")


OnlinePaymentOrder = order_enum("OnlinePaymentOrder", OnlinePayment, "asked_at", "amount")


@extends(Company)
class CompanyOnlinePayments:
    online_payments: Connection[OnlinePayment] | None = connection(
        "Online payments.", filter=OnlinePaymentFilter, order=OnlinePaymentOrder
    )


@extends(Invoice)
class InvoiceOnlinePayments:
    online_payments: list[OnlinePayment] = field("The online payments that its customer was asked for.")
    online_payment_url: str | None = gated("Where its customer can pay it.", App.MOLLIE)


@extends(Payment)
class PaymentOnline:
    online_payment: OnlinePayment | None = field("The online payment that it came from.")
