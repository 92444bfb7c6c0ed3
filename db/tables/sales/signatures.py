"""Online signatures of documents."""

from db.declarations import Column, Index, Uuid
from db.tables.metadata import holds, reference, stamp, tenant_table, words

signature = tenant_table(
    "signature",
    Column("document_id", Uuid, nullable=False),
    stamp("requested"),
    stamp("signed_at", nullable=True),
    words("signer_name", nullable=True),
    words("image_url", nullable=True),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("uq_signature_company_id_document_id", "company_id", "document_id", unique=True),
    info=holds(order="requested", Signature={}),
    node=False,
)
