"""Reports: each kind sums up the rows of one app, which gates the enum value of the kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.sql import NULL, Rows, Sql, every, sql
from db.tables.core.documents import document
from db.tables.core.settings import company_settings
from db.tables.money.payments import payment
from db.tables.work.time_tracking import time_entry
from resolvers.compilation.context import Row
from resolvers.compilation.cost import USUAL
from resolvers.compilation.parameters import enum_name, first_day, last_day
from resolvers.compilation.resolution import Arguments, Derived, EchoArgument, GlobalId, Leaf, Resolution, ToOne
from resolvers.fields.amounts import day_of, document_amount, hours, in_euro, midnight, sum_of
from resolvers.operation.argument_gates import enum_values

NO_TAX: Final = sql("null::numeric")
DOCUMENTS: Final[Mapping[str, Sql]] = {
    "SALES": sql("'INVOICE'"),
    "CREDIT_NOTES": sql("'CREDIT_NOTE'"),
    "QUOTES": sql("'QUOTE'"),
    "PURCHASES": sql("'PURCHASE'"),
}


@dataclass(frozen=True, slots=True)
class _Figures:
    """The rows of a report, with the day, the amount and the tax of each; `stated` is the amount of money as stated."""

    rows: Rows
    day: Sql
    amount: Sql
    where: tuple[Sql, ...]
    tax: Sql | None = None
    stated: Sql | None = None
    stated_tax: Sql = NO_TAX

    @property
    def source(self) -> Sql:
        """The FROM and the WHERE of the rows."""
        return sql("{} where {}", self.rows.source, every([*self.rows.where, *self.where]))


def _days(report: Row) -> tuple[Sql, Sql]:
    period = report.arguments["period"]
    return report.ctx.bind(period, first_day, "date"), report.ctx.bind(period, last_day, "date")


def _days_of_month(row: Row) -> tuple[Sql, Sql]:
    """The first and the last day that a report has in a month."""
    (first, last), month = _days(_report_of(row)), sql("({} || '-01')::date", row["month"])
    return sql("greatest({}, {})", first, month), sql("least({}, ({} + interval '1 month')::date - 1)", last, month)


def _report_of(row: Row) -> Row:
    assert row.parent is not None, "a month stands in a report"
    return row.parent


def _figures(report: Row, days: tuple[Sql, Sql] | None = None) -> _Figures:
    """The rows of a report, or of these days of it."""
    (kind,) = enum_values(report.ctx.inputs, report.arguments["kind"])
    first, last = days or _days(report)
    if kind == "PAYMENTS":
        paid = report.ctx.rows(payment, company=report.company)
        stated, day = paid["amount"], paid["date"]
        amount, dated = in_euro(report, paid["amount_base"], stated), sql("{} between {} and {}", day, first, last)
        return _Figures(paid, day, amount, (dated,), stated=stated)
    if kind == "HOURS":
        worked = report.ctx.rows(time_entry, company=report.company)
        start, end = worked["start"], worked["end"]
        dated = sql("{0} >= {1} and {0} < {2}", start, midnight(first), midnight(sql("({} + 1)", last)))
        return _Figures(worked, day_of(start), hours(worked), (dated, sql("{} is not null", end)))
    made = report.ctx.rows(document, company=report.company)
    of_kind = sql("{} = {} and {} <> 'DRAFT'", made["kind"], DOCUMENTS[kind], made["status"])
    amount, tax = (document_amount(report, made, column) for column in ("total_excl", "total_vat"))
    dated = sql("{} between {} and {}", made["date"], first, last)
    return _Figures(made, made["date"], amount, (of_kind, dated), tax, made["total_excl"], made["total_vat"])


def _sum(report: Row, of: _Figures, amount: Sql) -> Sql:
    """The sum of a report's amounts, of money as `sum_of` adds it up."""
    total = sum_of(report, of.rows, amount) if of.stated else sql("coalesce(sum({}), 0)", amount)
    return sql("round({}, 2)", total)


def _count(report: Row, arguments: Arguments) -> Sql:
    return sql("(select count(*) from {})", _figures(report).source)


def _total(report: Row, arguments: Arguments) -> Sql:
    figures = _figures(report)
    return sql("(select {} from {})", _sum(report, figures, figures.amount), figures.source)


def _tax(report: Row, arguments: Arguments) -> Sql:
    figures = _figures(report)
    if figures.tax is None:
        return NULL
    return sql("(select {} from {})", _sum(report, figures, figures.tax), figures.source)


def _months(report: Row, arguments: Arguments) -> Rows:
    figures = _figures(report)
    month, total = sql("to_char({}, 'YYYY-MM')", figures.day), _sum(report, figures, figures.amount)
    select = sql("select {} as month, count(*) as count, {} as total from {} group by 1", month, total, figures.source)
    return report.ctx.derived(figures.rows.table, select, "month", "count", "total")


def _currencies(report: Row, figures: _Figures) -> Rows:
    """The figures of each currency; their order tells nothing of a code, which may be hidden (as in `over_each`)."""
    rows = figures.rows
    if figures.stated is None:
        select = sql("select '' as currency, 0 as count, 0 as total, 0 as tax, 0 as at where false")
    else:
        tax, first = sql("sum({})", figures.stated_tax), sql("min(uuid_send({}))", rows["id"])
        sums = sql("count(*) as count, sum({}) as total, {} as tax", figures.stated, tax)
        at = sql("row_number() over (order by count(*) desc, {}) as at", first)
        select = sql(
            "select {0} as currency, {1}, {2} from {3} group by {0}", rows["currency"], sums, at, figures.source
        )
    return report.ctx.derived(rows.table, select, "currency", "count", "total", "tax", "at")


def _asked(company: Row, report: Row) -> tuple[Sql, ...]:
    """A condition that is always true; it binds the period, so that a bad one is refused whatever is selected."""
    return (sql("{} <= {}", *_days(report)),)


def _mark(report: Row) -> Sql:
    """The mark in the id of a report: its kind and its days."""
    kind = report.ctx.bind(report.arguments["kind"], enum_name, "text")
    return sql("{} || '_' || {} || '_' || {}", kind, *_days(report))


def _mark_of_row(row: Row) -> Sql:
    """The mark in the id of a month: that of its report, and the month."""
    return sql("{} || '_' || {}", _mark(_report_of(row)), row["month"])


def _column(name: str) -> Leaf:
    return Leaf(lambda row, arguments: row[name])


def _of_report(report: Row, arguments: Arguments) -> Rows:
    return _currencies(report, _figures(report))


def _of_month(row: Row, arguments: Arguments) -> Rows:
    return _currencies(row, _figures(_report_of(row), _days_of_month(row)))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.report": ToOne(_asked),
    "Report.id": GlobalId(lambda row: row.company, mark=_mark),
    "Report.kind": EchoArgument("kind"),
    "Report.from": Leaf(lambda report, arguments: _days(report)[0]),
    "Report.until": Leaf(lambda report, arguments: _days(report)[1]),
    "Report.count": Leaf(_count),
    "Report.total": Leaf(_total),
    "Report.tax": Leaf(_tax),
    "Report.totalsByCurrency": Derived(_of_report, order="at"),
    "Report.rows": Derived(_months, order="month"),
    "ReportRow.id": GlobalId(lambda row: row.company, mark=_mark_of_row),
    **{f"ReportRow.{name}": _column(name) for name in ("month", "count", "total")},
    "ReportRow.totalsByCurrency": Derived(_of_month, order="at", sizes=lambda row, arguments: (USUAL,)),
    **{f"CurrencyFigures.{name}": _column(name) for name in ("currency", "count", "total", "tax")},
}

HOMES: Final[Mapping[str, str]] = {"Report": company_settings.name, "ReportRow": company_settings.name}
