"""Sums of filtered lists, and what is open of invoices after payments and credit notes."""

import datetime
import uuid
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, Final

import pytest

from schema.apps import App
from tests.support.databases import Databases
from tests.support.office import Office, open_office

TODAY: Final = datetime.date(2026, 2, 27)
LATER: Final = datetime.date(2126, 1, 1)
TOTALS: Final = "totals { count totalExcl totalIncl balanceDue }"
PAY: Final = """
with account as (
  insert into payment_account (company_id, name, kind, opening_balance, current_balance)
  values ($1, 'Bank', 'BANK', 0, 0)
  returning id
), paid as (
  insert into payment (company_id, account_id, date, amount, amount_base)
  select $1, id, '2026-02-27', $3, $3 from account returning id
)
insert into payment_allocation (company_id, payment_id, invoice_id, amount) select $1, id, $2, $3 from paid
"""
MAKE: Final = """
insert into document (company_id, kind, sequence_number, number, date, due_date, status, customer_id, customer_name,
  total_excl, total_vat, total_incl, total_incl_base, currency, exchange_rate, source_document_id,
  structured_communication)
values ($1, $2, 1, $3, $4, $5, $6, $7, 'Dupont', $8, 0, $8, round($8 * $9::numeric, 2), $10, $9, $11, $12) returning id
"""


async def make(
    office: Office, number: str, amount: str, status: str = "SENT", kind: str = "INVOICE", **given: Any
) -> uuid.UUID:
    """Add a document without tax; returns its key."""
    columns: dict[str, Any] = {
        "due": LATER, "customer": None, "rate": "1", "currency": "EUR", "source": None, "reference": None, **given
    }  # fmt: skip
    return await office.connection.fetchval(
        MAKE, office.firm.key, kind, number, TODAY, columns["due"], status, columns["customer"], Decimal(amount),
        Decimal(columns["rate"]), columns["currency"], columns["source"], columns["reference"],
    )  # fmt: skip


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A customer with invoices: one paid in part and credited in part, one in pounds, one paid, and a draft."""
    async with open_office(databases, template) as office:
        await office.contact(1, "Dupont")
        customer = await office.connection.fetchval("select id from contact")
        first = await make(office, "F-1", "237.44", customer=customer, reference="+++260/0000/46044+++")
        await make(office, "N-1", "74.20", kind="CREDIT_NOTE", source=first)
        await make(office, "N-2", "10.00", "DRAFT", kind="CREDIT_NOTE", source=first)
        await office.connection.execute(PAY, office.firm.key, first, Decimal("100.00"))
        late = datetime.date(2026, 1, 1)
        await make(office, "F-2", "100.00", customer=customer, due=late, currency="GBP", rate="1.168")
        await make(office, "F-3", "50.00", "PAID", customer=customer)
        await make(office, "F-4", "60.00", "DRAFT", customer=customer)
        over = await make(office, "F-5", "20.00", customer=customer)
        await make(office, "N-3", "30.00", kind="CREDIT_NOTE", source=over)
        yield office


async def test_what_is_open_of_an_invoice_takes_off_payments_and_credit_notes(office: Office) -> None:
    nodes = (await office.read("owner", "invoices(orderBy: [NUMBER_ASC]) { nodes { amountDue balanceDue } }"))[
        "invoices"
    ]
    assert [(node["amountDue"], node["balanceDue"]) for node in nodes["nodes"]] == [
        ("137.44", "63.24"),
        ("100.00", "100.00"),
        ("50.00", "0.00"),
        ("60.00", "0.00"),
        ("20.00", "0.00"),
    ]


@pytest.mark.parametrize(("currency", "open_"), [("EUR", "63.24"), ("USD", "137.44")])
async def test_a_credit_note_in_another_currency_settles_nothing(office: Office, currency: str, open_: str) -> None:
    """The product makes none; its amount is never taken off as a number."""
    update = "update document set currency = $1, exchange_rate = 0.9 where number = 'N-1'"
    await office.connection.execute(update, currency)
    selection = 'invoices(filter: {number: {eq: "F-1"}}) { nodes { balanceDue } totals { balanceDue } }'
    found = (await office.read("owner", selection))["invoices"]
    assert found == {"nodes": [{"balanceDue": open_}], "totals": {"balanceDue": open_}}


async def test_the_sums_of_a_list_are_those_of_what_its_filter_finds(office: Office) -> None:
    """In euro, since the owner holds CURRENCIES."""
    for filter_, expected in (
        ("", (5, "484.24", "180.04")),
        ("(filter: {status: [SENT]}, first: 1)", (2, "257.44", "63.24")),
        ('(filter: {balanceDue: {gt: "70"}})', (1, "116.80", "116.80")),
        ('(filter: {amountDue: {lte: "60"}})', (3, "130.00", "0.00")),
        ('(filter: {structuredCommunication: {eq: "260000046044"}})', (1, "237.44", "63.24")),
        ('(filter: {structuredCommunication: {eq: "+++ 260/0000/46044 +++"}})', (1, "237.44", "63.24")),
        ('(filter: {createdAt: {gt: "2126-01-01T00:00:00Z"}})', (0, "0.00", "0.00")),
    ):
        page = (await office.read("owner", f"invoices{filter_} {{ totalCount {TOTALS} }}"))["invoices"]
        totals = page["totals"]
        assert (totals["count"], totals["totalIncl"], totals["balanceDue"]) == expected, filter_
        assert totals["count"] == page["totalCount"]
        assert totals["totalExcl"] == totals["totalIncl"]
    found = (await office.read("owner", f'search(text: "dupont") {{ documents {{ {TOTALS} }} }}'))["search"][
        "documents"
    ]
    assert (found["totals"]["count"], found["totals"]["balanceDue"]) == (8, "180.04")
    documents = (await office.read("owner", f"documents(kinds: [CREDIT_NOTE]) {{ {TOTALS} }}"))["documents"]
    assert documents["totals"] == {"count": 3, "totalExcl": "114.20", "totalIncl": "114.20", "balanceDue": "0.00"}


@pytest.mark.parametrize("rows", ["", '(filter: {structuredCommunication: {eq: "none"}})'])
async def test_no_sum_that_is_selected_is_one_object_all_the_same(office: Office, rows: str) -> None:
    assert (await office.read("owner", f"invoices{rows} {{ totals {{ __typename }} }}"))["invoices"] == {
        "totals": {"__typename": "DocumentTotals"}
    }


async def test_the_balances_of_customers_and_the_dashboard_agree_with_the_lists(office: Office) -> None:
    figures = "turnover netTurnover balanceDue overdueBalance"
    seen = await office.read("owner", f"customers {{ nodes {{ balanceDue }} }} dashboard {{ {figures} }}")
    assert seen["customers"]["nodes"] == [{"balanceDue": "180.04"}]
    dashboard = seen["dashboard"]
    assert (dashboard["balanceDue"], dashboard["overdueBalance"]) == ("180.04", "116.80")
    this_year = datetime.datetime.now(datetime.UTC).year == TODAY.year
    assert Decimal(dashboard["turnover"]) - Decimal(dashboard["netTurnover"]) == (Decimal("104.20") if this_year else 0)


async def test_who_lacks_currencies_has_sums_as_they_are_stated_but_never_of_several_currencies(office: Office) -> None:
    await office.grant("anna", App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES, App.DASHBOARD)
    for status, total, open_ in (
        ("OVERDUE", "100.00", "100.00"),
        ("SENT", "257.44", "63.24"),
        ("OVERDUE, PAID", None, "100.00"),
        ("OVERDUE, SENT", None, None),
    ):
        page = (await office.read("anna", f"invoices(filter: {{status: [{status}]}}) {{ {TOTALS} }}"))["invoices"]
        totals = page["totals"]
        assert (totals["totalExcl"], totals["totalIncl"], totals["balanceDue"]) == (total, total, open_), status
        assert totals["count"]
    owed, dashboard = "balanceDue openBalance", "dashboard { balanceDue overdueBalance }"
    seen = await office.read("anna", f"customers {{ nodes {{ {owed} }} }} {dashboard}")
    assert seen["customers"]["nodes"] == [{"balanceDue": None, "openBalance": None}]
    assert seen["dashboard"] == {"balanceDue": None, "overdueBalance": "100.00"}
    await office.connection.execute("update document set currency = 'GBP'")
    seen = await office.read("anna", f"customers {{ nodes {{ {owed} }} }} {dashboard}")
    assert seen["customers"]["nodes"] == [{"balanceDue": "163.24", "openBalance": "357.44"}]


async def test_what_a_customer_owes_is_in_euro_for_who_holds_currencies(office: Office) -> None:
    seen = await office.read("owner", "customers { nodes { openBalance } }")
    assert seen["customers"]["nodes"] == [{"openBalance": "374.24"}]


async def test_the_sums_of_each_currency_are_as_the_documents_state_them(office: Office) -> None:
    await office.grant("anna", App.INVOICES, App.PAYMENTS, App.CREDIT_NOTES)
    sums = "totalsByCurrency { currency count totalExcl totalIncl balanceDue }"
    pounds = {"currency": "GBP", "count": 1, "totalExcl": "100.00", "totalIncl": "100.00", "balanceDue": "100.00"}
    euros = {"currency": "EUR", "count": 4, "totalExcl": "367.44", "totalIncl": "367.44", "balanceDue": "63.24"}
    assert (await office.read("owner", f"invoices(first: 0) {{ {sums} }}"))["invoices"]["totalsByCurrency"] == [
        euros, pounds,
    ]  # fmt: skip
    answer = await office.see("anna", f"invoices {{ {sums} }}")
    assert answer.data["company"]["invoices"]["totalsByCurrency"] == [
        {**euros, "currency": None}, {**pounds, "currency": None},
    ]  # fmt: skip
    assert [note.path[1:] for note in answer.hidden] == [("invoices", "totalsByCurrency", "currency")]
    each = "{ totalsByCurrency { currency count } }"
    for selection, expected in (
        (f"documents {each}", [("EUR", 7), ("GBP", 1)]),
        (f"invoices(filter: {{status: [OVERDUE]}}) {each}", [("GBP", 1)]),
        (f'invoices(filter: {{number: {{eq: "none"}}}}) {each}', []),
    ):
        (found,) = (await office.read("owner", selection)).values()
        assert [tuple(sums.values()) for sums in found["totalsByCurrency"]] == expected, selection
    found = (await office.read("owner", f'search(text: "dupont") {{ documents {each} }}'))["search"]["documents"]
    assert [tuple(sums.values()) for sums in found["totalsByCurrency"]] == [("EUR", 7), ("GBP", 1)]
    silent = await office.read("owner", "invoices { totalsByCurrency { __typename } }")
    assert silent["invoices"]["totalsByCurrency"] == [{"__typename": "CurrencyTotals"}] * 2


@pytest.mark.parametrize("currencies", [("EUR", "GBP"), ("GBP", "EUR"), ("USD", "CHF")])
async def test_the_order_of_sums_tells_no_hidden_currency(office: Office, currencies: tuple[str, str]) -> None:
    """Of two currencies with one document each, that with the older document comes first, whatever they are."""
    await office.grant("anna", App.INVOICES)
    for number, currency in zip(("2", "3"), currencies, strict=True):
        await make(office, f"T-{number}", f"{number}.00", currency=currency, rate="1.1")
    keys = "update document set id = ('00000000-0000-4000-8000-00000000000' || right(number, 1))::uuid "
    await office.connection.execute(keys + "where number like 'T-%'")
    lists = 'invoices(filter: {number: {contains: "T-"}}) { totalsByCurrency { currency totalIncl } }'
    seen, hidden = [(await office.read(who, lists))["invoices"]["totalsByCurrency"] for who in ("owner", "anna")]
    assert seen == [{"currency": c, "totalIncl": f"{n}.00"} for c, n in zip(currencies, (2, 3), strict=True)]
    assert hidden == [{"currency": None, "totalIncl": f"{n}.00"} for n in (2, 3)]


@pytest.mark.parametrize("apps", [(App.INVOICES, App.PAYMENTS), (App.INVOICES, App.CREDIT_NOTES)])
async def test_what_is_open_is_for_who_sees_payments_and_credit_notes(office: Office, apps: tuple[App, ...]) -> None:
    await office.grant("anna", *apps)
    selection = f"invoices {{ nodes {{ balanceDue }} {TOTALS} }} customers {{ nodes {{ balanceDue }} }}"
    answer = await office.see("anna", selection)
    assert answer.data["company"]["invoices"]["totals"]["balanceDue"] is None
    assert answer.data["company"]["invoices"]["totals"]["count"] == 5
    assert {node["balanceDue"] for node in answer.data["company"]["invoices"]["nodes"]} == {None}
    assert {node["balanceDue"] for node in answer.data["company"]["customers"]["nodes"]} == {None}
    hidden = [note.path[1:] for note in answer.hidden]
    assert set(hidden) == {
        ("invoices", "nodes", "balanceDue"), ("invoices", "totals", "balanceDue"), ("customers", "nodes", "balanceDue")
    }  # fmt: skip
    refused = await office.see("anna", 'invoices(filter: {balanceDue: {gt: "0"}}) { totalCount }')
    assert refused.data["company"]["invoices"] is None
