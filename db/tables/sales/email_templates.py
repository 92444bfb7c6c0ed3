"""Templates of e-mails that send documents."""

from db.declarations import Check, Column, Index, Integer
from db.tables.core.documents import KINDS
from db.tables.metadata import holds, tenant_table, words

email_template = tenant_table(
    "email_template",
    words("document_kind"),
    words("language"),
    words("name"),
    words("subject"),
    words("body"),
    Column("rank", Integer, nullable=False),
    Check(f"document_kind in ({', '.join(map(repr, KINDS))})", name="document_kind"),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    Index("ix_email_template_company_id_rank_id", "company_id", "rank", "id"),
    Index(
        "ix_email_template_company_id_document_kind_language_rank_id",
        *("company_id", "document_kind", "language", "rank", "id"),
    ),
    info=holds(order="rank", EmailTemplate={}),
)
