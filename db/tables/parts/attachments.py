"""Files of a company, and the documents that they go with."""

from db.declarations import Column, Index, Integer, Uuid
from db.tables.core.settings import company_settings
from db.tables.metadata import add_to, document_pairs, holds, reference, stamp, tenant_table, words

attachment = tenant_table(
    "attachment",
    words("name"),
    words("content_type"),
    Column("size", Integer, nullable=False),
    words("url"),
    stamp("created_at"),
    Index("ix_attachment_company_id_created_at_id", "company_id", "created_at", "id"),
    info=holds(order="-created_at", Attachment={}),
)

document_attachment = document_pairs("document_attachment", "attachment")

add_to(
    company_settings,
    Column("terms_attachment_id", Uuid, nullable=True),
    reference("terms_attachment_id", "attachment"),
)
