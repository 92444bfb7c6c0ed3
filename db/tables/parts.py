"""The parts of the product around its modules: journals, numbering, templates, files, sent mail and the like."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from db.tables.documents import KINDS, document
from db.tables.metadata import (
    Money,
    Rate,
    add_to,
    holds,
    index,
    metadata,
    one_of,
    reference,
    stamp,
    tenant_table,
    words,
)
from db.tables.settings import company_settings

# --- accounting

journal = tenant_table(
    "journal",
    words("code"),
    words("name"),
    words("kind"),
    one_of("kind", "SALES", "PURCHASES", "BANK", "CASH", "MISCELLANEOUS"),
    Index("uq_journal_company_id_code", "company_id", "code", unique=True),
    info=holds(order="code", Journal={}),
)

number_sequence = tenant_table(
    "number_sequence",
    words("kind"),
    Column("year", Integer, nullable=False),
    words("format"),
    Column("next", Integer, nullable=False),
    one_of("kind", *KINDS),
    Index("uq_number_sequence_company_id_kind_year", "company_id", "kind", "year", unique=True),
    info=holds(order="kind", NumberSequence={}),
)

# --- how documents look, and what goes with them

document_template = tenant_table(
    "document_template",
    words("name"),
    words("colour"),
    words("logo_url", nullable=True),
    words("footer", nullable=True),
    Column("is_default", Boolean, nullable=False),
    Index("ix_document_template_company_id_name_id", "company_id", "name", "id"),
    info=holds(order="name", DocumentTemplate={}),
)

attachment = tenant_table(
    "attachment",
    words("name"),
    words("content_type"),
    Column("size", Integer, nullable=False),
    words("url"),
    stamp("created_at"),
    Index("ix_attachment_company_id_created_at_id", "company_id", "created_at", "id"),
    info=holds(order="-created_at", Attachment={}),
)

legal_notice = tenant_table(
    "legal_notice",
    words("language"),
    words("text"),
    Column("rank", Integer, nullable=False),
    one_of("language", "FR", "NL", "EN", "DE"),
    Index("ix_legal_notice_company_id_rank_id", "company_id", "rank", "id"),
    info=holds(order="rank", LegalNotice={}),
)


def _pair(name: str, other: str) -> Table:
    """Which rows of another table go with a document."""
    return Table(
        name,
        metadata,
        Column("company_id", Uuid, nullable=False),
        Column("document_id", Uuid, nullable=False),
        Column(f"{other}_id", Uuid, nullable=False),
        PrimaryKeyConstraint("company_id", "document_id", f"{other}_id"),
        ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
        reference("document_id", "document", ondelete="CASCADE"),
        reference(f"{other}_id", other, ondelete="CASCADE"),
        Index(f"ix_{name}_company_id_{other}_id", "company_id", f"{other}_id"),
        info={"tenant": True},
    )


document_attachment = _pair("document_attachment", "attachment")
document_legal_notice = _pair("document_legal_notice", "legal_notice")

signature = tenant_table(
    "signature",
    Column("document_id", Uuid, nullable=False),
    stamp("requested"),
    stamp("signed_at", nullable=True),
    words("signer_name", nullable=True),
    words("image_url", nullable=True),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("uq_signature_company_id_document_id", "company_id", "document_id", unique=True),
    info=holds(order="requested", Signature={}),
    node=False,
)

add_to(
    document,
    Column("journal_id", Uuid, nullable=True),
    Column("template_id", Uuid, nullable=True),
    Column("automatic_reminders", Boolean, nullable=True),
    reference("journal_id", "journal"),
    reference("template_id", "document_template"),
)
index(document, "journal_id")
index(document, "template_id")

# --- reminders

reminder_rule = tenant_table(
    "reminder_rule",
    words("name"),
    Column("days_after_due", Integer, nullable=False),
    Column("term", Integer, nullable=False),
    words("text"),
    Index("ix_reminder_rule_company_id_days_after_due_id", "company_id", "days_after_due", "id"),
    info=holds(order="days_after_due", ReminderRule={}),
)

reminder = tenant_table(
    "reminder",
    Column("document_id", Uuid, nullable=False),
    Column("rule_id", Uuid, nullable=True),
    stamp("at"),
    words("to"),
    reference("document_id", "document", ondelete="CASCADE"),
    reference("rule_id", "reminder_rule"),
    Index("ix_reminder_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    Index("ix_reminder_company_id_rule_id", "company_id", "rule_id"),
    info=holds(order="at", Reminder={}),
)

# --- customers' own fields

contact_field = tenant_table(
    "contact_field",
    words("name"),
    words("kind"),
    Column("options", ARRAY(Text), nullable=False, server_default=text("'{}'")),
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

# --- what comes in and goes out

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

sent_email = tenant_table(
    "sent_email",
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("document_kind", *KINDS),
    words("to"),
    words("cc", nullable=True),
    words("bcc", nullable=True),
    words("subject"),
    stamp("at"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_sent_email_company_id_at_id", "company_id", "at", "id"),
    Index("ix_sent_email_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    info=holds(order="-at", SentEmail={}),
)

postal_letter = tenant_table(
    "postal_letter",
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("document_kind", *KINDS),
    Column("priority", Boolean, nullable=False),
    Column("double_sided", Boolean, nullable=False),
    Column("price", Money, nullable=False),
    stamp("at"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_postal_letter_company_id_at_id", "company_id", "at", "id"),
    Index("ix_postal_letter_company_id_document_id_at_id", "company_id", "document_id", "at", "id"),
    info=holds(order="-at", PostalLetter={}),
)

MODELS = ("CUSTOMERS", "PRODUCTS", "QUOTES", "INVOICES", "CREDIT_NOTES", "PURCHASES", "PAYMENTS", "TIME_ENTRIES")


def _request(name: str, info: dict[str, Any], *items: "Column[Any]") -> Table:
    """Requests to bring data in or take it out."""
    return tenant_table(
        name,
        words("model"),
        words("format"),
        words("status", default="WAITING"),
        *items,
        Column("requested_by_id", Uuid, nullable=True),
        stamp("created_at"),
        one_of("model", *MODELS),
        one_of("format", "CSV", "XLSX", "UBL"),
        one_of("status", "WAITING", "RUNNING", "DONE", "FAILED"),
        reference("requested_by_id", "membership"),
        Index(f"ix_{name}_company_id_created_at_id", "company_id", "created_at", "id"),
        Index(f"ix_{name}_company_id_requested_by_id", "company_id", "requested_by_id"),
        info=info,
    )


import_request = _request("import_request", holds(order="-created_at", ImportRequest={}))
export_request = _request(
    "export_request",
    holds(order="-created_at", private="requested_by_id", ExportRequest={}),
    Column("ready", Boolean, nullable=False, server_default=text("false")),
    words("url", nullable=True),
)

# --- settings

add_to(
    company_settings,
    Column("vat_rate", Rate, nullable=False, server_default=text("21")),
    Column("vat_rates", ARRAY(Rate), nullable=False, server_default=text("'{21,12,6,0}'")),
    words("vat_regime", default="NORMAL"),
    Column("prices_incl", Boolean, nullable=False, server_default=text("false")),
    Column("quote_validity_days", Integer, nullable=False, server_default=text("30")),
    Column("payment_term_days", Integer, nullable=False, server_default=text("30")),
    Column("end_of_month", Boolean, nullable=False, server_default=text("false")),
    words("send_mode", default="ENFACT"),
    words("from_address", nullable=True),
    words("cc", nullable=True),
    words("bcc", nullable=True),
    Column("postal_balance", Money, nullable=False, server_default=text("0")),
    Column("terms_attachment_id", Uuid, nullable=True),
    reference("terms_attachment_id", "attachment"),
    one_of("vat_regime", "NORMAL", "SMALL_BUSINESS", "ARTICLE_44"),
    one_of("send_mode", "ENFACT", "SMTP"),
)
