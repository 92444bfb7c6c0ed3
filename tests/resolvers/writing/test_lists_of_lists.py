"""Items of a list verb with rows of their own: persons and addresses of customers, prices and texts of products."""

import asyncio
import secrets
import uuid
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final

import orjson
import pytest

from db.connection import connect
from gateway.http.rate_limits import RowLimit, Table
from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, EVERY_APP, Desk, write_of
from tests.resolvers.writing.test_customers import custom_fields
from tests.resolvers.writing.test_intruders import PATIENCE, WAITS
from tests.resolvers.writing.test_lists import customers, faults, key_of, no_limit, of_items, rows, send
from tests.resolvers.writing.test_products import part
from tests.support.company import Firm

__all__ = ["no_limit"]  # a fixture

CREATE, UPDATE = DECLARED["createCustomers"], DECLARED["updateCustomers"]
CREATE_PRODUCTS, UPDATE_PRODUCTS = DECLARED["createProducts"], DECLARED["updateProducts"]
SHOWN: Final = """id version contactPersons { id firstName lastName version } deliveryAddresses { id name kind version }
  siteAddresses { id name } customFields { value field { name } }"""
OF_PRODUCT: Final = "id version tierPrices { price tier { name } } translations { language name }"
TOUCH: Final = "update contact set version = version + 1 where id = $1"
ADD: Final = "insert into contact_person (company_id, customer_id, first_name, last_name) values ($1, $2, '', 'Theirs')"
OWNED: Final = """
select 'person' of, p.customer_id, p.last_name, p.version, p.deleted_at is null is_there from contact_person p
union all select a.kind, a.customer_id, a.name, a.version, a.deleted_at is null from contact_address a
order by 1, 2, 3, 4
"""


async def owned(desk: Desk) -> list[tuple[Any, ...]]:
    """Every person and address of the database."""
    return [tuple(row) for row in await desk.connection.fetch(OWNED)]


def person(name: str, **more: str) -> dict[str, str]:
    return {"lastName": name, **more}


def names(row: Any) -> tuple[list[str], list[str], list[str]]:
    """The names of a customer's persons, delivery addresses and sites."""
    return (
        sorted(one["lastName"] for one in row["contactPersons"]),
        sorted(one["name"] for one in row["deliveryAddresses"]),
        sorted(one["name"] for one in row["siteAddresses"]),
    )


# --- customers


async def test_customers_are_imported_with_all_that_is_theirs(desk: Desk) -> None:
    fields = await custom_fields(desk)
    items: list[Any] = [
        {"name": "a", "contactPersons": [person("Ann"), person("Bob")], "deliveryAddresses": [{"name": "Dock"}]},
        {"name": "b"},
        {
            "name": "c",
            "contactPersons": [person("Cas")],
            "siteAddresses": [{"name": "Yard"}, {"name": "Field", "country": "FR", "postcode": "75001"}],
            "customFields": [
                {"fieldId": fields["TEXT"], "value": "x"},
                {"fieldId": fields["BOOLEAN"], "value": "true"},
            ],
        },
        {"name": "d", "contactPersons": [], "customFields": [{"fieldId": fields["TEXT"], "value": "y"}]},
    ]
    payload = await send(desk, CREATE, items, row=SHOWN)
    assert (payload["errors"], of_items(payload)) == ([], [[]] * 4)
    assert list(map(names, rows(payload))) == [
        (["Ann", "Bob"], ["Dock"], []), ([], [], []), (["Cas"], [], ["Field", "Yard"]), ([], [], []),
    ]  # fmt: skip
    assert [{one["value"] for one in row["customFields"]} for row in rows(payload)] == [
        set(), set(), {"x", "true"}, {"y"},
    ]  # fmt: skip
    assert [row["version"] for row in rows(payload)] == [1] * 4


@pytest.mark.parametrize("members", [("contactPersons",), ("contactPersons", "deliveryAddresses")])
async def test_what_is_not_shown_of_them_is_one_trip(desk: Desk, members: tuple[str, ...]) -> None:
    of = {"contactPersons": person("Ann"), "deliveryAddresses": {"name": "Dock"}}
    items = [{"name": "x", **{member: [of[member]] for member in members}} for _ in range(3)]
    ran: list[tuple[str, tuple[Any, ...]]] = []
    with desk.recording(ran):
        payload = await send(desk, CREATE, items, row="id name")
        assert payload["errors"] == []
    assert len(ran) == 2  # the helper asks for the company, too
    text = """mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) {
        results { customer { id } errors { code } } errors { code } } }"""
    ran.clear()
    with desk.recording(ran):
        result = await desk.send(desk.firm["owner"], text, input={"companyId": desk.firm.id, "items": items})
    assert result.errors == ()
    assert len(ran) == 1
    assert ("items1 as" in ran[0][0]) == (len(members) == 2)  # what nobody states costs nothing


async def test_what_the_document_states_is_as_what_a_variable_states(desk: Desk) -> None:
    for listed in (
        "[{name: $name}, {name: $name, contactPersons: [{lastName: $name}]}]",
        "[{name: $name}, $item]",
        "{name: $name, contactPersons: {lastName: $name}}",
    ):
        text = f"""mutation ($company: ID!, $name: String!, $item: CreateCustomersItemInput!) {{
            createCustomers(input: {{companyId: $company, items: {listed}}}) {{
              results {{ customer {{ contactPersons {{ lastName }} }} }} errors {{ code }} }} }}"""
        if "$item]" not in listed:
            text = text.replace(", $item: CreateCustomersItemInput!", "")
        given = {"company": desk.firm.id, "name": "Zoé", "item": {"name": "x", "contactPersons": [person("Zoé")]}}
        result = await desk.send(desk.firm["owner"], text, **given)
        payload = orjson.loads(result.data or b"null")["createCustomers"]
        assert payload["results"][-1] == {"customer": {"contactPersons": [{"lastName": "Zoé"}]}}


async def test_rows_are_kept_changed_added_and_removed_under_the_version_of_their_customer(desk: Desk) -> None:
    first: list[Any] = [
        {"name": str(n), "contactPersons": [person("Ann"), person("Bob")], "siteAddresses": [{"name": "Yard"}]}
        for n in range(4)
    ]
    made = rows(await send(desk, CREATE, first, row=SHOWN))
    ann = [next(one["id"] for one in row["contactPersons"] if one["lastName"] == "Ann") for row in made]
    given: list[Any] = [
        {"contactPersons": [{"id": ann[0], "lastName": "Arr"}, person("Cas")]},
        {"contactPersons": [], "siteAddresses": [{"name": "Field"}]},
        {"contactPersons": [{"id": one["id"]} for one in made[2]["contactPersons"]]},
        {"name": "x"},
    ]
    items = [{"customerId": row["id"], "expectedVersion": 1, **one} for row, one in zip(made, given, strict=True)]
    changed = await send(desk, UPDATE, items, row=SHOWN)
    assert of_items(changed) == [[]] * 4
    assert list(map(names, rows(changed))) == [
        (["Arr", "Cas"], [], ["Yard"]), ([], [], ["Field"]), (["Ann", "Bob"], [], ["Yard"]),
        (["Ann", "Bob"], [], ["Yard"]),
    ]  # fmt: skip
    assert [row["version"] for row in rows(changed)] == [2, 2, 1, 2]
    kept = {one["id"]: one["version"] for row in rows(changed) for one in row["contactPersons"]}
    assert (kept[ann[0]], kept[ann[2]]) == (2, 1)
    find = "select fields from change where key = $1 and kind = 'CHANGED'"
    told = [await desk.connection.fetch(find, key_of(row["id"])) for row in made]
    assert [[set(row["fields"]) for row in one] for one in told] == [
        [{"contactPersons"}], [{"contactPersons", "siteAddresses"}], [], [{"name"}],
    ]  # fmt: skip
    stale = await send(desk, UPDATE, items[:1], row="id", allOrNothing=False)
    assert of_items(stale) == [[("VERSION_CONFLICT", "expectedVersion", None)]]
    unbased = await send(desk, UPDATE, [{"customerId": made[0]["id"], "contactPersons": []}], row="id")
    assert faults(unbased["errors"]) == [("VALIDATION", "items.0.expectedVersion", "REQUIRED")]


@pytest.mark.parametrize("whole", [True, False])
async def test_problems_of_owned_rows_have_their_place_in_the_item(desk: Desk, whole: bool) -> None:
    bad: list[Any] = [
        {"name": "good", "contactPersons": [person("Ann")]},
        {"name": "x", "contactPersons": [person("Ann"), {"firstName": " ", "email": "nobody"}]},
        {"name": "x", "deliveryAddresses": [{"name": "Dock"}, {"name": "Quay", "postcode": "999", "country": "BE"}]},
        {"name": "x", "contactPersons": [{"email": "zoe@desk.test"}]},
        {"name": "x", "contactPersons": [person("Ann")] * 101},
        {"name": "x", "customFields": [{"fieldId": f"fld_{uuid.uuid4().hex}", "value": "x"}]},
        {"name": "good, too", "siteAddresses": [{"name": "Yard"}]},
    ]
    problems = [
        [],
        [("VALIDATION", "contactPersons.1.email", "FORMAT")],
        [("VALIDATION", "deliveryAddresses.1.postcode", "FORMAT")],
        [("VALIDATION", "contactPersons.0.lastName", "REQUIRED")],
        [("VALIDATION", "contactPersons", "TOO_LONG")],
        [("NOT_FOUND", "customFields.0.fieldId", None)],
        [],
    ]
    before = await owned(desk)
    payload = await send(desk, CREATE, bad, row=SHOWN, allOrNothing=whole)
    if whole:
        expected = [(code, f"items.{n}.{path}", why) for n, all_ in enumerate(problems) for code, path, why in all_]
        assert faults(payload["errors"]) == expected
        assert await owned(desk) == before
    else:
        assert of_items(payload) == problems
        assert [row and names(row) for row in rows(payload)] == [
            (["Ann"], [], []), *[None] * 5, ([], [], ["Yard"]),
        ]  # fmt: skip
        assert len(await owned(desk)) == len(before) + 2


@pytest.mark.parametrize("whole", [True, False])
async def test_no_item_reaches_rows_of_another_customer(desk: Desk, whole: bool) -> None:
    """Neither those of another item, nor of the same company, nor of another one."""
    mine = [{"name": n, "contactPersons": [person(n)], "siteAddresses": [{"name": n}]} for n in ("a", "b", "c")]
    made = rows(await send(desk, CREATE, mine, row=SHOWN))
    theirs = await send(
        desk, CREATE, [{"name": "x", "contactPersons": [person("x")]}], desk.other["owner"], SHOWN,
        companyId=desk.other.id,
    )  # fmt: skip
    foreign = [row["contactPersons"][0]["id"] for row in (made[1], made[2], *rows(theirs))]
    site = made[0]["siteAddresses"][0]["id"]
    before, answers = await owned(desk), set[bytes | None]()
    own = made[0]["contactPersons"][0]["id"]
    for id_ in (*foreign, f"cus_{own[4:]}", f"{own[:4]}{uuid.uuid4().hex}", "x"):
        items: list[Any] = [
            {
                "customerId": made[0]["id"],
                "expectedVersion": 1,
                "contactPersons": [{"id": id_, "lastName": "stolen"}],
            },
            {"customerId": made[1]["id"], "expectedVersion": 1, "contactPersons": [{"id": foreign[0]}]},
        ]
        text = """mutation ($input: UpdateCustomersInput!) { updateCustomers(input: $input) {
            results { index errors { code field } } errors { code field } } }"""
        given = {"companyId": desk.firm.id, "items": items, "allOrNothing": whole}
        result = await desk.send(desk.firm["owner"], text, input=given)
        answers.add(result.data)
        assert await owned(desk) == before
    assert len(answers) == 1
    assert b"contactPersons" in (answers.pop() or b"")
    other_list = [{"customerId": made[0]["id"], "expectedVersion": 1, "deliveryAddresses": [{"id": site}]}]
    refused = await send(desk, UPDATE, other_list, row="id")
    assert faults(refused["errors"]) == [("NOT_FOUND", "items.0.deliveryAddresses.0.id", None)]
    assert await owned(desk) == before


@pytest.mark.parametrize("whole", [True, False])
async def test_a_list_behind_a_gate_is_refused_at_its_item_and_stays_as_it_is(desk: Desk, whole: bool) -> None:
    anna, site = desk.firm["anna"], [{"name": "Yard"}]
    made = rows(await send(desk, CREATE, [{"name": str(n), "siteAddresses": site} for n in range(3)], row=SHOWN))
    await desk.allow(anna, App.DELIVERY_ADDRESSES)
    given: list[Any] = [
        {"deliveryAddresses": [{"name": "Dock"}]},
        {"siteAddresses": [], "name": " "},
        {"siteAddresses": None},
    ]
    items = [{"customerId": row["id"], "expectedVersion": 1, **one} for row, one in zip(made, given, strict=True)]
    before = await owned(desk)
    payload = await send(desk, UPDATE, items, anna, row="id", allOrNothing=whole)
    reasons = [None, "NULL_SENT"]
    if whole:
        expected = [("APP_REQUIRED", f"items.{n}.siteAddresses", why) for n, why in zip((1, 2), reasons, strict=True)]
        assert faults(payload["errors"]) == expected
        assert await owned(desk) == before
    else:
        assert of_items(payload) == [[], *([("APP_REQUIRED", "siteAddresses", why)] for why in reasons)]
        assert sorted(row for row in await owned(desk) if row not in before) == [
            ("DELIVERY", key_of(made[0]["id"]), "Dock", 1, True)
        ]
    assert {row for row in before if row[0] == "SITE"} <= set(await owned(desk))
    await desk.allow(anna)


async def test_a_repeated_list_makes_no_second_person_and_a_trial_none(desk: Desk) -> None:
    items: list[Any] = [{"name": "a", "contactPersons": [person("Ann")]}, {"name": " ", "contactPersons": []}]
    controls: dict[str, Any] = {"allOrNothing": False, "row": SHOWN}
    before = await desk.rows()
    trial = await send(desk, CREATE, items, validateOnly=True, **controls)
    assert (of_items(trial)[0], rows(trial)) == ([], [None, None])
    assert await desk.rows() == before
    key = secrets.token_hex(4)
    first = await send(desk, CREATE, items, idempotencyKey=key, **controls)
    after = await desk.rows()
    again = await send(desk, CREATE, items, idempotencyKey=key, **controls)
    assert again == {**first, "replayed": True}
    other: list[Any] = [{"name": "a", "contactPersons": [person("Eve")]}, items[1]]
    reused = await send(desk, CREATE, other, idempotencyKey=key, **controls)
    assert faults(reused["errors"]) == [("KEY_REUSED", "idempotencyKey", None)]
    assert await desk.rows() == after


async def test_a_person_who_comes_while_a_list_waits_is_not_removed_unseen(desk: Desk) -> None:
    """The list stands on a version; it waits for the customer, who has another person by then."""
    made = await customers(desk, 2)
    items = [{"customerId": id_, "expectedVersion": 1, "contactPersons": [person("Mine")]} for id_ in made]
    payload = await _meanwhile(desk, made[0], items)
    assert of_items(payload) == [[("VERSION_CONFLICT", "expectedVersion", None)], []]
    assert [names(row)[0] for row in rows(payload)] == [["Theirs"], ["Mine"]]


OF_BOTH: Final = "company_id = $1 and (customer_id, field_id) = ($2, $3)"
THEIRS: Final = {
    "entered": "insert into contact_field_value (company_id, customer_id, field_id, value) select $1, $2, $3, 'theirs'",
    "changed": f"update contact_field_value set value = 'theirs' where {OF_BOTH}",
    "removed": f"delete from contact_field_value where {OF_BOTH}",
}


@pytest.mark.parametrize("how", THEIRS)
async def test_what_is_merged_by_its_key_is_merged_with_what_is_there_after_the_wait(desk: Desk, how: str) -> None:
    """A value that seemed to be there is not, one that seemed to be the same is another one."""
    field = (await custom_fields(desk))["TEXT"]
    mine = {"customFields": [{"fieldId": field, "value": "mine"}]}
    (made,) = await customers(desk, 1, **({} if how == "entered" else mine))
    payload = await _meanwhile(desk, made, [{"customerId": made, **mine}], THEIRS[how], key_of(field))
    assert of_items(payload) == [[]]
    assert [one["value"] for one in rows(payload)[0]["customFields"]] == ["mine"]
    assert rows(payload)[0]["version"] == 3


async def _meanwhile(desk: Desk, customer: str, items: list[Any], add: str = ADD, *more: object) -> Any:
    """The payload of a list that waits for a customer, of whom something is added meanwhile."""
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute(TOUCH, key_of(customer))
        waiting = asyncio.ensure_future(send(desk, UPDATE, items, row=SHOWN, allOrNothing=False))
        async with asyncio.timeout(PATIENCE):
            while not await desk.connection.fetchval(WAITS):  # noqa: ASYNC110  # it is the database that says so
                await asyncio.sleep(0.01)
        await connection.execute(add, desk.firm.key, key_of(customer), *more)
        await connection.execute("commit")
        return await waiting
    finally:
        await connection.close()


async def test_lists_at_once_leave_no_half_of_each_other(desk: Desk) -> None:
    ids = await customers(desk, 8)
    answers = await asyncio.gather(
        *(
            send(
                desk,
                UPDATE,
                [
                    {"customerId": id_, "expectedVersion": 1, "contactPersons": [person(f"{n}a"), person(f"{n}b")]}
                    for id_ in (ids if n % 2 else ids[::-1])
                ],
                row="id",
                allOrNothing=False,
            )
            for n in range(4)
        )
    )
    written = [sum(not errors for errors in of_items(answer)) for answer in answers]
    assert sum(written) == len(ids)
    find = "select last_name from contact_person where customer_id = $1 and deleted_at is null order by 1"
    for id_ in ids:
        pair = [row[0] for row in await desk.connection.fetch(find, key_of(id_))]
        assert pair == [f"{pair[0][0]}a", f"{pair[0][0]}b"]


async def test_each_owned_row_counts_for_the_quota(desk: Desk) -> None:
    desk.executor.limit_writes(RowLimit(9, 3_600, Table.own(), lambda: 0.0))
    items: list[Any] = [
        {"name": "a", "contactPersons": [person("Ann")] * 4},
        {"name": " ", "contactPersons": [person("Ann")] * 90},
    ]
    assert of_items(await send(desk, CREATE, items, allOrNothing=False))[0] == []  # five rows
    assert (await send(desk, CREATE, items[:1]))["errors"] == []
    given = {"companyId": desk.firm.id, "items": items[:1]}
    text = "mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) { errors { code } } }"
    refused = await desk.send(desk.firm["owner"], text, input=given)
    assert [error.code.value for error in refused.errors] == ["RATE_LIMITED"]


# --- products


async def test_products_are_imported_with_their_prices_and_texts(desk: Desk) -> None:
    tier = write_of("PriceTier", WriteAction.CREATE)
    given = {"companyId": desk.firm.id, "name": secrets.token_hex(3)}
    made = await desk.write(desk.firm["owner"], tier, "priceTier { id }", **given)
    tier_id, text = made["priceTier"]["id"], {"language": "NL", "name": "Stoel"}
    items: list[Any] = [
        {"name": "a", "price": "10", "tierPrices": [{"tierId": tier_id, "price": "9"}], "translations": [text]},
        {"name": "b", "price": "20", "tierPrices": [{"tierId": tier_id, "price": "18"}]},
        {"name": "c", "price": "30"},
    ]
    first = rows(await send(desk, CREATE_PRODUCTS, items, row=OF_PRODUCT), "product")
    assert [[one["price"] for one in row["tierPrices"]] for row in first] == [["9.0000"], ["18.0000"], []]
    assert [[one["name"] for one in row["translations"]] for row in first] == [["Stoel"], [], []]
    changes: list[Any] = [
        {"tierPrices": [{"tierId": tier_id, "price": None}], "price": "11"},
        {"tierPrices": [{"tierId": tier_id, "price": "18"}]},
        {"tierPrices": [{"tierId": tier_id, "price": "27"}], "translations": [text]},
    ]
    given_changes = [{"productId": row["id"], **one} for row, one in zip(first, changes, strict=True)]
    changed = rows(await send(desk, UPDATE_PRODUCTS, given_changes, row=OF_PRODUCT), "product")
    assert [[one["price"] for one in row["tierPrices"]] for row in changed] == [[], ["18.0000"], ["27.0000"]]
    assert [[one["name"] for one in row["translations"]] for row in changed] == [["Stoel"], [], ["Stoel"]]
    assert [row["version"] for row in changed] == [2, 1, 2]


MADE_OF: Final = "id isComposite components { quantity child { id } }"


async def composites(desk: Desk, *items: Any, **given: Any) -> Any:
    """The payload of products that are made with their components."""
    listed = [{"name": str(n), "price": "1", **item} for n, item in enumerate(items)]
    return await send(desk, CREATE_PRODUCTS, listed, row=MADE_OF, **given)


async def tower(desk: Desk, levels: int) -> list[str]:
    """Products of which each but the last is made of the next one, the highest first."""
    built = [rows(await composites(desk, {}), "product")[0]["id"]]
    for _ in range(levels - 1):
        built.append(rows(await composites(desk, {"components": [part(built[-1])]}), "product")[0]["id"])
    return built[::-1]


async def test_products_are_imported_with_what_they_are_made_of(desk: Desk) -> None:
    bottle, empty = (row["id"] for row in rows(await composites(desk, {}, {}), "product"))
    crates: list[Any] = [
        {"components": [part(bottle, "24"), part(empty), part(bottle, "0.5")]}, {}, {"components": [part(empty)]},
        {"components": []},
    ]  # fmt: skip
    payload = await composites(desk, *crates)
    assert (payload["errors"], of_items(payload)) == ([], [[]] * 4)
    made = rows(payload, "product")
    assert [[(one["child"]["id"], one["quantity"]) for one in row["components"]] for row in made] == [
        [(bottle, "24.000"), (empty, "1.000"), (bottle, "0.500")], [], [(empty, "1.000")], [],
    ]  # fmt: skip
    assert [row["isComposite"] for row in made] == [True, False, True, False]


async def test_each_of_many_new_products_is_five_levels_at_most(desk: Desk) -> None:
    levels = await tower(desk, 6)
    deep, high = {"components": [part(levels[0])]}, {"components": [part(levels[5]), part(levels[1])]}
    refused = await composites(desk, high, deep)
    assert faults(refused["errors"]) == [("VALIDATION", "items.1.components.0.productId", "RANGE")]
    assert refused["results"] == []
    partly = await composites(desk, high, deep, high, allOrNothing=False)
    assert of_items(partly) == [[], [("VALIDATION", "components.0.productId", "RANGE")], []]
    unknown = {"components": [part(levels[5]), part(f"pro_{uuid.uuid4().hex}"), part("key:none")]}
    assert of_items(await composites(desk, unknown, allOrNothing=False)) == [
        [("NOT_FOUND", f"components.{n}.productId", None) for n in (1, 2)]
    ]
    trial = await composites(desk, high, deep, allOrNothing=False, validateOnly=True)
    assert of_items(trial) == [[], [("VALIDATION", "components.0.productId", "RANGE")]]


TURN: Final = "update counter set next = next + 1 where kind = 'COMPOSITION'"
DEEPEN: Final = """
insert into product_component (company_id, product_id, child_id, quantity, position) values ($1, $2, $3, 1, 1)
"""


async def test_a_level_that_comes_meanwhile_is_seen(desk: Desk) -> None:
    """And who waits for it keeps nobody from a number."""
    levels, ground = await tower(desk, 5), (await tower(desk, 1))[0]
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute(TURN)
        waiting = asyncio.ensure_future(composites(desk, {}, {"components": [part(levels[0])]}))
        async with asyncio.timeout(PATIENCE):
            while not await desk.connection.fetchval(WAITS):  # noqa: ASYNC110  # it is the database that says so
                await asyncio.sleep(0.01)
        assert (await composites(desk, {}))["errors"] == []
        await connection.execute(DEEPEN, desk.firm.key, key_of(levels[4]), key_of(ground))
        await connection.execute("commit")
        listed = await waiting
    finally:
        await connection.close()
    assert faults(listed["errors"]) == [("VALIDATION", "items.1.components.0.productId", "RANGE")]
    assert listed["results"] == []


@pytest.mark.parametrize("listed", [False, True])
async def test_a_number_is_drawn_once_it_is_ones_turn(desk: Desk, listed: bool) -> None:
    """Whatever the planner takes first: two who take both counters never wait for each other."""
    given, ran = {"name": "x", "price": "1", "components": [part((await tower(desk, 1))[0])]}, list[Any]()
    with desk.recording(ran):
        if listed:
            await send(desk, CREATE_PRODUCTS, [given])
        else:
            create = write_of("Product", WriteAction.CREATE)
            await desk.write(desk.firm["owner"], create, "product { id }", companyId=desk.firm.id, **given)
    _, _, number = ran[0][0].partition("number as materialized (")
    assert "cross join turn" in number.partition("returning")[0]


async def test_what_many_products_are_made_of_is_changed_one_by_one(desk: Desk) -> None:
    assert {owned.member for owned in CREATE_PRODUCTS.lists} == {"tierPrices", "translations", "components"}
    assert {owned.member for owned in UPDATE_PRODUCTS.lists} == {"tierPrices", "translations"}
    text = "mutation ($input: UpdateProductsInput!) { updateProducts(input: $input) { errors { code } } }"
    given: dict[str, Any] = {"companyId": desk.firm.id, "items": [{"productId": "pro_x", "components": []}]}
    result = await desk.send(desk.firm["owner"], text, input=given)
    assert [error.code.value for error in result.errors] == ["BAD_USER_INPUT"]


# --- how much is looked at

EXPLAIN: Final = "explain (analyze, timing off, format json) "
SET_BACK: Final = (
    "set local session_replication_role = replica",  # rows without those to which they belong
    """insert into contact_person (company_id, customer_id, first_name, last_name)
       select p.company_id, gen_random_uuid(), '', 'x' from generate_series(1, 5000),
         (select company_id from contact_person limit 1) p""",
    """insert into tier_price (company_id, product_id, tier_id, price)
       select p.company_id, gen_random_uuid(), p.tier_id, 1 from generate_series(1, 5000),
         (select company_id, tier_id from tier_price limit 1) p""",
    "update contact set version = 1",
    "update contact_person set last_name = 'before'",
    "update product set version = 1",
    "update tier_price set price = 1",
    "set local session_replication_role = origin",
    "analyze contact, contact_person, product, tier_price",
)
"""Steps to what there was before, in a company where most customers have one person and most products one price."""


def looked_at(node: Any) -> float:
    """The rows that a plan has looked at, in all of its nodes."""
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"] + sum(map(looked_at, node.get("Plans", ())))


class Undone(Exception):
    """Ends a transaction without its writes."""


async def looked_at_by(desk: Desk, write: EntityWrite, items: list[Any]) -> float:
    """The rows that the statement of a list looks at: it is written, and once more as before, which is undone."""
    ran: list[tuple[str, tuple[Any, ...]]] = []
    with desk.recording(ran):
        assert of_items(await send(desk, write, items)) == [[]] * 20
    statement, values = ran[0]
    with suppress(Undone):
        async with desk.connection.transaction():
            for step in SET_BACK:
                await desk.connection.execute(step)
            (found,) = orjson.loads(await desk.connection.fetchval(EXPLAIN + statement, *values))
            raise Undone
    return looked_at(found["Plan"])  # pyright: ignore[reportPossiblyUnboundVariable]


async def test_more_persons_of_each_customer_are_not_compared_with_those_of_all(desk: Desk) -> None:
    looked: list[float] = []
    for count in (5, 20):
        given = {"contactPersons": [person("new")] * count}
        made = rows(await send(desk, CREATE, [{"name": str(n), **given} for n in range(20)], row=SHOWN))
        items = [
            {
                "customerId": row["id"],
                "expectedVersion": 1,
                "contactPersons": [{"id": one["id"], "lastName": "after"} for one in row["contactPersons"]],
            }
            for row in made
        ]
        looked.append(await looked_at_by(desk, UPDATE, items))
    assert looked[1] < 5 * looked[0], looked


async def test_more_prices_of_each_product_are_not_compared_with_those_of_all(desk: Desk) -> None:
    tier, tiers = write_of("PriceTier", WriteAction.CREATE), list[str]()
    for n in range(20):
        made = await desk.write(
            desk.firm["owner"], tier, "priceTier { id }", companyId=desk.firm.id, name=f"{secrets.token_hex(3)} {n}"
        )
        tiers.append(made["priceTier"]["id"])
    looked: list[float] = []
    for count in (5, 20):
        prices = [{"tierId": id_, "price": "1"} for id_ in tiers[:count]]
        made = await send(
            desk, CREATE_PRODUCTS, [{"name": str(n), "price": "3", "tierPrices": prices} for n in range(20)]
        )
        items = [
            {"productId": row["id"], "expectedVersion": 1, "tierPrices": [{**one, "price": "2"} for one in prices]}
            for row in rows(made, "product")
        ]
        looked.append(await looked_at_by(desk, UPDATE_PRODUCTS, items))
    assert looked[1] < 5 * looked[0], looked


async def test_what_many_new_products_are_made_of_is_walked_through_once(desk: Desk) -> None:
    layer: list[str] = []
    for _ in range(3):
        made = await composites(desk, *[{"components": list(map(part, layer))} for _ in range(10)])
        layer = [row["id"] for row in rows(made, "product")]
    items = [{"name": str(n), "price": "1", "components": list(map(part, layer))} for n in range(20)]
    looked = await looked_at_by(desk, CREATE_PRODUCTS, items)
    assert looked < 100_000, "a walk for each of the 200 components looks at three times as many"


# --- a list is what its items are


@pytest.mark.parametrize("whole", [True, False])
async def test_a_list_with_owned_rows_is_what_its_items_are_one_by_one(desk: Desk, whole: bool) -> None:
    """Two companies get the same items, one as a list, the other one by one; then changes of them."""
    firms = [await Firm.found(desk.connection, *EVERY_APP) for _ in range(2)]
    create, update = write_of("Customer", WriteAction.CREATE), write_of("Customer", WriteAction.UPDATE)
    shown = "name version contactPersons { firstName lastName version } deliveryAddresses { name kind version }"
    parts: list[Any] = [
        {},
        {"contactPersons": [person("Ann"), person("Bob", firstName="B")]},
        {"contactPersons": [], "deliveryAddresses": [{"name": "Dock", "country": "FR", "postcode": "75001"}]},
        {"deliveryAddresses": [{"name": f"Quay {n}"} for n in range(3)], "note": "x"},
        *([] if whole else [{"contactPersons": [{"firstName": " "}]}, {"deliveryAddresses": [{"name": None}]}]),
        {"contactPersons": [person("Cas")]},
    ]
    items = [{"name": f"Nr {n}", **part} for n, part in enumerate(parts)]
    listed = await send(desk, CREATE, items, firms[0]["owner"], shown, companyId=firms[0].id, allOrNothing=whole)
    alone = [await _alone(desk, firms[1], create, shown, {"companyId": firms[1].id, **item}) for item in items]
    assert [(row, errors) for row, errors in zip(rows(listed), of_items(listed), strict=True)] == alone
    changes: list[Any] = [
        {"contactPersons": [person("New")]},
        {"contactPersons": [{"id": 0, "lastName": "Arr"}, person("Cas")]},
        {"deliveryAddresses": [], "expectedVersion": 7},
        {"deliveryAddresses": [{"id": 2}, {"id": 0, "name": "Other"}], "name": "x"},
        {"contactPersons": [{"id": 0}, {"id": 0}]},
    ]
    given = [
        [_named(row, change) for row, change in zip(await _all(desk, firm), changes, strict=True)] for firm in firms
    ]
    changed = await send(desk, UPDATE, given[0], firms[0]["owner"], shown, companyId=firms[0].id, allOrNothing=False)
    alone = [await _alone(desk, firms[1], update, shown, item) for item in given[1]]
    assert [(row, errors) for row, errors in zip(rows(changed), of_items(changed), strict=True)] == alone
    assert [bool(errors) for _, errors in alone] == [False, False, True, False, True]


def _named(row: Any, change: dict[str, Any]) -> dict[str, Any]:
    """A change of a customer, with ids in place of the numbers of rows."""
    named = {"customerId": row["id"], "expectedVersion": 1, **change}
    for member in ("contactPersons", "deliveryAddresses"):
        if member in change:
            named[member] = [
                {**one, "id": row[member][one["id"]]["id"]} if "id" in one else one for one in change[member]
            ]
    return named


async def _all(desk: Desk, firm: Firm) -> list[Any]:
    """The customers of a firm in the order of their numbers, with what is theirs in the order of their names."""
    query = """query ($id: ID!) { company(id: $id) { customers(orderBy: NUMBER_ASC) { nodes {
        id contactPersons { id lastName } deliveryAddresses { id name } } } } }"""
    result = await desk.send(firm["owner"], query, id=firm.id)
    found = orjson.loads(result.data or b"")["company"]["customers"]["nodes"]
    for row in found:
        for member, name in (("contactPersons", "lastName"), ("deliveryAddresses", "name")):
            row[member] = sorted(row[member], key=itemgetter(name))
    return found


async def _alone(desk: Desk, firm: Firm, write: EntityWrite, shown: str, given: dict[str, Any]) -> Any:
    payload = await desk.write(firm["owner"], write, f"customer {{ {shown} }}", **given)
    return payload["customer"], faults(payload["errors"])
