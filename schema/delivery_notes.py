"""Delivery notes: what was delivered, and the invoice that bills it."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.company import Company
from schema.customers import Customer
from schema.declarations import connection, entity, enum_value, extends, field, input_object, order_enum, reads
from schema.documents import SHARED_KEYS, Document, DocumentFilter, Invoice
from schema.order_confirmations import OrderConfirmation
from schema.relay import Connection


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


@input_object("Which delivery notes.")
class DeliveryNoteFilter(DocumentFilter):
    status: list[DeliveryNoteStatus] | None = reads(DeliveryNote, "status")
    prices_shown: bool | None = reads(DeliveryNote, "prices_shown")


DeliveryNoteOrder = order_enum("DeliveryNoteOrder", DeliveryNote, *SHARED_KEYS)


@extends(OrderConfirmation)
class OfOrderConfirmation:
    delivery_notes: list[DeliveryNote] | None = field("The delivery notes made of it, newest first.")


@extends(Invoice)
class OfInvoice:
    from_delivery_notes: list[DeliveryNote] | None = field("The delivery notes that it bills, newest first.")


@extends(Customer)
class OfCustomer:
    delivery_notes: Connection[DeliveryNote] | None = connection(
        "Delivery notes to the customer.", filter=DeliveryNoteFilter, order=DeliveryNoteOrder
    )


@extends(Company)
class OfCompany:
    delivery_notes: Connection[DeliveryNote] | None = connection(
        "Delivery notes.", filter=DeliveryNoteFilter, order=DeliveryNoteOrder
    )
