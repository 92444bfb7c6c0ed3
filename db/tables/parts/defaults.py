"""Values of new documents."""

from db.declarations import Array, Boolean, Column, Integer
from db.tables.core.settings import company_settings
from db.tables.metadata import Rate, add_to, one_of, words

add_to(
    company_settings,
    Column("vat_rate", Rate, nullable=False, default="21"),
    Column("vat_rates", Array(Rate), nullable=False, default="'{21,12,6,0}'"),
    words("vat_regime", default="NORMAL"),
    Column("prices_incl", Boolean, nullable=False, default="false"),
    Column("quote_validity_days", Integer, nullable=False, default="30"),
    Column("payment_term_days", Integer, nullable=False, default="30"),
    Column("end_of_month", Boolean, nullable=False, default="false"),
    one_of("vat_regime", "NORMAL", "SMALL_BUSINESS", "ARTICLE_44"),
)
