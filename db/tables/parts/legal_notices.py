"""Legal notices, and the documents that show them."""

from db.declarations import Column, Index, Integer
from db.tables.metadata import document_pairs, holds, one_of, tenant_table, words

legal_notice = tenant_table(
    "legal_notice",
    words("language"),
    words("text"),
    Column("rank", Integer, nullable=False),
    one_of("language", "FR", "NL", "EN", "DE"),
    Index("ix_legal_notice_company_id_rank_id", "company_id", "rank", "id"),
    info=holds(order="rank", LegalNotice={}),
)

document_legal_notice = document_pairs("document_legal_notice", "legal_notice")
