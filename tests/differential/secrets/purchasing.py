"""The secrets of suppliers, purchases, ledger accounts and currencies."""

from typing import Final

from schema.apps import App
from tests.differential.secrets.rewriting import (
    DAY,
    NUMBER,
    SURE_DAY,
    SURE_NUMBER,
    SURE_TEXT,
    TEXT,
    Column,
)

NOTHING: Final = "null"
BOX: Final = "case {0} when 'GOODS' then 'SERVICES' else 'GOODS' end"
TREATMENT: Final = "case {0} when 'IMPORT' then 'EXEMPT' else 'IMPORT' end"
SELLING: Final = "{0} <> is_customer"
"""SQL that changes only customers: for other contacts, which sell nothing, being a prospect is no secret."""

CODE: Final = "lpad((900000 + n)::text, 6, '0')"

COLUMNS: Final[tuple[Column, ...]] = (
    ("contact", "is_supplier", App.PURCHASES, SELLING),
    ("contact", "iban", App.PURCHASES, TEXT),
    ("contact", "our_number", App.PURCHASES, TEXT),
    ("contact", "purchase_category_id", App.PURCHASES, NOTHING),
    ("purchase_category", "name", App.PURCHASES, SURE_TEXT),
    ("purchase_category", "vat_box", App.PURCHASES, BOX),
    ("purchase_category", "deductible", App.PURCHASES, SURE_NUMBER),
    ("purchase_category", "gl_account", App.GL_ACCOUNTS, TEXT),
    ("document", "vat_treatment", App.PURCHASES, TREATMENT),
    ("document", "category_id", App.PURCHASES, NOTHING),
    ("document", "paid_on", App.PAYMENTS, DAY),
    ("document", "expected_date", App.PURCHASE_ORDERS, DAY),
    ("document", "accepted_on", App.SELF_BILLING, DAY),
    ("document_line", "category_id", App.PURCHASES, NOTHING),
    ("document_line", "deductible", App.PURCHASES, NUMBER),
    ("gl_account", "code", App.GL_ACCOUNTS, CODE),
    ("gl_account", "name", App.GL_ACCOUNTS, SURE_TEXT),
    ("currency", "code", App.CURRENCIES, SURE_TEXT),
    ("currency", "name", App.CURRENCIES, SURE_TEXT),
    ("currency", "symbol", App.CURRENCIES, TEXT),
    ("currency", "exchange_rate", App.CURRENCIES, SURE_NUMBER),
    ("currency", "rate_date", App.CURRENCIES, SURE_DAY),
)
LEADS: Final = {
    "contact.is_supplier": "suppliers {{ nodes {{ id }} }}",
    "contact.iban": "suppliers {{ nodes {{ iban }} }}",
    "contact.our_number": "suppliers {{ nodes {{ ourNumber }} }}",
    "contact.purchase_category_id": "suppliers {{ nodes {{ purchaseCategory {{ id }} }} }}",
    "document.vat_treatment": "purchases {{ nodes {{ vatTreatment }} }}",
    "document.category_id": "purchases {{ nodes {{ category {{ id }} }} }}",
    "document.paid_on": "purchases {{ nodes {{ paidOn }} }}",
    "document.expected_date": "purchaseOrders {{ nodes {{ expectedDate }} }}",
    "document.accepted_on": "purchaseSlips {{ nodes {{ acceptedOn }} }}",
    "document_line.category_id": "purchases {{ nodes {{ purchaseLines {{ category {{ id }} }} }} }}",
    "document_line.deductible": "purchases {{ nodes {{ purchaseLines {{ deductible }} }} }}",
    "purchase_category": "purchaseCategories {{ nodes {{ {0} }} }}",
    "gl_account": "glAccounts {{ nodes {{ {0} }} }}",
    "currency": "currencies {{ nodes {{ {0} }} }}",
}
WORDS: Final = {
    "purchase_category": ("purchaseCategories", "purchases", "purchaseLines", "category", "suppliers", "nodes"),
    "gl_account": ("glAccounts", "nodes", "edges", "totalCount"),
    "currency": ("currencies", "nodes", "edges", "totalCount"),
}
