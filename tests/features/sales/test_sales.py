"""Sales documents, titles, deposits, subscriptions, preset e-mails: what is derived is right, nothing hidden is told.

Sophie (Lambert) and An (Delvaux) have every toggle here, but those that a test takes away.
"""

import datetime
from collections.abc import AsyncGenerator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from resolvers.request import Result
from tests.golden.case import Case
from tests.golden.world import Viewing, World
from tests.support.databases import Databases, demo_template

EVERYTHING: Final = """
with active as (update company set mask = ~repeat('0', 256)::bit(256))
update membership set toggles = ~repeat('0', 256)::bit(256) where role = 'EMPLOYEE'
"""
COMPANIES: Final = {"sophie": "Chauffage Lambert", "an": "Bières Delvaux"}
TITLED: Final = """
select number from document d where company_id = (select id from company where name = $1) and kind = 'INVOICE'
and exists (select from document_line l where l.document_id = d.id and type = 'SECTION' and titles_before = 1)
order by number
"""


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[World]:
    """A clone of the demo in which every app is active and every employee has every toggle."""
    async with World.open(databases, await demo_template(databases)) as world:
        await world.connection.execute(EVERYTHING)
        yield world


async def run(demo: World, selection: str, viewer: str = "sophie", *without: str) -> Result:
    """The answer to what somebody selects of the own company; `without` are toggles that are off meanwhile."""
    key = await demo.connection.fetchval("select id from company where name = $1", COMPANIES[viewer])
    query = f'{{ company(id: "com_{key.hex}") {{ {selection} }} }}'
    viewing = Viewing.TOGGLED_OFF if without else Viewing.ENTITLED
    return (await demo.run(Case(Path("sales"), query, "", viewer, without), viewing)).result


async def ask(demo: World, selection: str, viewer: str = "sophie", *without: str) -> Any:
    """What is shown of the company, where nothing is refused."""
    result = await run(demo, selection, viewer, *without)
    assert result.errors == ()
    assert result.data is not None
    return orjson.loads(result.data)["company"]


async def nodes(demo: World, connection: str, selection: str, viewer: str = "sophie", *without: str) -> Any:
    """The rows of a connection."""
    (found,) = (await ask(demo, f"{connection} {{ nodes {{ {selection} }} }}", viewer, *without)).values()
    return found["nodes"]


async def titled(demo: World, place: int) -> str:
    """The connection of the one invoice of Lambert that is at that place among those with two titles."""
    numbers = await demo.connection.fetch(TITLED, "Chauffage Lambert")
    return f'invoices(filter: {{number: {{eq: "{numbers[place]["number"]}"}}}})'


# --- what accounting has still to get


async def test_documents_that_accounting_has_not_yet_can_be_asked_for(demo: World) -> None:
    counts = "open: {0}(filter: {{locked: false}}) {{ totalCount }} all: {0} {{ totalCount }}"
    for connection in ("invoices", "creditNotes", "purchases", "documents"):
        found = await ask(demo, counts.format(connection))
        assert 0 < found["open"]["totalCount"] < found["all"]["totalCount"], connection
    (rows,) = (await ask(demo, "documents(first: 100, filter: {locked: false}) { nodes { locked } }")).values()
    assert {row["locked"] for row in rows["nodes"]} == {False}


# --- titles

LINE: Final = "type position name totalIncl"


async def test_titles_stand_above_the_lines_that_they_have_the_position_of(demo: World) -> None:
    (invoice,) = await nodes(demo, await titled(demo, 0), f"sectionBehavior sections {{ {LINE} }} lines {{ {LINE} }}")
    kinds = [line["type"] for line in invoice["lines"]]
    assert invoice["sections"] == [line for line in invoice["lines"] if line["type"] == "SECTION"]
    assert kinds[0] == "SECTION"
    assert kinds.count("SECTION") == 2
    assert invoice["sectionBehavior"] in ("SUM", "PRICE")
    for title, below in zip(invoice["lines"], invoice["lines"][1:], strict=False):
        assert below["position"] - title["position"] == (title["type"] != "SECTION")
        if title["type"] == "SECTION":
            assert title["totalIncl"] == "0.00"


async def test_who_lacks_the_app_cannot_tell_that_there_are_titles(demo: World) -> None:
    selection = "id totalIncl lines { id type position name totalIncl }"
    chosen = await titled(demo, 1)
    with_titles = await run(demo, f"{chosen} {{ nodes {{ {selection} }} }}", "sophie", "EXTRA_TEXT_FIELDS")
    assert with_titles.hidden == ()
    assert with_titles.data is not None
    (invoice,) = orjson.loads(with_titles.data)["company"]["invoices"]["nodes"]
    assert {line["type"] for line in invoice["lines"]} <= {"LINE", "COST"}
    assert [line["position"] for line in invoice["lines"]] == list(range(1, len(invoice["lines"]) + 1))
    key = invoice["id"].removeprefix("inv_")
    gone = await demo.connection.execute(f"delete from document_line where document_id = '{key}' and type = 'SECTION'")
    assert gone == "DELETE 2"
    together = "set position = position - titles_before, titles_before = 0"
    await demo.connection.execute(f"update document_line {together} where document_id = '{key}'")
    assert await run(demo, f"{chosen} {{ nodes {{ {selection} }} }}", "sophie", "EXTRA_TEXT_FIELDS") == with_titles


async def test_the_lines_that_are_seen_add_up_to_the_document(demo: World) -> None:
    selection = "totalExcl discount vatType lines { totalExcl }"
    for without in ((), ("EXTRA_TEXT_FIELDS",)):
        invoices = await nodes(demo, "invoices(first: 100)", f"{selection} id", "sophie", *without)
        plain = [invoice for invoice in invoices if invoice["discount"] is None and invoice["vatType"] == "EXCL"]
        assert len(plain) > 50
        for invoice in plain:
            assert sum(Decimal(line["totalExcl"]) for line in invoice["lines"]) == Decimal(invoice["totalExcl"])


# --- from the quote to the invoice


async def test_a_deposit_is_the_percentage_of_the_quotes_total_and_its_term_counts_days(demo: World) -> None:
    selection = "totalIncl date expirationDate validityDays depositPercent depositAmount"
    quotes = await nodes(demo, "quotes(first: 100)", selection)
    with_deposit = [quote for quote in quotes if quote["depositPercent"] is not None]
    assert 20 < len(with_deposit) < len(quotes)
    for quote in quotes:
        days = datetime.date.fromisoformat(quote["expirationDate"]) - datetime.date.fromisoformat(quote["date"])
        assert quote["validityDays"] == days.days == 30
        if quote["depositPercent"] is None:
            assert quote["depositAmount"] is None
        else:
            part = Decimal(quote["totalIncl"]) * Decimal(quote["depositPercent"]) / 100
            assert quote["depositAmount"] == str(part.quantize(Decimal("0.01"), ROUND_HALF_UP))


async def test_of_several_order_confirmations_of_a_quote_the_newest_is_shown(demo: World) -> None:
    select = "quotes(first: 100, filter: {status: [ACCEPTED]})"
    quotes = await nodes(demo, select, "id orderConfirmation { id number quote { id } }", "an")
    quote = next(quote for quote in quotes if quote["orderConfirmation"])
    assert quote["orderConfirmation"]["quote"] == {"id": quote["id"]}
    columns = "company_id, kind, sequence_number, date, status, total_excl, total_vat, total_incl, total_incl_base"
    await demo.connection.execute(
        f"""
        insert into document ({columns}, number, source_document_id)
        select {columns.replace("date", "date + 1")}, 'newer', source_document_id from document
        where id = '{quote["orderConfirmation"]["id"].removeprefix("orc_")}'
        """
    )
    again = await nodes(demo, select, "id orderConfirmation { number }", "an")
    assert {"id": quote["id"], "orderConfirmation": {"number": "newer"}} in again


async def test_an_invoice_shows_the_delivery_notes_that_it_bills_to_who_holds_both(demo: World) -> None:
    selection = "totalIncl invoicedBy { number fromDeliveryNotes { number invoicedBy { number } } }"
    notes = await nodes(demo, "deliveryNotes(first: 100, filter: {status: [INVOICED]})", f"number {selection}", "an")
    assert len(notes) == 100
    assert max(len(note["invoicedBy"]["fromDeliveryNotes"]) for note in notes) > 1
    for note in notes:
        same = {"number": note["number"], "invoicedBy": {"number": note["invoicedBy"]["number"]}}
        assert same in note["invoicedBy"]["fromDeliveryNotes"]
    lacking = await nodes(demo, "deliveryNotes(first: 100)", "invoicedBy { number }", "an", "INVOICES")
    assert {note["invoicedBy"] for note in lacking} == {None}
    lacking = await nodes(demo, "invoices(first: 100)", "fromDeliveryNotes { number }", "an", "DELIVERY_NOTES")
    assert {invoice["fromDeliveryNotes"] for invoice in lacking} == {None}


async def test_a_payment_request_asks_for_one_amount_and_leads_to_its_invoice(demo: World) -> None:
    found = await nodes(demo, "paymentRequests", "status amountIncl totalIncl invoicedBy { totalIncl } quote { id }")
    assert {request["status"] for request in found} == {"PAID", "CANCELLED"}
    for request in found:
        assert request["amountIncl"] == request["totalIncl"]
        paid = request["status"] == "PAID"
        assert request["invoicedBy"] == ({"totalIncl": request["totalIncl"]} if paid else None)
        assert (request["quote"] is None) == paid


async def test_the_line_of_the_cash_book_names_its_ticket_to_who_holds_both(demo: World) -> None:
    selection = "in ticket { number totalIncl vatType paymentMethod }"
    entries = await nodes(demo, "cashBook(first: 100)", selection, "an")
    sold = [entry for entry in entries if entry["ticket"]]
    assert len(sold) > 10
    for entry in sold:
        assert entry["ticket"]["totalIncl"] == entry["in"]
        assert (entry["ticket"]["vatType"], entry["ticket"]["paymentMethod"]) == ("INCL", "CASH")
    hidden = await nodes(demo, "cashBook(first: 100)", selection, "an", "CASH_TICKETS")
    assert [entry["in"] for entry in hidden] == [entry["in"] for entry in entries]
    assert {entry["ticket"] and "ticket" for entry in hidden} == {None}


# --- documents of every kind


async def test_a_list_of_all_documents_counts_only_kinds_that_are_held(demo: World) -> None:
    kinds = ("QUOTE", "ORDER_CONFIRMATION", "DELIVERY_NOTE", "INVOICE", "CREDIT_NOTE", "PAYMENT_REQUEST", "CASH_TICKET")
    lists = (
        "quotes",
        "orderConfirmations",
        "deliveryNotes",
        "invoices",
        "creditNotes",
        "paymentRequests",
        "cashTickets",
    )
    counts = " ".join(f"{name} {{ totalCount }}" for name in lists)
    asked = f"documents(kinds: [{', '.join(kinds)}]) {{ totalCount }}"
    company = await ask(demo, f"{asked} {counts}", "an")
    assert company["documents"]["totalCount"] == sum(company[name]["totalCount"] for name in lists)
    assert all(company[name]["totalCount"] for name in lists)
    fewer = await ask(demo, "documents { totalCount nodes { kind } }", "an", "CASH_TICKETS", "DELIVERY_NOTES")
    everything = await ask(demo, "documents { totalCount }", "an")
    gone = company["cashTickets"]["totalCount"] + company["deliveryNotes"]["totalCount"]
    assert fewer["documents"]["totalCount"] == everything["documents"]["totalCount"] - gone
    assert not {node["kind"] for node in fewer["documents"]["nodes"]} & {"CASH_TICKET", "DELIVERY_NOTE"}


# --- preset e-mails


async def test_preset_emails_of_kinds_not_held_are_left_out_before_paging_and_counting(demo: World) -> None:
    shown = await ask(demo, "emailTemplates { totalCount nodes { id documentKind rank } }")
    kept = [node for node in shown["emailTemplates"]["nodes"] if node["documentKind"] != "QUOTE"]
    assert len(kept) < shown["emailTemplates"]["totalCount"] == len(shown["emailTemplates"]["nodes"])
    hidden = await ask(demo, "emailTemplates { totalCount nodes { id documentKind rank } }", "sophie", "QUOTES")
    assert hidden["emailTemplates"] == {"totalCount": len(kept), "nodes": kept}
    first = await ask(demo, "emailTemplates(first: 1) { nodes { id documentKind rank } }", "sophie", "QUOTES")
    assert first["emailTemplates"]["nodes"] == kept[:1]


async def test_a_preset_email_of_a_kind_not_held_is_no_node(demo: World) -> None:
    (template, *_) = await nodes(demo, "emailTemplates(filter: {documentKind: [QUOTE]})", "id name")
    query = f'{{ node(id: "{template["id"]}") {{ id ... on EmailTemplate {{ name }} }} }}'
    case = Case(Path("sales"), query, "", "sophie", ("QUOTES",))
    there, gone = [(await demo.run(case, viewing)).result for viewing in (Viewing.ENTITLED, Viewing.TOGGLED_OFF)]
    assert there.data is not None
    assert orjson.loads(there.data)["node"] == template
    assert (gone.data, gone.hidden, gone.errors) == (b'{"node":null}', (), ())


async def test_a_filter_by_a_kind_not_held_is_refused(demo: World) -> None:
    filtered = "emailTemplates(filter: {documentKind: [QUOTE]}) { totalCount }"
    result = await run(demo, filtered, "sophie", "QUOTES")
    assert result.data == b'{"company":{"emailTemplates":null}}'
    assert [error.code.name for error in result.errors] == ["APP_REQUIRED"]


async def test_the_emails_that_are_suggested_are_of_the_documents_kind_and_language(demo: World) -> None:
    selection = "kind language suggestedEmails { documentKind language rank }"
    documents = await nodes(demo, "documents(first: 100, kinds: [QUOTE, INVOICE])", selection, "an")
    spoken = {document["language"] for document in documents if document["suggestedEmails"]}
    assert spoken == {"FR", "NL"}
    for document in documents:
        assert all(
            (email["documentKind"], email["language"]) == (document["kind"], document["language"])
            for email in document["suggestedEmails"]
        )


async def test_what_is_suggested_does_not_tell_the_language_of_a_document(demo: World) -> None:
    selection = "suggestedEmails { documentKind language }"
    documents = await nodes(demo, "invoices(first: 100)", selection, "an", "FOREIGN_LANGUAGE_CUSTOMERS")
    assert len(documents) == 100
    own = {"suggestedEmails": [{"documentKind": "INVOICE", "language": "FR"}]}
    assert all(document == own for document in documents)


# --- subscriptions


async def test_a_subscription_and_its_invoices_lead_to_each_other(demo: World) -> None:
    rows = await demo.connection.fetch("select company_id from document where subscription_id is not null limit 1")
    company = f"com_{rows[0]['company_id'].hex}"
    lines = "lines { name quantity price vatRate product { id } }"
    selection = (
        f"id customer {{ id }} {lines} invoices {{ nodes {{ customer {{ id }} subscription {{ id }} {lines} }} }}"
    )
    query = f'{{ company(id: "{company}") {{ subscriptions(first: 5) {{ nodes {{ {selection} }} }} }} }}'
    result = (await demo.run(Case(Path("sales"), query, "", "compta"))).result
    assert result.data is not None
    found = orjson.loads(result.data)["company"]["subscriptions"]["nodes"]
    assert any(len(subscription["invoices"]["nodes"]) > 3 for subscription in found)
    for subscription in found:
        for invoice in subscription["invoices"]["nodes"]:
            assert invoice["subscription"] == {"id": subscription["id"]}
            assert invoice["customer"] == subscription["customer"]
            assert invoice["lines"] == subscription["lines"]
