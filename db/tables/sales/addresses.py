"""Delivery and site addresses of customers, and documents' references to them."""

from db.declarations import Check, Column, Uuid
from db.tables.core.documents import document
from db.tables.metadata import add_to, holds, index, reading_index, reference, tenant_table, words, written

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
    *written(),
    Check("kind in ('DELIVERY', 'SITE')", name="kind"),
    reference("customer_id", "contact", ondelete="CASCADE"),
    info=holds(order="name", Address={}),
)

reading_index(contact_address, "customer_id", "kind", "name")

add_to(
    document,
    Column("delivery_address_id", Uuid, nullable=True),
    Column("site_address_id", Uuid, nullable=True),
    reference("delivery_address_id", "contact_address"),
    reference("site_address_id", "contact_address"),
)
index(document, "delivery_address_id")
index(document, "site_address_id")
