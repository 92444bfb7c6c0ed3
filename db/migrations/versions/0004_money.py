"""Payments, accounts, the cash book, QR codes, collection cases, direct debits, daily receipts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import MONEY, RATE, create_index, create_tenant_table, reference, stamp, words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = "('PREPARED', 'SIGNED', 'SUSPENDED', 'CANCELLED', 'EXPIRED')"


def upgrade() -> None:
    """Add them."""
    _payments()
    _cash_book()
    _payment_codes()
    _debt_collection()
    _direct_debits()
    _receipts()


def _payments() -> None:
    create_tenant_table(
        "payment_account",
        words("name"),
        words("kind"),
        words("iban", nullable=True),
        words("bic", nullable=True),
        words("gl_account_code", nullable=True),
        words("gl_account", nullable=True),
        words("journal_code", nullable=True),
        _money("opening_balance", zero=True),
        _money("current_balance", zero=True),
        _check("payment_account", "kind", "kind in ('BANK', 'CASH')"),
    )
    create_index("payment_account", "name", "id")
    create_tenant_table(
        "payment",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        _money("amount"),
        words("currency", default="EUR"),
        _money("amount_base"),
        words("counterparty_name", nullable=True),
        words("counterparty_iban", nullable=True),
        words("statement", nullable=True),
        words("structured_communication", nullable=True),
        reference("payment", "account_id", "payment_account"),
    )
    create_index("payment", "date", "id")
    create_index("payment", "account_id", "date", "id")
    create_tenant_table(
        "payment_allocation",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        _money("amount"),
        reference("payment_allocation", "payment_id", "payment", ondelete="CASCADE"),
        reference("payment_allocation", "invoice_id", "document"),
        node=False,
    )
    create_index("payment_allocation", "payment_id", "invoice_id", unique=True)
    create_index("payment_allocation", "invoice_id")


def _cash_book() -> None:
    create_tenant_table(
        "cash_book_entry",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("date", sa.Date(), nullable=False),
        words("label"),
        _money("amount_in", zero=True),
        _money("amount_out", zero=True),
        _money("balance"),
        reference("cash_book_entry", "account_id", "payment_account"),
        reference("cash_book_entry", "payment_id", "payment"),
    )
    create_index("cash_book_entry", "date", "id")
    create_index("cash_book_entry", "account_id", "date", "id")
    create_index("cash_book_entry", "payment_id")


def _payment_codes() -> None:
    op.add_column("document", words("qr_payload", nullable=True))
    op.add_column("company_settings", words("qr_kind", default="EPC"))
    _add_check("company_settings", "qr_kind", "qr_kind in ('EPC', 'PAYMENT_LINK')")


def _debt_collection() -> None:
    create_tenant_table(
        "collection_case",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        stamp("opened_at"),
        words("status", default="OPEN"),
        _money("claimed_amount"),
        _money("fee_amount", zero=True),
        words("agency", nullable=True),
        _check("collection_case", "status", "status in ('OPEN', 'IN_PROGRESS', 'COLLECTED', 'WITHDRAWN', 'ABANDONED')"),
        reference("collection_case", "invoice_id", "document"),
    )
    create_index("collection_case", "invoice_id", unique=True)
    create_index("collection_case", "opened_at", "id")


def _direct_debits() -> None:
    create_tenant_table(
        "mandate",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        words("number"),
        words("kind"),
        words("state", default="PREPARED"),
        words("iban", nullable=True),
        stamp("signed_at", nullable=True),
        _check("mandate", "kind", "kind in ('B2C', 'B2B')"),
        _check("mandate", "state", f"state in {STATES}"),
        reference("mandate", "customer_id", "contact"),
    )
    create_index("mandate", "number", unique=True)
    create_index("mandate", "signed_at", "id")
    create_index("mandate", "customer_id", "signed_at", "id")
    op.add_column("contact", words("twikey_state", nullable=True))
    op.add_column("contact", sa.Column("twikey_collectable", sa.Boolean(), nullable=True))
    op.add_column("contact", words("twikey_sign_url", nullable=True))
    _add_check("contact", "twikey_state", f"twikey_state in {STATES}")
    op.add_column("document", words("twikey_transaction_id", nullable=True))


def _receipts() -> None:
    create_tenant_table(
        "daily_receipt",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("vat_rate", RATE, nullable=False),
        _money("amount_incl"),
        words("payment_method"),
        words("note", nullable=True),
        _check("daily_receipt", "payment_method", "payment_method in ('CASH', 'CARD', 'MOBILE', 'VOUCHER')"),
    )
    create_index("daily_receipt", "date", "id")


def _money(name: str, *, zero: bool = False) -> sa.Column[Any]:
    return sa.Column(name, MONEY, nullable=False, server_default=sa.text("0") if zero else None)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _add_check(table: str, name: str, condition: str) -> None:
    """A check of a column of a table that is there already."""
    op.execute(f"alter table {table} add constraint ck_{table}_{name} check ({condition}) not valid")
    op.execute(f"alter table {table} validate constraint ck_{table}_{name}")


def downgrade() -> None:
    """There is no way back: rows would be lost."""
    raise NotImplementedError("a database goes forward only")
