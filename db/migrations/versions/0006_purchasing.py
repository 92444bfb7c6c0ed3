"""Suppliers, purchases and orders to suppliers; ledger accounts; currencies."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import RATE, add_reference, create_index, create_tenant_table, words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

VAT_BOXES = "'GOODS', 'SERVICES', 'INVESTMENTS'"
VAT_TREATMENTS = "'DOMESTIC', 'REVERSE_CHARGE', 'INTRA_COMMUNITY', 'IMPORT', 'EXEMPT'"


def upgrade() -> None:
    """Add them."""
    _categories()
    op.add_column("contact", words("iban", nullable=True))
    op.add_column("contact", words("our_number", nullable=True))
    add_reference("contact", "purchase_category_id", "purchase_category")
    create_index("contact", "is_supplier", "name", "id")
    create_index("contact", "purchase_category_id")
    _documents()
    op.add_column("document_line", sa.Column("deductible", RATE, nullable=True))
    add_reference("document_line", "category_id", "purchase_category")
    create_index("document_line", "category_id")
    _ledger()
    _currencies()


def _categories() -> None:
    create_tenant_table(
        "purchase_category",
        words("name"),
        words("vat_box"),
        sa.Column("deductible", RATE, nullable=False, server_default=sa.text("100")),
        words("gl_account", nullable=True),
        sa.CheckConstraint(f"vat_box in ({VAT_BOXES})", name=op.f("ck_purchase_category_vat_box")),
    )
    create_index("purchase_category", "name", "id")


def _documents() -> None:
    for name in ("supplier_name", "supplier_reference", "vat_treatment"):
        op.add_column("document", words(name, nullable=True))
    for name in ("paid_on", "expected_date", "accepted_on"):
        op.add_column("document", sa.Column(name, sa.Date(), nullable=True))
    add_reference("document", "category_id", "purchase_category")
    create_index("document", "category_id", "date", "id")
    op.execute(
        "alter table document add constraint ck_document_vat_treatment "
        f"check (vat_treatment in ({VAT_TREATMENTS})) not valid"
    )
    op.execute("alter table document validate constraint ck_document_vat_treatment")


def _ledger() -> None:
    create_tenant_table(
        "gl_account",
        words("code"),
        words("name"),
        sa.CheckConstraint("code ~ '^[0-9]{6}$'", name=op.f("ck_gl_account_code")),
    )
    create_index("gl_account", "code", unique=True)
    create_index("gl_account", "code", "id")


def _currencies() -> None:
    create_tenant_table(
        "currency",
        words("code"),
        words("name"),
        words("symbol", nullable=True),
        sa.Column("exchange_rate", sa.Numeric(14, 6), nullable=False),
        sa.Column("rate_date", sa.Date(), nullable=False),
    )
    create_index("currency", "code", unique=True)
    create_index("currency", "code", "id")


def downgrade() -> None:
    """There is no way back: purchases would be lost."""
    raise NotImplementedError("a database goes forward only")
