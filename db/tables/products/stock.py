"""Stock: movements and reservations of products, and the start and the basis of their counting."""

from db.declarations import Check, Column, Index, Uuid
from db.tables.core.products import product
from db.tables.core.settings import company_settings
from db.tables.metadata import Quantity, add_to, holds, reference, stamp, tenant_table, words

stock_movement = tenant_table(
    "stock_movement",
    words("kind", default="MOVED"),
    Column("product_id", Uuid, nullable=False),
    Column("quantity", Quantity, nullable=False),
    words("reason"),
    Column("document_id", Uuid, nullable=True),
    stamp("at"),
    Column("by_id", Uuid, nullable=True),
    Check("kind in ('MOVED', 'RESERVED')", name="kind"),
    Check("reason in ('OPENING', 'PURCHASE', 'SALE', 'RETURN', 'LOSS', 'COUNT')", name="reason"),
    reference("product_id", "product"),
    reference("document_id", "document"),
    reference("by_id", "membership"),
    Index("ix_stock_movement_company_id_kind_at_id", "company_id", "kind", "at", "id"),
    Index(
        "ix_stock_movement_company_id_product_id_kind_at_id",
        "company_id",
        "product_id",
        "kind",
        "at",
        "id",
        include=("quantity",),
    ),
    Index("ix_stock_movement_company_id_document_id", "company_id", "document_id"),
    Index("ix_stock_movement_company_id_by_id", "company_id", "by_id"),
    info=holds(order="-at", StockMovement={"kind": "MOVED"}),
)
"""Actual stock is the sum of the MOVED rows, virtual stock the sum of all. Goods that are ordered and not yet delivered
are RESERVED: a negative quantity, removed by the delivery. So neither sum is read from documents."""

add_to(product, stamp("track_stock_since", nullable=True), Column("stock_warning", Quantity, nullable=True))
add_to(company_settings, words("stock_basis", default="INVOICES"))
company_settings.add(Check("stock_basis in ('INVOICES', 'CASH_TICKETS', 'DELIVERY_NOTES')", name="stock_basis"))
