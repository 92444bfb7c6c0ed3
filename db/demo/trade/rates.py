"""Exchange rates of foreign currencies."""

from datetime import date
from decimal import Decimal

from db.demo.trade.documents import EXCHANGE_RATES

MIDDLE = {"USD": Decimal("0.921000"), **EXCHANGE_RATES}


def exchange_rate(currency: str, day: date) -> Decimal:
    """Euros for one unit of the currency on a day, as on sales documents; 1 for the euro."""
    if currency not in MIDDLE:
        return Decimal(1)
    return MIDDLE[currency] + Decimal(day.toordinal() * 37 % 401 - 200) / 10_000
