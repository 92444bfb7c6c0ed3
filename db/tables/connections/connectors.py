"""Connected services, and the names of all connectors."""

from db.declarations import Column, Index, LargeBinary, Uuid
from db.tables.metadata import holds, one_of, reading_index, reference, stamp, tenant_table, words

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
    Index("ix_connected_service_company_id_created_by_id", "company_id", "created_by_id"),
    info=holds(order="connector", ConnectedService={}),
)
"""`secret` is encrypted (`db/secrets.py`); no field of the schema returns it."""

reading_index(connected_service, "connector")

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
