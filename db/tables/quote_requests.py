"""Requests for quotes: who asks what, the quotes made for them, and the mailbox that they arrive in."""

from sqlalchemy import CheckConstraint, Column, Index, Uuid

from db.tables.documents import document
from db.tables.metadata import add_to, holds, index, reference, stamp, tenant_table, words
from db.tables.settings import company_settings

quote_request = tenant_table(
    "quote_request",
    Column("contact_id", Uuid, nullable=True),
    words("subject"),
    words("body", nullable=True),
    stamp("received_at"),
    words("status", default="NEW"),
    CheckConstraint("status in ('NEW', 'IN_PROGRESS', 'QUOTED', 'CLOSED')", name="status"),
    reference("contact_id", "contact"),
    Index("ix_quote_request_company_id_received_at_id", "company_id", "received_at", "id"),
    Index("ix_quote_request_company_id_contact_id_received_at_id", "company_id", "contact_id", "received_at", "id"),
    info=holds(order="-received_at", QuoteRequest={}),
)
"""`contact_id` is the customer or the prospect who asks: a prospect that becomes a customer keeps its requests."""

add_to(document, Column("quote_request_id", Uuid, nullable=True), reference("quote_request_id", "quote_request"))
index(document, "quote_request_id")
add_to(company_settings, words("quote_request_mailbox", nullable=True))
