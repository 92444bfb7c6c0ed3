"""Documents that came in through the e-Box."""

from db.declarations import Column, Index, Uuid
from db.tables.metadata import Money, holds, reference, stamp, tenant_table, words

business_document = tenant_table(
    "business_document",
    words("sender"),
    words("title"),
    words("reference", nullable=True),
    stamp("received_at"),
    Column("amount", Money, nullable=True),
    Column("paid_by_id", Uuid, nullable=True),
    reference("paid_by_id", "payment"),
    Index("ix_business_document_company_id_received_at_id", "company_id", "received_at", "id"),
    Index("ix_business_document_company_id_paid_by_id", "company_id", "paid_by_id"),
    info=holds(order="-received_at", BusinessDocument={}),
)
