"""Orders to suppliers, which become purchases."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.types.core.company import Company
from schema.types.core.documents import (
    Document,
    DocumentConnection,
    DocumentFilter,
)
from schema.types.purchasing.purchases import Purchase, Supplier


@strawberry.enum(description="Where a purchase order stands.")
class PurchaseOrderStatus(Enum):
    DRAFT = enum_value("DRAFT", "Not sent yet.")
    SENT = enum_value("SENT", "Sent to the supplier.")
    CONFIRMED = enum_value("CONFIRMED", "Confirmed by the supplier.")
    RECEIVED = enum_value("RECEIVED", "The goods have come.")
    CANCELLED = enum_value("CANCELLED", "Called off.")


@entity("por", App.PURCHASE_ORDERS, description="An order to a supplier; its lines are at purchase prices.")
class PurchaseOrder(Document):
    status: PurchaseOrderStatus = field("Where it stands.")
    supplier: Supplier | None = gated("The supplier, as recorded now.", App.PURCHASES)
    supplier_reference: str | None = field("The number under which the supplier confirmed it.")
    expected_date: datetime.date | None = field("The day on which the goods should come.")
    purchase: Purchase | None = field("The purchase made of it; of several the newest.")


@filter_object("Which purchase orders.")
class PurchaseOrderFilter(DocumentFilter):
    status: list[PurchaseOrderStatus] | None = reads(PurchaseOrder, "status")
    supplier: IdCriterion | None = reads(PurchaseOrder, "supplier")
    supplier_name: TextCriterion | None = reads(PurchaseOrder, "supplier_name")
    supplier_reference: TextCriterion | None = reads(PurchaseOrder, "supplier_reference")
    expected_date: DateCriterion | None = reads(PurchaseOrder, "expected_date")
    search: str | None = reads(PurchaseOrder, "number", "supplier_name", "supplier_reference")


KEYS = ("date", "number", "supplier_name", "total_excl", "total_incl", "expected_date")
PurchaseOrderOrder = order_enum("PurchaseOrderOrder", PurchaseOrder, *KEYS)


@extends(Purchase)
class PurchaseOfOrder:
    purchase_order: PurchaseOrder | None = field("The order that it was made of.")


@extends(Supplier)
class SupplierPurchaseOrders:
    purchase_orders: DocumentConnection[PurchaseOrder] | None = connection(
        "Orders to the supplier.", filter=PurchaseOrderFilter, order=PurchaseOrderOrder
    )


@extends(Company)
class CompanyPurchaseOrders:
    purchase_orders: DocumentConnection[PurchaseOrder] | None = connection(
        "Orders to suppliers.", filter=PurchaseOrderFilter, order=PurchaseOrderOrder
    )
