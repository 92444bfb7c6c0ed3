"""The frequency of subscriptions: the days of their invoices in a period, and the frequency of such days."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "YEARLY": 12}
"""Months from one invoice to the next, by frequency."""


def repeat(first: date, last: date, monthly: int | None) -> Iterator[list[date]]:
    """The days of invoices of each subscription of a company: monthly, quarterly and yearly.

    With a limit on `monthly` invoices there is only the quarterly one.
    """
    frequencies = ("MONTHLY", "QUARTERLY", "YEARLY") if monthly is None else ("QUARTERLY",)
    for number, frequency in enumerate(frequencies):
        start = first + timedelta(days=12 + 5 * number)
        days = list(_days(start, MONTHS[frequency], last))
        if days:
            yield days


def _days(start: date, months: int, last: date) -> Iterator[date]:
    day = start.replace(day=min(start.day, 28))
    if day < start:
        day = later(day, 1)
    while day <= last:
        yield day
        day = later(day, months)


def later(day: date, months: int) -> date:
    """The same day of the month, `months` later; `day` must not be after the 28th."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1)


def frequency_of(days: Sequence[date]) -> str:
    """The frequency of invoices on these days; a single one counts as yearly."""
    gap = (days[1] - days[0]).days if len(days) > 1 else 365
    return "MONTHLY" if gap < 40 else "QUARTERLY" if gap < 100 else "YEARLY"
