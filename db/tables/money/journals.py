"""Journals, and the journal of a document."""

from db.declarations import Column, Index, Uuid
from db.tables.core.documents import document
from db.tables.metadata import add_to, holds, index, one_of, reference, tenant_table, words

journal = tenant_table(
    "journal",
    words("code"),
    words("name"),
    words("kind"),
    one_of("kind", "SALES", "PURCHASES", "BANK", "CASH", "MISCELLANEOUS"),
    Index("uq_journal_company_id_code", "company_id", "code", unique=True),
    info=holds(order="code", Journal={}),
)

add_to(document, Column("journal_id", Uuid, nullable=True), reference("journal_id", "journal"))
index(document, "journal_id")
