"""Copies of documents on drives."""

from db.declarations import Boolean, Column, Index, Uuid
from db.tables.connections.connectors import DRIVES
from db.tables.core.documents import KINDS
from db.tables.metadata import holds, one_of, reading_index, reference, stamp, tenant_table, words

drive_file = tenant_table(
    "drive_file",
    words("drive"),
    words("path"),
    Column("public", Boolean, nullable=False, default="false"),
    words("public_url", nullable=True),
    stamp("synced_at"),
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("drive", *DRIVES),
    one_of("document_kind", *KINDS),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_drive_file_company_id_document_id", "company_id", "document_id"),
    info=holds(order="path", DriveFile={}),
)

reading_index(drive_file, "path")
