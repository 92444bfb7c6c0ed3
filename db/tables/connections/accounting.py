"""Exports of documents to accounting packages."""

from db.declarations import Column, Index, Uuid
from db.tables.connections.connectors import PACKAGES
from db.tables.core.documents import KINDS
from db.tables.metadata import holds, one_of, reference, stamp, tenant_table, words

accounting_export = tenant_table(
    "accounting_export",
    words("connection"),
    words("status", default="UNPROCESSED"),
    words("external_id", nullable=True),
    stamp("sent_at", nullable=True),
    Column("document_id", Uuid, nullable=False),
    words("document_kind"),
    one_of("connection", *PACKAGES),
    one_of("document_kind", *KINDS),
    one_of("status", "UNPROCESSED", "PROCESSED", "REFUSED"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_accounting_export_company_id_sent_at_id", "company_id", "sent_at", "id"),
    Index("ix_accounting_export_company_id_status_id", "company_id", "status", "id"),
    Index(
        "uq_accounting_export_company_id_document_id_connection",
        "company_id",
        "document_id",
        "connection",
        unique=True,
    ),
    info=holds(order="-sent_at", AccountingExport={}),
)
