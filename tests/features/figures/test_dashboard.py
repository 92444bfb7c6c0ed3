"""The dashboard: each figure counts what it says, and only for who holds the app behind it."""

import datetime
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from schema.apps import App
from tests.support.databases import Databases
from tests.support.office import MIDNIGHT, Office, open_office

BEHIND: Final = {
    App.INVOICES: ("turnover", "openInvoices", "openAmount", "overdue", "overdueAmount"),
    App.QUOTES: ("openQuotes",),
    App.PURCHASES: ("unpaidPurchases",),
    App.STOCK: ("lowStock",),
    App.TIME_TRACKING: ("unbilledHours",),
    App.WORK_ORDERS: ("openWorkOrders",),
    App.TASKS: ("openTasks",),
    App.PROCESSING_LISTS: ("unprocessedInbox",),
}
ALL: Final = " ".join(name for names in BEHIND.values() for name in names)
TODAY: Final = datetime.datetime.now(ZoneInfo("Europe/Brussels")).date()
LAST_YEAR: Final = TODAY.replace(month=1, day=1) - datetime.timedelta(days=1)


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A company with something behind each figure, and beside it what does not count."""
    async with open_office(databases, template) as office:
        for number, (status, day, excl, rate) in enumerate(
            (
                ("PAID", TODAY, "100.00", "1"),
                ("SENT", TODAY, "10.00", "0.5"),
                ("OVERDUE", LAST_YEAR, "1000.00", "1"),
                ("DRAFT", TODAY, "7.00", "1"),
            )
        ):
            await office.document(f"F{number}", "INVOICE", status, day, excl, rate)
        for number, (kind, status) in enumerate(
            (
                ("QUOTE", "SENT"), ("QUOTE", "ACCEPTED"), ("PURCHASE", "OPEN"), ("PURCHASE", "OVERDUE"),
                ("PURCHASE", "DRAFT"), ("CREDIT_NOTE", "SENT"), ("CREDIT_NOTE", "OVERDUE"),
            )
        ):  # fmt: skip
            await office.document(f"D{number}", kind, status, TODAY, "50000.00")
        await office.connection.execute("update document set due_date = $1 where status = 'OVERDUE'", LAST_YEAR)
        for number, (warning, there) in enumerate(((2, 2), (2, 3), (2, -1))):
            counted = {"track_stock_since": MIDNIGHT, "stock_warning": Decimal(warning)}
            product = await office.product(number, "Tube", **counted)
            await office.add("stock_movement", product_id=product, quantity=Decimal(there), reason="COUNT")
        await office.work(MIDNIGHT, 100)
        await office.work(MIDNIGHT, 60, billed=True)
        await office.work(MIDNIGHT, None)
        for number, status in enumerate(("PLANNED", "IN_PROGRESS", "DONE", "CANCELLED")):
            await office.add("work_order", number=f"W{number}", title="Fix", status=status)
        for status in ("OPEN", "IN_PROGRESS", "DONE", "OPEN"):
            await office.add("task", title="Call", status=status)
        for status in ("NEW", "PROCESSED", "NEW"):
            await office.add("inbox_item", sender="a", file_name="b", content_type="c", status=status)
        yield office


async def figures(office: Office, who: str) -> Any:
    """The whole dashboard."""
    return (await office.read(who, f"dashboard {{ {ALL} }}"))["dashboard"]


async def test_each_figure_counts_what_it_says(office: Office) -> None:
    assert await figures(office, "owner") == {
        "turnover": "105.00",
        "openInvoices": 2,
        "openAmount": "1216.05",
        "overdue": 1,
        "overdueAmount": "1210.00",
        "openQuotes": 1,
        "unpaidPurchases": 2,
        "lowStock": 2,
        "unbilledHours": "1.67",
        "openWorkOrders": 2,
        "openTasks": 3,
        "unprocessedInbox": 2,
    }


@pytest.mark.parametrize("app", BEHIND, ids=lambda app: app.name)
async def test_a_figure_is_seen_with_its_own_app_and_no_other(office: Office, app: App) -> None:
    await office.grant("anna", App.DASHBOARD, App.CURRENCIES, app)
    seen = await figures(office, "anna")
    assert {name for name, value in seen.items() if value is not None} == set(BEHIND[app])
    await office.grant("anna", *(other for other in App if other is not app))
    seen = await figures(office, "anna")
    assert {name for name, value in seen.items() if value is None} == set(BEHIND[app])


async def test_without_the_dashboard_there_are_no_figures(office: Office) -> None:
    await office.grant("anna", *(app for app in App if app is not App.DASHBOARD))
    assert await figures(office, "anna") is None


async def test_who_does_not_hold_currencies_gets_amounts_as_they_are_stated_but_never_the_sum_of_several_currencies(
    office: Office,
) -> None:
    await office.grant("anna", App.DASHBOARD, App.INVOICES)
    selection = "dashboard { turnover openAmount overdueAmount }"
    assert (await office.read("anna", selection))["dashboard"] == {
        "turnover": None,
        "openAmount": None,
        "overdueAmount": "1210.00",
    }
    assert (await office.see("anna", selection)).hidden == ()
    await office.connection.execute("update document set currency = 'USD'")
    assert (await office.read("anna", selection))["dashboard"] == {
        "turnover": "110.00",
        "openAmount": "1222.10",
        "overdueAmount": "1210.00",
    }


async def test_credit_notes_are_not_taken_off_invoices_in_another_currency(office: Office) -> None:
    await office.grant("anna", App.DASHBOARD, App.INVOICES, App.CREDIT_NOTES)
    await office.connection.execute("update document set currency = case kind when 'INVOICE' then 'USD' else 'EUR' end")
    selection = "dashboard { turnover netTurnover }"
    assert (await office.read("anna", selection))["dashboard"] == {"turnover": "110.00", "netTurnover": None}
    await office.connection.execute("update document set currency = 'USD'")
    assert (await office.read("anna", selection))["dashboard"]["netTurnover"] == "-99890.00"


async def test_a_company_without_anything_has_noughts(databases: Databases, template: str) -> None:
    async with open_office(databases, template) as office:
        seen = await figures(office, "owner")
        assert {name: Decimal(value) for name, value in seen.items()} == dict.fromkeys(seen, Decimal(0))
        assert (seen["turnover"], seen["unbilledHours"], seen["lowStock"]) == ("0.00", "0.00", 0)
