"""Every name of the demo with an accent is found however it is typed, and a cursor takes any text."""

import unicodedata
import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from random import Random
from typing import Any, Final

import pytest

from db.connection import Connection
from db.text.folding import fold
from tests.golden.world import LAMBERT, World
from tests.support.company import Asker, Firm
from tests.support.databases import Databases
from tests.support.office import Office, open_office
from tests.support.sampling import is_sample

NAMES: Final = """
select distinct name collate "C" as name from (
  select name from contact where company_id = $1 and is_customer and deleted_at is null
  union all select name from product where company_id = $1 and deleted_at is null
  union all select customer_name from document where company_id = $1 and kind = 'INVOICE'
) named
where name ~ '[^ -~]' and length(name) <= 100
order by 1
"""
COUNTS: Final = """
query ($id: ID!, $text: String!, $list: [String!]!) { company(id: $id) {
  search(text: $text) {
    customers(first: 1) { totalCount nodes { name } }
    products(first: 1) { totalCount nodes { name } }
    documents(first: 1) { totalCount nodes { customerName supplierName } }
  }
  eq: customers(filter: {name: {eq: $text}}) { totalCount }
  contains: customers(filter: {name: {contains: $text}}) { totalCount }
  startsWith: customers(filter: {name: {startsWith: $text}}) { totalCount }
  oneOf: customers(filter: {name: {oneOf: $list}}) { totalCount }
  anywhere: customers(filter: {search: $text}) { totalCount }
  products(filter: {name: {eq: $text}}) { totalCount }
  invoices(filter: {customerName: {contains: $text}}) { totalCount }
} }
"""
COMPANIES: Final = """
query ($text: String!) { viewer { companies(first: 100, filter: {search: $text}) { totalCount nodes { name } } } }
"""


def plain(text: str) -> str:
    """The text as a keyboard without accents types it."""
    letters = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "Oe").replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def ways(text: str) -> Iterator[str]:
    """The ways in which people type a text."""
    yield plain(text)
    yield text.upper()
    yield unicodedata.normalize("NFD", text)
    yield f"  {text.replace(' ', chr(160) + ' ')}"
    yield text.replace("’", "\u02bc").replace("'", "\u2018")


async def test_every_name_of_the_demo_with_an_accent_is_found_however_it_is_typed(world: World) -> None:
    ask = Asker(world.executor)
    names = [row["name"] for row in await world.connection.fetch(NAMES, uuid.UUID(LAMBERT.removeprefix("com_")))]
    assert len(names) > 50
    async with world.signed_in("lambert") as token:
        for n, name in enumerate(telling(names)):
            right = await counts(ask, token, name)
            assert name in right.pop("first")
            for typed in some(list(ways(name)), n):
                found = await counts(ask, token, typed)
                assert fold(name) in map(fold, found.pop("first")), typed
                assert found == right, typed


def telling(names: list[str]) -> Iterator[str]:
    """Some of the names, in which each letter with an accent and each odd sign of all names stands."""
    seen: set[str] = set()
    for name in names:
        odd = {letter for letter in name if not letter.isascii()}
        if not odd <= seen:
            seen |= odd
            yield name


def some(typed: list[str], n: int) -> list[str]:
    """The ways to type the `n`th name; in a sample one of them, by turns, beside the one without accents."""
    return [typed[0], typed[1 + n % (len(typed) - 1)]] if is_sample() else typed


async def counts(ask: Asker, token: str, text: str) -> dict[str, Any]:
    """How many rows each list finds, and the names that are found first."""
    answer = await ask(token, COUNTS, id=LAMBERT, text=text, list=["Zzz", text])
    assert answer.errors == ()
    company = answer.data["company"]
    searched = company.pop("search")
    nodes = [node for found in searched.values() for node in found["nodes"]]
    return {
        **{name: found["totalCount"] for name, found in (*company.items(), *searched.items())},
        "first": [value for node in nodes for value in node.values() if value is not None],
    }


async def test_every_company_of_an_accountant_is_found_however_it_is_typed(world: World) -> None:
    ask = Asker(world.executor)
    rows = await world.connection.fetch("select name from company where name ~ '[^ -~]' order by id")
    entered = 0
    async with world.signed_in("compta") as token:
        for name in {row["name"] for row in rows}:
            right = (await ask(token, COMPANIES, text=name)).data["viewer"]["companies"]
            entered += right["totalCount"]
            for typed in ways(name):
                assert (await ask(token, COMPANIES, text=typed)).data["viewer"]["companies"] == right
    assert entered > 3


# --- long texts

RANDOM: Final = Random(7)
LONG: Final = "".join(chr(RANDOM.randrange(0x4E00, 0x9FFF)) for _ in range(1_000))
"""More than an index may have of a text: 3,000 bytes that no compression makes shorter."""

EIGHTS: Final = "Ⅷ" * 200
"""200 characters that are 800 in their folded form, more than an index has."""

FIND: Final = """
customers(filter: $f) { nodes { number } } products(filter: $p) { totalCount } invoices(filter: $i) { totalCount }
"""
FILTERS: Final = ", $f: CustomerFilter, $p: ProductFilter, $i: InvoiceFilter"
INVOICE: Final = """
insert into document (company_id, kind, number, sequence_number, date, status, customer_name, structured_communication,
  total_excl, total_vat, total_incl, total_incl_base)
values ($1, 'INVOICE', 'F900', 1, '2026-01-01', 'SENT', $2, $2, 0, 0, 0, 0)
"""


async def test_texts_longer_than_an_index_takes_are_written_and_found(office: Office) -> None:
    await office.contact(900, LONG)
    await office.connection.execute("update contact set number = $1, vat_number = $1 where name = $1", LONG)
    await office.product(900, LONG)
    await office.connection.execute(INVOICE, office.firm.key, LONG)
    for criterion in ({"startsWith": LONG[:100]}, {"contains": LONG[700:800]}, {"startsWith": LONG[:200]}):
        given = {"f": {"name": criterion}, "p": {"name": criterion}, "i": {"customerName": criterion}}
        found = (await office.see("owner", FIND, FILTERS, **given)).data["company"]
        assert [len(found["customers"]["nodes"]), found["products"]["totalCount"], found["invoices"]["totalCount"]] == [
            1, 1, 1,
        ]  # fmt: skip


async def test_texts_with_one_beginning_are_told_apart_beyond_what_an_index_has(office: Office) -> None:
    names = {"a": EIGHTS, "b": "viii" * 150, "c": "viii" * 150 + "x" * 200, "d": "viii" * 201}
    for n, (number, name) in enumerate(names.items(), 900):
        await office.contact(n, name)
        await office.connection.execute("update contact set number = $1 where name = $2", number, name)

    async def find(**criterion: object) -> list[str]:
        answer = await office.see("owner", FIND, FILTERS, f={"name": criterion})
        return sorted(node["number"] for node in answer.data["company"]["customers"]["nodes"])

    assert await find(eq=EIGHTS) == ["a"]
    assert await find(oneOf=[EIGHTS, "x"]) == ["a"]
    assert await find(startsWith=EIGHTS) == ["a", "d"]
    assert await find(startsWith="viii" * 50) == ["a", "b", "c", "d"]


# --- order and cursors

EXTREME: Final = [
    "", " ", "0", "00", "9" * 500, "a" * 5_000, "\U0001f468\u200d\U0001f469" * 900, "é" * 3_000, "e\u0301" * 300,
    '"\\' * 2_000, "\u00ad", "\ufdfa" * 400, "Éric", "Eric", "eric", "ÉRIC", "van den Berg", "eBay", "\x01\x7f\u2028",
    "zèbre", "F2026-9", "F2026-10", "\U0010ffff", "한국", None,
]  # fmt: skip
"""Texts, of which a list in any order has a cursor for each; the last one stands for no value."""

WALK: Final = """
query ($id: ID!, $order: [CustomerOrder!], $first: Int, $last: Int, $after: String, $before: String) {
  company(id: $id) { customers(first: $first, last: $last, after: $after, before: $before, orderBy: $order) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }
"""
ORDERS: Final[Sequence[list[str]]] = (
    [],
    ["NAME_DESC"],
    ["CITY_ASC", "NUMBER_DESC"],
    ["CITY_DESC", "NAME_ASC", "NUMBER_ASC"],
    ["DISCOUNT_ASC"],
    ["PROSPECT_SINCE_DESC", "CITY_DESC"],
    ["CREATED_AT_ASC"],
)


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A company whose customers have extreme texts, amounts and moments."""
    async with open_office(databases, template) as office:
        yield office


CUSTOMER: Final = """
insert into contact (company_id, sequence_number, number, name, kind, city, discount, prospect_since, created_at)
values ($1, $2, $3, $4, 'CONSUMER', $5, $6::text::numeric, $7::text::timestamptz, $8::text::timestamptz)
"""
DISCOUNTS: Final = ("0", "-999.99", "999.99", "0.01", None)
MOMENTS: Final = ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "2026-03-29 01:00:00.5+00", None)


async def fill(connection: Connection, firm: Firm) -> None:
    """Customers of which each column takes all of its extreme values."""
    for n in range(60):
        await connection.execute(
            CUSTOMER, firm.key, n + 1, EXTREME[n * 7 % (len(EXTREME) - 1)], EXTREME[n % (len(EXTREME) - 1)],
            EXTREME[n * 3 % len(EXTREME)], DISCOUNTS[n % 5], MOMENTS[n % 4], MOMENTS[n % 3],
        )  # fmt: skip


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
async def test_a_cursor_leads_through_any_list_in_both_directions(office: Office, order: list[str]) -> None:
    await fill(office.connection, office.firm)
    whole = [edge["node"]["id"] for edge in (await page(office, order, first=100))["edges"]]
    assert len(whole) == 60
    assert [id async for id in forwards(office, order)] == whole
    assert [id async for id in backwards(office, order)] == whole[::-1]


async def page(office: Office, order: list[str], **bounds: Any) -> Any:
    """One page of the customers."""
    answer = await office.ask(office.firm["owner"].token, WALK, id=office.firm.id, order=order or None, **bounds)
    assert answer.errors == ()
    return answer.data["company"]["customers"]


async def forwards(office: Office, order: list[str]) -> AsyncGenerator[str]:
    """The ids page by page, from the first one on."""
    bounds: dict[str, object] = {}
    while True:
        found = await page(office, order, first=7, **bounds)
        for edge in found["edges"]:
            yield edge["node"]["id"]
        if not found["pageInfo"]["hasNextPage"]:
            return
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        bounds = {"after": found["pageInfo"]["endCursor"]}


async def backwards(office: Office, order: list[str]) -> AsyncGenerator[str]:
    """The ids page by page, from the last one back."""
    bounds: dict[str, object] = {}
    while True:
        found = await page(office, order, last=7, **bounds)
        for edge in reversed(found["edges"]):
            yield edge["node"]["id"]
        if not found["pageInfo"]["hasPreviousPage"]:
            return
        bounds = {"before": found["pageInfo"]["startCursor"]}
