"""The other sales documents, titles between lines, deposits, subscriptions, preset e-mails and texts."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import (
    QUANTITY,
    RATE,
    UNIT_PRICE,
    add_reference,
    create_index,
    create_tenant_table,
    flag,
    reference,
    words,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = (
    "'QUOTE', 'ORDER_CONFIRMATION', 'DELIVERY_NOTE', 'INVOICE', 'CREDIT_NOTE', 'PAYMENT_REQUEST', 'CASH_TICKET', "
    "'PURCHASE_SLIP', 'PURCHASE_ORDER', 'PURCHASE'"
)
LANGUAGES = "language in ('FR', 'NL', 'EN', 'DE')"


def upgrade() -> None:
    """Add them."""
    _documents()
    _lines()
    _subscriptions()
    _texts()
    add_reference("cash_book_entry", "ticket_id", "document")
    create_index("cash_book_entry", "ticket_id")


def _documents() -> None:
    op.add_column("document", sa.Column("deposit_percent", RATE, nullable=True))
    op.add_column("document", words("section_behavior", nullable=True))
    op.add_column("document", flag("prices_shown", default=True))
    op.add_column("document", words("payment_method", nullable=True))
    op.add_column("document", words("ticket_print_url", nullable=True))
    _add_check("document", "section_behavior", "section_behavior in ('SUM', 'PRICE')")
    _add_check("document", "payment_method", "payment_method in ('CASH', 'CARD', 'MOBILE', 'VOUCHER')")


def _lines() -> None:
    before = sa.Column("titles_before", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("document_line", before)
    op.add_column("document_line", words("type", default="LINE"))
    _add_check("document_line", "type", "type in ('LINE', 'COST', 'SECTION')")


def _subscriptions() -> None:
    create_tenant_table(
        "subscription",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("creation_hour", sa.Integer(), nullable=False, server_default=sa.text("8")),
        words("frequency"),
        flag("active", default=True),
        sa.Column("next_run", sa.Date(), nullable=True),
        words("vat_type", default="EXCL"),
        _check("subscription", "creation_hour", "creation_hour between 0 and 23"),
        _check("subscription", "frequency", "frequency in ('WEEKLY', 'MONTHLY', 'QUARTERLY', 'YEARLY', 'BIENNIAL')"),
        _check("subscription", "vat_type", "vat_type in ('EXCL', 'INCL')"),
        reference("subscription", "customer_id", "contact"),
    )
    create_index("subscription", "start_date", "id")
    create_index("subscription", "customer_id", "start_date", "id")
    create_tenant_table(
        "subscription_line",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        words("name"),
        words("text", nullable=True),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("price", UNIT_PRICE, nullable=False),
        sa.Column("vat_rate", RATE, nullable=False),
        reference("subscription_line", "subscription_id", "subscription", ondelete="CASCADE"),
        reference("subscription_line", "product_id", "product"),
        node=False,
    )
    create_index("subscription_line", "subscription_id", "position", unique=True)
    create_index("subscription_line", "product_id")
    add_reference("document", "subscription_id", "subscription")
    create_index("document", "subscription_id", "date", "id")


def _texts() -> None:
    create_tenant_table(
        "email_template",
        words("document_kind"),
        words("language"),
        words("name"),
        words("subject"),
        words("body"),
        sa.Column("rank", sa.Integer(), nullable=False),
        _check("email_template", "document_kind", f"document_kind in ({KINDS})"),
        _check("email_template", "language", LANGUAGES),
    )
    create_index("email_template", "rank", "id")
    create_index("email_template", "document_kind", "language", "rank", "id")
    create_tenant_table(
        "top_text_template",
        words("name"),
        words("language"),
        words("text"),
        sa.Column("rank", sa.Integer(), nullable=False),
        _check("top_text_template", "language", LANGUAGES),
    )
    create_index("top_text_template", "rank", "id")


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _add_check(table: str, name: str, condition: str) -> None:
    """A check of a column of a table that is there already."""
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({condition}) not valid")
    op.execute(f"alter table {table} validate constraint ck_{table}_{name}")


def downgrade() -> None:
    """There is no way back: rows would be lost."""
    raise NotImplementedError("a database goes forward only")
