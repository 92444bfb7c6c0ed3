"""Customers: their numbers, what is filled in, what goes together, and the rows that belong to them."""

import asyncio
import uuid
from typing import Any, Final

import pytest

from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import Desk, write_of

CREATE, UPDATE, DELETE = (write_of("Customer", action) for action in list(WriteAction)[:3])
PLAIN: Final = """customer { id number kind vatNumber country peppolId paymentTermDays endOfMonth language currency
  contactPersons { id firstName lastName email version } deliveryAddresses { id name }
  siteAddresses { id name } version }"""


async def create(desk: Desk, who: str = "owner", **given: Any) -> dict[str, Any]:
    """The payload of a new customer."""
    return await desk.write(desk.firm[who], CREATE, PLAIN, **{"companyId": desk.firm.id, "name": "Zoé", **given})


async def update(desk: Desk, id_: str, who: str = "owner", **given: Any) -> dict[str, Any]:
    """The payload of a changed customer."""
    return await desk.write(desk.firm[who], UPDATE, PLAIN, customerId=id_, **given)


def faults(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """The paths of the problems, and what is wrong there."""
    return [(".".join(error["field"]), error["reason"] or error["code"]) for error in payload["errors"]]


# --- numbers


async def test_numbers_follow_each_other_without_gaps_for_refusals(desk: Desk) -> None:
    first = (await create(desk))["customer"]["number"]
    assert faults(await create(desk, discount="5")) == [("discountType", "COMBINATION")]
    assert faults(await create(desk, name=" ")) == [("name", "REQUIRED")]
    assert (await create(desk))["customer"]["number"] == f"C{int(first[1:]) + 1:05}"


async def test_a_stated_number_raises_the_counter_and_is_the_companys_only_one(desk: Desk) -> None:
    assert (await create(desk, number="c777"))["customer"]["number"] == "C00777"
    assert (await create(desk))["customer"]["number"] == "C00778"
    taken = await create(desk, number="C777")
    assert (faults(taken), taken["customer"]) == ([("number", "TAKEN")], None)
    assert faults(await create(desk, number="C777", validateOnly=True)) == [("number", "TAKEN")]
    other = await desk.write(
        desk.other["owner"], CREATE, "customer { number }", companyId=desk.other.id, name="x", number="C777"
    )
    assert other["customer"] == {"number": "C00777"}


@pytest.mark.parametrize("is_supplier", [True, False])
async def test_a_number_tells_of_no_prospect_and_no_supplier(desk: Desk, is_supplier: bool) -> None:
    """Who does not see them would count them by trials."""
    hide = "update contact set is_customer = false, is_supplier = $3 where company_id = $1 and number = $2"
    number = (await create(desk, number=f"C{700 + is_supplier}"))["customer"]["number"]
    await desk.connection.execute(hide, desk.firm.key, number, is_supplier)
    assert faults(await create(desk, number=number, validateOnly=True)) == []
    assert faults(await create(desk, number=number)) == []
    assert faults(await create(desk, number=number)) == [("number", "TAKEN")]


async def test_a_number_may_be_changed(desk: Desk) -> None:
    id_ = (await create(desk, number="C900"))["customer"]["id"]
    assert (await update(desk, id_, number="C950"))["customer"]["number"] == "C00950"
    assert (await create(desk))["customer"]["number"] == "C00951"
    assert faults(await update(desk, id_, number="C951")) == [("number", "TAKEN")]
    assert (await update(desk, id_, name="Léa"))["customer"]["number"] == "C00950"


async def test_an_id_of_another_system_is_the_companys_only_one(desk: Desk) -> None:
    assert faults(await create(desk, externalId="shop-1")) == []
    assert faults(await create(desk, externalId="shop-1")) == [("externalId", "TAKEN")]
    hidden = "update contact set is_customer = false where company_id = $1 and external_id = 'shop-1'"
    await desk.firm.connection.execute(hidden, desk.firm.key)
    assert faults(await create(desk, externalId="shop-1", validateOnly=True)) == [], "a prospect's id is no customer's"
    assert faults(await create(desk, externalId="shop-1")) == []
    assert faults(await create(desk, externalId=None)) == faults(await create(desk, externalId=None)) == []


# --- what is filled in


async def test_what_is_left_out_has_the_companys_values(desk: Desk) -> None:
    await desk.connection.execute("update company set language = 'DE', currency = 'USD' where id = $1", desk.firm.key)
    settings = "insert into company_settings (company_id, payment_term_days, end_of_month) values ($1, 45, true)"
    await desk.connection.execute(settings, desk.firm.key)
    customer = (await create(desk))["customer"]
    assert {name: customer[name] for name in ("kind", "country", "paymentTermDays", "endOfMonth", "language")} == {
        "kind": "CONSUMER", "country": "BE", "paymentTermDays": 45, "endOfMonth": True, "language": "DE",
    }  # fmt: skip
    stated = (await create(desk, paymentTermDays=0, endOfMonth=False, language="FR", kind="PUBLIC"))["customer"]
    assert [stated[name] for name in ("paymentTermDays", "endOfMonth", "language", "kind", "currency")] == [
        0, False, "FR", "PUBLIC", "USD",
    ]  # fmt: skip
    hidden = (await create(desk, "anna"))["customer"]
    assert (hidden["language"], hidden["currency"]) == (None, None)
    row = await desk.connection.fetchrow(
        "select language, currency from contact where id = $1", uuid.UUID(hex=hidden["id"][4:])
    )
    assert tuple(row or ()) == ("DE", "USD")


async def test_a_belgian_business_has_a_peppol_id(desk: Desk) -> None:
    customer = (await create(desk, vatNumber="be 999.999.922"))["customer"]
    assert (customer["vatNumber"], customer["kind"], customer["peppolId"]) == (
        "BE0999999922", "BUSINESS", "0208:0999999922",
    )  # fmt: skip


async def test_of_an_app_that_the_company_lacks_nothing_is_filled(desk: Desk) -> None:
    mask = await desk.connection.fetchval("select mask from company where id = $1", desk.firm.key)
    without = "update company set mask = set_bit(mask, (select position from app where id = $2), 0) where id = $1"
    await desk.connection.execute(without, desk.firm.key, App.PEPPOL.name)
    id_ = (await create(desk, vatNumber="BE0999999922"))["customer"]["id"]
    find = "select peppol_id from contact where id = $1"
    assert await desk.connection.fetchval(find, uuid.UUID(hex=id_[4:])) is None
    await desk.connection.execute("update company set mask = $2 where id = $1", desk.firm.key, mask)


# --- what goes together


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"discount": "5"}, [("discountType", "COMBINATION")]),
        ({"discountType": "PERCENT"}, [("discountType", "COMBINATION")]),
        ({"discount": "100.01", "discountType": "PERCENT"}, [("discount", "RANGE")]),
        ({"discount": "100.01", "discountType": "AMOUNT"}, []),
        ({"settlementDiscount": "2"}, [("settlementTermDays", "COMBINATION")]),
        ({"settlementDiscount": "2", "settlementTermDays": 8}, []),
        ({"settlementDiscount": "0", "settlementTermDays": 8}, [("settlementDiscount", "RANGE")]),
        ({"settlementDiscount": "2", "settlementTermDays": 61}, [("settlementTermDays", "RANGE")]),
        ({"vatNumber": "BE0999999923"}, [("vatNumber", "CHECK_DIGITS")]),
        ({"vatNumber": "NL123456782B90", "country": "BE"}, [("vatNumber", "COMBINATION")]),
        ({"vatNumber": "FR83404833048", "country": "MC"}, []),
        ({"number": "C123456789"}, [("number", "FORMAT")]),
        ({"note": "a" + "\u0315\u0300" * 1_000}, [("note", "FORMAT")]),
        ({"postcode": "999"}, [("postcode", "FORMAT")]),
        ({"postcode": "75001", "country": "FR"}, []),
        ({"country": "XX"}, [("country", "FORMAT")]),
        ({"email": "nobody"}, [("email", "FORMAT")]),
        ({"paymentTermDays": 366}, [("paymentTermDays", "RANGE")]),
        ({"priceTierId": "prt_" + "1" * 32}, [("priceTierId", "NOT_FOUND")]),
        ({"priceTierId": "x"}, [("priceTierId", "NOT_FOUND")]),
        ({"mailchimpTags": ["a", " "]}, [("mailchimpTags.1", "REQUIRED")]),
        ({"mailchimpTags": ["x" * 101]}, [("mailchimpTags.0", "TOO_LONG")]),
        ({"mailchimpTags": ["a"] * 51}, [("mailchimpTags", "TOO_LONG")]),
        ({"mailchimpTags": None}, [("mailchimpTags", "REQUIRED")]),
    ],
)  # fmt: skip
async def test_what_does_not_go_together(desk: Desk, given: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert faults(await create(desk, **given)) == found


async def test_an_update_is_judged_by_the_row_that_it_makes(desk: Desk) -> None:
    id_ = (await create(desk, country="FR", postcode="75001", vatNumber="FR40303265045"))["customer"]["id"]
    assert faults(await update(desk, id_, postcode="13002")) == []
    assert faults(await update(desk, id_, country="BE")) == [("postcode", "FORMAT"), ("vatNumber", "COMBINATION")]
    assert faults(await update(desk, id_, country="BE", postcode="1000", vatNumber=None)) == []
    assert faults(await update(desk, id_, discount="5")) == [("discountType", "COMBINATION")]
    assert faults(await update(desk, id_, discount="5", discountType="AMOUNT")) == []
    assert faults(await update(desk, id_, discount=None)) == [("discountType", "COMBINATION")]


async def test_a_pair_that_is_broken_already_keeps_nobody_from_anything_else(desk: Desk) -> None:
    id_ = (await create(desk))["customer"]["id"]
    await desk.connection.execute("update contact set discount = 5 where id = $1", uuid.UUID(hex=id_[4:]))
    assert faults(await update(desk, id_, "anna", name="Max")) == []


# --- tags


async def test_tags_are_replaced_whole_and_each_stands_there_once(desk: Desk) -> None:
    tags = "customer { id version mailchimpTags }"
    made = await desk.write(
        desk.firm["owner"], CREATE, tags, companyId=desk.firm.id, name="x", mailchimpTags=[" vip  gold ", "new", "new"]
    )
    id_ = made["customer"]["id"]
    assert made["customer"]["mailchimpTags"] == ["vip gold", "new"]
    for given, expected, version in ((["new"], ["new"], 2), (["new"], ["new"], 2), ([], [], 3)):
        changed = await desk.write(desk.firm["owner"], UPDATE, tags, customerId=id_, mailchimpTags=given)
        assert (changed["customer"]["mailchimpTags"], changed["customer"]["version"]) == (expected, version)
    assert (await create(desk))["errors"] == []


# --- the people and places of a customer


async def test_people_are_kept_changed_added_and_removed_by_their_ids(desk: Desk) -> None:
    people = [{"firstName": "Ann", "email": "ann@desk.test"}, {"lastName": "Bob"}, {"lastName": "Cas"}]
    customer = (await create(desk, contactPersons=people))["customer"]
    names = {person["firstName"] or person["lastName"]: person["id"] for person in customer["contactPersons"]}
    assert names.keys() == {"Ann", "Bob", "Cas"}
    people = [{"id": names["Ann"], "lastName": "Arr"}, {"id": names["Cas"]}, {"lastName": "Dan"}]
    changed = (await update(desk, customer["id"], contactPersons=people, expectedVersion=1))["customer"]
    members = ("firstName", "lastName", "email", "version")
    assert {tuple(person[name] for name in members) for person in changed["contactPersons"]} == {
        ("Ann", "Arr", "ann@desk.test", 2), ("", "Cas", None, 1), ("", "Dan", None, 1),
    }  # fmt: skip
    assert {person["id"] for person in changed["contactPersons"]} >= {names["Ann"], names["Cas"]}
    assert changed["version"] == 2
    same = [{"id": person["id"]} for person in changed["contactPersons"]]
    assert (await update(desk, customer["id"], contactPersons=same, expectedVersion=2))["customer"]["version"] == 2


async def test_a_list_needs_the_version_that_it_is_based_on(desk: Desk) -> None:
    id_ = (await create(desk))["customer"]["id"]
    payload = await update(desk, id_, contactPersons=[{"lastName": "Bob"}])
    assert faults(payload) == [("expectedVersion", "REQUIRED")]
    assert payload["customer"]["contactPersons"] == []
    stale = await update(desk, id_, contactPersons=[{"lastName": "Bob"}], expectedVersion=7)
    assert faults(stale) == [("expectedVersion", "VERSION_CONFLICT")]


async def test_the_problems_of_items_name_their_places(desk: Desk) -> None:
    customer = (await create(desk, contactPersons=[{"lastName": "Bob"}]))["customer"]
    other = (await create(desk, contactPersons=[{"lastName": "Eve"}]))["customer"]["contactPersons"][0]["id"]
    people = [{"id": customer["contactPersons"][0]["id"], "email": "x"}, {"lastName": "y" * 101}]
    assert faults(await update(desk, customer["id"], contactPersons=people, expectedVersion=1)) == [
        ("contactPersons.0.email", "FORMAT"), ("contactPersons.1.lastName", "TOO_LONG"),
    ]  # fmt: skip
    people = [{"id": other, "lastName": "Bob"}, {"email": "a@desk.test"}]
    assert faults(await update(desk, customer["id"], contactPersons=people, expectedVersion=1)) == [
        ("contactPersons.0.id", "NOT_FOUND"), ("contactPersons.1.lastName", "REQUIRED"),
    ]  # fmt: skip
    twice = [{"id": customer["contactPersons"][0]["id"]}] * 2
    assert faults(await update(desk, customer["id"], contactPersons=twice, expectedVersion=1)) == [
        ("contactPersons.1.id", "COMBINATION")
    ]
    assert faults(await create(desk, contactPersons=[{"id": other}])) == [("contactPersons.0.id", "NOT_FOUND")]
    assert faults(await create(desk, siteAddresses=[{"street": "x"}])) == [("siteAddresses.0.name", "REQUIRED")]
    assert faults(await create(desk, contactPersons=[{"lastName": "x"}] * 101)) == [("contactPersons", "TOO_LONG")]
    assert faults(await create(desk, contactPersons=None)) == [("contactPersons", "REQUIRED")]


async def test_places_that_one_does_not_see_stay(desk: Desk) -> None:
    places: dict[str, Any] = {"deliveryAddresses": [{"name": "Dock"}], "siteAddresses": [{"name": "Site"}]}
    customer = (await create(desk, "owner", **places))["customer"]
    anna = desk.firm["anna"]
    await desk.allow(anna, App.SITE_ADDRESSES)
    refused = await update(desk, customer["id"], "anna", deliveryAddresses=[], expectedVersion=1)
    assert faults(refused) == [("deliveryAddresses", "APP_REQUIRED")]
    assert faults(await update(desk, customer["id"], "anna", siteAddresses=[], expectedVersion=1)) == []
    stolen = [{"id": customer["deliveryAddresses"][0]["id"]}]
    payload = await update(desk, customer["id"], "anna", siteAddresses=stolen, expectedVersion=2)
    assert faults(payload) == [("siteAddresses.0.id", "NOT_FOUND")]
    await desk.allow(anna)
    now = (await update(desk, customer["id"]))["customer"]
    assert (now["deliveryAddresses"], now["siteAddresses"]) == (customer["deliveryAddresses"], [])


async def test_a_deleted_customer_is_in_no_list_until_it_is_restored(desk: Desk) -> None:
    id_ = (await create(desk, name="Gone & Co"))["customer"]["id"]
    query = """query ($id: ID!, $c: ID!) { node(id: $c) { id }
      company(id: $id) { customers(filter: {name: {eq: "Gone & Co"}}) { totalCount } } }"""

    async def seen() -> bytes | None:
        return (await desk.send(desk.firm["owner"], query, id=desk.firm.id, c=id_)).data

    there = await seen()
    await desk.write(desk.firm["owner"], DELETE, customerId=id_)
    assert await seen() == b'{"node":null,"company":{"customers":{"totalCount":0}}}'
    await desk.write(desk.firm["owner"], write_of("Customer", WriteAction.RESTORE), customerId=id_)
    assert await seen() == there


# --- a person by itself

PERSON_CREATE, PERSON_UPDATE, PERSON_DELETE = (write_of("ContactPerson", action) for action in list(WriteAction)[:3])
PERSON: Final = "contactPerson { id lastName version } customer { id version contactPersons { id } }"


async def test_a_person_by_itself_changes_its_customers_version(desk: Desk) -> None:
    owner, id_ = desk.firm["owner"], (await create(desk))["customer"]["id"]
    made = await desk.write(owner, PERSON_CREATE, PERSON, customerId=id_, lastName="Bob")
    person = made["contactPerson"]["id"]
    assert made["customer"] == {"id": id_, "version": 2, "contactPersons": [{"id": person}]}
    changed = await desk.write(owner, PERSON_UPDATE, PERSON, contactPersonId=person, lastName="Rob", expectedVersion=1)
    assert (changed["contactPerson"]["version"], changed["customer"]["version"]) == (2, 3)
    same = await desk.write(owner, PERSON_UPDATE, PERSON, contactPersonId=person, lastName="Rob")
    assert (same["contactPerson"]["version"], same["customer"]["version"]) == (2, 3)
    refused = await desk.write(owner, PERSON_UPDATE, PERSON, contactPersonId=person, lastName="Max", expectedVersion=1)
    assert (faults(refused), refused["customer"]["version"]) == ([("expectedVersion", "VERSION_CONFLICT")], 3)
    gone = await desk.write(owner, PERSON_DELETE, f"deletedId {PERSON}", contactPersonId=person)
    assert (gone["deletedId"], gone["customer"]["contactPersons"], gone["customer"]["version"]) == (person, [], 4)
    find = "select entity, kind, fields, operation from change where key = $1 order by xid, id"
    assert [tuple(row) for row in await desk.connection.fetch(find, uuid.UUID(hex=id_[4:]))][1:] == [
        ("Customer", "CHANGED", ["contactPersons"], f"{verb}ContactPerson") for verb in ("create", "update", "delete")
    ]


async def test_a_deleted_customers_people_are_gone_with_it(desk: Desk) -> None:
    customer = (await create(desk, contactPersons=[{"lastName": "Bob"}]))["customer"]
    await desk.write(desk.firm["owner"], DELETE, customerId=customer["id"])
    payload = await desk.write(
        desk.firm["owner"], PERSON_UPDATE, PERSON, contactPersonId=customer["contactPersons"][0]["id"], lastName="Max"
    )
    assert (faults(payload), payload["customer"]) == ([("contactPersonId", "NOT_FOUND")], None)


async def test_of_people_changed_at_once_none_is_lost(desk: Desk) -> None:
    owner, customer = desk.firm["owner"], (await create(desk, contactPersons=[{"lastName": "Bob"}]))["customer"]
    person = customer["contactPersons"][0]["id"]
    answers = await asyncio.gather(
        *(desk.write(owner, PERSON_CREATE, PERSON, customerId=customer["id"], lastName=f"New {n}") for n in range(2)),
        desk.write(owner, PERSON_UPDATE, PERSON, contactPersonId=person, email="bob@desk.test"),
    )
    assert [faults(answer) for answer in answers] == [[], [], []]
    now = (await update(desk, customer["id"]))["customer"]
    assert (now["version"], len(now["contactPersons"])) == (4, 3)


# --- the company's own fields

MAKE_FIELD: Final = """
insert into contact_field (company_id, name, kind, options, show_on_documents, rank)
values ($1, $2, $2, $3, false, 1) returning id
"""
FIELDS: Final = "customer { version customFields { value field { name } } }"


async def custom_fields(desk: Desk) -> dict[str, str]:
    """The ids of a new field of each kind."""
    found: dict[str, str] = {}
    for kind in ("TEXT", "TEXTAREA", "SELECT", "BOOLEAN"):
        key = await desk.connection.fetchval(MAKE_FIELD, desk.firm.key, kind, ["red", "blue"])
        found[kind] = f"fld_{key.hex}"
    return found


async def enter(desk: Desk, id_: str, *items: tuple[str, str | None], who: str = "owner") -> dict[str, Any]:
    """The payload of an update of some values, each with its field."""
    given = [{"fieldId": field, "value": value} for field, value in items]
    return await desk.write(desk.firm[who], UPDATE, FIELDS, customerId=id_, customFields=given)


def entered(payload: dict[str, Any]) -> dict[str, str]:
    """The values by the names of their fields."""
    return {one["field"]["name"]: one["value"] for one in payload["customer"]["customFields"]}


async def test_values_of_custom_fields_are_merged_by_their_fields(desk: Desk) -> None:
    fields = await custom_fields(desk)
    given = [{"fieldId": fields["TEXT"], "value": " blue  sky "}, {"fieldId": fields["BOOLEAN"], "value": "true"}]
    id_ = (await create(desk, customFields=given))["customer"]["id"]
    changed = await enter(desk, id_, (fields["TEXT"], "grey"), (fields["SELECT"], "red"))
    assert entered(changed) == {"TEXT": "grey", "BOOLEAN": "true", "SELECT": "red"}
    removed = await enter(desk, id_, (fields["BOOLEAN"], None), (fields["TEXTAREA"], None))
    assert (entered(removed), removed["customer"]["version"]) == ({"TEXT": "grey", "SELECT": "red"}, 3)
    same = await enter(desk, id_, (fields["TEXT"], "grey"), (fields["BOOLEAN"], None))
    assert same["customer"]["version"] == 3


async def test_a_value_has_to_fit_its_field(desk: Desk) -> None:
    fields, id_ = await custom_fields(desk), (await create(desk))["customer"]["id"]
    for kind, value in (("SELECT", "green"), ("BOOLEAN", "yes"), ("TEXT", "a\nb"), ("TEXT", "x" * 201)):
        assert faults(await enter(desk, id_, (fields[kind], value))) == [("customFields.0.value", "NOT_ALLOWED")]
    assert faults(await enter(desk, id_, (fields["TEXTAREA"], "a\nb"))) == []
    for unknown in ("x", f"fld_{'1' * 32}", "key:x"):
        assert faults(await enter(desk, id_, (unknown, "a"))) == [("customFields.0.fieldId", "NOT_FOUND")]
    twice = [(fields["TEXT"], "a"), (fields["TEXT"], "b")]
    assert faults(await enter(desk, id_, *twice)) == [("customFields.1.fieldId", "COMBINATION")]
    absent = await update(desk, id_, customFields=[{"fieldId": fields["TEXT"]}])
    assert faults(absent) == [("customFields.0.value", "REQUIRED")]
    assert faults(await enter(desk, id_, (fields["TEXT"], "a"), who="anna")) == [("customFields", "APP_REQUIRED")]


# --- rows that were created by a key


async def test_a_link_may_name_a_row_by_the_key_of_its_own_creation(desk: Desk) -> None:
    owner, anna = desk.firm["owner"], desk.firm["anna"]
    made = await desk.connection.fetchval(
        "insert into price_tier (company_id, name) values ($1, 'Best') returning id", desk.firm.key
    )
    claim = """insert into change (company_id, actor_id, entity, key, kind, operation, idempotency_key)
      values ($1, $2, 'PriceTier', $3, 'CREATED', 'createPriceTier', 'offline-1')"""
    await desk.connection.execute(claim, desk.firm.key, owner.account, made)
    linked = "customer { id priceTier { name } }"
    given: dict[str, Any] = {"companyId": desk.firm.id, "name": "x", "priceTierId": "key:offline-1"}
    customer = (await desk.write(owner, CREATE, linked, **given))["customer"]
    assert customer["priceTier"] == {"name": "Best"}
    assert faults(await desk.write(owner, CREATE, **{**given, "priceTierId": "key:x"})) == [
        ("priceTierId", "NOT_FOUND")
    ]
    await desk.allow(anna, App.PRICE_TIERS)
    assert faults(await desk.write(anna, CREATE, "", **given)) == [("priceTierId", "NOT_FOUND")]
    await desk.allow(anna)
    cleared = await desk.write(owner, UPDATE, linked, customerId=customer["id"], priceTierId=None)
    assert cleared["customer"]["priceTier"] is None
    again = await desk.write(owner, UPDATE, linked, customerId=customer["id"], priceTierId="key:offline-1")
    assert again["customer"]["priceTier"] == {"name": "Best"}
    unknown = await desk.write(owner, UPDATE, linked, customerId=customer["id"], priceTierId="key:no")
    assert faults(unknown) == [("priceTierId", "NOT_FOUND")]
