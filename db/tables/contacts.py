"""Customers, prospects and the people to talk to there."""

from sqlalchemy import Boolean, Column, Index, Integer, Uuid, text

from db.tables.metadata import Rate, holds, reference, stamp, tenant_table, words

contact = tenant_table(
    "contact",
    Column("sequence_number", Integer, nullable=False),
    words("number"),
    words("name"),
    words("vat_number", nullable=True),
    Column("is_customer", Boolean, nullable=False, server_default=text("true")),
    Column("is_supplier", Boolean, nullable=False, server_default=text("false")),
    words("street", nullable=True),
    words("street_number", nullable=True),
    words("postcode", nullable=True),
    words("city", nullable=True),
    words("country", default="BE"),
    words("language", default="FR"),
    words("currency", default="EUR"),
    words("phone", nullable=True),
    words("mobile", nullable=True),
    words("email", nullable=True),
    words("website", nullable=True),
    words("vat_exception", nullable=True),
    Column("payment_term_days", Integer, nullable=False, server_default=text("30")),
    Column("discount", Rate, nullable=True),
    words("discount_type", nullable=True),
    Column("settlement_discount", Rate, nullable=True),
    Column("settlement_term_days", Integer, nullable=True),
    stamp("prospect_since", nullable=True),
    words("utm_source", nullable=True),
    words("utm_medium", nullable=True),
    words("utm_campaign", nullable=True),
    words("channel", nullable=True),
    words("note", nullable=True),
    stamp("created_at"),
    Index("uq_contact_company_id_sequence_number", "company_id", "sequence_number", unique=True),
    Index("ix_contact_company_id_name", "company_id", "name", "id"),
    Index(
        "ix_contact_company_id_name_prospect",
        "company_id",
        "name",
        "id",
        postgresql_where=text("not is_customer and not is_supplier"),
    ),
    info=holds(order="name", Customer={"is_customer": True}, Prospect={"is_customer": False, "is_supplier": False}),
)
"""Who is neither customer nor supplier is a prospect; `prospect_since` stays when it becomes one of them."""

contact_person = tenant_table(
    "contact_person",
    Column("customer_id", Uuid, nullable=False),
    words("first_name"),
    words("last_name"),
    words("email", nullable=True),
    words("phone", nullable=True),
    words("job_title", nullable=True),
    reference("customer_id", "contact", ondelete="CASCADE"),
    Index("ix_contact_person_company_id_customer_id", "company_id", "customer_id", "last_name", "id"),
    info=holds(order="last_name", ContactPerson={}),
)
