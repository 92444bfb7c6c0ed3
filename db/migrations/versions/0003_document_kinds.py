"""All kinds of document, suppliers, and the settings of a company."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import add_reference, create_index, flag, stamp

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = (
    "'QUOTE', 'ORDER_CONFIRMATION', 'DELIVERY_NOTE', 'INVOICE', 'CREDIT_NOTE', 'PAYMENT_REQUEST', 'CASH_TICKET', "
    "'PURCHASE_SLIP', 'PURCHASE_ORDER', 'PURCHASE'"
)


def upgrade() -> None:
    """Add them."""
    op.execute("alter table document drop constraint ck_document_kind")
    op.execute(f"alter table document add constraint ck_document_kind check (kind in ({KINDS})) not valid")
    op.execute("alter table document validate constraint ck_document_kind")
    add_reference("document", "supplier_id", "contact")
    add_reference("document", "invoiced_by_id", "document")
    create_index("document", "supplier_id", "kind", "date", "id")
    create_index("document", "invoiced_by_id")
    op.add_column("contact", flag("is_supplier"))
    op.create_table(
        "company_settings",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        stamp("changed_at"),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_settings")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_settings_company_id"), ondelete="CASCADE"
        ),
    )
    op.execute("insert into company_settings (company_id) select id from company")


def downgrade() -> None:
    """There is no way back: rows of the new kinds would be lost."""
    raise NotImplementedError("a database goes forward only")
