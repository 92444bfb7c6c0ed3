"""Values of new documents."""

from sqlalchemy import ARRAY, Boolean, Column, Integer, text

from db.tables.core.settings import company_settings
from db.tables.metadata import Rate, add_to, one_of, words

add_to(
    company_settings,
    Column("vat_rate", Rate, nullable=False, server_default=text("21")),
    Column("vat_rates", ARRAY(Rate), nullable=False, server_default=text("'{21,12,6,0}'")),
    words("vat_regime", default="NORMAL"),
    Column("prices_incl", Boolean, nullable=False, server_default=text("false")),
    Column("quote_validity_days", Integer, nullable=False, server_default=text("30")),
    Column("payment_term_days", Integer, nullable=False, server_default=text("30")),
    Column("end_of_month", Boolean, nullable=False, server_default=text("false")),
    one_of("vat_regime", "NORMAL", "SMALL_BUSINESS", "ARTICLE_44"),
)
