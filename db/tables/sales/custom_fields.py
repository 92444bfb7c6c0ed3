"""Fields that a company adds to its customers, and their values."""

from db.declarations import Array, Boolean, Column, Index, Integer, Text, Uuid
from db.tables.metadata import holds, one_of, reference, tenant_table, words

contact_field = tenant_table(
    "contact_field",
    words("name"),
    words("kind"),
    Column("options", Array(Text()), nullable=False, default="'{}'"),
    Column("show_on_documents", Boolean, nullable=False),
    Column("rank", Integer, nullable=False),
    one_of("kind", "TEXT", "TEXTAREA", "SELECT", "BOOLEAN"),
    Index("ix_contact_field_company_id_rank_id", "company_id", "rank", "id"),
    info=holds(order="rank", ContactField={}),
)

contact_field_value = tenant_table(
    "contact_field_value",
    Column("customer_id", Uuid, nullable=False),
    Column("field_id", Uuid, nullable=False),
    words("value"),
    reference("customer_id", "contact", ondelete="CASCADE"),
    reference("field_id", "contact_field", ondelete="CASCADE"),
    Index(
        "uq_contact_field_value_company_id_customer_id_field_id", "company_id", "customer_id", "field_id", unique=True
    ),
    Index("ix_contact_field_value_company_id_field_id", "company_id", "field_id"),
    info=holds(order="id", ContactFieldValue={}),
    node=False,
)
