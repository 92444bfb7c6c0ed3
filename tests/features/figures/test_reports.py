"""Reports: what falls into the period, month by month, and only of kinds that the viewer holds."""

import datetime
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, Final

import pytest

from schema.apps import App
from tests.support.databases import Databases
from tests.support.office import MIDNIGHT, Office, open_office

BEHIND: Final = {
    "SALES": App.INVOICES,
    "CREDIT_NOTES": App.CREDIT_NOTES,
    "QUOTES": App.QUOTES,
    "PURCHASES": App.PURCHASES,
    "PAYMENTS": App.PAYMENTS,
    "HOURS": App.TIME_TRACKING,
}
FIELDS: Final = "kind from until count total tax rows { month count total }"
FIRST, LAST = datetime.date(2026, 1, 31), datetime.date(2026, 3, 1)


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A company with documents on the edges of the period from 31 January to 1 March."""
    async with open_office(databases, template) as office:
        day = datetime.timedelta(days=1)
        for kind, size in (("INVOICE", 1), ("CREDIT_NOTE", 2), ("QUOTE", 3), ("PURCHASE", 4)):
            for number, at in enumerate((FIRST - day, FIRST, FIRST, LAST, LAST + day)):
                await office.document(f"{number}", kind, "SENT", at, f"{size}00.00", "1" if number != 2 else "0.5")
            await office.document("draft", kind, "DRAFT", LAST, "9000.00")
        account = await office.add("payment_account", name="Bank", kind="BANK")
        for at, amount in ((FIRST, "30.00"), (LAST, "-10.00"), (LAST + day, "70.00")):
            money, base = Decimal(amount), Decimal(amount) * 2
            await office.add("payment", account_id=account, date=at, amount=money, amount_base=base)
        await office.work(MIDNIGHT, 100)
        await office.work(MIDNIGHT + day, 100)
        await office.work(MIDNIGHT, None)
        yield office


async def report(office: Office, who: str, kind: str, first: object = FIRST, last: object = LAST) -> Any:
    """A report."""
    period = f'kind: {kind}, period: {{from: "{first}", until: "{last}"}}'
    return (await office.read(who, f"report({period}) {{ {FIELDS} }}"))["report"]


@pytest.mark.parametrize(("kind", "size"), [("SALES", 1), ("CREDIT_NOTES", 2), ("QUOTES", 3), ("PURCHASES", 4)])
async def test_documents_of_the_period_are_added_up_in_euro_month_by_month(
    office: Office, kind: str, size: int
) -> None:
    assert await report(office, "owner", kind) == {
        "kind": kind,
        "from": "2026-01-31",
        "until": "2026-03-01",
        "count": 3,
        "total": f"{250 * size}.00",
        "tax": f"{Decimal('52.50') * size}",
        "rows": [
            {"month": "2026-01", "count": 2, "total": f"{150 * size}.00"},
            {"month": "2026-03", "count": 1, "total": f"{100 * size}.00"},
        ],
    }


async def test_payments_have_no_tax(office: Office) -> None:
    found = await report(office, "owner", "PAYMENTS")
    assert (found["count"], found["total"], found["tax"]) == (2, "40.00", None)
    assert [row["total"] for row in found["rows"]] == ["60.00", "-20.00"]


async def test_working_time_counts_on_the_day_in_belgium_on_which_it_began(office: Office) -> None:
    found = await report(office, "owner", "HOURS")
    assert found["rows"] == [{"month": "2026-03", "count": 1, "total": "1.67"}]
    assert (found["count"], found["total"], found["tax"]) == (1, "1.67", None)
    assert (await report(office, "owner", "HOURS", "2026-02-01", "2026-02-28"))["rows"] == []


async def test_who_does_not_hold_currencies_gets_amounts_as_they_are_stated_but_never_the_sum_of_several_currencies(
    office: Office,
) -> None:
    await office.grant("anna", App.REPORTS, App.INVOICES, App.PAYMENTS)
    sales, payments = [await report(office, "anna", kind) for kind in ("SALES", "PAYMENTS")]
    assert (sales["count"], sales["total"], sales["tax"], payments["total"]) == (3, None, None, "20.00")
    assert [row["total"] for row in sales["rows"]] == [None, "100.00"]
    await office.connection.execute("update payment set currency = 'USD' where amount < 0")
    assert (await report(office, "anna", "PAYMENTS"))["total"] is None
    assert (await report(office, "owner", "PAYMENTS"))["total"] == "40.00"
    await office.connection.execute("update document set currency = 'USD'")
    sales = await report(office, "anna", "SALES")
    assert (sales["total"], sales["tax"]) == ("300.00", "63.00")
    assert [row["total"] for row in sales["rows"]] == ["200.00", "100.00"]


EACH: Final = "totalsByCurrency { currency count total tax }"
CURRENCIES: Final = f"count {EACH} rows {{ month {EACH} }}"


async def currencies(office: Office, who: str, kind: str) -> Any:
    """The figures of each currency of a report, and of its months, as (currency, count, total, tax)."""
    period = f'kind: {kind}, period: {{from: "{FIRST}", until: "{LAST}"}}'
    found = (await office.read(who, f"report({period}) {{ {CURRENCIES} }}"))["report"]
    each = [found, *found["rows"]]
    return [[tuple(figures.values()) for figures in one["totalsByCurrency"]] for one in each]


async def test_the_figures_of_each_currency_are_as_they_are_stated(office: Office) -> None:
    expected = [
        [("EUR", 2, "200.00", "42.00"), ("USD", 1, "100.00", "21.00")],
        [("EUR", 1, "100.00", "21.00"), ("USD", 1, "100.00", "21.00")],
        [("EUR", 1, "100.00", "21.00")],
    ]
    seen = await currencies(office, "owner", "SALES")
    assert [sorted(each) for each in seen] == expected
    assert seen[0] == expected[0], "the currency with the most rows comes first"
    await office.grant("anna", App.REPORTS, App.INVOICES, App.PAYMENTS, App.TIME_TRACKING)
    hidden = [[(None, *figures[1:]) for figures in each] for each in seen]
    assert await currencies(office, "anna", "SALES") == hidden
    await office.connection.execute("update payment set currency = 'USD' where amount < 0")
    payments = [[("EUR", 1, "30.00", None), ("USD", 1, "-10.00", None)]]
    payments += [[figures] for figures in payments[0]]
    assert [sorted(each) for each in await currencies(office, "owner", "PAYMENTS")] == payments
    assert await currencies(office, "anna", "HOURS") == [[], []]


async def test_a_month_counts_only_the_days_of_its_report(office: Office) -> None:
    """Rows before and after the period lie in its first and its last month."""
    for day in (FIRST.replace(day=2), LAST.replace(day=30)):
        await office.document(f"outside {day}", "INVOICE", "SENT", day, "5000.00")
    for each in (await currencies(office, "owner", "SALES"))[1:]:
        assert {total for _, _, total, _ in each} == {"100.00"}


@pytest.mark.parametrize("codes", [("EUR", "USD"), ("USD", "EUR")])
async def test_the_order_of_currencies_tells_no_hidden_code(office: Office, codes: tuple[str, str]) -> None:
    """Of two currencies with one quote each, that of the first key comes first, whatever they are."""
    await office.connection.execute("delete from document where kind = 'QUOTE' and date <> $1", FIRST)
    for key, currency, size in zip("12", codes, ("1.00", "2.00"), strict=True):
        change = f"update document set id = '00000000-0000-4000-8000-00000000000{key}', currency = $1, total_excl = $2 "
        one = "where id = (select max(id::text)::uuid from document where kind = 'QUOTE')"
        await office.connection.execute(change + one, currency, Decimal(size))
    await office.grant("anna", App.REPORTS, App.QUOTES)
    for who in ("owner", "anna"):
        of_report, *_ = await currencies(office, who, "QUOTES")
        assert [total for _, _, total, _ in of_report] == ["1.00", "2.00"]


@pytest.mark.parametrize("kind", BEHIND)
@pytest.mark.parametrize("by", ["literal", "variable"])
async def test_a_kind_whose_app_is_not_held_is_refused(office: Office, kind: str, by: str) -> None:
    await office.grant("anna", *(app for app in App if app is not BEHIND[kind]))
    given = kind if by == "literal" else "$kind"
    selection = f'report(kind: {given}, period: {{from: "{FIRST}", until: "{LAST}"}}) {{ {FIELDS} }}'
    answer = await office.see("anna", selection, ", $kind: ReportKind!" if by == "variable" else "", kind=kind)
    assert answer.data == {"company": {"report": None}}
    assert [(error.code.value, error.extensions["app"]) for error in answer.errors] == [
        ("APP_REQUIRED", BEHIND[kind].value)
    ]


async def test_without_reports_there_is_none(office: Office) -> None:
    await office.grant("anna", *(app for app in App if app is not App.REPORTS))
    assert await report(office, "anna", "SALES") is None


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2026-03-01", "2026-02-28", "ends before it begins"),
        ("2016-01-31", "2026-01-01", "more than 120 months"),
        ("0001-01-01", "9999-12-31", "more than 120 months"),
    ],
)
@pytest.mark.parametrize("selection", [FIELDS, "__typename"])
async def test_a_period_that_may_not_be_is_refused(
    office: Office, first: str, last: str, says: str, selection: str
) -> None:
    answer = await office.see(
        "owner",
        f"report(kind: SALES, period: $period) {{ {selection} }}",
        ", $period: PeriodInput!",
        period={"from": first, "until": last},
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert 'argument "period"' in answer.errors[0].message
    assert says in answer.errors[0].message


async def test_a_hundred_and_twenty_months_are_not_too_many(office: Office) -> None:
    assert (await report(office, "owner", "HOURS", "2016-02-29", "2026-01-31"))["count"] == 0
    assert (await report(office, "owner", "QUOTES", "9999-12-31", "9999-12-31"))["count"] == 0
    assert (await report(office, "owner", "HOURS", "9999-12-31", "9999-12-31"))["count"] == 0
