"""The search: finds what a text stands in, and names like it; only rows that the viewer may see, by an index."""

import datetime
import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import pytest
from asyncpg.exceptions import RaiseError

from db.database import Database
from db.errors import DatabaseUnavailable
from resolvers.compilation.lists.ranks import MOST_FOUND, NEWEST
from schema.apps import App
from tests.support.databases import Databases
from tests.support.office import Office, open_office

Found = tuple[list[str], list[str], list[str]]
"""Customers, products and documents, by name or number, sorted."""

DAY: Final = datetime.date(2026, 2, 27)
FOUND: Final = "customers { nodes { name } } products { nodes { name } } documents { totalCount nodes { number } }"
SOUGHT: Final[list[tuple[str, Found]]] = [
    ("lamBERT", (["Chauffage Lambert"], ["Lambertine tube"], ["F-77", "Q-77"])),
    ("  Lambert ", (["Chauffage Lambert"], ["Lambertine tube"], ["F-77", "Q-77"])),
    ("Lambrt", (["Chauffage Lambert"], ["Lambertine tube"], ["F-77", "Q-77"])),
    ("chaufage", (["Chauffage Lambert"], [], [])),
    ("c00001", (["Chauffage Lambert"], [], [])),
    ("C00009", ([], [], [])),
    ("0123456", (["Chauffage Lambert"], [], [])),
    ("INFO@lam", (["Chauffage Lambert"], [], [])),
    ("-77", ([], [], ["F-77", "Q-77"])),
    ("5410001", ([], [], [])),
    ("0%_s", (["100%_sure \\ Co"], [], [])),
    ("%%", ([], [], [])),
    ("__", ([], [], [])),
    ("re \\ ", (["100%_sure \\ Co"], [], [])),
    ("e \\ ", ([], [], [])),
    ("---", ([], [], [])),
    ("a", ([], [], [])),
    (" a ", ([], [], [])),
    ("", ([], [], [])),
    ("x" * 100, ([], [], [])),
]
MANY_CUSTOMERS: Final = """
insert into contact (company_id, sequence_number, number, name, kind, vat_number, email)
select $1, n, 'C' || n, md5(n::text), 'BUSINESS', 'BE' || n, md5('x' || n) || '@example.test'
from generate_series(100, 10100) n
"""
SEARCH_CUSTOMERS: Final = """
select name from contact where company_id = $1
and (folded(name) collate "C" like $2 or folded(number) collate "C" like $2 or folded(name) collate "C" %> $3
  or (vat_number is not null and bare_number(vat_number) collate "C" like $2)
  or (email is not null and folded(email) collate "C" like $2))
"""
MANY_DOCUMENTS: Final = """
insert into document (company_id, kind, sequence_number, number, date, status, customer_name, supplier_name, total_excl,
                      total_vat, total_incl, total_incl_base)
select $1, kind, n, 'F' || n, '2026-02-27', 'SENT', case kind when 'INVOICE' then md5(n::text) end,
    case kind when 'PURCHASE' then md5(n::text) end, 0, 0, 0, 0
from generate_series(100, 10100) n, (values ('INVOICE'), ('PURCHASE')) of (kind)
"""
MANY_PRODUCTS: Final = """
insert into product (company_id, sequence_number, number, name, price, vat_rate, ean)
select $1, n, 'P' || n, md5(n::text), 0, 0, n || '12345678' from generate_series(100, 10100) n
"""
SEARCH_DOCUMENTS: Final = """
select number from document where company_id = $1
and (folded(number) collate "C" like $2
  or (customer_name is not null and folded(customer_name) collate "C" like $2)
  or (customer_name is not null and folded(customer_name) collate "C" %> $3)
  or (supplier_name is not null and folded(supplier_name) collate "C" like $2)
  or (supplier_name is not null and folded(supplier_name) collate "C" %> $3))
"""
BOUGHT: Final = ["O-88", "P-88"]


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A company with a few names."""
    async with open_office(databases, template) as office:
        await office.contact(1, "Chauffage Lambert", vat_number="BE0123456749", email="info@lambert.test")
        await office.contact(2, "100%_sure \\ Co")
        await office.contact(3, "Dupont")
        await office.contact(4, "Lambert Prospects", is_customer=False)
        await office.product(1, "Lambertine tube", ean="5410001", note="Dupont")
        await office.product(2, "Boiler")
        await office.document("F-77", "INVOICE", "SENT", DAY, "1.00", name="Lambert")
        await office.document("Q-77", "QUOTE", "SENT", DAY, "1.00", name="Lambert")
        await office.document("P-88", "PURCHASE", "OPEN", DAY, "1.00", name=None, supplier="Thermo-Meuse")
        await office.document("O-88", "PURCHASE_ORDER", "SENT", DAY, "1.00", name=None, supplier="Thermo-Meuse")
        yield office


async def search(office: Office, text: str, who: str = "owner") -> Found:
    """What is found."""
    selection = f"search(text: $text) {{ {FOUND} }}"
    answer = await office.see(who, selection, ", $text: String!", text=text)
    assert answer.errors == ()
    found = answer.data["company"]["search"]
    assert found["documents"]["totalCount"] == len(found["documents"]["nodes"])
    customers, products, documents = (
        sorted(row.get("name") or row["number"] for row in found[name]["nodes"])
        for name in ("customers", "products", "documents")
    )
    return customers, products, documents


SHORT: Final[list[tuple[str, Found]]] = [
    ("la", (["Chauffage Lambert"], ["Lambertine tube"], ["F-77", "Q-77"])),
    (" LÀ ", (["Chauffage Lambert"], ["Lambertine tube"], ["F-77", "Q-77"])),
    ("mb", ([], [], [])),
    ("me", ([], [], ["O-88", "P-88"])),
    ("77", ([], [], ["F-77", "Q-77"])),
    ("7", ([], [], [])),
    ("-7", ([], [], ["F-77", "Q-77"])),
    ("f-", ([], [], ["F-77"])),
    ("co", (["100%_sure \\ Co"], [], [])),
    ("te", (["Chauffage Lambert"], [], [])),
    ("zq", ([], [], [])),
]
"""Of two letters or digits those texts are found of which a word begins with them."""


@pytest.mark.parametrize(("text", "found"), SHORT)
async def test_two_letters_find_the_beginnings_of_words(office: Office, text: str, found: Found) -> None:
    assert await search(office, text) == found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("l", [1, 3]),
        ("u", [3]),
        ("la", [1]),
        ("am", []),
        ("ho", []),
        ("n", [3]),
        ("%", [2]),
        ("_s", [2]),
        ("", [1, 2, 3]),
    ],
)
async def test_one_or_two_letters_in_a_filter_are_the_beginning_of_a_word(
    office: Office, text: str, numbers: list[int]
) -> None:
    await office.connection.execute("update contact set name = 'L’Union Nord' where name = 'Dupont'")
    for criterion in ({"name": {"contains": text}}, {"not": {"not": {"name": {"contains": text}}}}):
        answer = await office.see(
            "owner", "customers(filter: $f) { nodes { number } }", ", $f: CustomerFilter", f=criterion
        )
        seen = [int(node["number"][1:]) for node in answer.data["company"]["customers"]["nodes"]]
        assert sorted(seen) == numbers


async def having(office: Office, text: str) -> list[str]:
    """The customers whose name contains a text."""
    answer = await office.see(
        "owner",
        "customers(first: 100, filter: {name: {contains: $text}}) { totalCount nodes { name } }",
        ", $text: String",
        text=text,
    )
    found = answer.data["company"]["customers"]
    assert found["totalCount"] == len(found["nodes"])
    return sorted(node["name"] for node in found["nodes"])


async def test_marks_are_found_in_a_filter_however_they_are_written(office: Office) -> None:
    names = [
        "Dés & Fils",
        "Dés \uff06 Fils",
        "L\u2019Été",
        "L'Été",
        "Œuvre \u2013 Été",
        "Œuvre-Été",
        "a^b",
        "[a]",
        "\u2474 Été",
        "1.5 €",
    ]
    for number, name in enumerate(names, 100):
        await office.contact(number, name)
    for text, found in (
        ("&", ["Dés & Fils", "Dés \uff06 Fils"]),
        ("\uff06", ["Dés & Fils", "Dés \uff06 Fils"]),
        ("'", ["L'Été", "L\u2019Été"]),
        (" -", ["Œuvre \u2013 Été", "Œuvre-Été"]),
        ("^", ["a^b"]),
        ("]", ["[a]"]),
        ("[", ["[a]"]),
        ("\\", ["100%_sure \\ Co"]),
        ("%_", ["100%_sure \\ Co"]),
        ("(", ["\u2474 Été"]),
        (".", ["1.5 €"]),
        ("€", ["1.5 €"]),
        ("&&", []),
        ("+", []),
    ):
        assert await having(office, text) == sorted(found), text


async def test_for_marks_only_names_that_have_them_are_folded(office: Office) -> None:
    """Whoever folded "Café" here would meet an error: a name with an accent takes ten times as long as a plain one."""
    await office.contact(100, "Café")
    await office.contact(101, "Plain & Fils")
    fails = "language plpgsql immutable strict parallel safe cost 100 as $$ begin raise 'folded'; end $$"
    await office.connection.execute(f"create or replace function folded_frequent(given text) returns text {fails}")
    assert await having(office, "&") == ["Plain & Fils"]
    with pytest.raises(RaiseError, match="folded"):
        await office.see("owner", 'customers(filter: {name: {startsWith: "caf"}}) { totalCount }')


@pytest.mark.parametrize(("text", "found"), SOUGHT)
async def test_rows_are_found_by_what_stands_in_them_and_by_names_that_are_alike(
    office: Office, text: str, found: Found
) -> None:
    assert await search(office, text) == found


async def test_kinds_of_document_that_are_not_held_are_not_found(office: Office) -> None:
    await office.grant("anna", App.QUOTES)
    assert (await search(office, "lambert", "anna"))[2] == ["Q-77"]
    await office.grant("anna")
    assert (await search(office, "lambert", "anna"))[2] == []


@pytest.mark.parametrize("text", ["Thermo-Meuse", "o-meus", "thermo mause"])
async def test_what_is_bought_is_found_by_its_suppliers_name(office: Office, text: str) -> None:
    assert await search(office, text) == ([], [], BOUGHT)


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ((App.PURCHASES, App.PURCHASE_ORDERS), BOUGHT),
        ((App.PURCHASES,), ["P-88"]),
        ((App.PURCHASE_ORDERS,), ["O-88"]),
        ((App.INVOICES, App.QUOTES), []),
    ],
)
async def test_a_suppliers_name_finds_only_kinds_that_are_held(
    office: Office, held: tuple[App, ...], found: list[str]
) -> None:
    await office.grant("anna", *held)
    assert (await search(office, "thermo", "anna"))[2] == found
    listed = await office.read("anna", 'documents(filter: {search: "THERMO"}) { totalCount nodes { supplierName } }')
    assert listed["documents"] == {"totalCount": len(found), "nodes": [{"supplierName": "Thermo-Meuse"}] * len(found)}


async def test_nothing_of_another_company_is_found(office: Office) -> None:
    other = await office.connection.fetchval("insert into company (name) values ('Other') returning id")
    move = "update contact set company_id = $1 where name = 'Dupont'"
    assert (await search(office, "dupont"))[0] == ["Dupont"]
    await office.connection.execute(move, other)
    assert (await search(office, "dupont"))[0] == []


async def test_what_is_found_comes_backwards_as_forwards(office: Office) -> None:
    """The text itself, then beginnings, parts and names that are alike, whatever the direction."""
    names = ["Garage", "Garage Nord", "Garage Sud", "Au garage", "Le garage", "Garrage"]
    for number, name in enumerate(names, 10):
        await office.contact(number, name)
    page = "customers(last: 2, before: $before) { nodes { name } pageInfo { hasPreviousPage startCursor } }"
    found: list[str] = []
    before, more = None, True
    while more:
        answer = await office.see("owner", f'search(text: "garage") {{ {page} }}', ", $before: String", before=before)
        customers = answer.data["company"]["search"]["customers"]
        found = [row["name"] for row in customers["nodes"]] + found
        before, more = customers["pageInfo"]["startCursor"], customers["pageInfo"]["hasPreviousPage"]
    assert found == names


async def test_what_is_found_comes_page_by_page(office: Office) -> None:
    for number in range(10, 15):
        await office.contact(number, f"Garage {number}")
    page = "customers(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }"
    names: list[str] = []
    after, more = None, True
    while more:
        answer = await office.see("owner", f'search(text: "garage") {{ {page} }}', ", $after: String", after=after)
        found = answer.data["company"]["search"]["customers"]
        names += [row["name"] for row in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert names == [f"Garage {number}" for number in range(10, 15)]


FREQUENT: Final = """
insert into document (company_id, kind, sequence_number, number, date, status, customer_name, total_excl, total_vat,
                      total_incl, total_incl_base)
select $1, 'INVOICE', n, 'F' || n, date '2020-01-01' + n, 'SENT', 'Garage ' || n,
  0, 0, 0, 0
from generate_series(1001, 2200) n
"""


async def test_of_a_frequent_word_the_exact_and_the_newest_are_found_in_a_list_of_bounded_length(
    office: Office,
) -> None:
    await office.connection.execute(FREQUENT, office.firm.key)
    await office.document("F-OLD", "INVOICE", "SENT", datetime.date(2019, 1, 1), "1.00", name="Garage")
    page = (
        "documents(first: 90, after: $after) { totalCount nodes { number } pageInfo { hasNextPage endCursor } } "
        "all: documents(last: 0) { totalCount }"
    )
    found: list[str] = []
    results: Any = None
    after, more = None, True
    while more:
        answer = await office.see("owner", f'search(text: "garage") {{ {page} }}', ", $after: String", after=after)
        assert answer.errors == ()
        results = answer.data["company"]["search"]
        found += [row["number"] for row in results["documents"]["nodes"]]
        after, more = results["documents"]["pageInfo"]["endCursor"], results["documents"]["pageInfo"]["hasNextPage"]
        assert results["documents"]["totalCount"] == results["all"]["totalCount"]
    newest = [f"F{number}" for number in range(2200, 2200 - NEWEST + 10, -1)]  # a few others are newer
    assert found[: len(newest) + 1] == ["F-OLD", *newest]
    assert len(found) == len(set(found)) == results["all"]["totalCount"]
    assert len(found) <= 1 + MOST_FOUND + NEWEST


@pytest.mark.parametrize(("text", "says"), [("x" * 101, "more than 100 characters"), ("a\0b", "not allowed")])
async def test_a_text_that_may_not_be_is_refused(office: Office, text: str, says: str) -> None:
    answer = await office.see("owner", f"search(text: $text) {{ {FOUND} }}", ", $text: String!", text=text)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert says in answer.errors[0].message


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize(
    ("table", "many", "sought", "indexes"),
    [
        ("contact", MANY_CUSTOMERS, SEARCH_CUSTOMERS, {"ix_contact_parts"}),
        ("document", MANY_DOCUMENTS, SEARCH_DOCUMENTS, {"ix_document_parts", "ix_document_supplier_parts"}),
    ],
)
async def test_a_company_of_three_thousand_rows_is_searched_by_indexes_of_its_own(
    office: Office, table: str, many: str, sought: str, indexes: set[str]
) -> None:
    others = [await office.connection.fetchval("insert into company (name) values ('O') returning id") for _ in "abc"]
    for company in (office.firm.key, *others):
        await office.connection.execute(many.replace("10100", "3100"), company)
    await office.connection.execute(f"vacuum analyze {table}")  # as autovacuum does: no entries wait beside the index
    text = await office.connection.fetchval(f"explain (format json) {sought}", office.firm.key, "%lambert%", "lambert")
    read = [scan for scan in scans(json.loads(text)[0]["Plan"]) if "Index Cond" in scan]
    assert {scan["Index Name"] for scan in read} == indexes
    assert all("company_id" in scan["Index Cond"] for scan in read)


LOOKED_AT: Final = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
SHORT_LISTS: Final = (
    'search(text: "zq") { customers { totalCount nodes { id } } documents { totalCount nodes { id } } }',
    'customers(filter: {name: {contains: "zq"}}) { totalCount nodes { id } }',
    'documents(kinds: [INVOICE], filter: {search: "z"}) { totalCount }',
    'invoices(filter: {customerName: {contains: "zq"}}) { totalCount nodes { id } }',
)
FOUND_AS_A_WHOLE: Final = (
    'invoices(filter: {structuredCommunication: {eq: "+++260/1234/56789+++"}}) { totalCount nodes { id } }',
    'invoices(filter: {structuredCommunication: {oneOf: ["260123456789", "x"]}}) { totalCount nodes { id } }',
    'invoices(filter: {structuredCommunication: {startsWith: "260/1234"}}) { totalCount nodes { id } }',
    'products(filter: {ean: {eq: "5410001234567"}}) { totalCount nodes { id } }',
    'productByEan(ean: "5410001234567") { id }',
    'customers(filter: {vatNumber: {eq: "BE 0999.999.922"}}) { totalCount nodes { id } }',
    'customers(filter: {email: {contains: "nobody"}}) { totalCount nodes { id } }',
    'purchases(filter: {supplierName: {eq: "xylophone"}}) { totalCount nodes { id } }',
    'purchases(filter: {supplierName: {contains: "xylophone"}}) { totalCount nodes { id } }',
)
"""Criteria of texts that a row may lack, and that an index of the rows which have one serves."""


async def test_a_text_that_nothing_has_is_not_sought_row_by_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statements are explained without the fence of the tests, behind which no index of texts serves."""
    for many in (MANY_CUSTOMERS, MANY_DOCUMENTS, MANY_PRODUCTS):
        await office.connection.execute(many.replace("10100", "2100"), office.firm.key)
    await office.connection.execute("vacuum analyze contact, document, product")
    for selection in (*SHORT_LISTS, *FOUND_AS_A_WHOLE):
        text = await explained(office, monkeypatch, selection)
        found = [
            scan
            for scan in scans(json.loads(text)[0]["Plan"])
            if scan.get("Relation Name") in ("contact", "document", "product")
        ]
        assert found, selection
        looked_at = sum(scan.get(name, 0) * scan["Actual Loops"] for scan in found for name in LOOKED_AT)
        assert looked_at < 4 * NEWEST, selection


async def explained(office: Office, monkeypatch: pytest.MonkeyPatch, selection: str) -> str:
    """How PostgreSQL ran the statement of the owner's question."""
    asked: list[tuple[str, Any]] = []

    async def read(self: Database, sql: str, arguments: Any, **options: Any) -> Any:
        asked.append((sql, arguments))
        raise DatabaseUnavailable(sql)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "read", read)
        with pytest.raises(DatabaseUnavailable):
            await office.see("owner", selection)
    ((sql, arguments),) = asked
    return await office.connection.fetchval(f"explain (analyze, format json) {sql}", *arguments)
