"""Stock: the movements of products, and the quantities that follow from them."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, DecimalCriterion, IdCriterion
from schema.declarations.fields import connection, enum_value, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import amount, effect, since
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.core.documents import Document
from schema.types.core.products import MOST, Product, ProductFilter, ProductOrder


@strawberry.enum(description="Why stock came or went.")
class StockReason(Enum):
    OPENING = enum_value("OPENING", "What was there when the counting began.")
    PURCHASE = enum_value("PURCHASE", "Bought from a supplier.")
    SALE = enum_value("SALE", "Sold to a customer.")
    RETURN = enum_value("RETURN", "Brought back by a customer.")
    LOSS = enum_value("LOSS", "Broken, out of date or gone.")
    COUNT = enum_value("COUNT", "Corrected after a count.")


@strawberry.enum(description="Which documents move the stock.")
class StockBasis(Enum):
    INVOICES = enum_value("INVOICES", "Invoices and credit notes.")
    CASH_TICKETS = enum_value("CASH_TICKETS", "Cash register tickets.")
    DELIVERY_NOTES = enum_value("DELIVERY_NOTES", "Delivery notes.")


@entity("stm", App.STOCK, description="Stock of a product that came or went.")
class StockMovement(Node):
    product: Product = field("The product.")
    quantity: decimal.Decimal = field("How much came; what went is negative.")
    reason: StockReason = field("Why.")
    document: Document | None = field("The document that moved it.")
    at: datetime.datetime = field("When.")
    by: User | None = field("Who recorded it; nobody where a document moved it.")


@filter_object("Which stock movements.")
class StockMovementFilter:
    product: IdCriterion | None = reads(StockMovement, "product")
    quantity: DecimalCriterion | None = reads(StockMovement, "quantity")
    reason: list[StockReason] | None = reads(StockMovement, "reason")
    at: DateTimeCriterion | None = reads(StockMovement, "at")


StockMovementOrder = order_enum("StockMovementOrder", StockMovement, "at", "quantity")


@extends(Product)
class ProductStock:
    track_stock_since: datetime.datetime | None = gated(
        "Since when its stock is counted.", App.STOCK, write=since("track_stock")
    )
    stock_warning: decimal.Decimal | None = gated(
        "The stock at which it has to be ordered.", App.STOCK, write=amount(3, 0, MOST)
    )
    actual_stock: decimal.Decimal | None = gated(
        "What is there; null while its stock is not counted.",
        App.STOCK,
        write=effect("opening_stock", amount(3, 0, MOST)),
    )
    virtual_stock: decimal.Decimal | None = gated(
        "What is there without what customers have ordered; null while its stock is not counted.", App.STOCK
    )
    stock_movements: Connection[StockMovement] | None = connection(
        "How its stock came and went.", filter=StockMovementFilter, order=StockMovementOrder
    )


@extends(ProductFilter)
class ProductsByStock:
    track_stock_since: DateTimeCriterion | None = reads(Product, "track_stock_since")
    stock_warning: DecimalCriterion | None = reads(Product, "stock_warning")


@extends(Company)
class CompanyStock:
    stock_movements: Connection[StockMovement] | None = connection(
        "How stock came and went.", filter=StockMovementFilter, order=StockMovementOrder
    )
    low_stock: Connection[Product] | None = connection(
        "Products of which no more is there than the stock at which they have to be ordered.",
        App.STOCK,
        filter=ProductFilter,
        order=ProductOrder,
    )
    stock_basis: StockBasis | None = gated("Which documents move the stock.", App.STOCK)
