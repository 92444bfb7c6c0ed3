"""Journals, numbering, templates, files, reminders, custom fields, sent mail, requests; more settings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import (
    MONEY,
    RATE,
    add_check,
    add_reference,
    check,
    create_index,
    create_tenant_table,
    flag,
    reference,
    stamp,
    words,
)

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = (
    "QUOTE",
    "ORDER_CONFIRMATION",
    "DELIVERY_NOTE",
    "INVOICE",
    "CREDIT_NOTE",
    "PAYMENT_REQUEST",
    "CASH_TICKET",
    "PURCHASE_SLIP",
    "PURCHASE_ORDER",
    "PURCHASE",
)
MODELS = ("CUSTOMERS", "PRODUCTS", "QUOTES", "INVOICES", "CREDIT_NOTES", "PURCHASES", "PAYMENTS", "TIME_ENTRIES")
LANGUAGES = ("FR", "NL", "EN", "DE")


def upgrade() -> None:
    """Add them."""
    _accounting()
    _looks()
    _reminders()
    _custom_fields()
    _mail()
    _requests()
    _settings()


def _accounting() -> None:
    create_tenant_table(
        "journal",
        words("code"),
        words("name"),
        words("kind"),
        check("journal", "kind", "SALES", "PURCHASES", "BANK", "CASH", "MISCELLANEOUS"),
    )
    create_index("journal", "code", unique=True)
    create_tenant_table(
        "number_sequence",
        words("kind"),
        _integer("year"),
        words("format"),
        _integer("next"),
        check("number_sequence", "kind", *KINDS),
    )
    create_index("number_sequence", "kind", "year", unique=True)


def _looks() -> None:
    create_tenant_table(
        "document_template",
        words("name"),
        words("colour"),
        words("logo_url", nullable=True),
        words("footer", nullable=True),
        _yes_or_no("is_default"),
    )
    create_index("document_template", "name", "id")
    create_tenant_table(
        "attachment",
        words("name"),
        words("content_type"),
        _integer("size"),
        words("url"),
        stamp("created_at"),
    )
    create_index("attachment", "created_at", "id")
    create_tenant_table(
        "legal_notice",
        words("language"),
        words("text"),
        _integer("rank"),
        check("legal_notice", "language", *LANGUAGES),
    )
    create_index("legal_notice", "rank", "id")
    _pair("document_attachment", "attachment")
    _pair("document_legal_notice", "legal_notice")
    create_tenant_table(
        "signature",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        stamp("requested"),
        stamp("signed_at", nullable=True),
        words("signer_name", nullable=True),
        words("image_url", nullable=True),
        reference("signature", "document_id", "document", ondelete="CASCADE"),
        node=False,
    )
    create_index("signature", "document_id", unique=True)
    for column, target in (("journal_id", "journal"), ("template_id", "document_template")):
        add_reference("document", column, target)
        create_index("document", column)
    op.add_column("document", sa.Column("automatic_reminders", sa.Boolean(), nullable=True))


def _reminders() -> None:
    create_tenant_table("reminder_rule", words("name"), _integer("days_after_due"), _integer("term"), words("text"))
    create_index("reminder_rule", "days_after_due", "id")
    create_tenant_table(
        "reminder",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        stamp("at"),
        words("to"),
        reference("reminder", "document_id", "document", ondelete="CASCADE"),
        reference("reminder", "rule_id", "reminder_rule"),
    )
    create_index("reminder", "document_id", "at", "id")
    create_index("reminder", "rule_id")


def _custom_fields() -> None:
    create_tenant_table(
        "contact_field",
        words("name"),
        words("kind"),
        sa.Column("options", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        _yes_or_no("show_on_documents"),
        _integer("rank"),
        check("contact_field", "kind", "TEXT", "TEXTAREA", "SELECT", "BOOLEAN"),
    )
    create_index("contact_field", "rank", "id")
    create_tenant_table(
        "contact_field_value",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        words("value"),
        reference("contact_field_value", "customer_id", "contact", ondelete="CASCADE"),
        reference("contact_field_value", "field_id", "contact_field", ondelete="CASCADE"),
        node=False,
    )
    create_index("contact_field_value", "customer_id", "field_id", unique=True)
    create_index("contact_field_value", "field_id")


def _mail() -> None:
    create_tenant_table(
        "inbox_item",
        stamp("received_at"),
        words("sender"),
        words("subject", nullable=True),
        words("file_name"),
        words("content_type"),
        words("status", default="NEW"),
        check("inbox_item", "status", "NEW", "PROCESSED", "REJECTED"),
    )
    create_index("inbox_item", "received_at", "id")
    create_tenant_table(
        "sent_email",
        sa.Column("document_id", sa.Uuid(), nullable=True),
        words("document_kind", nullable=True),
        check("sent_email", "document_kind", *KINDS),
        words("to"),
        words("cc", nullable=True),
        words("bcc", nullable=True),
        words("subject"),
        stamp("at"),
        reference("sent_email", "document_id", "document", ondelete="CASCADE"),
    )
    create_tenant_table(
        "postal_letter",
        sa.Column("document_id", sa.Uuid(), nullable=True),
        words("document_kind", nullable=True),
        check("postal_letter", "document_kind", *KINDS),
        _yes_or_no("priority"),
        _yes_or_no("double_sided"),
        sa.Column("price", MONEY, nullable=False),
        stamp("at"),
        reference("postal_letter", "document_id", "document", ondelete="CASCADE"),
    )
    for table in ("sent_email", "postal_letter"):
        create_index(table, "at", "id")
        create_index(table, "document_id", "at", "id")


def _requests() -> None:
    _request("import_request")
    _request("export_request", flag("ready"), words("url", nullable=True))


def _request(name: str, *items: Any) -> None:
    create_tenant_table(
        name,
        words("model"),
        words("format"),
        words("status", default="WAITING"),
        *items,
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        stamp("created_at"),
        check(name, "model", *MODELS),
        check(name, "format", "CSV", "XLSX", "UBL"),
        check(name, "status", "WAITING", "RUNNING", "DONE", "FAILED"),
        reference(name, "requested_by_id", "membership"),
    )
    create_index(name, "created_at", "id")
    create_index(name, "requested_by_id")


def _settings() -> None:
    columns = (
        sa.Column("vat_rate", RATE, nullable=False, server_default=sa.text("21")),
        sa.Column("vat_rates", sa.ARRAY(RATE), nullable=False, server_default=sa.text("'{21,12,6,0}'")),
        words("vat_regime", default="NORMAL"),
        flag("prices_incl"),
        sa.Column("quote_validity_days", sa.Integer(), nullable=False, server_default=sa.text("30")),
        sa.Column("payment_term_days", sa.Integer(), nullable=False, server_default=sa.text("30")),
        flag("end_of_month"),
        words("send_mode", default="ENFACT"),
        words("from_address", nullable=True),
        words("cc", nullable=True),
        words("bcc", nullable=True),
        sa.Column("postal_balance", MONEY, nullable=False, server_default=sa.text("0")),
    )
    for column in columns:
        op.add_column("company_settings", column)
    add_reference("company_settings", "terms_attachment_id", "attachment")
    add_check("company_settings", "vat_regime", "NORMAL", "SMALL_BUSINESS", "ARTICLE_44")
    add_check("company_settings", "send_mode", "ENFACT", "SMTP")


def downgrade() -> None:
    """There is no way back: what was written there would be lost."""
    raise NotImplementedError("a database goes forward only")


def _integer(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _yes_or_no(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _pair(name: str, other: str) -> None:
    op.create_table(
        name,
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column(f"{other}_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "document_id", f"{other}_id", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f(f"fk_{name}_company_id"), ondelete="CASCADE"),
        reference(name, "document_id", "document", ondelete="CASCADE"),
        reference(name, f"{other}_id", other, ondelete="CASCADE"),
    )
    create_index(name, f"{other}_id")
