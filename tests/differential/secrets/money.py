"""The secrets of payments, accounts, the cash book, QR codes, collection cases, direct debits and daily receipts."""

from typing import Final

from schema.apps import App
from tests.differential.secrets.rewriting import (
    FLAG,
    MOMENT,
    MONEY,
    SURE_DAY,
    SURE_MOMENT,
    SURE_NUMBER,
    SURE_TEXT,
    TEXT,
    Column,
)

ACCOUNT_KIND: Final = "case {0} when 'BANK' then 'CASH' else 'BANK' end"
CODE_KIND: Final = "case {0} when 'EPC' then 'PAYMENT_LINK' else 'EPC' end"
CASE_STATUS: Final = "case {0} when 'OPEN' then 'COLLECTED' when 'COLLECTED' then 'ABANDONED' else 'OPEN' end"
SCHEME: Final = "case {0} when 'B2C' then 'B2B' else 'B2C' end"
STATE: Final = "case {0} when 'SIGNED' then 'CANCELLED' else 'SIGNED' end"
METHOD: Final = "case {0} when 'CASH' then 'CARD' else 'CASH' end"

COLUMNS: Final[tuple[Column, ...]] = (
    ("company_settings", "qr_kind", App.INVOICE_QR, CODE_KIND),
    ("payment", "date", App.PAYMENTS, SURE_DAY),
    ("payment", "amount", App.PAYMENTS, SURE_NUMBER),
    ("payment", "counterparty_name", App.PAYMENTS, TEXT),
    ("payment", "counterparty_iban", App.PAYMENTS, TEXT),
    ("payment", "statement", App.PAYMENTS, TEXT),
    ("payment", "structured_communication", App.PAYMENTS, TEXT),
    ("payment", "currency", App.CURRENCIES, MONEY),
    ("payment", "amount_base", App.CURRENCIES, SURE_NUMBER),
    ("payment_allocation", "amount", App.PAYMENTS, SURE_NUMBER),
    ("payment_account", "name", App.PAYMENT_ACCOUNTS, SURE_TEXT),
    ("payment_account", "kind", App.PAYMENT_ACCOUNTS, ACCOUNT_KIND),
    ("payment_account", "iban", App.PAYMENT_ACCOUNTS, TEXT),
    ("payment_account", "bic", App.PAYMENT_ACCOUNTS, TEXT),
    ("payment_account", "gl_account_code", App.PAYMENT_ACCOUNTS, TEXT),
    ("payment_account", "gl_account", App.GL_ACCOUNTS, TEXT),
    ("payment_account", "journal_code", App.PAYMENT_ACCOUNTS, TEXT),
    ("payment_account", "opening_balance", App.PAYMENT_ACCOUNTS, SURE_NUMBER),
    ("payment_account", "current_balance", App.PAYMENT_ACCOUNTS, SURE_NUMBER),
    ("cash_book_entry", "date", App.CASH_BOOK, SURE_DAY),
    ("cash_book_entry", "label", App.CASH_BOOK, SURE_TEXT),
    ("cash_book_entry", "balance", App.CASH_BOOK, SURE_NUMBER),
    ("document", "qr_payload", App.INVOICE_QR, TEXT),
    ("document", "twikey_transaction_id", App.TWIKEY, TEXT),
    ("collection_case", "opened_at", App.DEBT_COLLECTION, SURE_MOMENT),
    ("collection_case", "status", App.DEBT_COLLECTION, CASE_STATUS),
    ("collection_case", "claimed_amount", App.DEBT_COLLECTION, SURE_NUMBER),
    ("collection_case", "fee_amount", App.DEBT_COLLECTION, SURE_NUMBER),
    ("collection_case", "agency", App.DEBT_COLLECTION, TEXT),
    ("mandate", "number", App.TWIKEY, SURE_TEXT),
    ("mandate", "kind", App.TWIKEY, SCHEME),
    ("mandate", "state", App.TWIKEY, STATE),
    ("mandate", "iban", App.TWIKEY, TEXT),
    ("mandate", "signed_at", App.TWIKEY, MOMENT),
    ("contact", "twikey_state", App.TWIKEY, STATE),
    ("contact", "twikey_collectable", App.TWIKEY, FLAG),
    ("contact", "twikey_sign_url", App.TWIKEY, TEXT),
    ("daily_receipt", "date", App.RECEIPTS_JOURNAL, SURE_DAY),
    ("daily_receipt", "vat_rate", App.RECEIPTS_JOURNAL, SURE_NUMBER),
    ("daily_receipt", "amount_incl", App.RECEIPTS_JOURNAL, SURE_NUMBER),
    ("daily_receipt", "payment_method", App.RECEIPTS_JOURNAL, METHOD),
    ("daily_receipt", "note", App.RECEIPTS_JOURNAL, TEXT),
)
LEADS: Final = {
    "company_settings": "{0}",
    "payment": "payments {{ nodes {{ {0} }} }}",
    "payment_allocation": "payments {{ nodes {{ allocations {{ {0} }} }} }}",
    "payment_account": "paymentAccounts {{ nodes {{ {0} }} }}",
    "cash_book_entry": "cashBook {{ nodes {{ {0} }} }}",
    "collection_case": "collectionCases {{ nodes {{ {0} }} }}",
    "mandate": "mandates {{ nodes {{ {0} }} }}",
    "daily_receipt": "receiptsJournal {{ nodes {{ {0} }} }}",
}
WORDS: Final = {
    "company_settings": ("company", "companies"),
    "payment": ("payments", "invoices", "documents", "cashBook", "allocations", "amountPaid", "nodes", "totalCount"),
    "payment_allocation": ("payments", "allocations", "invoices", "amountPaid", "amountDue", "openBalance", "nodes"),
    "payment_account": ("paymentAccounts", "account", "payments", "cashBook", "nodes", "totalCount"),
    "cash_book_entry": ("cashBook", "in", "out", "payment", "account", "nodes", "totalCount"),
    "collection_case": ("collectionCases", "collectionCase", "invoices", "documents", "nodes", "totalCount"),
    "mandate": ("mandates", "customers", "customer", "twikeyState", "nodes", "totalCount"),
    "daily_receipt": ("receiptsJournal", "nodes", "totalCount"),
}
