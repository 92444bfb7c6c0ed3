"""Connections with other services, and what comes and goes over them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import (
    MONEY,
    UNIT_PRICE,
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

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BANKS = ("CODABOX_BANK", "PONTO")
PACKAGES = (
    "ACCOWIN", "ACTA_B_LEXACT", "ADIX", "ADMISOL", "ADSOLUT", "ALLEGRO", "BASECONE", "BILLTOBOX", "BRILJANT_ACCOUNT",
    "CLEARFACTS", "CODABOX_ACCOUNTING", "EXACT_ONLINE", "EXACT_PROACC", "EXPERT_M", "HORUS", "OCTOPUS", "OFFICEM",
    "SAGE_BOB", "TAX_ADVISOR", "TOP_ACCOUNT", "TWINFIELD", "VENICE", "VERO_COUNT", "WINAUDITOR", "WINBOOKS_CONNECT",
    "WINGS", "YUKI", "ZENVOICES",
)  # fmt: skip
SHOPS = ("SHOPIFY", "WOOCOMMERCE")
SUPPLIERS = ("APOK", "CEBEO", "DESCO", "FACQ", "REXEL", "STG", "VAN_MARCKE")
PROVIDERS = ("MOLLIE", "PAYCONIQ", "SEPA_EPC_QR")
KINDS = (
    "QUOTE", "ORDER_CONFIRMATION", "DELIVERY_NOTE", "INVOICE", "CREDIT_NOTE", "PAYMENT_REQUEST", "CASH_TICKET",
    "PURCHASE_SLIP", "PURCHASE_ORDER", "PURCHASE",
)  # fmt: skip
DRIVES = ("ENFACT_DRIVE", "GOOGLE_DRIVE", "DROPBOX", "SFTP", "ONEDRIVE")
CONNECTORS = (*BANKS, *PACKAGES, *SHOPS, *SUPPLIERS, *PROVIDERS, "E_BOX_ENTERPRISE", *DRIVES, "PEPPOL")


def upgrade() -> None:
    """Add them."""
    _services()
    _banking()
    _accounting()
    _shops()
    _online_payments()
    _incoming()
    _drives()
    _peppol()


def _services() -> None:
    create_tenant_table(
        "connected_service",
        words("connector"),
        words("label"),
        words("status", default="PENDING"),
        words("external_account", nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        words("secret_last4", nullable=True),
        stamp("last_sync_at", nullable=True),
        words("last_error", nullable=True),
        _key("created_by_id"),
        stamp("created_at"),
        check("connected_service", "connector", *CONNECTORS),
        check("connected_service", "status", "PENDING", "CONNECTED", "ERROR", "DISABLED"),
        reference("connected_service", "created_by_id", "membership"),
    )
    create_index("connected_service", "connector", "id")
    create_index("connected_service", "created_by_id")
    create_tenant_table(
        "connector_option",
        _key("service_id", nullable=False),
        words("name"),
        words("value"),
        reference("connector_option", "service_id", "connected_service", ondelete="CASCADE"),
        node=False,
    )
    create_index("connector_option", "service_id", "name", unique=True)
    add_reference("payment_account", "connection_id", "connected_service")
    create_index("payment_account", "connection_id")


def _banking() -> None:
    create_tenant_table(
        "bank_transaction",
        words("source"),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        words("counterparty", nullable=True),
        words("iban", nullable=True),
        words("communication", nullable=True),
        flag("matched_automatically"),
        _key("matched_document_id"),
        _key("payment_id"),
        _key("account_id"),
        check("bank_transaction", "source", *BANKS),
        reference("bank_transaction", "matched_document_id", "document"),
        reference("bank_transaction", "payment_id", "payment"),
        reference("bank_transaction", "account_id", "payment_account"),
    )
    create_index("bank_transaction", "date", "id")
    for column in ("matched_document_id", "payment_id", "account_id"):
        create_index("bank_transaction", column)


def _accounting() -> None:
    create_tenant_table(
        "accounting_export",
        words("connection"),
        words("status", default="UNPROCESSED"),
        words("external_id", nullable=True),
        stamp("sent_at", nullable=True),
        _key("document_id", nullable=False),
        words("document_kind"),
        check("accounting_export", "document_kind", *KINDS),
        check("accounting_export", "connection", *PACKAGES),
        check("accounting_export", "status", "UNPROCESSED", "PROCESSED", "REFUSED"),
        reference("accounting_export", "document_id", "document", ondelete="CASCADE"),
    )
    create_index("accounting_export", "sent_at", "id")
    create_index("accounting_export", "status", "id")
    create_index("accounting_export", "document_id", "connection", unique=True)


def _shops() -> None:
    create_tenant_table(
        "webshop_order",
        words("shop"),
        words("order_number"),
        stamp("ordered_at"),
        _key("document_id"),
        words("document_kind", nullable=True),
        check("webshop_order", "document_kind", *KINDS),
        check("webshop_order", "shop", *SHOPS),
        reference("webshop_order", "document_id", "document"),
    )
    create_index("webshop_order", "ordered_at", "id")
    create_index("webshop_order", "document_id", unique=True)
    create_tenant_table(
        "webshop_article",
        words("shop"),
        words("sku"),
        _key("product_id", nullable=False),
        check("webshop_article", "shop", *SHOPS),
        reference("webshop_article", "product_id", "product", ondelete="CASCADE"),
        node=False,
    )
    create_index("webshop_article", "product_id", "shop", unique=True)
    create_tenant_table(
        "supplier_catalog_ref",
        words("supplier"),
        words("article_no"),
        sa.Column("net_price", UNIT_PRICE, nullable=False),
        stamp("updated_at"),
        _key("product_id", nullable=False),
        check("supplier_catalog_ref", "supplier", *SUPPLIERS),
        reference("supplier_catalog_ref", "product_id", "product", ondelete="CASCADE"),
    )
    create_index("supplier_catalog_ref", "article_no", "id")
    create_index("supplier_catalog_ref", "product_id", unique=True)


def _online_payments() -> None:
    create_tenant_table(
        "online_payment",
        words("provider"),
        words("provider_ref"),
        words("status", default="OPEN"),
        sa.Column("amount", MONEY, nullable=False),
        stamp("asked_at"),
        _key("invoice_id"),
        _key("payment_id"),
        check("online_payment", "provider", *PROVIDERS),
        check("online_payment", "status", "OPEN", "PAID", "EXPIRED"),
        reference("online_payment", "invoice_id", "document"),
        reference("online_payment", "payment_id", "payment"),
    )
    create_index("online_payment", "asked_at", "id")
    create_index("online_payment", "invoice_id")
    create_index("online_payment", "payment_id", unique=True)
    op.add_column("document", words("online_payment_url", nullable=True))


def _incoming() -> None:
    create_tenant_table(
        "business_document",
        words("sender"),
        words("title"),
        words("reference", nullable=True),
        stamp("received_at"),
        sa.Column("amount", MONEY, nullable=True),
        _key("paid_by_id"),
        reference("business_document", "paid_by_id", "payment"),
    )
    create_index("business_document", "received_at", "id")
    create_index("business_document", "paid_by_id")


def _drives() -> None:
    create_tenant_table(
        "drive_file",
        words("drive"),
        words("path"),
        flag("public"),
        words("public_url", nullable=True),
        stamp("synced_at"),
        _key("document_id"),
        words("document_kind", nullable=True),
        check("drive_file", "document_kind", *KINDS),
        check("drive_file", "drive", *DRIVES),
        reference("drive_file", "document_id", "document", ondelete="CASCADE"),
    )
    create_index("drive_file", "path", "id")
    create_index("drive_file", "document_id")


def _peppol() -> None:
    op.add_column("document", words("peppol_status", nullable=True))
    op.add_column("document", stamp("peppol_sent_at", nullable=True))
    op.add_column("contact", words("peppol_id", nullable=True))
    op.add_column("contact", sa.Column("peppol_reachable", sa.Boolean(), nullable=True))
    op.add_column("inbox_item", flag("via_peppol"))
    op.add_column("company_settings", words("peppol_registration", default="UNREGISTERED"))
    add_check("document", "peppol_status", "QUEUED", "SENT", "DELIVERED", "REJECTED")
    add_check("company_settings", "peppol_registration", "UNREGISTERED", "PENDING", "VERIFIED")


def downgrade() -> None:
    """There is no way back: what was written there would be lost."""
    raise NotImplementedError("a database goes forward only")


def _key(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)
