"""Rates of foreign currencies: takes a currency and a day, gives euros for one unit."""

from datetime import date
from decimal import Decimal

from db.demo.documents import EXCHANGE_RATES

MIDDLE = {"USD": Decimal("0.921000"), **EXCHANGE_RATES}


def exchange_rate(currency: str, day: date) -> Decimal:
    """The day's rate, the same as on sales documents; 1 for the euro."""
    if currency not in MIDDLE:
        return Decimal(1)
    return MIDDLE[currency] + Decimal(day.toordinal() * 37 % 401 - 200) / 10_000
