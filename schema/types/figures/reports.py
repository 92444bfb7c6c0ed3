"""Reports: figures of one kind over a period, month by month."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.fields import Argument, enum_value, field, gated, input_field, named
from schema.declarations.object_types import extends, input_object, thing, value
from schema.types.core.company import Company


@strawberry.enum(description="What a report is about; a kind whose app the viewer does not hold is refused.")
class ReportKind(Enum):
    SALES = enum_value("SALES", "Invoices by their date, without drafts.", App.INVOICES)
    CREDIT_NOTES = enum_value("CREDIT_NOTES", "Credit notes by their date, without drafts.", App.CREDIT_NOTES)
    QUOTES = enum_value("QUOTES", "Quotes by their date, without drafts.", App.QUOTES)
    PURCHASES = enum_value("PURCHASES", "Purchases by their date, without drafts.", App.PURCHASES)
    PAYMENTS = enum_value("PAYMENTS", "Payments by their day; what went out is less than zero.", App.PAYMENTS)
    HOURS = enum_value(
        "HOURS", "Finished working time, in hours, by the day in Belgium on which it began.", App.TIME_TRACKING
    )


@input_object("Some days in a row, in at most 120 months.")
class PeriodInput:
    from_: datetime.date = named("from", input_field("The first day.", optional=False))
    until: datetime.date = input_field("The last day.", optional=False)


@value("What a report or a month of it has in one currency, as it is stated.")
class CurrencyFigures:
    currency: str | None = gated("The currency, ISO 4217.", App.CURRENCIES)
    count: int = field("How many there are.")
    total: decimal.Decimal = field("Of documents their total without tax, of payments the amounts.")
    tax: decimal.Decimal | None = field("The tax of documents; null for payments.")


@thing("rrw", App.REPORTS, description="A month of a report.")
class ReportRow:
    month: str = field("The month as `2026-03`.")
    count: int = field("How many there are.")
    total: decimal.Decimal | None = field("Their total, as the report's.")
    totals_by_currency: list[CurrencyFigures] = field("The figures of each currency, as the report's.")


@thing("rep", App.REPORTS, description="The figures of one kind over a period.")
class Report:
    kind: ReportKind = field("What it is about.")
    from_: datetime.date = named("from", field("The first day."))
    until: datetime.date = field("The last day.")
    count: int = field("How many there are.")
    total: decimal.Decimal | None = field(
        "Of documents the total without tax, of payments the amounts, of working time the hours to the hundredth. "
        "Amounts are in euro for who holds CURRENCIES; for anybody else as they are stated, and null when they are in "
        "several currencies: `totalsByCurrency` has the sums of each."
    )
    tax: decimal.Decimal | None = field("The tax of documents, in euro or null as `total` is; null for anything else.")
    totals_by_currency: list[CurrencyFigures] = field(
        "The figures of each currency, the one with the most rows first; never converted. None for working time."
    )
    rows: list[ReportRow] = field("The months in which there is something, oldest first.")


@extends(Company)
class CompanyReports:
    report: Report | None = gated(
        "The figures of one kind over a period.",
        App.REPORTS,
        kind=Argument(ReportKind, "What it is to be about."),
        period=Argument(PeriodInput, "From when until when."),
    )
