"""A declared write that has waited for others does not use a right that ended meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.tokens import hash_token
from schema.apps import App
from tests.resolvers.writing.desk import DECLARED, Desk, least
from tests.resolvers.writing.test_every_write import target
from tests.resolvers.writing.test_list_locks import until
from tests.support.company import SIGN_IN, change
from tests.support.databases import Databases, migrated_template

COUNTER: Final = "update counter set next = next where company_id = $1"
CONTACTS: Final = "update contact set name = name where company_id = $1"
TAKE: Final = {
    "createCustomer": COUNTER,
    "createCustomers": COUNTER,
    "updateCustomer": CONTACTS,
    "updateCustomers": CONTACTS,
}
"""What another transaction does, so that the write waits for it."""

ENDS: Final = {
    "credential": "delete from credential where account_id = $1",
    "time": "update credential set expires_at = clock_timestamp() where account_id = $1",
}
WAITED: Final = 0.005
"""Seconds after which a write surely has waited: it takes what took less than 2 ms for one that waited for nobody."""

SIGN_OUT: Final = ENDS["credential"]
TOGGLE: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
REFUSALS: Final = {"app": "APP_REQUIRED", "credential": "UNAUTHENTICATED", "time": "UNAUTHENTICATED"}


@pytest.fixture(scope="module")
async def open_desk(databases: Databases) -> AsyncGenerator[Desk]:
    """A desk without the fence of the tests, which looks at the rights of a write that waited as they are then."""
    async with Desk.open(databases, await migrated_template(databases)) as desk:
        yield desk


async def toggle(desk: Desk, app: App, *, granted: bool) -> None:
    """Switch an app for bram, as an owner does."""
    changes = [change(desk.firm["bram"], app.name, granted)]
    given = {"companyId": desk.firm.id, "expectedVersion": await desk.firm.version(), "changes": changes}
    answer = await desk.send(desk.firm["owner"], TOGGLE, input=given)
    assert answer.data == b'{"setAppAccess":{"errors":[]}}'


async def given_to(desk: Desk, name: str) -> dict[str, Any]:
    """The input of a write of bram, who is signed in and has the app for it."""
    bram, write = desk.firm["bram"], DECLARED[name]
    await desk.made("Customer")  # the counter is there from now on
    await desk.connection.execute(SIGN_OUT, bram.account)
    await desk.connection.execute(SIGN_IN, hash_token(bram.token), bram.account)
    await toggle(desk, App.CURRENCIES, granted=True)
    return {**least(write), "currency": "USD", **await target(desk, write)}


@asynccontextmanager
async def taken(desk: Desk, name: str) -> AsyncGenerator[Connection]:
    """Another connection has what the write needs; in the end it writes nothing, so nothing else stops the write."""
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute(TAKE[name], desk.firm.key)
        yield connection
        await connection.execute("rollback")
    finally:
        await connection.close()


@pytest.mark.parametrize("name", TAKE)
@pytest.mark.parametrize("ends", REFUSALS)
async def test_a_right_that_ends_while_a_write_waits_is_not_used(open_desk: Desk, name: str, ends: str) -> None:
    desk, bram = open_desk, open_desk.firm["bram"]
    given, before = await given_to(desk, name), await desk.rows()
    async with taken(desk, name):
        writing = asyncio.create_task(desk.ask(bram, DECLARED[name], "errors { code }", given))
        await until(desk, 1)
        if ends == "app":
            await toggle(desk, App.CURRENCIES, granted=False)
        else:
            await desk.connection.execute(ENDS[ends], bram.account)
        await asyncio.sleep(WAITED)
    answer = await writing
    assert await desk.rows() == before
    assert REFUSALS[ends] in repr(answer)


@pytest.mark.parametrize("name", TAKE)
async def test_what_else_changes_meanwhile_stops_no_write(open_desk: Desk, name: str) -> None:
    """Another app of the same user, and a note of when the credential was last used."""
    desk, bram = open_desk, open_desk.firm["bram"]
    given, before = await given_to(desk, name), await desk.rows()
    async with taken(desk, name):
        writing = asyncio.create_task(desk.ask(bram, DECLARED[name], "errors { code }", given))
        await until(desk, 1)
        await toggle(desk, App.STOCK, granted="STOCK" not in await desk.firm.toggles("bram"))
        await desk.connection.execute("update credential set last_used_at = now() where account_id = $1", bram.account)
    answer = await writing
    assert answer.errors == ()
    assert await desk.rows() != before
