"""API keys that are narrowed to some apps: what they read and write, and what is told of them."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from resolvers.request import GraphQLRequest
from schema.apps import CATALOGUE
from schema.hidden_fields import HiddenFields
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.shop import Shop, codes, open_shop

USUAL: Final = ("CUSTOMERS", "PRODUCTS")
READ: Final = """
query ($id: ID!) { company(id: $id) {
  access { apps can(app: DISCOUNTS) } customers { nodes { discount currency } } invoices { nodes { id } } } }
"""
LISTED: Final = "query ($id: ID!) { company(id: $id) { apiKeys { label apps } } }"
CREATE: Final = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) {
  customer { discount currency } errors { code field app } } }
"""
MAKE_TIER: Final = "mutation ($input: CreatePriceTierInput!) { createPriceTier(input: $input) { errors { code } } }"
ACTIVATE: Final = "mutation ($input: ActivateAppInput!) { activateApp(input: $input) { errors { code } } }"
APPS: Final = ("API_ACCESS", "DISCOUNTS", "CURRENCIES")


@pytest.fixture(scope="module")
async def shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    async with open_shop(databases, template) as shop:
        yield shop


@pytest.fixture
async def firm(shop: Shop) -> Firm:
    firm = await Firm.found(shop.connection, *APPS, "PRICE_TIERS")
    await shop.toggle(firm, "anna", *APPS, "INVOICES", "PRICE_TIERS")
    return firm


async def read(shop: Shop, firm: Firm, key: str) -> Any:
    """The apps that a key reaches, and the paths that are hidden from it."""
    answer = await shop.ask(key, READ, id=firm.id)
    assert answer.errors == ()
    access = answer.data["company"]["access"]
    assert access["can"] is ("DISCOUNTS" in access["apps"])
    return access["apps"], sorted(".".join(map(str, note.path)) for note in answer.hidden)


async def test_a_key_reads_by_its_own_apps_only(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["anna"].token, companyId=firm.id, apps=["DISCOUNTS"])
    assert await read(shop, firm, key) == (
        [*USUAL, "DISCOUNTS", "API_ACCESS"], ["company.customers.nodes.currency", "company.invoices"],
    )  # fmt: skip
    free, _ = await shop.key(firm["anna"].token, apps=None)
    assert (await read(shop, firm, free))[1] == []


@pytest.mark.parametrize("name", ["owner", "accountant"])
async def test_a_key_of_who_reaches_all_is_narrowed_too(shop: Shop, firm: Firm, name: str) -> None:
    key, _ = await shop.key(firm[name].token, apps=["CURRENCIES", "CURRENCIES"])
    apps, hidden = await read(shop, firm, key)
    assert (apps, hidden) == ([*USUAL, "CURRENCIES", "API_ACCESS"], [
        "company.customers.nodes.discount", "company.invoices",
    ])  # fmt: skip


async def test_a_key_reaches_nothing_that_its_owner_has_lost(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["anna"].token, apps=["DISCOUNTS"])
    await shop.toggle(firm, "anna", "DISCOUNTS", on=False)
    assert (await read(shop, firm, key))[0] == [*USUAL, "API_ACCESS"]
    await shop.toggle(firm, "anna", "DISCOUNTS")
    assert "DISCOUNTS" in (await read(shop, firm, key))[0]


async def test_an_app_may_be_named_before_there_is_a_right(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token, apps=["STOCK"])
    assert (await read(shop, firm, key))[0] == [*USUAL, "API_ACCESS"]
    answer = await shop.ask(firm["owner"].token, ACTIVATE, input={"companyId": firm.id, "app": "STOCK"})
    assert codes(answer, "activateApp") == []
    assert (await read(shop, firm, key))[0] == [*USUAL, "STOCK", "API_ACCESS"]


async def test_a_key_of_no_app_has_what_nobody_is_without(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token, apps=[])
    assert (await read(shop, firm, key))[0] == [*USUAL, "API_ACCESS"]
    assert await shop.enters(key, firm)


async def test_a_key_writes_by_its_own_apps_only(shop: Shop, firm: Firm) -> None:
    key, _ = await shop.key(firm["owner"].token, apps=["DISCOUNTS"])
    given = {"companyId": firm.id, "name": "Zoe", "discount": "5.00", "discountType": "PERCENT"}
    answer = await shop.ask(key, CREATE, input=given)
    assert answer.data["createCustomer"] == {"customer": {"discount": "5.00", "currency": None}, "errors": []}
    refused = await shop.ask(key, CREATE, input={**given, "currency": "EUR"})
    assert refused.data["createCustomer"]["errors"] == [
        {"code": "APP_REQUIRED", "field": ["currency"], "app": "CURRENCIES"}
    ]
    assert (await shop.ask(key, MAKE_TIER, input={"companyId": firm.id, "name": "Retail"})).codes == ["FORBIDDEN"]


async def test_what_a_key_was_not_made_for_is_unknown_in_absent_mode(shop: Shop, firm: Firm) -> None:
    query = "query ($id: ID!) { company(id: $id) { customers { nodes { %s } } } }"
    key, _ = await shop.key(firm["anna"].token, apps=["DISCOUNTS"], hiddenFields="ABSENT")
    seen = [
        (await shop.executor.execute(
            GraphQLRequest(query % name, variables={"id": firm.id}, token=key, hidden_fields=HiddenFields.ABSENT)
        )).errors
        for name in ("discount", "currency")
    ]  # fmt: skip
    assert [[error.code.value for error in errors] for errors in seen] == [[], ["GRAPHQL_VALIDATION_FAILED"]]


async def test_the_apps_of_a_key_are_told_to_its_owner_and_the_companys(shop: Shop, firm: Firm) -> None:
    made = await shop.create(firm["anna"].token, label="Narrow", apps=["INVOICES"])
    narrowed = [*USUAL, "INVOICES", "API_ACCESS"]
    assert made.data["createApiKey"]["apiKey"]["apps"] == narrowed
    await shop.key(firm["anna"].token, label="Wide", companyId=firm.id, apps=every_app())
    await shop.key(firm["anna"].token, label="Free")
    answer = await shop.ask(firm["owner"].token, LISTED, id=firm.id)
    assert {key["label"]: key["apps"] for key in answer.data["company"]["apiKeys"]} == {
        "Narrow": narrowed, "Wide": every_app(), "Free": None,
    }  # fmt: skip


def every_app() -> list[str]:
    """Every app, in the catalogue's order."""
    return [app.name for app in CATALOGUE]
