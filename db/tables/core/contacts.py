"""Customers, prospects and their contact persons."""

from db.declarations import Boolean, Column, Index, Integer, Uuid
from db.tables.metadata import (
    Money,
    Rate,
    external_id_index,
    holds,
    one_of,
    reading_index,
    reference,
    stamp,
    stored_key,
    tenant_table,
    words,
    written,
)

contact = tenant_table(
    "contact",
    Column("sequence_number", Integer, nullable=False),
    words("number"),
    words("name"),
    stored_key("name"),
    words("kind"),
    words("external_id", nullable=True),
    words("vat_number", nullable=True),
    Column("is_customer", Boolean, nullable=False, default="true"),
    Column("is_supplier", Boolean, nullable=False, default="false"),
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
    words("vat_treatment", nullable=True),
    Column("payment_term_days", Integer, nullable=False, default="30"),
    Column("end_of_month", Boolean, nullable=False, default="false"),
    Column("discount", Money, nullable=True),
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
    *written(),
    one_of("kind", "BUSINESS", "CONSUMER", "PUBLIC"),
    one_of(
        "vat_treatment",
        "STANDARD",
        "REVERSE_CHARGE",
        "INTRA_COMMUNITY_GOODS",
        "INTRA_COMMUNITY_SERVICES",
        "EXPORT",
        "SERVICES_OUTSIDE_EU",
        "EXEMPT",
        "SMALL_BUSINESS",
    ),
    Index(
        "uq_contact_company_id_customer_number",
        "company_id",
        "sequence_number",
        unique=True,
        where="is_customer",
    ),
    info=holds(order="name", Customer={"is_customer": True}, Prospect={"is_customer": False, "is_supplier": False}),
)
"""A contact that is neither customer nor supplier is a prospect; `prospect_since` stays when it becomes one of them.

A number is unique among customers: who does not see prospects and suppliers would learn of theirs by a refusal."""

external_id_index(contact, of="is_customer")
contact.add(Index("ix_contact_company_id_deleted", "company_id", where="deleted_at is not null"))
reading_index(contact, "name")
reading_index(contact, "name", where="not is_customer and not is_supplier", kind="prospect_")

contact_person = tenant_table(
    "contact_person",
    Column("customer_id", Uuid, nullable=False),
    words("first_name"),
    words("last_name"),
    words("email", nullable=True),
    words("phone", nullable=True),
    words("job_title", nullable=True),
    *written(),
    reference("customer_id", "contact", ondelete="CASCADE"),
    info=holds(order="last_name", ContactPerson={}),
)

reading_index(contact_person, "customer_id", "last_name")
