"""The currencies that a company works with, and their rates."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateCriterion, TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company


@entity("cur", App.CURRENCIES, description="A currency in use, with its newest rate.")
class Currency(Node):
    code: str = field("The code, ISO 4217.")
    name: str = field("The currency's name.")
    symbol: str | None = field("The sign printed beside amounts.")
    exchange_rate: decimal.Decimal = field("Euro for one unit of the currency.")
    rate_date: datetime.date = field("The day of the rate.")


@filter_object("Which currencies.")
class CurrencyFilter:
    code: TextCriterion | None = reads(Currency, "code")
    rate_date: DateCriterion | None = reads(Currency, "rate_date")
    search: str | None = reads(Currency, "code", "name")


CurrencyOrder = order_enum("CurrencyOrder", Currency, "code", "name", "rate_date")


@extends(Company)
class CompanyCurrencies:
    currencies: Connection[Currency] | None = connection(
        "The currencies in use.", filter=CurrencyFilter, order=CurrencyOrder
    )
