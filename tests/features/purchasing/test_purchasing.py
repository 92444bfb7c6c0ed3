"""purchases.py: who buys and sells, what was made of an order, which tax may be deducted, for whom."""

import json
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from schema.apps import CATALOGUE, App
from tests.golden.world import World
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

APPS: Final = ("PURCHASES", "PURCHASE_ORDERS", "SELF_BILLING", "GL_ACCOUNTS", "CURRENCIES")

ADD_CONTACT: Final = """
insert into contact (company_id, sequence_number, number, name, kind, is_customer, is_supplier, iban)
select $1, count(*) + 1, 'C' || count(*) + 1, $2, 'BUSINESS', $3, $4, 'BE68539007547034'
from contact where company_id = $1
returning id
"""
ADD_DOCUMENT: Final = """
insert into document (company_id, kind, sequence_number, number, date, status, supplier_id, customer_id, supplier_name,
                      source_document_id, paid_on, total_excl, total_vat, total_incl, total_incl_base)
select $1, $2, count(*) + 1, count(*) + 1, $3, 'PAID', $4, $5, 'As printed', $6, $3, 100, 21, 121, 121
from document where company_id = $1 and kind = $2
returning id
"""
ADD_LINE: Final = """
insert into document_line (company_id, document_id, position, name, quantity, price, vat_rate, total_excl, total_vat,
                           total_incl, deductible)
select $1, $2, count(*) + 1, 'Diesel', 1, 1, 21, 0, $3, $3, $4 from document_line where document_id = $2
"""
GIVE: Final = "update membership set toggles = set_bit(toggles, $2, 1) where id = $1"


@dataclass(frozen=True, slots=True)
class Trader:
    """A firm that buys, and how the product is asked there."""

    ask: Asker
    firm: Firm
    connection: Connection

    async def contact(self, name: str, *, customer: bool = False, supplier: bool = False) -> uuid.UUID:
        return await self.connection.fetchval(ADD_CONTACT, self.firm.key, name, customer, supplier)

    async def document(
        self,
        kind: str,
        day: int,
        supplier: uuid.UUID | None = None,
        customer: uuid.UUID | None = None,
        source: uuid.UUID | None = None,
    ) -> uuid.UUID:
        return await self.connection.fetchval(
            ADD_DOCUMENT, self.firm.key, kind, date(2026, 3, day), supplier, customer, source
        )

    async def line(self, document: uuid.UUID, vat: str, deductible: str | None) -> None:
        share = None if deductible is None else Decimal(deductible)
        await self.connection.execute(ADD_LINE, self.firm.key, document, Decimal(vat), share)

    async def only(self, who: str, *apps: App) -> None:
        """Give somebody these apps and no others."""
        member = self.firm[who].membership
        await self.connection.execute(
            "update membership set toggles = repeat('0', 256)::bit(256) where id = $1", member
        )
        for app in (*apps, App.CUSTOMERS, App.PRODUCTS):
            await self.connection.execute(GIVE, member, CATALOGUE[app].position)

    async def see(self, selection: str, by: str = "owner") -> Answer:
        """What somebody gets of the company."""
        return await self.ask(self.firm[by].token, f'{{ company(id: "{self.firm.id}") {{ {selection} }} }}')


@pytest.fixture(scope="module")
async def place(databases: Databases, template: str) -> AsyncGenerator[tuple[Asker, Connection]]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=2, share=2)), await connect(dsn)
    yield Asker(Executor(database)), connection
    await connection.close()
    await database.close()
    await databases.drop(dsn)


@pytest.fixture
async def trader(place: tuple[Asker, Connection]) -> Trader:
    ask, connection = place
    return Trader(ask, await Firm.found(connection, *APPS), connection)


def purchases(answer: Answer) -> list[Any]:
    return answer.data["company"]["purchases"]["nodes"]


# Suppliers


async def test_one_contact_may_be_customer_and_supplier(trader: Trader) -> None:
    both = await trader.contact("Garage Both", customer=True, supplier=True)
    await trader.contact("Only buys", customer=True)
    await trader.contact("Only sells", supplier=True)
    seen = await trader.see(
        "customers { nodes { id name supplier { id iban } } } suppliers { nodes { id name customer { id } } }"
    )
    assert [(row["name"], row["supplier"]) for row in seen.data["company"]["customers"]["nodes"]] == [
        ("Garage Both", {"id": f"sup_{both.hex}", "iban": "BE68539007547034"}),
        ("Only buys", None),
    ]
    assert [(row["name"], row["customer"]) for row in seen.data["company"]["suppliers"]["nodes"]] == [
        ("Garage Both", {"id": f"cus_{both.hex}"}),
        ("Only sells", None),
    ]


async def test_without_purchases_nobody_learns_who_sells(trader: Trader) -> None:
    both = await trader.contact("Garage Both", customer=True, supplier=True)
    sells = await trader.contact("Only sells", supplier=True)
    await trader.only("anna", App.PURCHASE_ORDERS, App.INVOICES)
    seen = await trader.see(
        "suppliers { totalCount } customers { totalCount nodes { name supplier { id } } }", by="anna"
    )
    assert seen.data["company"] == {
        "suppliers": None,
        "customers": {"totalCount": 1, "nodes": [{"name": "Garage Both", "supplier": None}]},
    }
    ids = f'["sup_{both.hex}", "sup_{sells.hex}", "cus_{sells.hex}", "cus_{both.hex}"]'
    nodes = await trader.ask(trader.firm["anna"].token, f"{{ nodes(ids: {ids}) {{ id }} }}")
    assert nodes.data["nodes"] == [None, None, None, {"id": f"cus_{both.hex}"}]


# Orders and purchases


async def test_an_order_and_its_newest_purchase_lead_to_each_other(trader: Trader) -> None:
    supplier = await trader.contact("Brewer", supplier=True)
    order = await trader.document("PURCHASE_ORDER", 1, supplier)
    await trader.document("PURCHASE", 4, supplier, source=order)
    newest = await trader.document("PURCHASE", 9, supplier, source=order)
    await trader.document("PURCHASE", 7, supplier, source=order)
    await trader.document("CREDIT_NOTE", 12, source=order)
    seen = await trader.see(
        "purchaseOrders { nodes { supplier { name } purchase { id } } } purchases { nodes { purchaseOrder { id } } }"
    )
    assert seen.errors == ()
    assert seen.data["company"]["purchaseOrders"]["nodes"] == [
        {"supplier": {"name": "Brewer"}, "purchase": {"id": f"pur_{newest.hex}"}}
    ]
    assert purchases(seen) == [{"purchaseOrder": {"id": f"por_{order.hex}"}}] * 3


async def test_who_orders_but_does_not_buy_sees_the_name_on_the_order_only(trader: Trader) -> None:
    supplier = await trader.contact("Brewer", supplier=True)
    order = await trader.document("PURCHASE_ORDER", 1, supplier)
    await trader.document("PURCHASE", 4, supplier, source=order)
    await trader.only("bram", App.PURCHASE_ORDERS)
    seen = await trader.see(
        "purchaseOrders { nodes { supplierName supplier { name } purchase { id } } } documents { nodes { kind } }",
        by="bram",
    )
    assert seen.data["company"] == {
        "purchaseOrders": {"nodes": [{"supplierName": "As printed", "supplier": None, "purchase": None}]},
        "documents": {"nodes": [{"kind": "PURCHASE_ORDER"}]},
    }
    asked = f'purchaseOrders(filter: {{supplier: {{eq: "sup_{supplier.hex}"}}}}) {{ totalCount }}'
    refused = await trader.see(asked, by="bram")
    assert (refused.data["company"]["purchaseOrders"], refused.codes) == (None, ["APP_REQUIRED"])


async def test_the_seller_on_a_slip_is_a_customer_and_a_purchase_has_none(trader: Trader) -> None:
    seller = await trader.contact("Grower", customer=True)
    await trader.document("PURCHASE_SLIP", 2, customer=seller)
    await trader.document("PURCHASE", 3, await trader.contact("Brewer", supplier=True))
    seen = await trader.see("documents { nodes { kind customer { name purchaseSlips { nodes { paidOn } } } } }")
    assert seen.data["company"]["documents"]["nodes"] == [
        {"kind": "PURCHASE", "customer": None},
        {
            "kind": "PURCHASE_SLIP",
            "customer": {"name": "Grower", "purchaseSlips": {"nodes": [{"paidOn": "2026-03-02"}]}},
        },
    ]


async def test_the_day_of_payment_needs_purchases_and_payments(trader: Trader) -> None:
    await trader.document("PURCHASE", 3)
    await trader.only("anna", App.PURCHASES)
    await trader.only("bram", App.PAYMENTS)
    await trader.only("clara", App.PURCHASES, App.PAYMENTS)
    selection = "purchases { nodes { status paidOn } }"
    assert purchases(await trader.see(selection, by="anna")) == [{"status": "PAID", "paidOn": None}]
    assert (await trader.see(selection, by="bram")).data["company"]["purchases"] is None
    assert purchases(await trader.see(selection, by="clara")) == [{"status": "PAID", "paidOn": "2026-03-03"}]
    sorted_by_it = await trader.see("purchases(orderBy: [PAID_ON_ASC]) { totalCount }", by="anna")
    assert (sorted_by_it.data["company"]["purchases"], sorted_by_it.codes) == (None, ["APP_REQUIRED"])


# Tax


async def test_the_deductible_tax_is_rounded_on_each_line(trader: Trader) -> None:
    fuel = await trader.document("PURCHASE", 3)
    await trader.line(fuel, "10.01", "50")
    await trader.line(fuel, "3.33", "50")
    await trader.line(fuel, "7.40", None)
    await trader.line(fuel, "5.00", "0")
    await trader.document("PURCHASE", 2)
    seen = await trader.see("purchases { nodes { deductibleVat purchaseLines { deductible deductibleVat } } }")
    shares = [
        {"deductible": "50.00", "deductibleVat": "5.01"},
        {"deductible": "50.00", "deductibleVat": "1.67"},
        {"deductible": None, "deductibleVat": "7.40"},
        {"deductible": "0.00", "deductibleVat": "0.00"},
    ]
    assert purchases(seen) == [
        {"deductibleVat": "14.08", "purchaseLines": shares},
        {"deductibleVat": "0.00", "purchaseLines": []},
    ]


async def test_the_demo_deducts_half_of_fuel_and_nothing_of_meals(world: World) -> None:
    rows = await world.connection.fetch(
        """
        select d.id, y.name, d.total_vat from document d
        join company c on c.id = d.company_id and c.name = 'Chauffage Lambert'
        join purchase_category y on y.company_id = d.company_id and y.id = d.category_id
        where y.name in ('Carburant', 'Restaurant et réception', 'Loyers', 'Énergie et eau')
        order by d.date desc limit 60
        """
    )
    ids = [f"pur_{row['id'].hex}" for row in rows]
    async with world.signed_in("lambert") as token:
        outcome = await world.ask(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Purchase { totalVat deductibleVat } } }",
            {"ids": ids},
            token,
        )
    assert outcome.result.data is not None
    for row, found in zip(rows, json.loads(outcome.result.data)["nodes"], strict=True):
        share = {"Carburant": Decimal("0.5"), "Restaurant et réception": Decimal(0)}.get(row["name"], Decimal(1))
        assert abs(Decimal(found["deductibleVat"]) - row["total_vat"] * share) <= Decimal("0.01")
    assert len({row["name"] for row in rows}) == 4
