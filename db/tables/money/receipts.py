"""The daily receipts book."""

from db.declarations import Check, Column, Date, Index
from db.tables.metadata import Money, Rate, holds, tenant_table, words

daily_receipt = tenant_table(
    "daily_receipt",
    Column("date", Date, nullable=False),
    Column("vat_rate", Rate, nullable=False),
    Column("amount_incl", Money, nullable=False),
    words("payment_method"),
    words("note", nullable=True),
    Check("payment_method in ('CASH', 'CARD', 'MOBILE', 'VOUCHER')", name="payment_method"),
    Index("ix_daily_receipt_company_id_date_id", "company_id", "date", "id"),
    info=holds(order="-date", DailyReceipt={}),
)
