"""A declared write holds nobody up who takes access away, however long its statement goes on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from db.connection import connect
from resolvers.mutations import context
from resolvers.writing.declaration import EntityWrite
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, Desk, apps_of_values, full, least, somebody
from tests.resolvers.writing.test_every_write import named, target
from tests.support.company import change

TOGGLE = """mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"""
PATIENCE = 120


async def toggle(desk: Desk) -> bytes | None:
    """The answer to the owner who switches an app for somebody."""
    changes = [change(desk.firm["bram"], "STOCK", "STOCK" not in await desk.firm.toggles("bram"))]
    given = {"companyId": desk.firm.id, "expectedVersion": await desk.firm.version(), "changes": changes}
    return (await desk.send(desk.firm["owner"], TOGGLE, input=given)).data


@asynccontextmanager
async def unfinished(desk: Desk, write: EntityWrite, given: dict[str, Any]) -> AsyncGenerator[None]:
    """Another connection that has run the statement of a write, and has not committed it."""
    ran: list[tuple[str, tuple[Any, ...]]] = []
    with desk.recording(ran):
        await desk.write(desk.firm[somebody(write)], write, f"{write.member} {{ id }}", **given, validateOnly=True)
    sql, values = ran[0]
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        row = await connection.fetchrow(sql, *[False if value is True else value for value in values])
        assert row is not None
        assert row["outcome"] is None
        yield
        await connection.execute("rollback")
    finally:
        await connection.close()


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_a_write_that_is_not_committed_holds_no_revocation_up(desk: Desk, write: EntityWrite) -> None:
    given = {**(full(write, 1) if write.action is WriteAction.UPDATE else least(write)), **await target(desk, write)}
    needs = (write.need, *(column.need for column in write.columns))
    gates = {gate for need in needs for gate in need if isinstance(gate, App)}
    await desk.allow(desk.firm[somebody(write)], *gates, *apps_of_values(write))
    async with unfinished(desk, write, given), asyncio.timeout(PATIENCE):
        assert await toggle(desk) == b'{"setAppAccess":{"errors":[]}}'
    await desk.allow(desk.firm[somebody(write)])


async def test_a_lock_for_the_right_would_be_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sooner = context.FIND_SIGNED_IN_PATIENTLY.replace(context.PATIENCE, "200ms")
    monkeypatch.setattr(context, "FIND_SIGNED_IN_PATIENTLY", sooner)
    async with desk.connection.transaction():
        await desk.connection.execute("select from company where id = $1 for share", desk.firm.key)
        assert await toggle(desk) == b'{"setAppAccess":null}'
