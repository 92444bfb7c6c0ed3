"""Delivery notes: the delivered goods, and the invoice that bills them."""

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
    Invoice,
)
from schema.types.sales.order_confirmations import OrderConfirmation


@strawberry.enum(description="Where a delivery note stands.")
class DeliveryNoteStatus(Enum):
    DRAFT = enum_value("DRAFT", "The goods have not left yet.")
    DELIVERED = enum_value("DELIVERED", "Delivered, not billed yet.")
    INVOICED = enum_value("INVOICED", "Billed.")


@entity("dln", App.DELIVERY_NOTES, description="What was delivered to a customer.")
class DeliveryNote(Document):
    status: DeliveryNoteStatus = field("Where it stands.")
    prices_shown: bool = field("Whether prices are printed on it.")
    order_confirmation: OrderConfirmation | None = field("The order confirmation that it was made of.")
    invoiced_by: Invoice | None = field("The invoice that bills it.")


@filter_object("Which delivery notes.")
class DeliveryNoteFilter(DocumentFilter):
    status: list[DeliveryNoteStatus] | None = reads(DeliveryNote, "status")
    prices_shown: bool | None = reads(DeliveryNote, "prices_shown")


DeliveryNoteOrder = order_enum("DeliveryNoteOrder", DeliveryNote, *SHARED_KEYS)


@extends(OrderConfirmation)
class OrderConfirmationDeliveryNotes:
    delivery_notes: list[DeliveryNote] | None = field("The delivery notes made of it, newest first.")


@extends(Invoice)
class InvoiceDeliveryNotes:
    from_delivery_notes: list[DeliveryNote] | None = field("The delivery notes that it bills, newest first.")


@extends(Customer)
class CustomerDeliveryNotes:
    delivery_notes: DocumentConnection[DeliveryNote] | None = connection(
        "Delivery notes to the customer.", filter=DeliveryNoteFilter, order=DeliveryNoteOrder
    )


@extends(Company)
class CompanyDeliveryNotes:
    delivery_notes: DocumentConnection[DeliveryNote] | None = connection(
        "Delivery notes.", filter=DeliveryNoteFilter, order=DeliveryNoteOrder
    )
