"""Order confirmations, which repeat a customer's order."""

from enum import Enum

import strawberry

from schema.apps import App
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
    Quote,
)


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


@filter_object("Which order confirmations.")
class OrderConfirmationFilter(DocumentFilter):
    status: list[OrderConfirmationStatus] | None = reads(OrderConfirmation, "status")


OrderConfirmationOrder = order_enum("OrderConfirmationOrder", OrderConfirmation, *SHARED_KEYS)


@extends(Quote)
class QuoteConfirmation:
    order_confirmation: OrderConfirmation | None = field("The order confirmation made of it, the newest of several.")


@extends(Customer)
class CustomerOrderConfirmations:
    order_confirmations: DocumentConnection[OrderConfirmation] | None = connection(
        "Order confirmations to the customer.", filter=OrderConfirmationFilter, order=OrderConfirmationOrder
    )


@extends(Company)
class CompanyOrderConfirmations:
    order_confirmations: DocumentConnection[OrderConfirmation] | None = connection(
        "Order confirmations.", filter=OrderConfirmationFilter, order=OrderConfirmationOrder
    )
