"""Connections with other services, and what comes and goes over them."""

from sqlalchemy import Boolean, Column, Date, Index, LargeBinary, Uuid, text

from db.tables.contacts import contact
from db.tables.documents import KINDS, document
from db.tables.metadata import Money, UnitPrice, add_to, holds, index, one_of, reference, stamp, tenant_table, words
from db.tables.parts import inbox_item
from db.tables.payments import payment_account
from db.tables.settings import company_settings

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
DRIVES = ("ENFACT_DRIVE", "GOOGLE_DRIVE", "DROPBOX", "SFTP", "ONEDRIVE")
CONNECTORS = (*BANKS, *PACKAGES, *SHOPS, *SUPPLIERS, *PROVIDERS, "E_BOX_ENTERPRISE", *DRIVES, "PEPPOL")


connected_service = tenant_table(
    "connected_service",
    words("connector"),
    words("label"),
    words("status", default="PENDING"),
    words("external_account", nullable=True),
    Column("secret", LargeBinary, nullable=True),
    words("secret_last4", nullable=True),
    stamp("last_sync_at", nullable=True),
    words("last_error", nullable=True),
    Column("created_by_id", Uuid, nullable=True),
    stamp("created_at"),
    one_of("connector", *CONNECTORS),
    one_of("status", "PENDING", "CONNECTED", "ERROR", "DISABLED"),
    reference("created_by_id", "membership"),
    Index("ix_connected_service_company_id_connector_id", "company_id", "connector", "id"),
    Index("ix_connected_service_company_id_created_by_id", "company_id", "created_by_id"),
    info=holds(order="connector", ConnectedService={}),
)
"""`secret` is encrypted (db/secrets.py); it belongs to no field of the schema."""

connector_option = tenant_table(
    "connector_option",
    Column("service_id", Uuid, nullable=False),
    words("name"),
    words("value"),
    reference("service_id", "connected_service", ondelete="CASCADE"),
    Index("uq_connector_option_company_id_service_id_name", "company_id", "service_id", "name", unique=True),
    info=holds(order="name", ConnectorOption={}),
    node=False,
)

bank_transaction = tenant_table(
    "bank_transaction",
    words("source"),
    Column("date", Date, nullable=False),
    Column("amount", Money, nullable=False),
    words("counterparty", nullable=True),
    words("iban", nullable=True),
    words("communication", nullable=True),
    Column("matched_automatically", Boolean, nullable=False, server_default=text("false")),
    Column("matched_document_id", Uuid, nullable=True),
    Column("payment_id", Uuid, nullable=True),
    Column("account_id", Uuid, nullable=True),
    one_of("source", *BANKS),
    reference("matched_document_id", "document"),
    reference("payment_id", "payment"),
    reference("account_id", "payment_account"),
    Index("ix_bank_transaction_company_id_date_id", "company_id", "date", "id"),
    Index("ix_bank_transaction_company_id_matched_document_id", "company_id", "matched_document_id"),
    Index("ix_bank_transaction_company_id_payment_id", "company_id", "payment_id"),
    Index("ix_bank_transaction_company_id_account_id", "company_id", "account_id"),
    info=holds(order="-date", BankTransaction={}),
)

accounting_export = tenant_table(
    "accounting_export",
    words("connection"),
    words("status", default="UNPROCESSED"),
    words("external_id", nullable=True),
    stamp("sent_at", nullable=True),
    Column("document_id", Uuid, nullable=False),
    words("document_kind"),
    one_of("connection", *PACKAGES),
    one_of("document_kind", *KINDS),
    one_of("status", "UNPROCESSED", "PROCESSED", "REFUSED"),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_accounting_export_company_id_sent_at_id", "company_id", "sent_at", "id"),
    Index("ix_accounting_export_company_id_status_id", "company_id", "status", "id"),
    Index(
        "uq_accounting_export_company_id_document_id_connection",
        "company_id",
        "document_id",
        "connection",
        unique=True,
    ),
    info=holds(order="-sent_at", AccountingExport={}),
)

webshop_order = tenant_table(
    "webshop_order",
    words("shop"),
    words("order_number"),
    stamp("ordered_at"),
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("shop", *SHOPS),
    one_of("document_kind", *KINDS),
    reference("document_id", "document"),
    Index("ix_webshop_order_company_id_ordered_at_id", "company_id", "ordered_at", "id"),
    Index("uq_webshop_order_company_id_document_id", "company_id", "document_id", unique=True),
    info=holds(order="-ordered_at", WebshopOrder={}),
)

webshop_article = tenant_table(
    "webshop_article",
    words("shop"),
    words("sku"),
    Column("product_id", Uuid, nullable=False),
    one_of("shop", *SHOPS),
    reference("product_id", "product", ondelete="CASCADE"),
    Index("uq_webshop_article_company_id_product_id_shop", "company_id", "product_id", "shop", unique=True),
    info=holds(order="sku", WebshopArticle={}),
    node=False,
)

supplier_catalog_ref = tenant_table(
    "supplier_catalog_ref",
    words("supplier"),
    words("article_no"),
    Column("net_price", UnitPrice, nullable=False),
    stamp("updated_at"),
    Column("product_id", Uuid, nullable=False),
    one_of("supplier", *SUPPLIERS),
    reference("product_id", "product", ondelete="CASCADE"),
    Index("ix_supplier_catalog_ref_company_id_article_no_id", "company_id", "article_no", "id"),
    Index("uq_supplier_catalog_ref_company_id_product_id", "company_id", "product_id", unique=True),
    info=holds(order="article_no", SupplierCatalogRef={}),
)

online_payment = tenant_table(
    "online_payment",
    words("provider"),
    words("provider_ref"),
    words("status", default="OPEN"),
    Column("amount", Money, nullable=False),
    stamp("asked_at"),
    Column("invoice_id", Uuid, nullable=True),
    Column("payment_id", Uuid, nullable=True),
    one_of("provider", *PROVIDERS),
    one_of("status", "OPEN", "PAID", "EXPIRED"),
    reference("invoice_id", "document"),
    reference("payment_id", "payment"),
    Index("ix_online_payment_company_id_asked_at_id", "company_id", "asked_at", "id"),
    Index("ix_online_payment_company_id_invoice_id", "company_id", "invoice_id"),
    Index("uq_online_payment_company_id_payment_id", "company_id", "payment_id", unique=True),
    info=holds(order="-asked_at", OnlinePayment={}),
)

business_document = tenant_table(
    "business_document",
    words("sender"),
    words("title"),
    words("reference", nullable=True),
    stamp("received_at"),
    Column("amount", Money, nullable=True),
    Column("paid_by_id", Uuid, nullable=True),
    reference("paid_by_id", "payment"),
    Index("ix_business_document_company_id_received_at_id", "company_id", "received_at", "id"),
    Index("ix_business_document_company_id_paid_by_id", "company_id", "paid_by_id"),
    info=holds(order="-received_at", BusinessDocument={}),
)

drive_file = tenant_table(
    "drive_file",
    words("drive"),
    words("path"),
    Column("public", Boolean, nullable=False, server_default=text("false")),
    words("public_url", nullable=True),
    stamp("synced_at"),
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("drive", *DRIVES),
    one_of("document_kind", *KINDS),
    reference("document_id", "document", ondelete="CASCADE"),
    Index("ix_drive_file_company_id_path_id", "company_id", "path", "id"),
    Index("ix_drive_file_company_id_document_id", "company_id", "document_id"),
    info=holds(order="path", DriveFile={}),
)

# --- what it adds to the tables of others

add_to(payment_account, Column("connection_id", Uuid, nullable=True), reference("connection_id", "connected_service"))
index(payment_account, "connection_id")
add_to(
    document,
    words("online_payment_url", nullable=True),
    words("peppol_status", nullable=True),
    stamp("peppol_sent_at", nullable=True),
    one_of("peppol_status", "QUEUED", "SENT", "DELIVERED", "REJECTED"),
)
add_to(contact, words("peppol_id", nullable=True), Column("peppol_reachable", Boolean, nullable=True))
add_to(inbox_item, Column("via_peppol", Boolean, nullable=False, server_default=text("false")))
add_to(
    company_settings,
    words("peppol_registration", default="UNREGISTERED"),
    one_of("peppol_registration", "UNREGISTERED", "PENDING", "VERIFIED"),
)
