"""The dashboard: the company's main figures, each behind the app whose data it counts."""

import decimal

from schema.apps import App
from schema.declarations.fields import field, gated
from schema.declarations.object_types import extends, thing
from schema.types.core.company import Company
from schema.types.core.documents import SUM_OF_CURRENCIES


@thing("dsh", App.DASHBOARD, description="The company's main figures. Drafts are in none of them.")
class Dashboard:
    turnover: decimal.Decimal | None = gated(
        "The total without tax of the invoices of this calendar year in Belgium, credit notes not taken off. "
        f"{SUM_OF_CURRENCIES}",
        App.INVOICES,
    )
    net_turnover: decimal.Decimal | None = gated(
        "The same with the credit notes of this year taken off.", App.INVOICES, App.CREDIT_NOTES
    )
    open_invoices: int | None = gated("How many invoices are sent or overdue.", App.INVOICES)
    open_amount: decimal.Decimal | None = gated(
        "Their total with tax; what was paid on account is not taken off. In euro or null as `turnover` is.",
        App.INVOICES,
    )
    overdue: int | None = gated("How many invoices are overdue.", App.INVOICES)
    overdue_amount: decimal.Decimal | None = gated(
        "Their total with tax; what was paid on account is not taken off. In euro or null as `turnover` is.",
        App.INVOICES,
    )
    balance_due: decimal.Decimal | None = gated(
        "What is open of the invoices, after payments and credit notes. In euro or null as `turnover` is.",
        App.INVOICES,
        App.PAYMENTS,
        App.CREDIT_NOTES,
    )
    overdue_balance: decimal.Decimal | None = gated(
        "What is open of the invoices that are overdue. In euro or null as `turnover` is.",
        App.INVOICES,
        App.PAYMENTS,
        App.CREDIT_NOTES,
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
class CompanyDashboard:
    dashboard: Dashboard | None = field("The main figures.")
