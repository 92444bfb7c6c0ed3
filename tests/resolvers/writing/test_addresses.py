"""Addresses of customers by themselves: each is written by who has the app of its kind, and is not there for others."""

import secrets
import uuid
from typing import Any, Final

import orjson
import pytest

from resolvers.request import GraphQLRequest, HiddenFields
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import Desk, document, write_of
from tests.resolvers.writing.test_customers import faults

CREATE, UPDATE, DELETE = (write_of("Address", action) for action in list(WriteAction)[:3])
SHOWN: Final = """address { id name kind country version }
  customer { id version deliveryAddresses { name } siteAddresses { name } }"""
NODE: Final = "query ($id: ID!) { node(id: $id) { id ... on Address { name kind } } }"
APPS: Final = {"DELIVERY": App.DELIVERY_ADDRESSES, "SITE": App.SITE_ADDRESSES}


async def customer_of(desk: Desk) -> str:
    """The id of a new customer."""
    return await desk.made("Customer")


async def create(desk: Desk, customer: str, who: str = "owner", **given: Any) -> dict[str, Any]:
    """The payload of a new address."""
    return await desk.write(
        desk.firm[who], CREATE, SHOWN, **{"customerId": customer, "kind": "SITE", "name": "Yard", **given}
    )


async def test_an_address_stands_in_the_list_of_its_kind_and_changes_its_customers_version(desk: Desk) -> None:
    customer, owner = await customer_of(desk), desk.firm["owner"]
    made = await create(desk, customer)
    id_ = made["address"].pop("id")
    assert made == {
        "address": {"name": "Yard", "kind": "SITE", "country": "BE", "version": 1},
        "customer": {"id": customer, "version": 2, "deliveryAddresses": [], "siteAddresses": [{"name": "Yard"}]},
        "errors": [],
    }
    assert faults(await create(desk, customer, kind="DELIVERY", name="Dock")) == []
    changed = await desk.write(owner, UPDATE, SHOWN, addressId=id_, name="Field", expectedVersion=1)
    assert changed["customer"]["siteAddresses"] == [{"name": "Field"}]
    assert (changed["address"]["version"], changed["customer"]["version"]) == (2, 4)
    gone = await desk.write(owner, DELETE, f"deletedId {SHOWN}", addressId=id_)
    assert (gone["deletedId"], gone["customer"]["siteAddresses"]) == (id_, [])
    assert gone["customer"]["deliveryAddresses"] == [{"name": "Dock"}]
    find = "select fields from change where key = $1 and kind = 'CHANGED' order by xid, id"
    told = await desk.connection.fetch(find, uuid.UUID(hex=customer[4:]))
    assert [row["fields"] for row in told] == [
        ["siteAddresses"], ["deliveryAddresses"], ["siteAddresses"], ["siteAddresses"],
    ]  # fmt: skip


FILL: Final = """
insert into contact_address (company_id, customer_id, kind, name)
select $1, $2, 'SITE', 'Yard ' || n from generate_series(1, 100) n
"""
FILL_PEOPLE: Final = """
insert into contact_person (company_id, customer_id, first_name, last_name)
select $1, $2, 'Piet', n from generate_series(1, 100) n
"""
FREE: Final = (
    "update contact_address set deleted_at = now() where company_id = $1 and customer_id = $2 and name = 'Yard 7'"
)


async def test_a_list_of_parts_has_as_many_rows_as_may_be_sent_in_it(desk: Desk) -> None:
    customer, owner = await customer_of(desk), desk.firm["owner"]
    of_customer = (desk.firm.key, uuid.UUID(hex=customer[4:]))
    for fill in (FILL, FILL_PEOPLE):
        await desk.connection.execute(fill, *of_customer)
    before = await desk.rows()
    assert faults(await create(desk, customer)) == [("customerId", "LIMIT_REACHED")]
    person = write_of("ContactPerson", WriteAction.CREATE)
    made = await desk.write(owner, person, "contactPerson { id }", customerId=customer, lastName="Maes")
    assert faults(made) == [("customerId", "LIMIT_REACHED")]
    assert await desk.rows() == before
    assert faults(await create(desk, customer, kind="DELIVERY")) == []
    await desk.connection.execute(FREE, *of_customer)
    assert faults(await create(desk, customer)) == []


async def test_what_a_rule_came_too_late_for_may_be_changed_elsewhere_in_its_row(desk: Desk) -> None:
    """Alone and in its list alike; what the rule reads is judged again once it changes."""
    customer, owner = await customer_of(desk), desk.firm["owner"]
    made = await create(desk, customer)
    id_, write = made["address"]["id"], write_of("Customer", WriteAction.UPDATE)
    await desk.connection.execute("update contact_address set postcode = '75001' where id = $1", uuid.UUID(hex=id_[4:]))
    alone = await desk.write(owner, UPDATE, "customer { version }", addressId=id_, name="Field")
    assert faults(alone) == []
    version = alone["customer"]["version"]
    for given, expected in (
        ({"name": "Lawn"}, []),
        ({"postcode": "75002"}, [("siteAddresses.0.postcode", "FORMAT")]),
        ({"country": "FR"}, []),
    ):
        listed = [{"id": id_, **given}]
        payload = await desk.write(
            owner, write, "customer { version }", customerId=customer, expectedVersion=version, siteAddresses=listed
        )
        assert faults(payload) == expected
        version = payload["customer"]["version"]


@pytest.mark.parametrize(("mine", "other"), [("SITE", "DELIVERY"), ("DELIVERY", "SITE")])
async def test_a_kind_is_written_by_who_has_its_app(desk: Desk, mine: str, other: str) -> None:
    customer, anna = await customer_of(desk), desk.firm["anna"]
    await desk.allow(anna, APPS[mine])
    assert faults(await create(desk, customer, "anna", kind=mine)) == []
    before = await desk.rows()
    result = await desk.send(
        anna, document(CREATE, "address { id } errors { code field app }"),
        input={"customerId": customer, "kind": other, "name": "x"},
    )  # fmt: skip
    assert orjson.loads(result.data or b"")["createAddress"] == {
        "address": None, "errors": [{"code": "APP_REQUIRED", "field": ["kind"], "app": APPS[other].name}],
    }  # fmt: skip
    request = GraphQLRequest(
        document(CREATE, "errors { code }"), token=anna.token, hidden_fields=HiddenFields.ABSENT,
        variables={"input": {"customerId": customer, "kind": other, "name": "x"}},
    )  # fmt: skip
    unknown = await desk.executor.execute(request)
    assert (unknown.data, [error.code.value for error in unknown.errors]) == (None, ["BAD_USER_INPUT"])
    assert await desk.rows() == before
    await desk.allow(anna)


@pytest.mark.parametrize("write", [UPDATE, DELETE], ids=["update", "delete"])
async def test_an_address_of_a_hidden_kind_is_one_that_never_was(desk: Desk, write: Any) -> None:
    customer, anna = await customer_of(desk), desk.firm["anna"]
    id_ = (await create(desk, customer, kind="DELIVERY"))["address"]["id"]
    await desk.allow(anna, App.SITE_ADDRESSES)
    before = await desk.rows()
    answers = set[bytes | None]()
    for named in (id_, f"adr_{uuid.uuid4().hex}", f"cus_{id_[4:]}", "x"):
        for more in ({}, {"expectedVersion": 9}, {"idempotencyKey": secrets.token_hex(4)}, {"validateOnly": True}):
            query = document(write, f"{SHOWN} company {{ id }} errors {{ code message field }}")
            result = await desk.send(anna, query, input={"addressId": named, **more})
            assert (result.errors, result.hidden) == ((), ())
            answers.add(result.data)
        assert (await desk.send(anna, NODE, id=named)).data == b'{"node":null}'
    (answer,) = answers
    payload = orjson.loads(answer or b"")[write.operation]
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("NOT_FOUND", ["addressId"])]
    assert (payload["address"], payload["customer"], payload["company"]) == (None, None, None)
    assert await desk.rows() == before
    await desk.allow(anna, App.DELIVERY_ADDRESSES)
    assert (await desk.send(anna, NODE, id=id_)).data is not None
    assert faults(await desk.write(anna, write, SHOWN, addressId=id_)) == []
    await desk.allow(anna)


async def test_a_kind_never_changes_and_a_postcode_is_one(desk: Desk) -> None:
    customer, owner = await customer_of(desk), desk.firm["owner"]
    id_ = (await create(desk, customer))["address"]["id"]
    result = await desk.send(owner, document(UPDATE, "errors { code }"), input={"addressId": id_, "kind": "DELIVERY"})
    assert [error.code.value for error in result.errors] == ["BAD_USER_INPUT"]
    for payload in (
        await create(desk, customer, postcode="999"),
        await desk.write(owner, UPDATE, SHOWN, addressId=id_, postcode="999"),
        await desk.write(owner, UPDATE, SHOWN, addressId=id_, country="BE", postcode="75001x"),
    ):
        assert faults(payload) == [("postcode", "FORMAT")]
    assert faults(await create(desk, customer, country="FR", postcode="75001")) == []
    listed = [{"id": id_, "postcode": "999"}]
    payload = await desk.write(
        owner, write_of("Customer", WriteAction.UPDATE), "", customerId=customer, siteAddresses=listed,
        expectedVersion=3,
    )  # fmt: skip
    assert faults(payload) == [("siteAddresses.0.postcode", "FORMAT")]
