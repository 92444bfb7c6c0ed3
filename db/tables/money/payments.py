"""Payments, bank and cash accounts, the allocation of payments to invoices, and the cash book."""

from db.declarations import Check, Column, Date, Index, Uuid
from db.tables.metadata import Money, holds, reading_index, reference, tenant_table, words

payment_account = tenant_table(
    "payment_account",
    words("name"),
    words("kind"),
    words("iban", nullable=True),
    words("bic", nullable=True),
    words("gl_account_code", nullable=True),
    words("gl_account", nullable=True),
    words("journal_code", nullable=True),
    Column("opening_balance", Money, nullable=False, default="0"),
    Column("current_balance", Money, nullable=False, default="0"),
    Check("kind in ('BANK', 'CASH')", name="kind"),
    info=holds(order="name", PaymentAccount={}),
)

reading_index(payment_account, "name")

payment = tenant_table(
    "payment",
    Column("account_id", Uuid, nullable=False),
    Column("date", Date, nullable=False),
    Column("amount", Money, nullable=False),
    words("currency", default="EUR"),
    Column("amount_base", Money, nullable=False),
    words("counterparty_name", nullable=True),
    words("counterparty_iban", nullable=True),
    words("statement", nullable=True),
    words("structured_communication", nullable=True),
    reference("account_id", "payment_account"),
    Index("ix_payment_company_id_date_id", "company_id", "date", "id"),
    Index("ix_payment_company_id_account_id_date_id", "company_id", "account_id", "date", "id"),
    info=holds(order="-date", Payment={}),
)

payment_allocation = tenant_table(
    "payment_allocation",
    Column("payment_id", Uuid, nullable=False),
    Column("invoice_id", Uuid, nullable=False),
    Column("amount", Money, nullable=False),
    reference("payment_id", "payment", ondelete="CASCADE"),
    reference("invoice_id", "document"),
    Index(
        "uq_payment_allocation_company_id_payment_id_invoice_id", "company_id", "payment_id", "invoice_id", unique=True
    ),
    Index("ix_payment_allocation_company_id_invoice_id", "company_id", "invoice_id"),
    info=holds(order="-amount", PaymentAllocation={}),
    node=False,
)

cash_book_entry = tenant_table(
    "cash_book_entry",
    Column("account_id", Uuid, nullable=False),
    Column("payment_id", Uuid, nullable=True),
    Column("date", Date, nullable=False),
    words("label"),
    Column("amount_in", Money, nullable=False, default="0"),
    Column("amount_out", Money, nullable=False, default="0"),
    Column("balance", Money, nullable=False),
    reference("account_id", "payment_account"),
    reference("payment_id", "payment"),
    Index("ix_cash_book_entry_company_id_date_id", "company_id", "date", "id"),
    Index("ix_cash_book_entry_company_id_account_id_date_id", "company_id", "account_id", "date", "id"),
    Index("ix_cash_book_entry_company_id_payment_id", "company_id", "payment_id"),
    info=holds(order="-date", CashBookEntry={}),
)
