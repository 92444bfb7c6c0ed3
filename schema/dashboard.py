"""The dashboard: the company's main figures, each behind the app that it is counted from."""

import decimal

from schema.apps import App
from schema.company import Company
from schema.declarations import extends, field, gated, value


@value("The company's main figures. Drafts are in none of them.", App.DASHBOARD)
class Dashboard:
    turnover: decimal.Decimal | None = gated(
        "The total without tax of the invoices of this calendar year in Belgium, credit notes not taken off. In euro "
        "for who holds CURRENCIES; for anybody else the amounts as the invoices state them.",
        App.INVOICES,
    )
    open_invoices: int | None = gated("How many invoices are sent or overdue.", App.INVOICES)
    open_amount: decimal.Decimal | None = gated(
        "Their total with tax; what was paid on account is not taken off. In euro as `turnover` is.", App.INVOICES
    )
    overdue: int | None = gated("How many invoices are overdue.", App.INVOICES)
    overdue_amount: decimal.Decimal | None = gated(
        "Their total with tax; what was paid on account is not taken off. In euro as `turnover` is.", App.INVOICES
    )
    open_quotes: int | None = gated("How many quotes are sent and not answered.", App.QUOTES)
    unpaid_purchases: int | None = gated("How many purchases are open or overdue.", App.PURCHASES)
    low_stock: int | None = gated(
        "Of how many products no more is there than the stock at which they have to be ordered.", App.STOCK
    )
    unbilled_hours: decimal.Decimal | None = gated(
        "The hours of finished working time that were not billed, to the hundredth.", App.TIME_TRACKING
    )
    open_work_orders: int | None = gated("How many work orders are planned or in progress.", App.WORK_ORDERS)
    open_tasks: int | None = gated("How many tasks are not done.", App.TASKS)
    unprocessed_inbox: int | None = gated("How many incoming files nobody has looked at.", App.PROCESSING_LISTS)


@extends(Company)
class OfCompany:
    dashboard: Dashboard | None = field("The main figures.")
