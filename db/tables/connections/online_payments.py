"""Online payments that customers were asked for."""

from db.declarations import Column, Index, Uuid
from db.tables.connections.connectors import PROVIDERS
from db.tables.core.documents import document
from db.tables.metadata import Money, add_to, holds, one_of, reference, stamp, tenant_table, words

online_payment = tenant_table(
    "online_payment",
    words("provider"),
    words("provider_ref"),
    words("status", default="OPEN"),
    Column("amount", Money, nullable=False),
    stamp("asked_at"),
    Column("invoice_id", Uuid, nullable=True),
    Column("payment_id", Uuid, nullable=True),
    one_of("provider", *PROVIDERS),
    one_of("status", "OPEN", "PAID", "EXPIRED"),
    reference("invoice_id", "document"),
    reference("payment_id", "payment"),
    Index("ix_online_payment_company_id_asked_at_id", "company_id", "asked_at", "id"),
    Index("ix_online_payment_company_id_invoice_id", "company_id", "invoice_id"),
    Index("uq_online_payment_company_id_payment_id", "company_id", "payment_id", unique=True),
    info=holds(order="-asked_at", OnlinePayment={}),
)

add_to(document, words("online_payment_url", nullable=True))
