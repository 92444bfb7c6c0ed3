"""The parts of figures over several rows: amounts in one currency, hours, and days in Belgium."""

from typing import Final

from db.sql import TRUE, Rows, Sql, sql
from resolvers.compilation.context import Row
from schema.apps import App

TODAY: Final = sql("(select (now() at time zone 'Europe/Brussels')::date)")
"""The day in Belgium; as a select from nothing PostgreSQL works it out once, not for each row."""


def in_euro(row: Row, base: Sql, stated: Sql) -> Sql:
    """The amount in euro for a viewer with the app CURRENCIES, the stated amount for any other.

    A sum in euro would disclose the exchange rates, which that app gates.
    """
    return sql("case when {} then {} else {} end", _knows_rates(row), base, stated)


def sum_of(row: Row, of: Rows, amount: Sql, counts: Sql = TRUE) -> Sql:
    """The sum, over the rows that count, of amounts as `in_euro` shows them; null if they are in several currencies.

    `of` are the rows; their column `currency` is looked at only for a viewer who gets amounts as they are stated.
    """
    currency, stated = sql('{} collate "C"', of["currency"]), sql("{} and not ({})", counts, _knows_rates(row))
    least, most = (sql("{}({}) filter (where {})", end, currency, stated) for end in (sql("min"), sql("max")))
    total = sql("coalesce(sum({}) filter (where {}), 0.00)", amount, counts)
    return sql("case when {} is not distinct from {} then {} end", least, most, total)


def _knows_rates(row: Row) -> Sql:
    return row.company_scope.passes((App.CURRENCIES,)) or TRUE


def document_amount(row: Row, document: Rows, column: str) -> Sql:
    """A document's total as `in_euro` shows it, in euro rounded to the cent."""
    base = sql("round({} * {}, 2)", document[column], document["exchange_rate"])
    return in_euro(row, base, document[column])


def hours(entry: Rows) -> Sql:
    """The duration of a time entry in hours; null while the timer runs."""
    return sql("extract(epoch from {} - {}) / 3600", entry["end"], entry["start"])


def day_of(moment: Sql) -> Sql:
    """The day of a moment in Belgium."""
    return sql("({} at time zone 'Europe/Brussels')::date", moment)


def midnight(day: Sql) -> Sql:
    """The moment at which a day begins in Belgium."""
    return sql("({}::timestamp at time zone 'Europe/Brussels')", day)
