"""What the apps around products and contacts derive: right for who may know it, and no more than that for others."""

import datetime
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

APPS = (
    "STOCK", "UNITS", "PRICE_TIERS", "COMPOSITE_PRODUCTS", "BARCODE_SCANNER", "PROSPECTS", "QUOTE_REQUESTS",
    "DELIVERY_ADDRESSES", "SITE_ADDRESSES",
)  # fmt: skip
GRANT = """
update membership set toggles = toggles | (select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1))
  from app where id = any($3::text[]))
where company_id = $1 and id = $2
"""
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Shop:
    """A company with the apps, where rows are written directly and people ask the product."""

    ask: Asker
    firm: Firm
    connection: Connection

    async def grant(self, who: str, *apps: str) -> None:
        """Switch toggles on."""
        await self.connection.execute(GRANT, self.firm.key, self.firm[who].membership, apps)

    async def add(self, table: str, **columns: Any) -> uuid.UUID:
        """Write a row; gives its key."""
        names = ", ".join(columns)
        places = ", ".join(f"${n}" for n in range(2, len(columns) + 2))
        statement = f"insert into {table} (company_id, {names}) values ($1, {places}) returning id"
        return await self.connection.fetchval(statement, self.firm.key, *columns.values())

    async def product(self, number: int, **columns: Any) -> uuid.UUID:
        """A product called after its number."""
        known = {"sequence_number": number, "number": f"P{number}", "name": f"Product {number}"}
        return await self.add("product", **known, price=Decimal(5), vat_rate=Decimal(21), **columns)

    async def contact(self, number: int, **columns: Any) -> uuid.UUID:
        """A contact called after its number."""
        return await self.add(
            "contact", sequence_number=number, number=f"C{number}", name=f"Contact {number}", kind="BUSINESS", **columns
        )

    async def document(self, number: int, kind: str, **columns: Any) -> uuid.UUID:
        """A document without lines."""
        totals = dict.fromkeys(("total_excl", "total_vat", "total_incl", "total_incl_base"), Decimal(0))
        known = {"kind": kind, "number": f"{kind} {number}", "sequence_number": number, "status": "SENT"}
        return await self.add("document", date=NOON.date(), **known, **totals, **columns)

    async def move(self, product: uuid.UUID, quantity: int, **columns: Any) -> None:
        """Stock that comes or goes."""
        known = {"reason": "SALE", "at": NOON, **columns}
        await self.add("stock_movement", product_id=product, quantity=Decimal(quantity), **known)

    async def see(self, who: str, selection: str) -> Answer:
        """What somebody gets of the company."""
        query = f"query ($id: ID!) {{ company(id: $id) {{ {selection} }} }}"
        return await self.ask(self.firm[who].token, query, id=self.firm.id)

    async def read(self, who: str, selection: str) -> Any:
        """The same without errors or notes."""
        answer = await self.see(who, selection)
        assert (answer.errors, answer.hidden) == ((), ())
        return answer.data["company"]


@pytest.fixture
async def shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=2, share=2)), await connect(dsn)
    firm = await Firm.found(connection, *APPS)
    await connection.execute("insert into company_settings (company_id) values ($1) on conflict do nothing", firm.key)
    yield Shop(Asker(Executor(database)), firm, connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def hidden(answer: Answer) -> list[tuple[str, str | None]]:
    """The last key of each hidden selection and the app that it needs."""
    return [(note.path[-1], note.app) for note in answer.hidden]


# --- stock

STOCK = "products(orderBy: [NUMBER_ASC]) { nodes { number actualStock virtualStock } }"


async def test_actual_stock_is_what_moved_and_virtual_stock_without_what_is_reserved(shop: Shop) -> None:
    product, _ = await shop.product(1, track_stock_since=NOON), await shop.product(2)
    for quantity, kind in ((40, "MOVED"), (-12, "MOVED"), (-5, "RESERVED")):
        await shop.move(product, quantity, kind=kind)
    counted, uncounted = (await shop.read("owner", STOCK))["products"]["nodes"]
    assert counted == {"number": "P1", "actualStock": "28.000", "virtualStock": "23.000"}
    assert uncounted == {"number": "P2", "actualStock": None, "virtualStock": None}


async def test_a_reservation_is_no_movement(shop: Shop) -> None:
    product = await shop.product(1, track_stock_since=NOON)
    await shop.move(product, 40)
    await shop.move(product, -5, kind="RESERVED")
    listed = "stockMovements { totalCount nodes { quantity } }"
    found = await shop.read("owner", f"{listed} products {{ nodes {{ {listed} }} }}")
    assert found["stockMovements"] == {"totalCount": 1, "nodes": [{"quantity": "40.000"}]}
    assert found["products"]["nodes"][0]["stockMovements"] == found["stockMovements"]


async def test_stock_stays_the_same_for_who_may_not_see_the_document_behind_it(shop: Shop) -> None:
    product = await shop.product(1, track_stock_since=NOON)
    await shop.move(product, -3, document_id=await shop.document(1, "INVOICE"))
    await shop.grant("anna", "STOCK")
    await shop.grant("bram", "STOCK", "INVOICES")
    selection = "stockMovements { nodes { quantity document { number } product { actualStock } } }"
    for who, document in (("anna", None), ("bram", {"number": "INVOICE 1"})):
        (moved,) = (await shop.read(who, selection))["stockMovements"]["nodes"]
        assert moved == {"quantity": "-3.000", "document": document, "product": {"actualStock": "-3.000"}}


async def test_low_stock_is_what_is_counted_and_at_its_warning_or_below(shop: Shop) -> None:
    for number, (warning, stock) in enumerate(((5, 5), (5, 6), (None, 0), (5, -2)), start=1):
        warned = None if warning is None else Decimal(warning)
        await shop.move(await shop.product(number, track_stock_since=NOON, stock_warning=warned), stock)
    await shop.product(5, stock_warning=Decimal(5))
    few = 'few: lowStock(filter: {name: {contains: "4"}}) { totalCount }'
    low = await shop.read("owner", f"lowStock {{ totalCount nodes {{ number }} }} {few} stockBasis")
    assert low["lowStock"] == {"totalCount": 2, "nodes": [{"number": "P1"}, {"number": "P4"}]}
    assert (low["few"], low["stockBasis"]) == ({"totalCount": 1}, "INVOICES")
    await shop.grant("anna", "INVOICES")
    answer = await shop.see("anna", "lowStock { totalCount } stockBasis")
    assert answer.data["company"] == {"lowStock": None, "stockBasis": None}
    assert hidden(answer) == [("lowStock", "STOCK"), ("stockBasis", "STOCK")]


# --- products


async def test_a_bar_code_finds_its_product_and_no_other(shop: Shop) -> None:
    for number, ean in ((2, "5410001000000"), (1, "5410001000017"), (3, None)):
        await shop.product(number, ean=ean)
    scan = 'found: productByEan(ean: "5410001000000") { number } none: productByEan(ean: "1") { number }'
    assert await shop.read("owner", scan) == {"found": {"number": "P2"}, "none": None}
    answer = await shop.see("anna", scan)
    assert answer.data["company"] == {"found": None, "none": None}
    assert hidden(answer) == [("found", "BARCODE_SCANNER"), ("none", "BARCODE_SCANNER")]
    assert (await shop.see("owner", r'productByEan(ean: "\u0000") { number }')).codes == ["BAD_USER_INPUT"]


async def test_a_product_with_parts_is_composite_and_lists_them_in_their_order(shop: Shop) -> None:
    crate, bottle, empty = [await shop.product(number) for number in (1, 2, 3)]
    for position, (child, quantity) in enumerate(((bottle, 24), (empty, 1)), start=1):
        await shop.add("product_component", product_id=crate, child_id=child, position=position, quantity=quantity)
    selection = "products(orderBy: [NUMBER_ASC]) { nodes { isComposite components { quantity child { number } } } }"
    first, *others = (await shop.read("owner", selection))["products"]["nodes"]
    assert first["isComposite"] is True
    assert [(part["child"]["number"], part["quantity"]) for part in first["components"]] == [
        ("P2", "24.000"),
        ("P3", "1.000"),
    ]
    assert others == [{"isComposite": False, "components": []}] * 2
    answer = await shop.see("anna", selection)
    assert answer.data["company"]["products"]["nodes"][0] == {"isComposite": None, "components": None}


async def test_a_filter_by_unit_or_tier_needs_the_app(shop: Shop) -> None:
    unit, tier = (
        await shop.add("unit", code="XCR", name="Casier", symbol="cas."),
        await shop.add("price_tier", name="A"),
    )
    product = await shop.product(1, unit_id=unit)
    await shop.product(2)
    await shop.add("tier_price", product_id=product, tier_id=tier, price=Decimal("4.5"))
    await shop.contact(1, price_tier_id=tier)
    selection = (
        f'products(filter: {{unit: {{eq: "uni_{unit.hex}"}}}}) {{ nodes {{ number }} }} '
        f'customers(filter: {{priceTier: {{eq: "prt_{tier.hex}"}}}}) {{ nodes {{ number }} }}'
    )
    found = await shop.read("owner", selection)
    assert found == {"products": {"nodes": [{"number": "P1"}]}, "customers": {"nodes": [{"number": "C1"}]}}
    answer = await shop.see("anna", selection)
    assert answer.data["company"] == {"products": None, "customers": None}
    assert answer.codes == ["APP_REQUIRED"] * 2


# --- contacts


async def test_a_document_shows_an_address_only_as_what_it_is(shop: Shop) -> None:
    customer = await shop.contact(1)
    site = await shop.add("contact_address", customer_id=customer, kind="SITE", name="Chantier")
    await shop.document(1, "INVOICE", customer_id=customer, site_address_id=site, delivery_address_id=site)
    both = "deliveryAddress { name } siteAddress { name }"
    lists = "deliveryAddresses { name } siteAddresses { name }"
    selection = f"invoices {{ nodes {{ {both} }} }} customers {{ nodes {{ {lists} }} }}"
    found = await shop.read("owner", selection)
    assert found["invoices"]["nodes"] == [{"deliveryAddress": None, "siteAddress": {"name": "Chantier"}}]
    assert found["customers"]["nodes"] == [{"deliveryAddresses": [], "siteAddresses": [{"name": "Chantier"}]}]
    await shop.grant("anna", "INVOICES", "DELIVERY_ADDRESSES")
    answer = await shop.see("anna", selection)
    assert answer.data["company"]["invoices"]["nodes"] == [{"deliveryAddress": None, "siteAddress": None}]
    assert answer.data["company"]["customers"]["nodes"] == [{"deliveryAddresses": [], "siteAddresses": None}]


async def test_a_request_follows_the_prospect_that_becomes_a_customer(shop: Shop) -> None:
    asker = await shop.contact(1, is_customer=False, prospect_since=NOON)
    await shop.contact(2, is_customer=False, is_supplier=True)
    request = await shop.add("quote_request", contact_id=asker, subject="Chaudière", received_at=NOON)
    await shop.document(1, "QUOTE", quote_request_id=request)
    selection = """
    prospects { nodes { number } } customers { totalCount } quotes { nodes { request { subject } } }
    quoteRequests { nodes { status prospect { name } customer { name } quotes { number } } }
    """
    found = await shop.read("owner", selection)
    assert (found["prospects"]["nodes"], found["customers"]["totalCount"]) == ([{"number": "C1"}], 0)
    assert found["quotes"]["nodes"] == [{"request": {"subject": "Chaudière"}}]
    quotes = [{"number": "QUOTE 1"}]
    one = {"status": "NEW", "prospect": {"name": "Contact 1"}, "customer": None, "quotes": quotes}
    assert found["quoteRequests"]["nodes"] == [one]
    await shop.connection.execute("update contact set is_customer = true where id = $1", asker)
    found = await shop.read("owner", selection)
    assert (found["prospects"]["nodes"], found["customers"]["totalCount"]) == ([], 1)
    assert found["quoteRequests"]["nodes"] == [{**one, "prospect": None, "customer": {"name": "Contact 1"}}]


async def test_who_asks_for_a_quote_is_hidden_while_it_is_a_prospect(shop: Shop) -> None:
    asker = await shop.contact(1, is_customer=False, prospect_since=NOON)
    await shop.add("quote_request", contact_id=asker, subject="Chaudière", received_at=NOON)
    await shop.grant("anna", "QUOTE_REQUESTS")
    answer = await shop.see("anna", "quoteRequests { nodes { subject prospect { name } quotes { number } } }")
    assert answer.data["company"]["quoteRequests"]["nodes"] == [
        {"subject": "Chaudière", "prospect": None, "quotes": None}
    ]
    assert hidden(answer) == [("prospect", "PROSPECTS"), ("quotes", "QUOTES")]
