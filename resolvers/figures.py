"""What figures over several rows are made of: amounts in one currency, and days in Belgium."""

from typing import Final

from db.sql import Rows, Sql, sql
from resolvers.compilation import Row
from schema.apps import App

TODAY: Final = sql("(now() at time zone 'Europe/Brussels')::date")


def in_euro(row: Row, base: Sql, stated: Sql) -> Sql:
    """An amount in euro for who holds CURRENCIES, as it is stated for anybody else.

    A sum in euro would tell the rates to who may not see them.
    """
    assert row.scope is not None, "figures exist only below a company"
    return sql("case when {} then {} else {} end", row.scope.passes((App.CURRENCIES,)) or sql("true"), base, stated)


def document_amount(row: Row, document: Rows, column: str) -> Sql:
    """A document's total in euro, to the cent, or as it is stated."""
    base = sql("round({} * {}, 2)", document[column], document["exchange_rate"])
    return in_euro(row, base, document[column])


def hours(entry: Rows) -> Sql:
    """How long somebody worked; null while the timer runs."""
    return sql("extract(epoch from {} - {}) / 3600", entry["end"], entry["start"])


def day_of(moment: Sql) -> Sql:
    """The day of a moment in Belgium."""
    return sql("({} at time zone 'Europe/Brussels')::date", moment)


def midnight(day: Sql) -> Sql:
    """The moment at which a day begins in Belgium."""
    return sql("({}::timestamp at time zone 'Europe/Brussels')", day)
