"""Requests for quotes, the quotes made for them, and the mailbox in which they arrive."""

from db.declarations import Check, Column, Index, Uuid
from db.tables.core.documents import document
from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, holds, index, reference, stamp, tenant_table, words

quote_request = tenant_table(
    "quote_request",
    Column("contact_id", Uuid, nullable=True),
    words("subject"),
    words("body", nullable=True),
    stamp("received_at"),
    words("status", default="NEW"),
    Check("status in ('NEW', 'IN_PROGRESS', 'QUOTED', 'CLOSED')", name="status"),
    reference("contact_id", "contact"),
    Index("ix_quote_request_company_id_received_at_id", "company_id", "received_at", "id"),
    Index("ix_quote_request_company_id_contact_id_received_at_id", "company_id", "contact_id", "received_at", "id"),
    info=holds(order="-received_at", QuoteRequest={}),
)
"""`contact_id` is the requesting customer or prospect: a prospect that becomes a customer keeps its requests."""

add_to(document, Column("quote_request_id", Uuid, nullable=True), reference("quote_request_id", "quote_request"))
index(document, "quote_request_id")
add_to(company_settings, words("quote_request_mailbox", nullable=True))
