"""Payment requests, which are invoiced once they are paid."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    SHARED_KEYS,
    Document,
    DocumentConnection,
    DocumentFilter,
    Invoice,
    Quote,
)


@strawberry.enum(description="Where a payment request stands.")
class PaymentRequestStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    SENT = enum_value("SENT", "Sent to the customer.")
    PAID = enum_value("PAID", "Paid.")
    CANCELLED = enum_value("CANCELLED", "Withdrawn.")


@entity("par", App.PAYMENT_REQUESTS, description="A request to pay before there is an invoice.")
class PaymentRequest(Document):
    status: PaymentRequestStatus = field("Where it stands.")
    due_date: datetime.date | None = field("The last day to pay.")
    amount_incl: decimal.Decimal = field("The amount that is asked for; it says nothing of tax apart.")
    quote: Quote | None = field("The quote on which it asks for a deposit.")
    invoiced_by: Invoice | None = field("The invoice that was made once it was paid.")


@filter_object("Which payment requests.")
class PaymentRequestFilter(DocumentFilter):
    status: list[PaymentRequestStatus] | None = reads(PaymentRequest, "status")
    due_date: DateCriterion | None = reads(PaymentRequest, "due_date")


PaymentRequestOrder = order_enum("PaymentRequestOrder", PaymentRequest, *SHARED_KEYS, "due_date")


@extends(Quote)
class QuotePaymentRequests:
    payment_requests: list[PaymentRequest] | None = field("The payment requests for deposits on it, newest first.")


@extends(Customer)
class CustomerPaymentRequests:
    payment_requests: DocumentConnection[PaymentRequest] | None = connection(
        "Payment requests to the customer.", filter=PaymentRequestFilter, order=PaymentRequestOrder
    )


@extends(Company)
class CompanyPaymentRequests:
    payment_requests: DocumentConnection[PaymentRequest] | None = connection(
        "Payment requests.", filter=PaymentRequestFilter, order=PaymentRequestOrder
    )
