"""The secrets of connections with other services.

A viewer of company A who lacks one service still holds the others, so only rows of that service are changed.
"""

from typing import Final

from schema.apps import App
from tests.differential.secrets.rewriting import FLAG, MOMENT, TEXT, Column

PEPPOL: Final = "case {0} when 'SENT' then 'REJECTED' else 'SENT' end"
OF: Final = "case when t.{0} = '{1}' then {2} else {{0}} end"
"""SQL that rewrites a column only in the rows of one service."""

REGISTRATION: Final = "case {0} when 'VERIFIED' then 'PENDING' else 'VERIFIED' end"

COLUMNS: Final[tuple[Column, ...]] = (
    ("document", "online_payment_url", App.MOLLIE, TEXT),
    ("document", "peppol_status", App.PEPPOL, PEPPOL),
    ("document", "peppol_sent_at", App.PEPPOL, MOMENT),
    ("contact", "peppol_id", App.PEPPOL, TEXT),
    ("contact", "peppol_reachable", App.PEPPOL, FLAG),
    ("inbox_item", "via_peppol", App.PEPPOL, "not {0}"),
    ("company_settings", "peppol_registration", App.PEPPOL, REGISTRATION),
    ("connected_service", "label", App.YUKI, OF.format("connector", "YUKI", "'zz' || t.label")),
    ("connected_service", "last_error", App.PONTO, OF.format("connector", "PONTO", "'zz'")),
    ("bank_transaction", "amount", App.PONTO, OF.format("source", "PONTO", "t.amount + 1.5")),
    ("accounting_export", "external_id", App.ACCOWIN, OF.format("connection", "ACCOWIN", "'zz'")),
    ("accounting_export", "status", App.ACTA_B_LEXACT, OF.format("connection", "ACTA_B_LEXACT", "'REFUSED'")),
    ("webshop_order", "order_number", App.SHOPIFY, OF.format("shop", "SHOPIFY", "'zz' || t.order_number")),
    ("webshop_article", "sku", App.WOOCOMMERCE, OF.format("shop", "WOOCOMMERCE", "'zz' || t.sku")),
    ("supplier_catalog_ref", "net_price", App.CEBEO, OF.format("supplier", "CEBEO", "t.net_price + 1")),
    ("online_payment", "amount", App.PAYCONIQ, OF.format("provider", "PAYCONIQ", "t.amount + 1")),
    ("drive_file", "path", App.DROPBOX, OF.format("drive", "DROPBOX", "'zz' || t.path")),
    ("business_document", "sender", App.E_BOX_ENTERPRISE, "{0} || 'z'"),
    ("business_document", "title", App.E_BOX_ENTERPRISE, "{0} || 'z'"),
    ("business_document", "reference", App.E_BOX_ENTERPRISE, TEXT),
    ("business_document", "received_at", App.E_BOX_ENTERPRISE, "{0} + interval '1 day'"),
    ("business_document", "amount", App.E_BOX_ENTERPRISE, "coalesce({0}, 0) + 1.5"),
)
LEADS: Final = {
    "connected_service": "connectedServices {{ nodes {{ {0} }} }}",
    "bank_transaction": "bankTransactions {{ nodes {{ {0} }} }}",
    "accounting_export": "accountingExports {{ nodes {{ {0} }} }}",
    "webshop_order": "webshopOrders {{ nodes {{ {0} }} }}",
    "webshop_article": "products {{ nodes {{ webshopArticles {{ {0} }} }} }}",
    "supplier_catalog_ref": "supplierCatalogRefs {{ nodes {{ {0} }} }}",
    "online_payment": "onlinePayments {{ nodes {{ {0} }} }}",
    "drive_file": "driveFiles {{ nodes {{ {0} }} }}",
    "business_document": "businessDocuments {{ nodes {{ {0} }} }}",
}
WORDS: Final = {
    **{table: ("nodes", "totalCount", lead.partition(" ")[0]) for table, lead in LEADS.items()},
    "webshop_article": ("products", "nodes", "webshopArticles"),
}
