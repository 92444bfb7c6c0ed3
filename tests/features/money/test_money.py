"""What invoices and customers owe, accounts and their balances, codes, cases and mandates: right sums, nothing told."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from db import belgium
from tests.golden.case import Case
from tests.golden.world import Viewing, World
from tests.support.databases import Databases, demo_template

EVERYTHING_ACTIVE: Final = "update company set mask = ~repeat('0', 256)::bit(256)"
LAMBERT: Final = "select id from company where name = 'Chauffage Lambert'"
PARTLY_PAID: Final = """
select number from document d
where kind = 'INVOICE' and status in ('SENT', 'OVERDUE') and company_id = $1
and exists (select from payment_allocation where company_id = d.company_id and invoice_id = d.id)
"""

COLLECTED: Final = """
select number from document d
where kind = 'INVOICE' and company_id = $1 and (twikey_transaction_id <> ''
or exists (select from collection_case where company_id = d.company_id and invoice_id = d.id))
"""


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[World]:
    """A clone of the demo in which every app is active, so that owners see all of it."""
    async with World.open(databases, await demo_template(databases)) as world:
        await world.connection.execute(EVERYTHING_ACTIVE)
        yield world


async def ask(demo: World, selection: str, viewer: str = "lambert", without: tuple[str, ...] = ()) -> Any:
    """What somebody is shown of Chauffage Lambert; `without` are toggles that are off meanwhile."""
    key = await demo.connection.fetchval(LAMBERT)
    query = f'{{ company(id: "com_{key.hex}") {{ {selection} }} }}'
    viewing = Viewing.TOGGLED_OFF if without else Viewing.ENTITLED
    outcome = await demo.run(Case(Path("money"), query, "", viewer, without), viewing)
    assert outcome.result.errors == ()
    assert outcome.result.data is not None
    return orjson.loads(outcome.result.data)["company"]


async def numbered(demo: World, which: str) -> str:
    """A filter for the invoices whose numbers a statement gives."""
    rows = await demo.connection.fetch(which, await demo.connection.fetchval(LAMBERT))
    assert rows
    numbers = ", ".join(f'"{row[0]}"' for row in rows)
    return f"filter: {{number: {{oneOf: [{numbers}]}}}}"


# What is owed


async def test_every_invoice_of_the_demo_is_paid_exactly_when_its_payments_cover_it(demo: World) -> None:
    found = await demo.connection.fetch(
        """
        select status, total_incl, coalesce(sum(amount), 0) as paid, count(amount) as parts
        from document d left join payment_allocation a on a.company_id = d.company_id and a.invoice_id = d.id
        where kind = 'INVOICE' group by d.company_id, d.id, status, total_incl
        """
    )
    assert all((row["status"] == "PAID") == (row["paid"] == row["total_incl"]) for row in found)
    assert all(row["paid"] <= row["total_incl"] for row in found)
    assert {row["status"] for row in found if row["parts"]} == {"PAID", "SENT"}
    assert any(row["parts"] > 1 for row in found)


@pytest.mark.parametrize("which", ["paid", "partly paid"])
async def test_what_was_paid_and_is_due_follows_from_the_payments(demo: World, which: str) -> None:
    chosen = await numbered(demo, PARTLY_PAID) if which == "partly paid" else "filter: {status: [PAID]}"
    selection = "id totalIncl amountPaid amountDue payments { allocations { amount invoice { id } } }"
    company = await ask(demo, f"invoices({chosen}) {{ nodes {{ {selection} }} }}", "sophie")
    for invoice in company["invoices"]["nodes"]:
        parts = [part for payment in invoice["payments"] for part in payment["allocations"]]
        paid = sum(Decimal(part["amount"]) for part in parts if part["invoice"]["id"] == invoice["id"])
        assert paid > 0
        assert invoice["amountPaid"] == str(paid)
        assert invoice["amountDue"] == str(Decimal(invoice["totalIncl"]) - paid)
        assert (Decimal(invoice["amountDue"]) == 0) == (which == "paid")


async def test_of_an_invoice_that_nobody_paid_everything_is_due(demo: World) -> None:
    selection = "amountPaid amountDue totalIncl payments { id }"
    company = await ask(demo, f"invoices(filter: {{status: [DRAFT]}}) {{ nodes {{ {selection} }} }}", "sophie")
    assert company["invoices"]["nodes"]
    for invoice in company["invoices"]["nodes"]:
        assert (invoice["amountPaid"], invoice["amountDue"]) == ("0.00", invoice["totalIncl"])
        assert invoice["payments"] == []


async def test_what_is_due_says_nothing_of_credit_notes(demo: World) -> None:
    company = await ask(demo, "creditNotes(first: 100) { nodes { invoice { amountPaid amountDue totalIncl } } }")
    credited = [note["invoice"] for note in company["creditNotes"]["nodes"]]
    assert credited
    assert all(
        Decimal(invoice["amountDue"]) == Decimal(invoice["totalIncl"]) - Decimal(invoice["amountPaid"])
        for invoice in credited
    )


async def test_an_open_balance_is_the_sum_of_the_invoices_that_are_sent_or_overdue(demo: World) -> None:
    owed: dict[str, Decimal] = {}
    selection = "openBalance invoices(filter: {status: [SENT, OVERDUE]}) { nodes { totalIncl } }"
    cursor = ""
    while True:
        page = f"customers(first: 100 {cursor}) {{ nodes {{ name {selection} }} pageInfo {{ hasNextPage endCursor }} }}"
        found = (await ask(demo, page, "noah"))["customers"]
        for customer in found["nodes"]:
            invoices = customer["invoices"]["nodes"]
            total = sum((Decimal(invoice["totalIncl"]) for invoice in invoices), Decimal("0.00"))
            assert customer["openBalance"] == str(total)
            owed[customer["name"]] = total
        if not found["pageInfo"]["hasNextPage"]:
            break
        cursor = "after: " + orjson.dumps(found["pageInfo"]["endCursor"]).decode()
    assert sum(total > 0 for total in owed.values()) > 20


# What needs more than one app


async def test_what_payments_say_of_an_invoice_is_hidden_without_payments(demo: World) -> None:
    chosen = await numbered(demo, PARTLY_PAID)
    selection = f"invoices({chosen}) {{ nodes {{ totalIncl amountPaid amountDue payments {{ id }} }} }}"
    shown = (await ask(demo, selection, "sophie"))["invoices"]["nodes"]
    hidden = (await ask(demo, selection, "sophie", ("PAYMENTS",)))["invoices"]["nodes"]
    assert [(row["amountPaid"], row["amountDue"], row["payments"]) for row in hidden] == [(None, None, None)] * len(
        shown
    )
    assert [row["totalIncl"] for row in hidden] == [row["totalIncl"] for row in shown]


async def test_a_payment_shows_neither_invoice_nor_account_to_who_holds_payments_only(demo: World) -> None:
    selection = "payments(first: 100) { nodes { amount account { id } allocations { amount invoice { number } } } }"
    nodes = (await ask(demo, selection, "sophie", ("INVOICES",)))["payments"]["nodes"]
    assert {part["invoice"] and part["amount"] for node in nodes for part in node["allocations"]} == {None}
    assert {node["account"] and node["amount"] for node in nodes} == {None}
    nodes = (await ask(demo, selection))["payments"]["nodes"]
    assert all(node["account"] and all(part["invoice"] for part in node["allocations"]) for node in nodes)


async def test_an_open_balance_needs_invoices(demo: World) -> None:
    selection = "customers(first: 1) { nodes { openBalance } }"
    assert (await ask(demo, selection, "eva"))["customers"]["nodes"] == [{"openBalance": None}]


# Accounts and the cash book


async def test_a_balance_is_the_opening_balance_and_what_moved_since(demo: World) -> None:
    accounts = await demo.connection.fetch(
        """
        select kind, opening_balance + sum(amount_base) as computed, current_balance
        from payment_account a join payment p on p.company_id = a.company_id and p.account_id = a.id
        group by a.company_id, a.id
        """
    )
    assert sorted(row["kind"] for row in accounts) == ["BANK"] * 62 + ["CASH"] * 62
    assert all(row["computed"] == row["current_balance"] > 0 for row in accounts)


async def test_each_line_of_the_cash_book_goes_on_from_the_one_before(demo: World) -> None:
    lines = "date in out balance payment { amount }"
    company = await ask(demo, f"cashBook(first: 100, orderBy: [DATE_ASC]) {{ totalCount nodes {{ {lines} }} }}")
    balance = Decimal(0)
    for entry in company["cashBook"]["nodes"]:
        moved = Decimal(entry["in"]) - Decimal(entry["out"])
        balance += moved
        assert Decimal(entry["balance"]) == balance >= 0
        assert moved != 0
        assert 0 in (Decimal(entry["in"]), Decimal(entry["out"]))
        assert entry["payment"] is None or Decimal(entry["payment"]["amount"]) == moved
    accounts = await ask(demo, "paymentAccounts(filter: {kind: [CASH]}) { nodes { currentBalance } }")
    assert company["cashBook"]["totalCount"] == len(company["cashBook"]["nodes"]) > 50
    assert accounts["paymentAccounts"]["nodes"] == [{"currentBalance": str(balance)}]


async def test_the_days_cash_takings_are_in_the_cash_book(demo: World) -> None:
    assert not await demo.connection.fetch(
        """
        select company_id, date, sum(amount_incl) from daily_receipt where payment_method = 'CASH' group by 1, 2
        except select company_id, date, amount_in from cash_book_entry
        """
    )


# Codes


async def test_the_code_on_an_unpaid_invoice_is_a_transfer_of_its_total_with_its_reference(demo: World) -> None:
    fields = "structuredCommunication totalIncl qrPayload"
    company = await ask(
        demo, f"name iban qrKind invoices(filter: {{status: [SENT, OVERDUE]}}) {{ nodes {{ {fields} }} }}"
    )
    assert company["qrKind"] == "EPC"
    assert company["invoices"]["nodes"]
    for invoice in company["invoices"]["nodes"]:
        reference, total = invoice["structuredCommunication"], Decimal(invoice["totalIncl"])
        assert invoice["qrPayload"] == belgium.epc_payload(company["name"], company["iban"], total, reference)


async def test_there_is_no_code_on_a_draft_nor_once_an_invoice_is_paid(demo: World) -> None:
    company = await ask(demo, "invoices(filter: {status: [DRAFT, PAID]}) { nodes { qrPayload } }")
    assert {invoice["qrPayload"] for invoice in company["invoices"]["nodes"]} == {None}
    assert await demo.connection.fetchval("select count(*) from document where status = 'PAID' and qr_payload <> ''")


async def test_codes_need_an_account_and_some_are_addresses(demo: World) -> None:
    kinds = await demo.connection.fetch(
        """
        select qr_kind, iban is not null as has_account, count(qr_payload) as printed,
            count(*) filter (where qr_payload like 'https://%') as addresses
        from document d join company c on c.id = company_id join company_settings s using (company_id)
        group by 1, 2
        """
    )
    assert {(row["qr_kind"], row["has_account"]) for row in kinds} >= {("EPC", True), ("EPC", False)}
    for row in kinds:
        assert (row["printed"] > 0) == row["has_account"]
        assert row["addresses"] == (row["printed"] if row["qr_kind"] == "PAYMENT_LINK" else 0)


# Cases and mandates


async def test_a_case_and_its_invoice_lead_to_each_other(demo: World) -> None:
    selection = "collectionCases { nodes { id claimedAmount invoice { totalIncl collectionCase { id } } } }"
    nodes = (await ask(demo, selection))["collectionCases"]["nodes"]
    assert nodes
    for node in nodes:
        assert node["invoice"]["collectionCase"] == {"id": node["id"]}
        assert node["claimedAmount"] == node["invoice"]["totalIncl"]


async def test_cases_and_transactions_of_invoices_are_hidden_without_their_apps(demo: World) -> None:
    chosen = await numbered(demo, COLLECTED)
    selection = f"invoices({chosen}) {{ nodes {{ collectionCase {{ id }} twikeyTransactionId }} }}"
    shown = (await ask(demo, selection))["invoices"]["nodes"]
    assert any(node["collectionCase"] for node in shown)
    assert any(node["twikeyTransactionId"] for node in shown)
    hidden = (await ask(demo, selection, "noah"))["invoices"]["nodes"]
    assert hidden == [{"collectionCase": None, "twikeyTransactionId": None}] * len(shown)


async def test_a_customer_is_collectable_once_a_mandate_is_signed(demo: World) -> None:
    fields = "twikeyCollectable twikeySignUrl mandates { nodes { state signedAt iban } }"
    where = "filter: {twikeyState: [PREPARED, SIGNED]}"
    nodes = (await ask(demo, f"customers({where}) {{ nodes {{ {fields} }} }}"))["customers"]["nodes"]
    assert {node["twikeyCollectable"] for node in nodes} == {True, False}
    for node in nodes:
        (mandate,) = node["mandates"]["nodes"]
        signed = mandate["state"] == "SIGNED"
        assert node["twikeyCollectable"] == signed == (node["twikeySignUrl"] is None)
        assert (mandate["signedAt"] is not None) == (mandate["iban"] is not None) == signed
