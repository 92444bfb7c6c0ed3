"""The currencies that a company works with."""

from db.declarations import Column, Date, Index
from db.tables.metadata import Exchange, holds, reading_index, tenant_table, words

currency = tenant_table(
    "currency",
    words("code"),
    words("name"),
    words("symbol", nullable=True),
    Column("exchange_rate", Exchange, nullable=False),
    Column("rate_date", Date, nullable=False),
    Index("uq_currency_company_id_code", "company_id", "code", unique=True),
    info=holds(order="code", Currency={}),
)

reading_index(currency, "code")
