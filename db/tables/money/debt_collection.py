"""Unpaid invoices that were handed to a collection agency."""

from db.declarations import Check, Column, Index, Uuid
from db.tables.metadata import Money, holds, reference, stamp, tenant_table, words

collection_case = tenant_table(
    "collection_case",
    Column("invoice_id", Uuid, nullable=False),
    stamp("opened_at"),
    words("status", default="OPEN"),
    Column("claimed_amount", Money, nullable=False),
    Column("fee_amount", Money, nullable=False, default="0"),
    words("agency", nullable=True),
    Check("status in ('OPEN', 'IN_PROGRESS', 'COLLECTED', 'WITHDRAWN', 'ABANDONED')", name="status"),
    reference("invoice_id", "document"),
    Index("uq_collection_case_company_id_invoice_id", "company_id", "invoice_id", unique=True),
    Index("ix_collection_case_company_id_opened_at_id", "company_id", "opened_at", "id"),
    info=holds(order="-opened_at", CollectionCase={}),
)
