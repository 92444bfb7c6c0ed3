"""Reports: each kind is what rows of one app add up to; that the viewer holds it, the gate of the kind sees to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.sql import Rows, Sql, every, sql
from db.tables.documents import document
from db.tables.payments import payment
from db.tables.settings import company_settings
from db.tables.time_tracking import time_entry
from resolvers.compilation import Row
from resolvers.convert import first_day, last_day
from resolvers.figures import day_of, document_amount, hours, in_euro, midnight
from resolvers.resolution import Arguments, Derived, Given, Leaf, Reference, Resolution
from resolvers.usage import enum_values

DOCUMENTS: Final[Mapping[str, Sql]] = {
    "SALES": sql("'INVOICE'"),
    "CREDIT_NOTES": sql("'CREDIT_NOTE'"),
    "QUOTES": sql("'QUOTE'"),
    "PURCHASES": sql("'PURCHASE'"),
}


@dataclass(frozen=True, slots=True)
class _Figures:
    """The rows of a report, with the day, the amount and the tax of each."""

    rows: Rows
    day: Sql
    amount: Sql
    where: tuple[Sql, ...]
    tax: Sql | None = None

    @property
    def source(self) -> Sql:
        """From where, and which."""
        return sql("{} where {}", self.rows.source, every([*self.rows.where, *self.where]))


def _days(report: Row) -> tuple[Sql, Sql]:
    period = report.arguments["period"]
    return report.to.bind(period, first_day, "date"), report.to.bind(period, last_day, "date")


def _figures(report: Row) -> _Figures:
    (kind,) = enum_values(report.to.inputs, report.arguments["kind"])
    first, last = _days(report)
    if kind == "PAYMENTS":
        paid = report.to.rows(payment, company=report.company)
        amount = in_euro(report, paid["amount_base"], paid["amount"])
        return _Figures(paid, paid["date"], amount, (sql("{} between {} and {}", paid["date"], first, last),))
    if kind == "HOURS":
        worked = report.to.rows(time_entry, company=report.company)
        start, end = worked["start"], worked["end"]
        days = sql("{0} >= {1} and {0} < {2}", start, midnight(first), midnight(sql("({} + 1)", last)))
        return _Figures(worked, day_of(start), hours(worked), (days, sql("{} is not null", end)))
    made = report.to.rows(document, company=report.company)
    of_kind = sql("{} = {} and {} <> 'DRAFT'", made["kind"], DOCUMENTS[kind], made["status"])
    amount, tax = (document_amount(report, made, column) for column in ("total_excl", "total_vat"))
    days = sql("{} between {} and {}", made["date"], first, last)
    return _Figures(made, made["date"], amount, (of_kind, days), tax)


def _sum(amount: Sql) -> Sql:
    return sql("round(coalesce(sum({}), 0), 2)", amount)


def _count(report: Row, arguments: Arguments) -> Sql:
    return sql("(select count(*) from {})", _figures(report).source)


def _total(report: Row, arguments: Arguments) -> Sql:
    figures = _figures(report)
    return sql("(select {} from {})", _sum(figures.amount), figures.source)


def _tax(report: Row, arguments: Arguments) -> Sql:
    figures = _figures(report)
    return sql("null") if figures.tax is None else sql("(select {} from {})", _sum(figures.tax), figures.source)


def _months(report: Row, arguments: Arguments) -> Rows:
    figures = _figures(report)
    month, total = sql("to_char({}, 'YYYY-MM')", figures.day), _sum(figures.amount)
    select = sql("select {} as month, count(*) as count, {} as total from {} group by 1", month, total, figures.source)
    return report.to.derived(figures.rows.table, select, "month", "count", "total")


def _asked(company: Row, report: Row) -> tuple[Sql, ...]:
    """A period that may not be is refused, whatever is selected of the report."""
    return (sql("{} <= {}", *_days(report)),)


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.report": Reference(_asked),
    "Report.kind": Given("kind"),
    "Report.from": Leaf(lambda report, arguments: _days(report)[0]),
    "Report.until": Leaf(lambda report, arguments: _days(report)[1]),
    "Report.count": Leaf(_count),
    "Report.total": Leaf(_total),
    "Report.tax": Leaf(_tax),
    "Report.rows": Derived(_months, order="month"),
    "ReportRow.month": Leaf(lambda row, arguments: row["month"]),
    "ReportRow.count": Leaf(lambda row, arguments: row["count"]),
    "ReportRow.total": Leaf(lambda row, arguments: row["total"]),
}

HOMES: Final[Mapping[str, str]] = {"Report": company_settings.name, "ReportRow": company_settings.name}
