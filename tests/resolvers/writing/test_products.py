"""Products: what the company and the group fill in, prices and margins, and what is one product's alone."""

import asyncio
import uuid
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import pytest

from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import Desk, write_of
from tests.resolvers.writing.test_customers import faults

CREATE, UPDATE, DELETE = (write_of("Product", action) for action in list(WriteAction)[:3])
PLAIN: Final = """product { id number price vatRate vatType nature purchasePrice profitMargin glAccount ean currency
  group { id name } unit { code } version }"""
NONE: Final[Mapping[str, str]] = {}


async def create(desk: Desk, who: str = "owner", **given: Any) -> dict[str, Any]:
    """The payload of a new product, which costs 10 unless something is said of its price."""
    priced = {"price", "profitMargin"} & given.keys()
    usual = {"companyId": desk.firm.id, "name": "Crate", **(NONE if priced else {"price": "10"})}
    return await desk.write(desk.firm[who], CREATE, PLAIN, **{**usual, **given})


async def update(desk: Desk, id_: str, who: str = "owner", **given: Any) -> dict[str, Any]:
    """The payload of a changed product."""
    return await desk.write(desk.firm[who], UPDATE, PLAIN, productId=id_, **given)


async def made(desk: Desk, **given: Any) -> dict[str, Any]:
    """A new product."""
    payload = await create(desk, **given)
    assert payload["errors"] == []
    return payload["product"]


# --- what is filled in


async def test_what_is_left_out_has_the_companys_values(desk: Desk) -> None:
    product = await made(desk)
    assert (product["vatRate"], product["vatType"], product["nature"]) == ("21.00", "EXCL", "GOODS")
    settings = "insert into company_settings (company_id, vat_rate, prices_incl) values ($1, 6, true)"
    await desk.connection.execute(settings, desk.firm.key)
    product = await made(desk)
    assert (product["vatRate"], product["vatType"]) == ("6.00", "INCL")
    product = await made(desk, vatRate="12", vatType="EXCL", nature="SERVICE")
    assert (product["vatRate"], product["vatType"], product["nature"]) == ("12.00", "EXCL", "SERVICE")
    assert faults(await create(desk, vatRate="7")) == [("vatRate", "NOT_ALLOWED")]
    assert faults(await update(desk, product["id"], vatRate="7")) == [("vatRate", "NOT_ALLOWED")]
    await desk.connection.execute("delete from company_settings where company_id = $1", desk.firm.key)


async def test_a_product_has_the_ledger_account_of_its_group(desk: Desk) -> None:
    make = write_of("ProductGroup", WriteAction.CREATE)
    given = {"companyId": desk.firm.id, "name": "Drinks", "glAccount": "700100"}
    group = (await desk.write(desk.firm["owner"], make, "productGroup { id }", **given))["productGroup"]["id"]
    product = await made(desk, groupId=group)
    assert (product["glAccount"], product["group"]["name"]) == ("700100", "Drinks")
    assert (await made(desk, groupId=group, glAccount="700000"))["glAccount"] == "700000"
    assert (await made(desk, groupId=group, glAccount=None))["glAccount"] is None
    await desk.allow(desk.firm["anna"], App.PRODUCTS)
    hidden = (await create(desk, "anna", groupId=group))["product"]
    stored = "select gl_account from product where id = $1"
    assert hidden["glAccount"] is None
    assert await desk.connection.fetchval(stored, uuid.UUID(hex=hidden["id"][4:])) == "700100"


@pytest.mark.parametrize("type_name", ["Product", "ProductGroup"])
async def test_a_ledger_account_has_to_be_the_companys(desk: Desk, type_name: str) -> None:
    make, change = (write_of(type_name, action) for action in list(WriteAction)[:2])
    given = {"companyId": desk.firm.id, "name": "x", **({"price": "1"} if type_name == "Product" else {})}
    unknown = await desk.write(desk.firm["owner"], make, **given, glAccount="799999")
    assert faults(unknown) == [("glAccount", "NOT_FOUND")]
    unknown = await desk.write(desk.firm["owner"], change, **{change.which: await desk.made(type_name)}, glAccount="1")
    assert faults(unknown) == [("glAccount", "NOT_FOUND")]


async def test_links_lead_to_what_is_there(desk: Desk) -> None:
    unit = await desk.made("Unit")
    assert (await made(desk, unitId=unit))["unit"] == {"code": "HUR"}
    unknown = await create(desk, unitId=f"uni_{uuid.uuid4().hex}", groupId=f"prg_{uuid.uuid4().hex}")
    assert sorted(faults(unknown)) == [("groupId", "NOT_FOUND"), ("unitId", "NOT_FOUND")]


# --- what is one product's alone


async def test_numbers_and_bar_codes_are_one_products(desk: Desk) -> None:
    first = await made(desk, number="p500000", ean="5412345000013")
    assert (first["number"], (await made(desk))["number"]) == ("P500000", "P500001")
    assert faults(await create(desk, number="P500000")) == [("number", "TAKEN")]
    assert faults(await create(desk, ean="541 2345 000013")) == [("ean", "TAKEN")]
    assert faults(await create(desk, ean="5412345000014")) == [("ean", "CHECK_DIGITS")]
    other = await made(desk)
    assert faults(await update(desk, other["id"], ean="5412345000013")) == [("ean", "TAKEN")]
    await desk.write(desk.firm["owner"], DELETE, productId=first["id"])
    assert faults(await update(desk, other["id"], ean="5412345000013")) == [("ean", "TAKEN")]  # it may come back


# --- prices and margins


@pytest.mark.parametrize(
    ("given", "price", "margin"),
    [
        ({"purchasePrice": "12.50", "profitMargin": "35"}, "16.8800", "35.04"),
        ({"purchasePrice": "12.50", "price": "24.99", "vatType": "INCL"}, "24.9900", "65.22"),
        ({"purchasePrice": "12.50", "price": "16.88"}, "16.8800", "35.04"),
        ({"purchasePrice": "100", "profitMargin": "10", "vatType": "INCL"}, "133.1000", "10.00"),
        ({"purchasePrice": "100", "profitMargin": "10", "vatType": "INCL", "vatRate": "6"}, "116.6000", "10.00"),
        ({"purchasePrice": "31.2345", "price": "45"}, "45.0000", "44.07"),
        ({"purchasePrice": "0", "price": "45"}, "45.0000", None),
        ({"purchasePrice": "0.0001", "price": "9999999999"}, "9999999999.0000", "9999999998999900.00"),
        ({"price": "45"}, "45.0000", None),
    ],
)
async def test_price_and_margin_follow_from_each_other(
    desk: Desk, given: dict[str, str], price: str, margin: str | None
) -> None:
    product = await made(desk, **given)
    assert (product["price"], product["profitMargin"]) == (price, margin)


async def test_a_change_of_either_changes_the_other(desk: Desk) -> None:
    id_ = (await made(desk, purchasePrice="12.50", price="24.99", vatType="INCL"))["id"]
    steps: list[tuple[dict[str, Any], str, str | None]] = [
        ({"vatRate": "6"}, "24.9900", "88.60"),
        ({"profitMargin": "35"}, "17.8900", "35.02"),
        ({"profitMargin": "35.02"}, "17.8900", "35.02"),
        ({"purchasePrice": "10"}, "17.8900", "68.77"),
        ({"vatType": "EXCL"}, "17.8900", "78.90"),
        ({"price": "20"}, "20.0000", "100.00"),
        ({"name": "x", "profitMargin": None}, "20.0000", "100.00"),
        ({"purchasePrice": None}, "20.0000", None),
    ]
    for given, price, margin in steps:
        product = (await update(desk, id_, **given))["product"]
        assert (product["price"], product["profitMargin"]) == (price, margin), given
    assert (await update(desk, id_))["product"]["version"] == len(steps)  # one of them changed nothing


async def test_a_hidden_margin_follows_the_price(desk: Desk) -> None:
    id_ = (await made(desk, purchasePrice="8", price="10"))["id"]
    await desk.allow(desk.firm["anna"], App.PRODUCTS)
    product = (await update(desk, id_, "anna", price="12"))["product"]
    assert (product["price"], product["profitMargin"]) == ("12.0000", None)
    assert (await update(desk, id_))["product"]["profitMargin"] == "50.00"


async def test_a_hidden_margin_that_would_follow_is_no_change(desk: Desk) -> None:
    made_ = await made(desk, purchasePrice="8", price="10")
    await desk.firm.connection.execute(
        "update product set profit_margin = 1 where id = $1", uuid.UUID(hex=made_["id"][4:])
    )
    await desk.allow(desk.firm["anna"], App.PRODUCTS)
    assert (await update(desk, made_["id"], "anna", price="10"))["product"]["version"] == made_["version"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"price": "10", "profitMargin": "5", "purchasePrice": "8"}, [("profitMargin", "COMBINATION")]),
        ({"profitMargin": "5"}, [("price", "REQUIRED")]),
        ({"price": None}, [("price", "REQUIRED")]),
        ({"profitMargin": "9999999.99", "purchasePrice": "9999999999"}, [("profitMargin", "RANGE")]),
        ({"price": "-0.01"}, [("price", "RANGE")]),
        ({"price": "0.00001"}, [("price", "DECIMALS")]),
        ({"price": "10000000000"}, [("price", "RANGE")]),
    ],
)
async def test_a_price_that_there_is_not_is_refused(
    desk: Desk, given: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert faults(await create(desk, **given)) == found
    if "price" not in given:
        assert faults(await update(desk, (await made(desk))["id"], **given)) == found


# --- lists with a key of their own

LISTS: Final = "product { version tierPrices { price tier { name } } translations { language name text } }"


async def test_prices_are_merged_by_their_tiers(desk: Desk) -> None:
    owner, make = desk.firm["owner"], write_of("PriceTier", WriteAction.CREATE)
    tiers = [
        (await desk.write(owner, make, "priceTier { id }", companyId=desk.firm.id, name=name))["priceTier"]["id"]
        for name in ("bar", "shop")
    ]
    first = [{"tierId": tiers[0], "price": "8.5"}, {"tierId": tiers[1], "price": "9"}]
    id_ = (await made(desk, tierPrices=first))["id"]
    for given, prices, version in (
        ([(tiers[1], "7.1234")], {"bar": "8.5000", "shop": "7.1234"}, 2),
        ([(tiers[1], "7.1234")], {"bar": "8.5000", "shop": "7.1234"}, 2),
        ([(tiers[0], None), (tiers[1], "7")], {"shop": "7.0000"}, 3),
        ([], {"shop": "7.0000"}, 3),
    ):
        items = [{"tierId": tier, "price": price} for tier, price in given]
        product = (await desk.write(owner, UPDATE, LISTS, productId=id_, tierPrices=items))["product"]
        assert {one["tier"]["name"]: one["price"] for one in product["tierPrices"]} == prices
        assert product["version"] == version
    unknown = {"tierId": f"prt_{uuid.uuid4().hex}", "price": "1"}
    assert faults(await update(desk, id_, tierPrices=[unknown])) == [("tierPrices.0.tierId", "NOT_FOUND")]
    assert faults(await update(desk, id_, tierPrices=[{**unknown, "price": "-1"}])) == [("tierPrices.0.price", "RANGE")]
    await desk.allow(desk.firm["anna"], App.PRODUCTS)
    assert faults(await update(desk, id_, "anna", tierPrices=[])) == [("tierPrices", "APP_REQUIRED")]


async def test_translations_are_merged_by_their_languages(desk: Desk) -> None:
    owner = desk.firm["owner"]
    french, dutch = {"language": "FR", "name": "Bac", "text": "24 bouteilles"}, {"language": "NL", "name": "Bak"}
    id_ = (await made(desk, translations=[french, dutch]))["id"]
    given = [{"language": "NL", "name": "Krat"}, {"language": "DE", "name": "Kasten"}, {"language": "EN", "name": None}]
    product = (await desk.write(owner, UPDATE, LISTS, productId=id_, translations=given))["product"]
    assert product["translations"] == [
        {"language": "DE", "name": "Kasten", "text": None}, french, {"language": "NL", "name": "Krat", "text": None},
    ]  # fmt: skip
    named = await desk.write(owner, UPDATE, LISTS, productId=id_, translations=[{"language": "FR", "name": "Casier"}])
    assert {**french, "name": "Casier"} in named["product"]["translations"], "what an item does not state stays"
    removed = [{"language": "FR", "name": None}]
    product = (await desk.write(owner, UPDATE, LISTS, productId=id_, translations=removed))["product"]
    assert [one["language"] for one in product["translations"]] == ["DE", "NL"]
    twice = await update(desk, id_, translations=[dutch, dutch])
    assert faults(twice) == [("translations.1.language", "COMBINATION")]


# --- components

PARTS: Final = "product { version components { id quantity child { id } } }"


async def compose(desk: Desk, id_: str, *parts: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The payload of a product that gets these components."""
    if "expectedVersion" not in given:
        given["expectedVersion"] = await desk.connection.fetchval(
            "select version from product where id = $1", uuid.UUID(hex=id_[4:])
        )
    return await desk.write(desk.firm["owner"], UPDATE, PARTS, productId=id_, components=list(parts), **given)


def part(product: str, quantity: str = "1") -> dict[str, str]:
    """A component."""
    return {"productId": product, "quantity": quantity}


async def test_components_are_replaced_in_their_order_and_keep_their_ids(desk: Desk) -> None:
    crate, *parts = [(await made(desk))["id"] for _ in range(4)]
    first = await compose(desk, crate, part(parts[0], "24"), part(parts[1]), part(parts[0], "0.5"))
    bottle, empty, half = first["product"]["components"]
    assert [(one["child"]["id"], one["quantity"]) for one in (bottle, empty, half)] == [
        (parts[0], "24.000"), (parts[1], "1.000"), (parts[0], "0.500"),
    ]  # fmt: skip
    kept = [{"id": half["id"]}, part(parts[2]), {"id": bottle["id"], "quantity": "12"}]
    second = (await compose(desk, crate, *kept))["product"]
    assert [(one["child"]["id"], one["quantity"]) for one in second["components"]] == [
        (parts[0], "0.500"), (parts[2], "1.000"), (parts[0], "12.000"),
    ]  # fmt: skip
    assert [one["id"] for one in second["components"]][::2] == [half["id"], bottle["id"]]
    same = (await compose(desk, crate, *({"id": one["id"]} for one in second["components"])))["product"]
    assert (same["version"], second["version"]) == (3, 3)
    assert faults(await compose(desk, crate, {"id": empty["id"]})) == [("components.0.id", "NOT_FOUND")]
    assert faults(await update(desk, crate, components=[])) == [("expectedVersion", "REQUIRED")]
    assert (await compose(desk, crate))["product"]["components"] == []


async def test_a_component_is_a_product_that_is_there(desk: Desk) -> None:
    crate, gone, bottle = [(await made(desk))["id"] for _ in range(3)]
    assert faults(await compose(desk, crate, part(gone), part(bottle))) == []
    await desk.write(desk.firm["owner"], DELETE, productId=gone)
    components = await desk.write(desk.firm["owner"], UPDATE, PARTS, productId=crate)
    ids = [one["id"] for one in components["product"]["components"]]
    assert faults(await compose(desk, crate, *({"id": id_, "quantity": "3"} for id_ in ids))) == []  # it stays
    foreign = await desk.write(desk.other["owner"], CREATE, PLAIN, companyId=desk.other.id, name="x", price="1")
    for unknown in (gone, f"pro_{uuid.uuid4().hex}", foreign["product"]["id"], "x"):
        found = faults(await compose(desk, crate, part(bottle), part(unknown)))
        assert found == [("components.1.productId", "NOT_FOUND")]
    assert faults(await compose(desk, crate, {"productId": bottle})) == [("components.0.quantity", "REQUIRED")]
    assert faults(await compose(desk, crate, part(bottle, "0"))) == [("components.0.quantity", "RANGE")]
    assert faults(await compose(desk, crate, *[part(bottle)] * 51)) == [("components", "TOO_LONG")]
    assert faults(await compose(desk, crate, *[part(bottle)] * 50)) == []


async def test_a_component_may_be_named_by_the_key_of_its_creation(desk: Desk) -> None:
    crate, bottle = (await made(desk))["id"], (await made(desk, idempotencyKey="bottle"))["id"]
    made_of = (await compose(desk, crate, part("key:bottle", "6")))["product"]["components"]
    assert [one["child"]["id"] for one in made_of] == [bottle]
    unknown = [{"id": made_of[0]["id"], "productId": "key:none"}, part("key:none")]
    assert faults(await compose(desk, crate, *unknown)) == [
        ("components.0.productId", "NOT_FOUND"), ("components.1.productId", "NOT_FOUND"),
    ]  # fmt: skip


async def test_a_group_may_be_named_by_the_key_of_its_creation(desk: Desk) -> None:
    make = write_of("ProductGroup", WriteAction.CREATE)
    given = {"companyId": desk.firm.id, "name": "Snacks", "glAccount": "700100", "idempotencyKey": "snacks"}
    await desk.write(desk.firm["owner"], make, "productGroup { id }", **given)
    product = await made(desk, groupId="key:snacks")
    assert (product["group"]["name"], product["glAccount"]) == ("Snacks", "700100")


async def test_no_product_is_made_of_itself_and_five_levels_are_the_most(desk: Desk) -> None:
    levels = [(await made(desk))["id"] for _ in range(7)]
    for whole, below in pairwise(levels[:6]):
        assert faults(await compose(desk, whole, part(below))) == []
    assert faults(await compose(desk, levels[5], part(levels[6]))) == [("components.0.productId", "RANGE")]
    assert faults(await compose(desk, levels[6], part(levels[0]))) == [("components.0.productId", "RANGE")]
    for above in (levels[0], levels[3], levels[5]):
        found = faults(await compose(desk, levels[5], part(above)))
        assert ("components.0.productId", "COMBINATION") in found
    created = await create(desk, components=[part(levels[0])])
    assert faults(created) == [("components.0.productId", "RANGE")]
    assert faults(await create(desk, components=[part(levels[1])])) == []


async def test_of_two_that_contain_each_other_at_once_one_is_refused(desk: Desk) -> None:
    for _ in range(3):
        one, other = [(await made(desk))["id"] for _ in range(2)]
        answers = await asyncio.gather(
            compose(desk, one, part(other), expectedVersion=1), compose(desk, other, part(one), expectedVersion=1)
        )
        assert sorted(map(str, map(faults, answers))) == sorted(
            map(str, ([], [("components.0.productId", "COMBINATION")]))
        )


# --- stock

STOCK: Final = """product { version trackStockSince stockWarning actualStock
  stockMovements { nodes { quantity reason by { firstName } } } }"""


async def count(desk: Desk, id_: str, **given: Any) -> dict[str, Any]:
    """The payload of a product whose stock is looked at."""
    return await desk.write(desk.firm["owner"], UPDATE, STOCK, productId=id_, **given)


def moved(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """The movements of the product, the newest first."""
    return [(one["quantity"], one["reason"]) for one in payload["product"]["stockMovements"]["nodes"]]


async def test_a_counting_begins_with_what_is_there(desk: Desk) -> None:
    id_ = (await made(desk, trackStock=True, openingStock="24.5", stockWarning="6"))["id"]
    first = await count(desk, id_)
    assert (first["product"]["actualStock"], first["product"]["stockWarning"]) == ("24.500", "6.000")
    assert moved(first) == [("24.500", "OPENING")]
    assert first["product"]["stockMovements"]["nodes"][0]["by"] is not None
    again = await count(desk, id_, trackStock=True)
    assert (again["product"]["trackStockSince"], again["product"]["version"], moved(again)) == (
        first["product"]["trackStockSince"], 1, moved(first),
    )  # fmt: skip
    ended = await count(desk, id_, trackStock=False)
    assert (ended["product"]["trackStockSince"], ended["product"]["actualStock"]) == (None, None)
    assert moved(ended) == moved(first)  # movements stay
    begun = await count(desk, id_, trackStock=True, openingStock="20")
    assert (begun["product"]["actualStock"], moved(begun)) == ("20.000", [("-4.500", "OPENING"), *moved(first)])


async def test_a_counting_without_a_stock_begins_as_it_stands(desk: Desk) -> None:
    begun = await count(desk, (await made(desk))["id"], trackStock=True)
    assert (begun["product"]["actualStock"], moved(begun)) == ("0.000", [("0.000", "OPENING")])


async def test_a_stock_at_the_beginning_needs_a_beginning(desk: Desk) -> None:
    refused = [("openingStock", "COMBINATION")]
    assert faults(await create(desk, openingStock="1")) == refused
    assert faults(await create(desk, openingStock="1", trackStock=False)) == refused
    counted, other = (await made(desk, trackStock=True))["id"], (await made(desk))["id"]
    for id_ in (counted, other):
        assert faults(await count(desk, id_, openingStock="1")) == refused
    assert faults(await count(desk, counted, openingStock="1", trackStock=True)) == refused
    assert moved(await count(desk, counted)) == [("0.000", "OPENING")]
    assert faults(await create(desk, openingStock="-1", trackStock=True)) == [("openingStock", "RANGE")]
