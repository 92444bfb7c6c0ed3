"""Presets: sets of apps that owners keep; nobody else sees or writes them, and no key does."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson
import pytest

from db.tokens import hash_token, new_token
from resolvers.request import HiddenFields
from resolvers.writing.declaration import EntityWrite
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import Desk, write_of
from tests.support.company import Person
from tests.support.databases import Databases

CREATE, UPDATE, DELETE = (
    write_of("AccessPreset", action) for action in (WriteAction.CREATE, WriteAction.UPDATE, WriteAction.DELETE)
)
ROW: Final = "accessPreset { id name apps version }"
LISTED: Final = """query ($id: ID!, $search: String) {
  company(id: $id) { accessPresets(filter: {search: $search}) { totalCount nodes { name apps } } } }"""
MAKE_KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at)
values ($1, $2, 'API_KEY', 'x', 'wxyz', 'NULL', '2126-01-01')
"""


@pytest.fixture(scope="module")
async def desk(databases: Databases, template: str) -> AsyncGenerator[Desk]:
    async with Desk.open(databases, template) as desk:
        yield desk


async def made(desk: Desk, name: str, *apps: str) -> str:
    given = {"companyId": desk.firm.id, "name": name, "apps": list(apps)}
    payload = await desk.write(desk.firm["owner"], CREATE, ROW, **given)
    assert payload["errors"] == []
    return payload["accessPreset"]["id"]


async def listed(desk: Desk, who: Person, search: str | None = None) -> Any:
    result = await desk.send(who, LISTED, id=desk.firm.id, search=search)
    return orjson.loads(result.data or b"")["company"]["accessPresets"], result.hidden


async def test_a_set_has_its_apps_in_the_order_of_the_catalogue_each_once(desk: Desk) -> None:
    id_ = await made(desk, "Élève technicien", "WORK_ORDERS", "AGENDA", "AGENDA", "QUOTES")
    found, _ = await listed(desk, desk.firm["partner"], "eleve")
    assert found == {
        "totalCount": 1,
        "nodes": [{"name": "Élève technicien", "apps": ["QUOTES", "AGENDA", "WORK_ORDERS"]}],
    }
    payload = await desk.write(desk.firm["partner"], UPDATE, ROW, presetId=id_, apps=["WORK_ORDERS", "QUOTES"])
    assert payload["accessPreset"] == {
        "id": id_, "name": "Élève technicien", "apps": ["QUOTES", "WORK_ORDERS"], "version": 2,
    }  # fmt: skip
    again = await desk.write(desk.firm["owner"], UPDATE, ROW, presetId=id_, apps=["QUOTES", "WORK_ORDERS"])
    assert again["accessPreset"]["version"] == 2
    empty = await desk.write(desk.firm["owner"], UPDATE, ROW, presetId=id_, apps=[])
    assert empty["accessPreset"]["apps"] == []


async def test_a_name_is_one_sets_until_that_is_deleted(desk: Desk) -> None:
    first, second = await made(desk, "Vendeur", "QUOTES"), await made(desk, "Vendeuse", "QUOTES")
    taken = [{"code": "TAKEN", "field": ["name"], "reason": None}]
    given: dict[str, Any] = {"companyId": desk.firm.id, "name": "  Vendeur ", "apps": []}
    assert (await desk.write(desk.firm["partner"], CREATE, ROW, **given))["errors"] == taken
    renamed = await desk.write(desk.firm["owner"], UPDATE, ROW, presetId=second, name="Vendeur")
    assert renamed["errors"] == taken
    gone = await desk.write(desk.firm["owner"], DELETE, "deletedId", presetId=first)
    assert gone == {"deletedId": first, "errors": []}
    assert (await desk.write(desk.firm["owner"], UPDATE, ROW, presetId=second, name="Vendeur"))["errors"] == []
    found, _ = await listed(desk, desk.firm["owner"], "vendeur")
    assert found["totalCount"] == 1


@pytest.mark.parametrize("who", ["anna", "accountant", "pending", "former"])
async def test_only_owners_see_and_write_them(desk: Desk, who: str) -> None:
    id_, person = await made(desk, f"Seen by {who}", "STOCK"), desk.firm[who]
    before = await desk.rows()
    tries: tuple[tuple[EntityWrite, dict[str, Any]], ...] = ((UPDATE, {"name": "mine"}), (DELETE, {}))
    answers = [
        await desk.write(person, write, ROW, **{write.which: one, **more})
        for write, more in tries
        for one in (id_, "aps_" + "0" * 32)
    ]
    assert {str(answer["errors"]) for answer in answers} == {
        str([{"code": "NOT_FOUND", "field": ["presetId"], "reason": None}])
    }
    given: dict[str, Any] = {"companyId": desk.firm.id, "name": "mine", "apps": []}
    refused = await desk.write(person, CREATE, ROW, **given)
    is_in = who in ("anna", "accountant")
    assert refused == ["FORBIDDEN"] if is_in else refused["errors"][0]["code"] == "NOT_FOUND"
    absent = await desk.ask(person, CREATE, ROW, given, HiddenFields.ABSENT)
    assert {error.code.value for error in absent.errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert await desk.rows() == before
    if is_in:
        found, hidden = await listed(desk, person)
        assert (found, [note.role for note in hidden]) == (None, ["OWNER"])
        node = await desk.send(person, "query ($id: ID!) { node(id: $id) { id } }", id=id_)
        assert (node.data, node.hidden) == (b'{"node":null}', ())


async def test_a_key_of_an_owner_reads_them_and_writes_none(desk: Desk) -> None:
    id_, token = await made(desk, "Seen by a key", "STOCK"), new_token("enk")
    await desk.connection.execute(MAKE_KEY, hash_token(token), desk.firm["owner"].account)
    tries: tuple[tuple[EntityWrite, dict[str, Any]], ...] = (
        (CREATE, {"companyId": desk.firm.id, "name": "x", "apps": []}),
        (UPDATE, {"presetId": id_, "name": "x"}),
        (DELETE, {"presetId": id_}),
    )
    for write, given in tries:
        assert await desk.write(token, write, "", **given) == ["FORBIDDEN"]
    node = await desk.send(token, "query ($id: ID!) { node(id: $id) { ... on AccessPreset { name } } }", id=id_)
    assert node.data == b'{"node":{"name":"Seen by a key"}}'


async def test_what_was_written_is_read_in_the_statement_that_wrote(desk: Desk) -> None:
    ran: list[tuple[str, tuple[Any, ...]]] = []
    with desk.recording(ran):
        await made(desk, "One trip", "STOCK", "QUOTES")
    assert len(ran) == 1


async def test_a_company_has_at_most_a_hundred(desk: Desk) -> None:
    fill = (
        "insert into access_preset (company_id, name, apps) "
        "select $1, 'Filled ' || n, repeat('0', 256)::bit(256) from generate_series(1, $2) n"
    )
    there = await desk.connection.fetchval(
        "select count(*) from access_preset where company_id = $1 and deleted_at is null", desk.firm.key
    )
    await desk.connection.execute(fill, desk.firm.key, 99 - there)
    last = await made(desk, "The hundredth", "STOCK")
    given: dict[str, Any] = {"companyId": desk.firm.id, "name": "One more", "apps": []}
    refused = await desk.write(desk.firm["owner"], CREATE, ROW, **given)
    assert refused["accessPreset"] is None
    assert refused["errors"] == [{"code": "LIMIT_REACHED", "field": ["companyId"], "reason": None}]
    await desk.write(desk.firm["owner"], DELETE, "deletedId", presetId=last)
    await made(desk, "One more", "STOCK")
    await desk.connection.execute("delete from access_preset where name like 'Filled %'")
