"""Every member of every input with a gate, for every kind of credential; and payloads under the gates of their fields.

A payload is compared with what `node` shows right after, in bytes and in what is reported as hidden, when it is read in
the statement that writes and when it is read after the commit.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pytest

from db.tokens import hash_token, new_token
from resolvers.gates.needs import Need
from resolvers.request import HiddenFields, Result
from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import (
    DECLARED,
    EVERY_APP,
    Desk,
    apps_of_values,
    as_one,
    document,
    full,
    least,
    sample,
    somebody,
    write_of,
)
from tests.resolvers.writing.test_every_write import MAKE_CREDENTIAL, beginning, named, target
from tests.resolvers.writing.test_twin_worlds import shown, shown_row

WRITTEN: Final = [write for write in DECLARED.values() if write.action in (WriteAction.CREATE, WriteAction.UPDATE)]
AUTHORS: Final = "id version updatedAt createdBy { name } updatedBy { name user { id } }"
VIEW_AS: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token } }"


@dataclass(frozen=True, slots=True)
class GatedMember:
    """A place in an input with a gate: the value that it is used with, and where its problem is."""

    write: EntityWrite
    need: Need
    value: dict[str, Any]
    field: list[str]


def gated_members() -> list[Any]:
    """Every member with a gate, of rows and of the rows of lists, null and empty lists included."""
    found: list[GatedMember] = []
    for write in WRITTEN:
        version = {} if write.creates else {"expectedVersion": 1}
        for n, column in enumerate(write.columns):
            values = (sample(column), None) if n % 2 else (None, sample(column))  # the first of each is in every run
            found += [GatedMember(write, column.need, {column.member: value}, [column.member]) for value in values]
        for owned in write.lists:
            item: dict[str, Any] = {one.member: sample(one) for one in owned.columns}
            lists: tuple[Any, ...] = ([item], [], None)
            found += [GatedMember(write, owned.need, {owned.member: one, **version}, [owned.member]) for one in lists]
            for column in owned.columns:
                own = tuple(gate for gate in column.need if gate not in owned.need)
                items = (item, {**item, column.member: None})
                found.append(GatedMember(write, own, {owned.member: items}, [owned.member, "0", column.member]))
    return [
        pytest.param(one, id=f"{one.write.operation}.{'.'.join(one.field)}.{n}")
        for n, one in enumerate(found)
        if one.need
    ]


async def key_of(desk: Desk, who: str) -> str:
    """A new API key of somebody."""
    token = new_token("enk")
    await desk.connection.execute(MAKE_CREDENTIAL, hash_token(token), desk.firm[who].account, False)
    return token


async def sent(desk: Desk, token: str, write: EntityWrite, given: dict[str, Any], mode: HiddenFields) -> Result:
    return await desk.ask(token, write, "errors { code field app }", given, mode)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("member", gated_members())
async def test_a_member_that_one_does_not_see_is_refused_for_every_credential(desk: Desk, member: GatedMember) -> None:
    write, apps = member.write, [gate for gate in member.need if isinstance(gate, App)]
    given = {**least(write), **await target(desk, write), **member.value}
    anna, others = desk.firm["anna"], [App[name] for name in EVERY_APP if App[name] not in apps]
    await desk.allow(anna, *others)
    before = await desk.rows()
    for token in (anna.token, await key_of(desk, "anna")):
        result = await sent(desk, token, write, given, HiddenFields.NULL)
        problem = {"code": "APP_REQUIRED", "field": member.field, "app": apps[0].name}
        assert orjson.loads(result.data or b"null") == {write.operation: {"errors": [problem]}}
        result = await sent(desk, token, write, given, HiddenFields.ABSENT)
        assert (result.data, [error.code.value for error in result.errors]) == (None, ["BAD_USER_INPUT"])
    asked = {"companyId": desk.firm.id, "userId": desk.firm["bram"].id}
    look = await desk.send(desk.firm["owner"], VIEW_AS, input=asked)
    token = orjson.loads(look.data or b"")["startViewAs"]["token"]
    result = await sent(desk, token, write, given, HiddenFields.NULL)
    assert (result.data, [error.code.value for error in result.errors]) == (
        b'{"%s":null}' % write.operation.encode(),
        ["FORBIDDEN"],
    )
    assert await desk.rows() == before
    await desk.allow(anna, *apps, App.API_ACCESS)
    for token in (anna.token, await key_of(desk, "anna")):
        result = await sent(desk, token, write, {**given, "validateOnly": True}, HiddenFields.ABSENT)
        assert b"APP_REQUIRED" not in (result.data or b"APP_REQUIRED"), result.errors
    await desk.allow(anna)


# --- payloads under gates


def apps_of(*needs: Need) -> list[App]:
    found = dict.fromkeys(gate for need in needs for gate in need)
    return [gate for gate in found if isinstance(gate, App)]


async def stored(desk: Desk, write: EntityWrite) -> str:
    """The id of a row with every value, and rows in its lists."""
    create = write_of(write.type_.name, WriteAction.CREATE)
    lists = {owned.member: [await desk.item(owned)] for owned in create.lists if owned.key is None}
    given = {**full(create), **lists, **await desk.place(create)}
    payload = await desk.write(desk.firm["owner"], create, f"{create.member} {{ id }}", **given)
    assert payload["errors"] == []
    return payload[create.member]["id"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("write", WRITTEN, ids=named)
async def test_a_payload_is_what_node_shows_right_after_to_everybody(desk: Desk, write: EntityWrite) -> None:
    anna = desk.firm[somebody(write)]
    for inside in (shown_row(write), AUTHORS, "__typename id ...{ again: id }"):
        gates = apps_of(*(one.need for one in (*write.columns, *write.lists)))
        of_row = {*apps_of(write.need), *apps_of_values(write)}
        for apps in ([], *([app] for app in gates), [App[name] for name in EVERY_APP]):
            await desk.allow(anna, *of_row, *apps)
            for more in ("replayed", "company { id }"):
                place = await desk.place(write) if write.creates else {write.row: await stored(desk, write)}
                free = {one.member: sample(one, 1) for one in write.columns if not one.need and one.linked is None}
                selection = f"{write.member} {{ {inside} }} {more}"
                given = desk.input(write, {**free, **place})
                result = await desk.send(anna, document(write, selection), input=given)
                row = as_one(write, orjson.loads(result.data or b"")[write.operation], selection)[write.member]
                query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {write.type_.name} {{ {inside} }} }} }}"
                node = await desk.send(anna, query, id=row["id"])
                assert result.data is not None
                assert node.data is not None
                assert result.data.startswith(beginning(write) + node.data.removeprefix(b'{"node":').removesuffix(b"}"))
                depth = 3 if write.listed else 2
                notes = [(note.path[depth:], note.app, note.role, note.companies) for note in result.hidden]
                assert notes == [(note.path[1:], note.app, note.role, note.companies) for note in node.hidden]
    await desk.allow(anna)


async def test_hidden_parts_of_a_payload_are_reported(desk: Desk) -> None:
    """So that the comparison above is not one of nothing with nothing."""
    write, anna = write_of("Customer", WriteAction.UPDATE), desk.firm["anna"]
    await desk.allow(anna)
    given = {"customerId": await stored(desk, write), "name": secrets.token_hex(4)}
    result = await desk.send(anna, document(write, shown(write)), input=given)
    assert {note.app for note in result.hidden} >= {
        gate.name for one in write.columns for gate in one.need if not one.linked
    }
