"""Who tries to write, or to learn, through a declared mutation what is not theirs."""

import asyncio
import secrets
import uuid
from typing import Any, Final

import orjson
import pytest

from db.connection import connect
from gateway.http.rate_limits import RowLimit, Table
from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, Desk, apps_of_values, document, full, least, somebody, write_of
from tests.resolvers.writing.test_every_write import OF_ROWS, UNKNOWN, named, row_of, target, values
from tests.support.company import Person

CREATE, UPDATE = (write_of("Customer", action) for action in (WriteAction.CREATE, WriteAction.UPDATE))
REMOVE: Final = "update membership set removed_at = case when $3 then now() end where company_id = $1 and id = $2"
FIELD: Final = """
insert into contact_field (company_id, name, kind, show_on_documents, rank) values ($1, 'x', 'TEXT', false, 1)
returning id
"""
PATIENCE: Final = 120
WAITS: Final = "select exists (select from pg_locks where not granted)"
PROSPECT: Final = "update contact set is_customer = $2 where id = $1"


def key_of(id_: str) -> uuid.UUID:
    return uuid.UUID(hex=id_[4:])


async def told(
    desk: Desk, who: Person | str | None, write: EntityWrite, given: dict[str, Any], more: str = ""
) -> bytes:
    """Everything that the answer to a mutation says, as bytes."""
    whole = "" if write.whole is None else f"{write.whole.member} {{ id }}"
    selection = f"{row_of(write)} {whole} company {{ id }} replayed errors {{ code message field reason app }}{more}"
    result = await desk.ask(who, write, selection, given)
    return orjson.dumps([orjson.loads(result.data or b"null"), result.errors, result.hidden], default=str)


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_a_key_of_ones_own_opens_nothing_that_was_taken_away(desk: Desk, write: EntityWrite) -> None:
    bram = desk.firm[somebody(write, "bram")]
    needs = (write.need, *(column.need for column in write.columns))
    apps = {gate for need in needs for gate in need if isinstance(gate, App)}
    await desk.allow(bram, *apps, *apps_of_values(write))
    given = {**least(write), **await target(desk, write), **values(write, 1), "idempotencyKey": secrets.token_hex(8)}
    assert b'"errors":[]' in await told(desk, bram, write, given)
    never = await told(desk, bram, write, {**given, write.which: f"{write.named_prefix}_{UNKNOWN}"})
    before = await desk.rows()
    await desk.connection.execute(REMOVE, desk.firm.key, bram.membership, True)
    assert await told(desk, bram, write, given) == never
    await desk.connection.execute(REMOVE, desk.firm.key, bram.membership, False)
    await desk.allow(bram)
    assert await desk.rows() == before


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_without_the_type_a_row_is_not_there_and_a_company_is_forbidden(
    desk: Desk, write: EntityWrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The types that are written today are everybody's; here one is of an app that can be switched off."""
    bram = desk.firm["bram"]
    given = {**least(write), **await target(desk, write), "idempotencyKey": secrets.token_hex(8)}
    never = {**given, write.which: f"{write.named_prefix}_{UNKNOWN}"}
    monkeypatch.setattr(EntityWrite, "need", (App.STOCK,))
    await desk.allow(bram, *apps_of_values(write))
    before = await desk.rows()
    for used in ({}, {column.member: None for column in write.columns if column.need}):
        answers = [await told(desk, bram, write, {**one, **used}, " gated: replayed") for one in (given, never)]
        assert answers[0] == answers[1] if write.which != "companyId" else b"FORBIDDEN" in answers[0]
    assert await desk.rows() == before
    await desk.allow(bram, App.STOCK, *apps_of_values(write))
    assert b'"errors":[]' in await told(desk, bram, write, given, " gated: replayed")
    await desk.allow(bram)


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_the_key_of_somebody_else_tells_nothing_and_stops_nobody(desk: Desk, write: EntityWrite) -> None:
    given = {**await target(desk, write), **values(write), "idempotencyKey": secrets.token_hex(8)}
    other = {**await target(desk, write), **values(write, 1), "idempotencyKey": given["idempotencyKey"]}
    assert (await desk.write(desk.firm["owner"], write, "replayed", **given)) == {"replayed": False, "errors": []}
    assert (await desk.write(desk.firm["partner"], write, "replayed", **other)) == {"replayed": False, "errors": []}


@pytest.mark.parametrize("write", OF_ROWS, ids=named)
async def test_who_waits_is_not_told_which_rows_there_were(desk: Desk, write: EntityWrite) -> None:
    id_ = await desk.made(write.type_.name)
    if write.action is not WriteAction.RESTORE:
        delete = write_of(write.type_.name, WriteAction.DELETE)
        await desk.write(desk.firm["owner"], delete, **{delete.which: id_})
    debts = desk.executor._writer.declared.debts  # pyright: ignore[reportPrivateUsage]
    debts.add(desk.firm["owner"].account, 60)
    desk.executor.limit_writes(RowLimit(1_000, 1_000, Table.own()))
    try:
        ids = [id_, f"{write.prefix}_{UNKNOWN}"]
        first, second = [await told(desk, desk.firm["owner"], write, {write.which: one}) for one in ids]
        assert first == second
        there = await desk.send(
            desk.firm["owner"], document(CREATE, "replayed"), input={"companyId": desk.firm.id, "name": "x"}
        )
        assert [error.code.value for error in there.errors] == ["RATE_LIMITED"]
    finally:
        desk.executor.limit_writes(None)
        debts.add(desk.firm["owner"].account, 0)


async def test_the_people_of_what_is_no_customer_are_nobodys(desk: Desk) -> None:
    """Prospects and suppliers are contacts, too; whoever writes customers does not change them."""
    owner = desk.firm["owner"]
    person, customer = await desk.made("ContactPerson"), await desk.made("Customer")
    parent = await desk.connection.fetchval("select customer_id from contact_person where id = $1", key_of(person))
    for contact in (parent, key_of(customer)):
        await desk.connection.execute(PROSPECT, contact, False)
    before = await desk.rows()
    for action in (WriteAction.UPDATE, WriteAction.DELETE):
        write = write_of("ContactPerson", action)
        given = {**(full(write, 1) if write.columns else {}), "contactPersonId": person}
        assert await told(desk, owner, write, given) == await told(
            desk, owner, write, {**given, write.which: f"cop_{UNKNOWN}"}
        )
    create = write_of("ContactPerson", WriteAction.CREATE)
    for write, which in ((create, customer), (UPDATE, customer)):
        given = {**full(write), write.which: which}
        assert await told(desk, owner, write, given) == await told(
            desk, owner, write, {**given, write.which: f"cus_{UNKNOWN}"}
        )
    assert await desk.rows() == before


async def test_what_is_stated_by_a_default_of_a_variable_is_written_too(desk: Desk) -> None:
    """The statement is shaped by the values as they are used, not by the variables as they came."""
    query = """mutation ($input: CreateCustomerInput = {companyId: "%s", name: "x", number: "C%s",
        contactPersons: [{lastName: "Bob"}]}) { createCustomer(input: $input) {
        customer { number contactPersons { lastName } } errors { code } } }"""
    result = await desk.send(desk.firm["owner"], (query % (desk.firm.id, 88_001)).replace("Input =", "Input! ="))
    customer = orjson.loads(result.data or b"")["createCustomer"]["customer"]
    assert customer == {"number": "C88001", "contactPersons": [{"lastName": "Bob"}]}


async def test_an_object_with_a_variable_in_place_of_a_list_is_a_list_of_one(desk: Desk) -> None:
    query = """mutation ($company: ID!, $last: String) { createCustomer(input: {companyId: $company, name: "x",
        contactPersons: {lastName: $last}}) { customer { contactPersons { lastName } } errors { code } } }"""
    result = await desk.send(desk.firm["owner"], query, company=desk.firm.id, last="Bob")
    assert result.errors == ()
    customer = orjson.loads(result.data or b"")["createCustomer"]["customer"]
    assert customer == {"contactPersons": [{"lastName": "Bob"}]}


async def test_a_link_that_goes_away_meanwhile_is_not_found(desk: Desk) -> None:
    field, id_ = await desk.connection.fetchval(FIELD, desk.firm.key), await desk.made("Customer")
    given = {"customerId": id_, "customFields": [{"fieldId": f"fld_{field.hex}", "value": "a"}]}
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute("delete from contact_field where id = $1", field)
        waiting = asyncio.ensure_future(desk.write(desk.firm["owner"], UPDATE, "", **given))
        async with asyncio.timeout(PATIENCE):
            while not await desk.connection.fetchval(WAITS):  # noqa: ASYNC110  # it is the database that says so
                await asyncio.sleep(0.01)
        await connection.execute("commit")
        errors = (await waiting)["errors"]
    finally:
        await connection.close()
    assert [(error["code"], error["field"]) for error in errors] == [("NOT_FOUND", ["customFields", "0", "fieldId"])]
