"""TAKEN names the row that has the value, to who sees it."""

from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, Desk, document, least, sample, somebody, write_of
from tests.resolvers.writing.test_every_write import named, row_of
from tests.resolvers.writing.test_intruders import key_of

SHOWN: Final = "errors { code message field reason about { id path } }"
UNIQUE: Final = [
    (write, member)
    for write in DECLARED.values()
    for member in ("number", "externalId", "ean", "name")
    if write.action in (WriteAction.CREATE, WriteAction.UPDATE)
    and any(column.member == member and column.name in write.unique for column in write.columns)
]


async def given_of(desk: Desk, write: EntityWrite) -> dict[str, Any]:
    """An input for a new row, or for one that is there."""
    if write.creates:
        return {**least(write), write.which: desk.firm.id}
    return {write.row: await desk.made(write.type_.name)}


async def asked(desk: Desk, write: EntityWrite, given: dict[str, Any], who: str = "") -> bytes:
    """The payload of a write of one row, as bytes."""
    person = desk.firm[who or somebody(write, "owner")]
    result = await desk.ask(person, write, f"{row_of(write)} {SHOWN}", given)
    assert result.errors == ()
    return result.data or b""


def errors_of(write: EntityWrite, data: bytes) -> list[dict[str, Any]]:
    return orjson.loads(data)[write.operation]["errors"]


def case(value: object) -> str:
    return named(value) if isinstance(value, EntityWrite) else str(value)


@pytest.mark.parametrize(("write", "member"), UNIQUE, ids=case)
async def test_a_taken_value_names_the_row_that_has_it_until_that_is_deleted(
    desk: Desk, write: EntityWrite, member: str
) -> None:
    create = write_of(write.type_.name, WriteAction.CREATE)
    value = sample(next(column for column in create.columns if column.member == member))
    payload = await desk.write(
        desk.firm["owner"], create, f"{create.member} {{ id }}",
        **{**least(create), "companyId": desk.firm.id, member: value},
    )  # fmt: skip
    there = payload[create.member]["id"]
    for trial in (False, True):
        given = {**await given_of(desk, write), member: value, "validateOnly": trial}
        (error,) = errors_of(write, await asked(desk, write, given))
        assert (error["code"], error["about"]) == ("TAKEN", {"id": there, "path": [member]})
        assert error["field"][-1] == member
    await desk.connection.execute(f"update {write.table.name} set deleted_at = now() where id = $1", key_of(there))
    for error in errors_of(write, await asked(desk, write, {**await given_of(desk, write), member: value})):
        assert (error["code"], error["about"]) == ("TAKEN", None), "it may come back"


@pytest.mark.parametrize("name", ["createCustomer", "createCustomers"])
async def test_a_row_that_one_does_not_see_is_named_in_no_byte(desk: Desk, name: str) -> None:
    """A deleted one is not; that of a prospect takes no value at all (`test_customers.py`)."""
    write, owner = DECLARED[name], desk.firm["owner"]
    await desk.allow(desk.firm["anna"], App.CUSTOMERS)
    create = write_of("Customer", WriteAction.CREATE)
    number = sample(next(column for column in create.columns if column.member == "number"))
    given = {"companyId": desk.firm.id, "name": "x", "number": number}
    first = (await desk.write(owner, create, "customer { id }", **given))["customer"]["id"]
    seen = await asked(desk, write, given, "anna")
    assert first.encode() in seen
    await desk.connection.execute("update contact set deleted_at = now() where id = $1", key_of(first))
    answer = await asked(desk, write, given, "anna")
    assert first[4:].encode() not in answer
    assert answer == seen.replace(b'"about":{"id":"%s","path":["number"]}' % first.encode(), b'"about":null')


async def test_a_row_of_another_company_takes_no_value(desk: Desk) -> None:
    create = write_of("Customer", WriteAction.CREATE)
    for firm in (desk.other, desk.firm):
        payload = await desk.write(
            firm["owner"], create, "customer { id }", companyId=firm.id, name="x", externalId="theirs"
        )
        assert payload["errors"] == []


async def test_each_row_of_a_list_is_named_at_its_item(desk: Desk) -> None:
    write, owner = DECLARED["createProducts"], desk.firm["owner"]
    items = [{"name": "x", "price": "1.00", "externalId": f"list {n}"} for n in range(3)]
    shown = "results { product { id } errors { about { id } } } errors { field about { id } }"
    query = document(replace(write, listed=False), shown)
    ids: list[str] = []
    for whole in (True, True, False):
        given = {"companyId": desk.firm.id, "items": items, "allOrNothing": whole}
        result = await desk.send(owner, query, input=given)
        payload = orjson.loads(result.data or b"")[write.operation]
        ids = ids or [one["product"]["id"] for one in payload["results"]]
        told = payload["errors"] if whole else [error for one in payload["results"] for error in one["errors"]]
        assert [error["about"]["id"] for error in told] in ([], ids)
    assert len(told) == 3
