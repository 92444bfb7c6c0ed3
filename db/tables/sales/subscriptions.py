"""Subscriptions: invoices made at intervals, their lines, the date of the next one, and the invoices made so far."""

from db.declarations import Boolean, Check, Column, Date, Index, Integer, Uuid
from db.tables.core.documents import document
from db.tables.metadata import Quantity, Rate, UnitPrice, add_to, holds, index, reference, tenant_table, words

subscription = tenant_table(
    "subscription",
    Column("customer_id", Uuid, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=True),
    Column("creation_hour", Integer, nullable=False, default="8"),
    words("frequency"),
    Column("active", Boolean, nullable=False, default="true"),
    Column("next_run", Date, nullable=True),
    words("vat_type", default="EXCL"),
    Check("creation_hour between 0 and 23", name="creation_hour"),
    Check("frequency in ('WEEKLY', 'MONTHLY', 'QUARTERLY', 'YEARLY', 'BIENNIAL')", name="frequency"),
    Check("vat_type in ('EXCL', 'INCL')", name="vat_type"),
    reference("customer_id", "contact"),
    Index("ix_subscription_company_id_start_date_id", "company_id", "start_date", "id"),
    Index("ix_subscription_company_id_customer_id_start_date_id", "company_id", "customer_id", "start_date", "id"),
    info=holds(order="-start_date", Subscription={}),
)

subscription_line = tenant_table(
    "subscription_line",
    Column("subscription_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", Uuid, nullable=True),
    words("name"),
    words("text", nullable=True),
    Column("quantity", Quantity, nullable=False),
    Column("price", UnitPrice, nullable=False),
    Column("vat_rate", Rate, nullable=False),
    reference("subscription_id", "subscription", ondelete="CASCADE"),
    reference("product_id", "product"),
    Index(
        "uq_subscription_line_company_id_subscription_id_position",
        *("company_id", "subscription_id", "position"),
        unique=True,
    ),
    Index("ix_subscription_line_company_id_product_id", "company_id", "product_id"),
    info=holds(order="position", SubscriptionLine={}),
    node=False,
)

add_to(document, Column("subscription_id", Uuid, nullable=True), reference("subscription_id", "subscription"))
index(document, "subscription_id", "date", "id")
