"""What dates decide: overdue invoices and purchases, expired quotes; the same in fields, filters and figures."""

import datetime
from collections.abc import AsyncGenerator
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tests.support.databases import Databases
from tests.support.office import Office, open_office

DOCUMENTS: Final = (
    ("INVOICE", "due_date", ("SENT", "OVERDUE", "PAID", "DRAFT")),
    ("QUOTE", "expiration_date", ("SENT", "EXPIRED", "ACCEPTED", "DRAFT")),
    ("PURCHASE", "due_date", ("OPEN", "OVERDUE", "PAID", "DRAFT")),
)
WRITTEN: Final = datetime.date(2026, 1, 1)
QUERY: Final = """
invoices(orderBy: [NUMBER_ASC]) { nodes { number status } }
quotes(orderBy: [NUMBER_ASC]) { nodes { number status } }
purchases(orderBy: [NUMBER_ASC]) { nodes { number status } }
late: invoices(filter: {status: [OVERDUE]}) { totalCount nodes { number } }
sent: invoices(filter: {status: [SENT]}) { nodes { number } }
notLate: invoices(filter: {not: {status: [OVERDUE]}}) { totalCount }
expired: quotes(filter: {status: [EXPIRED]}) { nodes { number } }
owed: purchases(filter: {status: [OVERDUE]}) { nodes { number } }
dashboard { openInvoices openAmount overdue overdueAmount openQuotes unpaidPurchases }
"""


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """Three documents of each status, with the statuses of now and those that were stored before."""
    async with open_office(databases, template) as office:
        for kind, _, statuses in DOCUMENTS:
            for name in "ABC":
                for status in statuses:
                    await office.document(f"{kind[0]}{name}-{status}", kind, status, WRITTEN, "10.00")
        yield office


def today() -> datetime.date:
    """The day in Belgium."""
    return datetime.datetime.now(ZoneInfo("Europe/Brussels")).date()


async def read_with_last_days(office: Office) -> Any:
    """What the owner reads while the last day of A was yesterday and that of B is today; C has none."""
    while True:
        day = today()
        for name, last in (("A", day - datetime.timedelta(days=1)), ("B", day)):
            for kind, column, _ in DOCUMENTS:
                change = f"update document set {column} = $1 where starts_with(number, $2)"
                await office.connection.execute(change, last, kind[0] + name)
        found = await office.read("owner", QUERY)
        if today() == day:  # else it was read around midnight
            return found


def statuses(found: Any) -> dict[str, str]:
    """The status of each document by its number."""
    return {node["number"]: node["status"] for node in found["nodes"]}


async def test_the_last_day_passed_decides_in_fields_filters_and_figures(office: Office) -> None:
    found = await read_with_last_days(office)
    for listed, letter, before, after in (
        ("invoices", "I", "SENT", "OVERDUE"),
        ("quotes", "Q", "SENT", "EXPIRED"),
        ("purchases", "P", "OPEN", "OVERDUE"),
    ):
        shown = statuses(found[listed])
        assert len(shown) == 12
        for stored in (before, after):
            assert shown[f"{letter}A-{stored}"] == after
            assert shown[f"{letter}B-{stored}"] == shown[f"{letter}C-{stored}"] == before
        assert all(number.endswith(status) for number, status in shown.items() if status not in (before, after))
    assert {node["number"] for node in found["late"]["nodes"]} == {"IA-SENT", "IA-OVERDUE"}
    assert {node["number"] for node in found["sent"]["nodes"]} == {
        f"I{day}-{status}" for day in "BC" for status in ("SENT", "OVERDUE")
    }
    assert found["notLate"]["totalCount"] == 12 - found["late"]["totalCount"]
    assert {node["number"] for node in found["expired"]["nodes"]} == {"QA-SENT", "QA-EXPIRED"}
    assert {node["number"] for node in found["owed"]["nodes"]} == {"PA-OPEN", "PA-OVERDUE"}
    figures = found["dashboard"]
    assert (figures["openInvoices"], figures["overdue"]) == (6, 2)
    assert (figures["openQuotes"], figures["unpaidPurchases"]) == (4, 6)
