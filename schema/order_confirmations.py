"""Order confirmations: what a customer ordered, said back to them."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.company import Company
from schema.customers import Customer
from schema.declarations import connection, entity, enum_value, extends, field, input_object, order_enum, reads
from schema.documents import SHARED_KEYS, Document, DocumentFilter, Quote
from schema.relay import Connection


@strawberry.enum(description="Where an order confirmation stands.")
class OrderConfirmationStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    OPEN = enum_value("OPEN", "Sent to the customer, and not all delivered yet.")
    DELIVERED = enum_value("DELIVERED", "Everything was delivered.")
    CANCELLED = enum_value("CANCELLED", "The order was withdrawn.")


@entity("orc", App.ORDER_CONFIRMATIONS, description="What a customer ordered, as the company confirms it.")
class OrderConfirmation(Document):
    status: OrderConfirmationStatus = field("Where it stands.")
    quote: Quote | None = field("The quote that it was made of.")


@input_object("Which order confirmations.")
class OrderConfirmationFilter(DocumentFilter):
    status: list[OrderConfirmationStatus] | None = reads(OrderConfirmation, "status")


OrderConfirmationOrder = order_enum("OrderConfirmationOrder", OrderConfirmation, *SHARED_KEYS)


@extends(Quote)
class OfQuote:
    order_confirmation: OrderConfirmation | None = field("The order confirmation made of it, the newest of several.")


@extends(Customer)
class OfCustomer:
    order_confirmations: Connection[OrderConfirmation] | None = connection(
        "Order confirmations to the customer.", filter=OrderConfirmationFilter, order=OrderConfirmationOrder
    )


@extends(Company)
class OfCompany:
    order_confirmations: Connection[OrderConfirmation] | None = connection(
        "Order confirmations.", filter=OrderConfirmationFilter, order=OrderConfirmationOrder
    )
