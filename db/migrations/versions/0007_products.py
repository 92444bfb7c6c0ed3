"""Products and contacts.

Units, stock, price tiers, components, translations, addresses, prospects, mailings and quote requests.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.shorthand import (
    MONEY,
    QUANTITY,
    UNIT_PRICE,
    add_reference,
    create_index,
    create_tenant_table,
    flag,
    reference,
    stamp,
    words,
)

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    _create_unit()
    _create_stock_movement()
    _create_price_tier()
    _create_product_component()
    _create_product_translation()
    _create_contact_address()
    _create_quote_request()
    _extend_contact()
    op.add_column("product", words("photo_thumbnail_url", nullable=True))
    create_index("product", "ean", "sequence_number")
    op.add_column("document", sa.Column("returned_empty_goods", MONEY, nullable=True))


def _create_unit() -> None:
    create_tenant_table("unit", words("code"), words("name"), words("symbol"))
    create_index("unit", "name", "id")
    for table in ("product", "document_line"):
        add_reference(table, "unit_id", "unit")
        create_index(table, "unit_id")


def _create_stock_movement() -> None:
    create_tenant_table(
        "stock_movement",
        words("kind", default="MOVED"),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        words("reason"),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        stamp("at"),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('MOVED', 'RESERVED')", name=op.f("ck_stock_movement_kind")),
        sa.CheckConstraint(
            "reason in ('OPENING', 'PURCHASE', 'SALE', 'RETURN', 'LOSS', 'COUNT')",
            name=op.f("ck_stock_movement_reason"),
        ),
        reference("stock_movement", "product_id", "product"),
        reference("stock_movement", "document_id", "document"),
        reference("stock_movement", "by_id", "membership"),
    )
    create_index("stock_movement", "kind", "at", "id")
    op.create_index(
        "ix_stock_movement_company_id_product_id_kind_at_id",
        "stock_movement",
        ["company_id", "product_id", "kind", "at", "id"],
        postgresql_include=["quantity"],
    )
    create_index("stock_movement", "document_id")
    create_index("stock_movement", "by_id")
    op.add_column("product", stamp("track_stock_since", nullable=True))
    op.add_column("product", sa.Column("stock_warning", QUANTITY, nullable=True))
    op.add_column("company_settings", words("stock_basis", default="INVOICES"))
    op.execute(
        "alter table company_settings add constraint ck_company_settings_stock_basis "
        "check (stock_basis in ('INVOICES', 'CASH_TICKETS', 'DELIVERY_NOTES')) not valid"
    )
    op.execute("alter table company_settings validate constraint ck_company_settings_stock_basis")


def _create_price_tier() -> None:
    create_tenant_table("price_tier", words("name"))
    create_index("price_tier", "name", "id")
    create_tenant_table(
        "tier_price",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("tier_id", sa.Uuid(), nullable=False),
        sa.Column("price", UNIT_PRICE, nullable=False),
        reference("tier_price", "product_id", "product", ondelete="CASCADE"),
        reference("tier_price", "tier_id", "price_tier", ondelete="CASCADE"),
        node=False,
    )
    create_index("tier_price", "product_id", "tier_id", unique=True)
    create_index("tier_price", "tier_id")
    add_reference("contact", "price_tier_id", "price_tier")
    create_index("contact", "price_tier_id")


def _create_product_component() -> None:
    create_tenant_table(
        "product_component",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.CheckConstraint("child_id <> product_id", name=op.f("ck_product_component_not_of_itself")),
        reference("product_component", "product_id", "product", ondelete="CASCADE"),
        reference("product_component", "child_id", "product"),
        node=False,
    )
    create_index("product_component", "product_id", "position", unique=True)
    create_index("product_component", "child_id")


def _create_product_translation() -> None:
    create_tenant_table(
        "product_translation",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        words("language"),
        words("name"),
        words("text", nullable=True),
        sa.CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name=op.f("ck_product_translation_language")),
        reference("product_translation", "product_id", "product", ondelete="CASCADE"),
        node=False,
    )
    create_index("product_translation", "product_id", "language", unique=True)


def _create_contact_address() -> None:
    create_tenant_table(
        "contact_address",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        words("kind"),
        words("name"),
        words("street", nullable=True),
        words("street_number", nullable=True),
        words("postcode", nullable=True),
        words("city", nullable=True),
        words("country", default="BE"),
        words("phone", nullable=True),
        sa.CheckConstraint("kind in ('DELIVERY', 'SITE')", name=op.f("ck_contact_address_kind")),
        reference("contact_address", "customer_id", "contact", ondelete="CASCADE"),
        node=False,
    )
    op.create_index(
        "ix_contact_address_company_id_customer_id_kind",
        "contact_address",
        ["company_id", "customer_id", "kind", "name", "id"],
    )
    for column in ("delivery_address_id", "site_address_id"):
        add_reference("document", column, "contact_address")
        create_index("document", column)


def _create_quote_request() -> None:
    create_tenant_table(
        "quote_request",
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        words("subject"),
        words("body", nullable=True),
        stamp("received_at"),
        words("status", default="NEW"),
        sa.CheckConstraint(
            "status in ('NEW', 'IN_PROGRESS', 'QUOTED', 'CLOSED')", name=op.f("ck_quote_request_status")
        ),
        reference("quote_request", "contact_id", "contact"),
    )
    create_index("quote_request", "received_at", "id")
    create_index("quote_request", "contact_id", "received_at", "id")
    add_reference("document", "quote_request_id", "quote_request")
    create_index("document", "quote_request_id")
    op.add_column("company_settings", words("quote_request_mailbox", nullable=True))


def _extend_contact() -> None:
    create_tenant_table(
        "mailchimp_audience",
        words("name"),
        sa.Column("member_count", sa.Integer(), nullable=False, server_default=sa.text("0")),
        stamp("last_sync_at", nullable=True),
    )
    create_index("mailchimp_audience", "name", "id")
    op.add_column("contact", flag("mailchimp_subscribed"))
    op.add_column(
        "contact",
        sa.Column("mailchimp_tags", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.create_index(
        "ix_contact_company_id_name_prospect",
        "contact",
        ["company_id", "name", "id"],
        postgresql_where=sa.text("not is_customer and not is_supplier"),
    )


def downgrade() -> None:
    """There is no way back: rows would be lost."""
    raise NotImplementedError("a database goes forward only")
