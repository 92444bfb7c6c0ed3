"""Delivery and site addresses of customers, and those that documents name."""

from sqlalchemy import CheckConstraint, Column, Index, Uuid

from db.tables.documents import document
from db.tables.metadata import add_to, holds, index, reference, tenant_table, words

contact_address = tenant_table(
    "contact_address",
    Column("customer_id", Uuid, nullable=False),
    words("kind"),
    words("name"),
    words("street", nullable=True),
    words("street_number", nullable=True),
    words("postcode", nullable=True),
    words("city", nullable=True),
    words("country", default="BE"),
    words("phone", nullable=True),
    CheckConstraint("kind in ('DELIVERY', 'SITE')", name="kind"),
    reference("customer_id", "contact", ondelete="CASCADE"),
    Index("ix_contact_address_company_id_customer_id_kind", "company_id", "customer_id", "kind", "name", "id"),
    info=holds(order="name", Address={}),
    node=False,
)

add_to(
    document,
    Column("delivery_address_id", Uuid, nullable=True),
    Column("site_address_id", Uuid, nullable=True),
    reference("delivery_address_id", "contact_address"),
    reference("site_address_id", "contact_address"),
)
index(document, "delivery_address_id")
index(document, "site_address_id")
