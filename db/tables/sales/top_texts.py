"""Templates of the text above the lines of a document."""

from db.declarations import Check, Column, Index, Integer
from db.tables.metadata import holds, tenant_table, words

top_text_template = tenant_table(
    "top_text_template",
    words("name"),
    words("language"),
    words("text"),
    Column("rank", Integer, nullable=False),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    Index("ix_top_text_template_company_id_rank_id", "company_id", "rank", "id"),
    info=holds(order="rank", TopTextTemplate={}),
)
