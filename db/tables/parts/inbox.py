"""Files that came in and wait to be processed."""

from db.declarations import Index
from db.tables.metadata import holds, one_of, stamp, tenant_table, words

inbox_item = tenant_table(
    "inbox_item",
    stamp("received_at"),
    words("sender"),
    words("subject", nullable=True),
    words("file_name"),
    words("content_type"),
    words("status", default="NEW"),
    one_of("status", "NEW", "PROCESSED", "REJECTED"),
    Index("ix_inbox_item_company_id_received_at_id", "company_id", "received_at", "id"),
    info=holds(order="-received_at", InboxItem={}),
)
