"""List verbs: several rows in one mutation, all or nothing, or each for itself."""

import asyncio
import secrets
import uuid
from collections.abc import Generator
from typing import Any, Final

import orjson
import pytest

from db.belgium import ean13
from db.connection import connect
from gateway.http.rate_limits import RowLimit, Table
from resolvers.compilation.cost import ITEMS
from resolvers.request import GraphQLRequest
from resolvers.request_limits import LIST_ITEMS
from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, EVERY_APP, LISTS, Desk, full, least, sample, write_of
from tests.resolvers.writing.test_every_write import any_row, foreign, named
from tests.resolvers.writing.test_intruders import PATIENCE, WAITS
from tests.support.company import Firm, Person

CREATE, UPDATE = DECLARED["createCustomers"], DECLARED["updateCustomers"]
CREATE_PRODUCTS, UPDATE_PRODUCTS = DECLARED["createProducts"], DECLARED["updateProducts"]
QUERY: Final = """mutation ($input: %sInput!) { %s(input: $input) {
  results { index %s { %s } errors { code field reason } } errors { code field reason app } replayed company { id }
} }"""
CHANGE: Final = "update contact set note = 'theirs', version = version + 1 where id = $1"
MOVE: Final = "insert into stock_movement (company_id, product_id, quantity, reason) values ($1, $2, 7, 'PURCHASE')"
EITHER: Final[tuple[dict[str, Any], ...]] = ({}, {"allOrNothing": False})
UNKNOWN: Final = "0" * 32
TRAIL: Final = """
select key, idempotency_key from change where company_id = $1 and operation = $2 order by xid desc, id limit $3
"""
PROSPECT: Final = "update contact set is_customer = false where id = $1"
NEXT: Final = "select next from counter where company_id = $1 and kind = 'CUSTOMER'"


def query(write: EntityWrite, row: str = "id version name number") -> str:
    return QUERY % (write.operation[0].upper() + write.operation[1:], write.operation, write.member, row)


async def send(
    desk: Desk, write: EntityWrite, items: list[Any], who: Person | str | None = None, row: str = "", **controls: Any
) -> Any:
    """The payload of a list verb."""
    given = {"companyId": desk.firm.id, "items": items, **controls}
    text = query(write, row) if row else query(write)
    result = await desk.send(who or desk.firm["owner"], text, input=given)
    assert result.errors == ()
    return orjson.loads(result.data or b"")[write.operation]


def faults(errors: list[Any]) -> list[tuple[str, str, str | None]]:
    return [(error["code"], ".".join(error["field"] or ()), error["reason"]) for error in errors]


def of_items(payload: Any) -> list[list[tuple[str, str, str | None]]]:
    assert [result["index"] for result in payload["results"]] == [*range(len(payload["results"]))]
    return [faults(result["errors"]) for result in payload["results"]]


def rows(payload: Any, member: str = "customer") -> list[Any]:
    return [result[member] for result in payload["results"]]


async def customers(desk: Desk, count: int, **more: Any) -> list[str]:
    """The ids of new customers."""
    made = await send(desk, CREATE, [{"name": f"Nr {n}", **more} for n in range(count)])
    assert made["errors"] == []
    return [row["id"] for row in rows(made)]


def key_of(id_: str) -> uuid.UUID:
    return uuid.UUID(hex=id_[4:])


@pytest.fixture(autouse=True)
def no_limit(desk: Desk) -> Generator[None]:
    """A quota is of one test."""
    yield
    desk.executor.limit_writes(None)


# --- a list is one statement


@pytest.mark.parametrize("write", LISTS.values(), ids=named)
@pytest.mark.parametrize("count", [1, LIST_ITEMS])
async def test_a_list_is_one_trip_and_with_more_than_its_rows_two(desk: Desk, write: EntityWrite, count: int) -> None:
    create = next(one for one in LISTS.values() if one.creates and one.type_ is write.type_)
    made = await send(desk, create, [least(create) for _ in range(count)])
    assert made["errors"] == [], made
    items = [least(create) for _ in range(count)]
    if not write.creates:
        items = [{write.row: row["id"], "name": f"again {secrets.token_hex(2)}"} for row in rows(made, write.member)]
    plain = f"results {{ index {write.member} {{ id name }} errors {{ code }} }} errors {{ code }}"
    title = write.operation[0].upper() + write.operation[1:]
    bad: dict[str, Any] = {**items[0], "name": " "}
    for selection, trips, more in (
        (plain, 1, {}),
        (f"{plain} company {{ name }}", 2, {}),
        (plain, 2, {"items": [*items[1:], bad], "allOrNothing": False}),
        (plain, 2, {"items": [*items[1:], bad]}),
    ):
        text = f"mutation ($input: {title}Input!) {{ {write.operation}(input: $input) {{ {selection} }} }}"
        ran: list[tuple[str, tuple[Any, ...]]] = []
        with desk.recording(ran):
            given = {"companyId": desk.firm.id, "items": items, **more}
            result = await desk.send(desk.firm["owner"], text, input=given)
        assert result.errors == ()
        assert len(ran) == trips
        if not write.creates:
            items = [{**item, "name": f"again {secrets.token_hex(2)}"} for item in items]


async def test_the_numbers_of_a_list_follow_each_other_in_its_order(desk: Desk) -> None:
    firm = await Firm.found(desk.connection, *EVERY_APP)
    here = {"companyId": firm.id}
    items: list[Any] = [{"name": f"Nr {n}"} for n in range(LIST_ITEMS)]
    payload = await send(desk, CREATE, items, firm["owner"], **here)
    assert [row["name"] for row in rows(payload)] == [item["name"] for item in items]
    assert [row["number"] for row in rows(payload)] == [f"C{n:05}" for n in range(1, LIST_ITEMS + 1)]
    assert of_items(payload) == [[]] * LIST_ITEMS
    mixed: list[Any] = [{"name": "a"}, {"name": "b", "number": "c200"}, {"name": "c"}, {"name": "d", "number": "C7x"}]
    payload = await send(desk, CREATE, mixed, firm["owner"], **here, allOrNothing=False)
    assert [row and row["number"] for row in rows(payload)] == ["C00201", "C00200", "C00202", None]
    (last,) = rows(await send(desk, CREATE, [{"name": "e"}], firm["owner"], **here))
    assert last["number"] == "C00203"
    update = [{"customerId": last["id"], "number": "C500"}, {"customerId": rows(payload)[0]["id"], "name": "x"}]
    assert [row["number"] for row in rows(await send(desk, UPDATE, update, firm["owner"], **here))] == [
        "C00500",
        "C00201",
    ]
    assert await desk.connection.fetchval(NEXT, firm.key) == 501


async def test_what_is_refused_leaves_no_gap(desk: Desk) -> None:
    firm = await Firm.found(desk.connection, *EVERY_APP)
    bad: list[Any] = [{"name": "a"}, {"name": " "}, {"name": "b", "country": "BE", "postcode": "x"}, {"name": "c"}]
    trials: tuple[dict[str, Any], ...] = ({"validateOnly": True},)
    for more in (*EITHER, *trials):
        await send(desk, CREATE, bad, firm["owner"], companyId=firm.id, **more)
    (last,) = rows(await send(desk, CREATE, [{"name": "d"}], firm["owner"], companyId=firm.id))
    assert last["number"] == "C00003"


async def test_each_written_row_leaves_one_trace_and_the_first_has_the_key(desk: Desk) -> None:
    key = secrets.token_hex(8)
    items: list[Any] = [{"name": " "}, {"name": "b"}, {"name": "c"}]
    payload = await send(desk, CREATE, items, allOrNothing=False, idempotencyKey=key)
    trail = await desk.connection.fetch(TRAIL, desk.firm.key, "createCustomers", 2)
    ids = [key_of(row["id"]) for row in rows(payload) if row]
    assert [tuple(row) for row in trail] == [(ids[0], key), (ids[1], None)]
    update = [{"customerId": row["id"], "name": name} for row, name in zip(rows(payload)[1:], "bd", strict=True)]
    payload = await send(desk, UPDATE, update, idempotencyKey=key)
    assert [row["version"] for row in rows(payload)] == [1, 2]  # what changes nothing raises nothing
    (trail,) = await desk.connection.fetch(TRAIL, desk.firm.key, "updateCustomers", 1)
    assert tuple(trail) == (ids[1], key)


# --- good and bad items

BAD: Final[list[tuple[dict[str, Any], list[tuple[str, str, str | None]]]]] = [
    ({"name": "good"}, []),
    ({"name": " ", "paymentTermDays": 400}, [("VALIDATION", "name", "REQUIRED"),
                                             ("VALIDATION", "paymentTermDays", "RANGE")]),
    ({"name": "x", "discount": "5.00"}, [("VALIDATION", "discountType", "COMBINATION")]),
    ({"name": "x", "externalId": "taken"}, [("TAKEN", "externalId", None)]),
    ({"name": "x", "priceTierId": f"pti_{UNKNOWN}"}, [("NOT_FOUND", "priceTierId", None)]),
    ({"name": "good, too"}, []),
]  # fmt: skip


async def test_all_or_nothing_tells_every_problem_with_its_place_and_writes_nothing(desk: Desk) -> None:
    await send(desk, CREATE, [{"name": "first", "externalId": "taken"}], allOrNothing=False)
    before = await desk.rows()
    payload = await send(desk, CREATE, [item for item, _ in BAD])
    expected = [(code, f"items.{n}.{field}", why) for n, (_, all_) in enumerate(BAD) for code, field, why in all_]
    assert faults(payload["errors"]) == expected
    assert (payload["results"], payload["company"], payload["replayed"]) == ([], {"id": desk.firm.id}, False)
    assert await desk.rows() == before
    ids = await customers(desk, len(BAD))
    updates = [{"customerId": id_, **item} for id_, (item, _) in zip(ids, BAD, strict=True)]
    before = await desk.rows()
    assert faults((await send(desk, UPDATE, updates))["errors"]) == expected
    assert await desk.rows() == before


async def test_otherwise_each_item_has_its_own_problems_and_the_good_ones_are_written(desk: Desk) -> None:
    await send(desk, CREATE, [{"name": "first", "externalId": "taken"}], allOrNothing=False)
    payload = await send(desk, CREATE, [item for item, _ in BAD], allOrNothing=False)
    assert (of_items(payload), payload["errors"]) == ([problems for _, problems in BAD], [])
    assert [row and row["name"] for row in rows(payload)] == ["good", None, None, None, None, "good, too"]
    ids = await customers(desk, len(BAD))
    updates = [{"customerId": id_, **item} for id_, (item, _) in zip(ids, BAD, strict=True)]
    payload = await send(desk, UPDATE, updates, allOrNothing=False)
    assert (of_items(payload), payload["errors"]) == ([problems for _, problems in BAD], [])
    assert [(row["id"], row["version"]) for row in rows(payload)] == [
        (id_, 1 if problems else 2) for id_, (_, problems) in zip(ids, BAD, strict=True)
    ]


async def test_what_is_absent_and_what_is_null_differ_by_row(desk: Desk) -> None:
    ids = await customers(desk, 4, note="a note", city="Gent")
    given: list[Any] = [{"note": None}, {"city": "Brugge"}, {"note": "other", "city": None}, {}]
    payload = await send(
        desk,
        UPDATE,
        [{"customerId": id_, **one} for id_, one in zip(ids, given, strict=True)],
        row="note city version",
    )
    assert [tuple(row.values()) for row in rows(payload)] == [
        (None, "Gent", 2),
        ("a note", "Brugge", 2),
        ("other", None, 2),
        ("a note", "Gent", 1),
    ]
    created = await send(desk, CREATE, [{"name": "a", "country": None}, {"name": "b"}], allOrNothing=False)
    assert of_items(created) == [[("VALIDATION", "country", "REQUIRED")], []]


async def test_each_item_may_stand_on_a_version_of_its_own(desk: Desk) -> None:
    ids = await customers(desk, 3)
    versions = [{"expectedVersion": 1}, {"expectedVersion": 7}, {}]
    items = [{"customerId": id_, "name": "x", **one} for id_, one in zip(ids, versions, strict=True)]
    before = await desk.rows()
    whole = await send(desk, UPDATE, items)
    assert faults(whole["errors"]) == [("VERSION_CONFLICT", "items.1.expectedVersion", None)]
    assert await desk.rows() == before
    payload = await send(desk, UPDATE, items, allOrNothing=False)
    assert of_items(payload) == [[], [("VERSION_CONFLICT", "expectedVersion", None)], []]
    assert [(row["id"], row["version"]) for row in rows(payload)] == [(ids[0], 2), (ids[1], 1), (ids[2], 2)]


@pytest.mark.parametrize("whole", [True, False])
async def test_the_later_of_two_items_with_one_value_is_at_fault(desk: Desk, whole: bool) -> None:
    (id_,) = await customers(desk, 1)
    for write, items, member in (
        (CREATE, [{"name": "a", "number": "C88123"}, {"name": "b"}, {"name": "c", "number": "c0088123"}], "number"),
        (CREATE, [{"name": " ", "externalId": "e"}, {"name": "b"}, {"name": "c", "externalId": "e "}], "externalId"),
        (CREATE_PRODUCTS, [{"name": "a", "price": "1", "ean": ean13(541_123_456_789)}] * 2, "ean"),
        (UPDATE, [{"customerId": id_, "name": "a"}, {"customerId": id_, "city": "b"}], "customerId"),
    ):
        payload = await send(desk, write, items, row="id", allOrNothing=whole)
        problems = faults(payload["errors"]) if whole else of_items(payload)[-1]
        path = f"items.{len(items) - 1}.{member}" if whole else member
        assert problems[-1] == ("VALIDATION", path, "COMBINATION")
        assert whole or payload["results"][-1][write.member] == ({"id": id_} if write is UPDATE else None)


async def test_a_list_has_at_most_a_hundred_items_and_may_have_none(desk: Desk) -> None:
    before = await desk.rows()
    for more in EITHER:
        payload = await send(desk, CREATE, [{"name": "x"}] * (LIST_ITEMS + 1), **more)
        assert faults(payload["errors"]) == [("VALIDATION", "items", "TOO_LONG")]
        empty = await send(desk, CREATE, [], **more)
        assert (empty["results"], empty["errors"]) == ([], [])
        assert (await send(desk, UPDATE, [], **more))["errors"] == []
    assert await desk.rows() == before


async def test_an_object_in_place_of_a_list_is_a_list_of_one(desk: Desk) -> None:
    text = """mutation ($company: ID!, $name: String!) { createCustomers(input: {companyId: $company,
        items: {name: $name}}) { results { customer { name } } errors { code } } }"""
    result = await desk.send(desk.firm["owner"], text, company=desk.firm.id, name="Zoé")
    payload = orjson.loads(result.data or b"null")["createCustomers"]
    assert payload == {"results": [{"customer": {"name": "Zoé"}}], "errors": []}


# --- what follows from an item


async def test_effects_and_what_follows_belong_to_their_item(desk: Desk) -> None:
    items: list[Any] = [
        {"name": "a", "price": "10", "trackStock": True, "openingStock": "5"},
        {"name": "b", "purchasePrice": "8", "profitMargin": "25"},
        {"name": "c", "price": "1", "trackStock": True},
    ]
    fields = "id price actualStock profitMargin"
    made = rows(await send(desk, CREATE_PRODUCTS, items, row=fields), "product")
    assert [(row["price"], row["actualStock"], row["profitMargin"]) for row in made] == [
        ("10.0000", "5.000", None),
        ("10.0000", None, "25.00"),
        ("1.0000", "0.000", None),
    ]
    changes = [
        {"productId": made[0]["id"], "trackStock": False},
        {"productId": made[1]["id"], "price": "16", "trackStock": True, "openingStock": "3"},
        {"productId": made[2]["id"], "purchasePrice": "0.5"},
    ]
    changed = rows(await send(desk, UPDATE_PRODUCTS, changes, row=fields), "product")
    assert [(row["actualStock"], row["profitMargin"]) for row in changed] == [
        (None, None),
        ("3.000", "100.00"),
        ("0.000", "100.00"),
    ]


async def test_an_item_may_name_a_row_by_the_key_that_made_it(desk: Desk) -> None:
    create, key = write_of("PriceTier", WriteAction.CREATE), secrets.token_hex(4)
    tier = await desk.write(
        desk.firm["owner"], create, "priceTier { id }", companyId=desk.firm.id, name="x", idempotencyKey=key
    )
    items = [{"name": "a", "priceTierId": f"key:{key}"}, {"name": "b", "priceTierId": "key:none"}, {"name": "c"}]
    payload = await send(desk, CREATE, items, row="priceTier { id }", allOrNothing=False)
    assert of_items(payload) == [[], [("NOT_FOUND", "priceTierId", None)], []]
    assert rows(payload) == [{"priceTier": tier["priceTier"]}, None, {"priceTier": None}]


# --- trials and repetitions


@pytest.mark.parametrize("whole", [True, False])
async def test_a_trial_of_a_list_says_what_would_come_of_it(desk: Desk, whole: bool) -> None:
    ids = await customers(desk, 2)
    before = await desk.rows()
    for write, good, bad in (
        (CREATE, {"name": "a"}, {"name": " "}),
        (UPDATE, {"customerId": ids[0], "name": "a"}, {"customerId": ids[1], "name": " "}),
    ):
        controls: dict[str, Any] = {"validateOnly": True, "allOrNothing": whole, "idempotencyKey": secrets.token_hex(4)}
        fine = await send(desk, write, [good], **controls)
        assert (of_items(fine), rows(fine), fine["errors"]) == ([[]], [None], [])
        payload = await send(desk, write, [good, bad], **controls)
        problem = ("VALIDATION", "name", "REQUIRED")
        assert faults(payload["errors"]) == ([("VALIDATION", "items.1.name", "REQUIRED")] if whole else [])
        assert of_items(payload) == ([] if whole else [[], [problem]])
    assert await desk.rows() == before


@pytest.mark.parametrize("whole", [True, False])
async def test_a_repeated_list_shows_the_rows_that_it_wrote(desk: Desk, whole: bool) -> None:
    key, bad = secrets.token_hex(4), [] if whole else [{"name": " "}, {"name": "x", "externalId": "taken"}]
    await send(desk, CREATE, [{"name": "first", "externalId": "taken"}], allOrNothing=False)
    items: list[Any] = [*bad, *({"name": f"Nr {n}", "externalId": f"{key}{n}"} for n in range(12))]
    controls: dict[str, Any] = {"idempotencyKey": key, "allOrNothing": whole}
    first = await send(desk, CREATE, items, **controls)
    assert (first["replayed"], first["errors"]) == (False, [])
    after = await desk.rows()
    again = await send(desk, CREATE, items, **controls)
    assert again == {**first, "replayed": True}
    reused = await send(desk, CREATE, items[::-1], **controls)
    assert (faults(reused["errors"]), reused["results"]) == ([("KEY_REUSED", "idempotencyKey", None)], [])
    assert await desk.rows() == after
    ids = [row["id"] for row in rows(first) if row]
    same = [{"customerId": id_, **({"name": "x"} if n % 2 else {})} for n, id_ in enumerate(ids)]
    same += [] if whole else [{"customerId": f"cus_{UNKNOWN}", "name": "x"}]
    first = await send(desk, UPDATE, same, **controls)
    again = await send(desk, UPDATE, same, **controls)
    assert again == {**first, "replayed": True}
    assert {row["version"] for row in rows(again) if row} == {1, 2}


async def test_a_trial_shows_no_row_that_would_stay_as_it_is(desk: Desk) -> None:
    (id_,) = await customers(desk, 1)
    same = await send(desk, UPDATE, [{"customerId": id_, "name": "Nr 0"}], validateOnly=True)
    assert (of_items(same), rows(same)) == ([[]], [None])


AGAIN: Final = ("KEY_REUSED", "", None)


async def test_a_repeated_list_says_which_new_rows_it_did_not_make(desk: Desk) -> None:
    """Both items were refused, and one of them could be made now; but this key makes nothing any more."""
    owner, value = desk.firm["owner"], secrets.token_hex(4)
    (taken,) = await customers(desk, 1, externalId=value)
    controls: dict[str, Any] = {"allOrNothing": False, "idempotencyKey": secrets.token_hex(4)}
    items: list[Any] = [{"name": "a"}, {"name": "b", "externalId": value}, {"name": " "}]
    first = await send(desk, CREATE, items, **controls)
    empty = [("VALIDATION", "name", "REQUIRED")]
    assert of_items(first) == [[], [("TAKEN", "externalId", None)], empty]
    await desk.write(owner, write_of("Customer", WriteAction.UPDATE), customerId=taken, externalId=None)
    before = await desk.rows()
    again = await send(desk, CREATE, items, **controls)
    assert (again["replayed"], of_items(again), rows(again)) == (True, [[], [AGAIN], empty], rows(first))
    assert await desk.rows() == before
    assert of_items(await send(desk, CREATE, [items[1]])) == [[]]


async def test_a_repeated_list_says_which_rows_it_did_not_change(desk: Desk) -> None:
    """Of two items that changed nothing one would change something now."""
    owner, update = desk.firm["owner"], write_of("Customer", WriteAction.UPDATE)
    ids = await customers(desk, 4, city="Gent")
    controls: dict[str, Any] = {"allOrNothing": False, "idempotencyKey": secrets.token_hex(4)}
    given: list[Any] = [
        {"city": "Brugge"},
        {"city": "Brugge", "expectedVersion": 2},
        {"city": "Gent"},
        {"city": "Gent"},
    ]
    items = [{"customerId": id_, **one} for id_, one in zip(ids, given, strict=True)]
    first = await send(desk, UPDATE, items, **controls)
    assert of_items(first) == [[], [("VERSION_CONFLICT", "expectedVersion", None)], [], []]
    await desk.write(owner, update, customerId=ids[1], note="x")
    await desk.write(owner, update, customerId=ids[3], city="Aalst")
    before = await desk.rows()
    again = await send(desk, UPDATE, items, **controls)
    assert (again["replayed"], of_items(again)) == (True, [[], [AGAIN], [], [AGAIN]])
    assert [row["version"] for row in rows(again)] == [2, 2, 1, 2]
    assert await desk.rows() == before


@pytest.mark.parametrize("write", LISTS.values(), ids=named)
async def test_a_repeated_list_shows_nothing_of_an_app_that_was_taken(desk: Desk, write: EntityWrite) -> None:
    anna, gated = desk.firm["anna"], next(one for one in write.columns if one.need and one.linked is None)
    own = {**least(write)} if write.creates else {write.row: await any_row(desk, write)}
    item = {**own, gated.member: sample(gated, 1)}
    controls: dict[str, Any] = {"allOrNothing": False, "idempotencyKey": secrets.token_hex(4), "row": "id"}
    apps = [gate for need in (write.need, gated.need) for gate in need if isinstance(gate, App)]
    await desk.allow(anna, *apps)
    first = await send(desk, write, [item], anna, **controls)
    assert of_items(first) == [[]]
    await desk.allow(anna, *(gate for gate in write.need if isinstance(gate, App)))
    again = await send(desk, write, [item], anna, **controls)
    ((code, field, _),) = of_items(again)[0]
    assert (again["replayed"], code, field) == (True, "APP_REQUIRED", gated.member)
    assert rows(again, write.member) == ([None] if write.creates else rows(first, write.member))
    await desk.allow(anna)


async def test_the_key_of_a_header_is_that_of_the_list(desk: Desk) -> None:
    given = {"companyId": desk.firm.id, "items": [{"name": "a"}, {"name": "b"}]}
    token, key = desk.firm["owner"].token, secrets.token_hex(4)
    request = GraphQLRequest(query(CREATE), variables={"input": given}, token=token, idempotency_key=key)
    first, again = [orjson.loads((await desk.executor.execute(request)).data or b"") for _ in range(2)]
    assert first["createCustomers"]["replayed"] is False
    assert again["createCustomers"] == {**first["createCustomers"], "replayed": True}


async def test_a_repeated_list_shows_no_row_that_has_gone_since(desk: Desk) -> None:
    controls: dict[str, Any] = {"idempotencyKey": secrets.token_hex(4)}
    items = [{"name": "a"}, {"name": "b"}]
    first = await send(desk, CREATE, items, **controls)
    delete = write_of("Customer", WriteAction.DELETE)
    await desk.write(desk.firm["owner"], delete, customerId=rows(first)[0]["id"])
    again = await send(desk, CREATE, items, **controls)
    assert (again["replayed"], of_items(again)) == (True, [[], []])
    assert rows(again) == [None, rows(first)[1]]


# --- what is not theirs


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("write", [write for write in LISTS.values() if not write.creates], ids=named)
async def test_an_item_that_one_may_not_see_is_answered_as_what_never_was(
    desk: Desk, write: EntityWrite, whole: bool
) -> None:
    owner, mine = desk.firm["owner"], await desk.made(write.type_.name)
    theirs, gone = await foreign(desk, write.type_.name), await desk.made(write.type_.name)
    delete = write_of(write.type_.name, WriteAction.DELETE)
    await desk.write(owner, delete, **{delete.which: gone})
    ids = [theirs, gone, f"{write.prefix}_{uuid.uuid4().hex}", f"com_{theirs[4:]}", "x"]
    if write.type_.name == "Customer":
        ids.append(prospect := await desk.made("Customer"))
        await desk.connection.execute(PROSPECT, key_of(prospect))
    before, answers = await desk.rows(), set[bytes | None]()
    for id_ in ids:
        items = [{write.row: mine, "expectedVersion": 9, "name": "x"}, {write.row: id_, "name": "x"}]
        given = {"companyId": desk.firm.id, "items": items, "allOrNothing": whole}
        result = await desk.send(owner, query(write), input=given)
        answers.add(result.data)
        assert (result.errors, result.hidden) == ((), ())
    assert len(answers) == 1
    payload = orjson.loads(answers.pop() or b"")[write.operation]
    problem = ("NOT_FOUND", write.row, None)
    if whole:
        assert faults(payload["errors"])[1:] == [("NOT_FOUND", f"items.1.{write.row}", None)]
    else:
        assert (of_items(payload)[1], rows(payload, write.member)[1]) == ([problem], None)
    assert await desk.rows() == before


@pytest.mark.parametrize("write", LISTS.values(), ids=named)
async def test_a_company_that_one_does_not_enter_is_answered_as_what_never_was(desk: Desk, write: EntityWrite) -> None:
    theirs = {} if write.creates else {write.row: await foreign(desk, write.type_.name)}
    before, answers = await desk.rows(), set[bytes | None]()
    for id_ in (desk.other.id, f"com_{uuid.uuid4().hex}", f"xyz_{desk.other.id[4:]}", "com_x", ""):
        given = {"companyId": id_, "items": [{**least(write), **theirs}], "idempotencyKey": secrets.token_hex(4)}
        answers.add((await desk.send(desk.firm["owner"], query(write), input=given)).data)
    assert len(answers) == 1
    payload = orjson.loads(answers.pop() or b"")[write.operation]
    assert (faults(payload["errors"]), payload["company"]) == ([("NOT_FOUND", "companyId", None)], None)
    assert payload["results"] == []
    assert await desk.rows() == before


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("write", LISTS.values(), ids=named)
async def test_a_gate_that_one_item_uses_is_told_at_it(desk: Desk, write: EntityWrite, whole: bool) -> None:
    anna, gated = desk.firm["anna"], next(one for one in write.columns if one.need and one.linked is None)
    apps = [gate for gate in gated.need if isinstance(gate, App)]
    await desk.allow(anna, *(gate for gate in write.need if isinstance(gate, App)))
    create = next(one for one in LISTS.values() if one.creates and one.type_ is write.type_)
    own: list[Any] = [
        {**least(create)} if write.creates else {write.row: await any_row(desk, write), "name": secrets.token_hex(4)}
        for _ in range(3)
    ]
    items = [own[0], {**own[1], gated.member: None, "name": " "}, own[2]]
    before = await desk.rows()
    payload = await send(desk, write, items, anna, row="id", allOrNothing=whole)
    if whole:
        problem = {"code": "APP_REQUIRED", "reason": "NULL_SENT", "app": apps[0].name}
        assert payload["errors"] == [{**problem, "field": ["items", "1", gated.member]}]
        assert await desk.rows() == before
    else:
        assert of_items(payload) == [[], [("APP_REQUIRED", gated.member, "NULL_SENT")], []]
        assert [bool(row) for row in rows(payload, write.member)] == [True, not write.creates, True]
    await desk.allow(anna)


async def test_hidden_values_survive_a_list(desk: Desk) -> None:
    ids = [await desk.made("Customer") for _ in range(2)]
    hidden = [column.name for column in UPDATE.columns if column.need and column.linked is None]
    find = f"select {', '.join(hidden)} from contact where id = any($1)"
    before = await desk.connection.fetch(find, [key_of(id_) for id_ in ids])
    await desk.allow(desk.firm["anna"])
    items = [{"customerId": id_, "name": secrets.token_hex(4), "city": "Gent"} for id_ in ids]
    payload = await send(desk, UPDATE, items, desk.firm["anna"])
    assert [row["version"] for row in rows(payload)] == [2, 2]
    assert await desk.connection.fetch(find, [key_of(id_) for id_ in ids]) == before
    assert any(before[0])


# --- several at once


async def test_lists_at_once_wait_for_each_other_whatever_their_order(desk: Desk) -> None:
    ids = await customers(desk, 20)
    lists = [ids, ids[::-1], ids[10:] + ids[:10], ids[::2] + ids[1::2]]
    answers = await asyncio.gather(
        *(
            send(desk, UPDATE, [{"customerId": id_, "city": f"{n}"} for id_ in order], allOrNothing=n % 2 == 0)
            for n, order in enumerate(lists)
        ),
        *(
            desk.write(desk.firm["owner"], write_of("Customer", WriteAction.UPDATE), customerId=id_, note="x")
            for id_ in ids[:5]
        ),
    )
    assert all(answer["errors"] == [] for answer in answers)
    assert all(of_items(answer) == [[]] * 20 for answer in answers[:4])
    find = "select distinct version from contact where id = any($1) order by 1"
    versions = [row[0] for row in await desk.connection.fetch(find, [key_of(id_) for id_ in ids])]
    assert versions == [5, 6]


@pytest.mark.parametrize("whole", [True, False])
async def test_rows_that_change_while_a_list_waits_are_judged_as_they_are_then(desk: Desk, whole: bool) -> None:
    """They are locked in the order of their keys: what waits for the first one holds no other."""
    ids = sorted(await customers(desk, 3))
    versions: tuple[dict[str, Any], ...] = ({}, {"expectedVersion": 1}, {"expectedVersion": 1})
    items = [{"customerId": id_, "city": "Gent", **one} for id_, one in zip(ids, versions, strict=True)]
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute(CHANGE, key_of(ids[0]))
        waiting = asyncio.ensure_future(send(desk, UPDATE, items[::-1], row="note city version", allOrNothing=whole))
        async with asyncio.timeout(PATIENCE):
            while not await desk.connection.fetchval(WAITS):  # noqa: ASYNC110  # it is the database that says so
                await asyncio.sleep(0.01)
        await connection.execute(CHANGE, key_of(ids[2]))
        await connection.execute("commit")
        payload = await waiting
    finally:
        await connection.close()
    if whole:
        assert faults(payload["errors"]) == [("VERSION_CONFLICT", "items.0.expectedVersion", None)]
    else:
        assert of_items(payload) == [[("VERSION_CONFLICT", "expectedVersion", None)], [], []]
    find = "select note, city, version from contact where id = any($1) order by id"
    stored = [tuple(row) for row in await desk.connection.fetch(find, [key_of(id_) for id_ in ids])]
    written = [("theirs", "Gent", 3), (None, "Gent", 2), ("theirs", None, 2)]
    assert stored == ([("theirs", None, 2), (None, None, 1), ("theirs", None, 2)] if whole else written)


async def test_what_an_effect_reads_is_as_new_as_its_row(desk: Desk) -> None:
    """Goods move while a list waits for the product: its first stock is what is stated, not as much more."""
    (made,) = rows(await send(desk, CREATE_PRODUCTS, [{"name": "a", "price": "1"}], row="id"), "product")
    product, connection = key_of(made["id"]), await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute("update product set version = version + 1 where id = $1", product)
        item = {"productId": made["id"], "trackStock": True, "openingStock": "10"}
        waiting = asyncio.ensure_future(send(desk, UPDATE_PRODUCTS, [item], row="id"))
        async with asyncio.timeout(PATIENCE):
            while not await desk.connection.fetchval(WAITS):  # noqa: ASYNC110  # it is the database that says so
                await asyncio.sleep(0.01)
        await connection.execute(MOVE, desk.firm.key, product)
        await connection.execute("commit")
        assert (await waiting)["errors"] == []
    finally:
        await connection.close()
    moved = "select array_agg(quantity::int order by quantity) from stock_movement where product_id = $1"
    assert await desk.connection.fetchval(moved, product) == [3, 7]


async def test_of_lists_at_once_with_one_value_one_has_it(desk: Desk) -> None:
    value = secrets.token_hex(4)
    items: list[Any] = [{"name": "a"}, {"name": "b", "externalId": value}, {"name": "c"}]
    answers = await asyncio.gather(*(send(desk, CREATE, items, allOrNothing=False) for _ in range(4)))
    taken = [("TAKEN", "externalId", None)]
    assert sorted(of_items(answer) for answer in answers) == [[[], [], []], *[[[], taken, []]] * 3]
    numbers = [row["number"] for answer in answers for row in rows(answer) if row]
    assert len(set(numbers)) == len(numbers) == 9


async def test_of_lists_at_once_with_one_key_one_is_written(desk: Desk) -> None:
    items, key = [{"name": "a"}, {"name": " "}, {"name": "c"}], secrets.token_hex(4)
    count = len((await desk.rows())["change"])
    answers = await asyncio.gather(
        *(send(desk, CREATE, items, allOrNothing=False, idempotencyKey=key) for _ in range(4))
    )
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True, True]
    assert all({**answer, "replayed": True} == {**answers[0], "replayed": True} for answer in answers)
    assert len((await desk.rows())["change"]) == count + 2


# --- what a list costs


async def test_the_rows_that_are_written_count_for_the_quota(desk: Desk) -> None:
    desk.executor.limit_writes(RowLimit(4, 3_600, Table.own(), lambda: 0.0))
    bad: list[Any] = [{"name": "a"}, *[{"name": " "}] * 5]
    for _ in range(2):  # one row each
        assert of_items(await send(desk, CREATE, bad, allOrNothing=False))[0] == []
        assert len((await send(desk, CREATE, bad))["errors"]) == 5
    assert (await send(desk, CREATE, [{"name": "a"}] * 3))["errors"] == []
    given = {"companyId": desk.firm.id, "items": [{"name": "x"}]}
    refused = await desk.send(desk.firm["owner"], query(CREATE), input=given)
    assert [error.code.value for error in refused.errors] == ["RATE_LIMITED"]


async def test_the_cost_grows_with_the_items(desk: Desk) -> None:
    costs: list[int] = []
    for count in (0, 1, 2, LIST_ITEMS):
        given = {"companyId": desk.firm.id, "items": [{"name": "x"}] * count, "validateOnly": True}
        request = GraphQLRequest(
            query(CREATE), variables={"input": given}, token=desk.firm["owner"].token, wants_cost=True
        )
        result = await desk.executor.execute(request)
        assert result.cost is not None
        costs.append(result.cost[0])
    none, one, two, all_ = costs
    assert one - none == two - one > 40  # written, and read
    assert all_ - none == LIST_ITEMS * (one - none)


async def test_the_problems_of_each_item_are_in_the_cost(desk: Desk) -> None:
    """Though they are read only where some items are refused."""
    text = """mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) { %s } }"""
    given = {"companyId": desk.firm.id, "items": [{"name": "x"}] * LIST_ITEMS, "validateOnly": True}
    costs: list[int] = []
    for field in ("code", "code message field"):
        for selection in (f"errors {{ {field} }}", f"results {{ errors {{ {field} }} }}"):
            request = GraphQLRequest(
                text % selection, variables={"input": given}, token=desk.firm["owner"].token, wants_cost=True
            )
            result = await desk.executor.execute(request)
            assert result.cost is not None
            costs.append(result.cost[0])
    one_together, one_each, together, each = costs
    assert min(together - one_together, each - one_each) >= 2 * LIST_ITEMS * ITEMS["UserError"]


# --- a list is what its items are


@pytest.mark.parametrize("type_name", ["Customer", "Product"])
async def test_a_list_is_what_its_items_are_one_by_one(desk: Desk, type_name: str) -> None:
    """Two companies get the same items, one as a list, the other one by one."""
    firms = [await Firm.found(desk.connection, *EVERY_APP) for _ in range(2)]
    single, several = (
        {write.action: write for write in DECLARED.values() if write.type_.name == type_name and write.listed is listed}
        for listed in (False, True)
    )
    create = single[WriteAction.CREATE]
    every = full(create)
    every.pop("glAccount", None)
    items: list[Any] = [{**least(create), **dict(list(every.items())[n : n + 5])} for n in range(0, len(every), 3)]
    items += [{**least(create), name: value} for name, value in every.items()]
    items += [{**least(create), name: None} for name in every if name != "name"]
    for unique in ("number", "externalId", "ean"):
        items = [{name: value for name, value in item.items() if name != unique or value is None} for item in items]
    row = " ".join(one.member for one in create.columns if one.linked is None and not one.rule.called)
    by_list = await listed_in(desk, firms[0], several[WriteAction.CREATE], items, row)
    one_by_one = [await alone_in(desk, firms[1], create, item, row) for item in items]
    assert by_list == one_by_one
    assert any(errors for _, errors in by_list)
    assert sum(not errors for _, errors in by_list) > len(items) // 2
    for firm in firms:
        assert len(await ids_of(desk, firm, create)) == sum(not errors for _, errors in by_list)
    changes = [{**item} for item in items[: len(await ids_of(desk, firms[0], create))]][::-1]
    update = single[WriteAction.UPDATE]
    given = [
        [{update.row: id_, **item} for id_, item in zip(await ids_of(desk, firm, create), changes, strict=False)]
        for firm in firms
    ]
    by_list = await listed_in(desk, firms[0], several[WriteAction.UPDATE], given[0], f"{row} version")
    one_by_one = [await alone_in(desk, firms[1], update, item, f"{row} version") for item in given[1]]
    assert by_list == one_by_one
    assert any(errors for _, errors in by_list)


async def ids_of(desk: Desk, firm: Firm, write: EntityWrite) -> list[str]:
    """The ids of a company's rows, in the order of their numbers."""
    find = f"select id from {write.table.name} where company_id = $1 order by sequence_number"
    return [f"{write.prefix}_{row[0].hex}" for row in await desk.connection.fetch(find, firm.key)]


async def listed_in(desk: Desk, firm: Firm, write: EntityWrite, items: list[Any], row: str) -> list[Any]:
    payload = await send(desk, write, items, firm["owner"], row=row, companyId=firm.id, allOrNothing=False)
    assert payload["errors"] == []
    return [(result[write.member], faults(result["errors"])) for result in payload["results"]]


async def alone_in(desk: Desk, firm: Firm, write: EntityWrite, item: dict[str, Any], row: str) -> Any:
    where = {"companyId": firm.id} if write.creates else {}
    payload = await desk.write(firm["owner"], write, f"{write.member} {{ {row} }}", **where, **item)
    return payload[write.member], faults(payload["errors"])
