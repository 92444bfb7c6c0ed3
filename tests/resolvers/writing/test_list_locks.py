"""List verbs beside other writes of the same rows and counters: what waits for what, and what a list locks at all."""

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import DECLARED, Desk, write_of
from tests.resolvers.writing.test_intruders import PATIENCE
from tests.resolvers.writing.test_lists import customers, key_of, of_items, send

UPDATE, LISTED = write_of("Customer", WriteAction.UPDATE), DECLARED["updateCustomers"]
WAITING: Final = "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')"
LOCK: Final = "select from contact where id = $1 for update"
ROUNDS: Final = 12
ROW_BY_ROW: Final = {f"enable_{scan}scan": "off" for scan in ("index", "indexonly", "bitmap")}
"""Settings with which PostgreSQL reads a table as it lies."""


async def until(desk: Desk, waiting: int) -> None:
    """Wait until so many statements wait for rows of others."""
    async with asyncio.timeout(PATIENCE):
        while await desk.connection.fetchval(WAITING) < waiting:  # noqa: ASYNC110  # it is the database that says so
            await asyncio.sleep(0.01)


@asynccontextmanager
async def locked(desk: Desk, id_: str) -> AsyncGenerator[Connection]:
    """A connection that holds the row with this id until the end of the block."""
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        await connection.execute(LOCK, key_of(id_))
        yield connection
        await connection.execute("rollback")
    finally:
        await connection.close()


def number_of(n: int) -> str:
    """A number that no other test states."""
    return f"C{700_000 + n}"


async def test_who_states_a_number_waits_for_a_row_without_the_counter(desk: Desk) -> None:
    """The list has the first row and waits for the second; then it needs the counter."""
    first, second = sorted(await customers(desk, 2))
    items = [{"customerId": first, "number": number_of(0)}, {"customerId": second, "city": "Gent"}]
    async with locked(desk, second):
        several = asyncio.ensure_future(send(desk, LISTED, items))
        await until(desk, 1)
        one = asyncio.ensure_future(
            desk.write(desk.firm["owner"], UPDATE, "customer { number }", customerId=first, number=number_of(1))
        )
        await until(desk, 2)
    assert of_items(await several) == [[], []]
    assert await one == {"customer": {"number": number_of(1)}, "errors": []}


async def test_lists_and_single_updates_that_state_numbers_never_meet_a_deadlock(desk: Desk) -> None:
    ids, chance = sorted(await customers(desk, 6)), random.Random(1)
    owner = desk.firm["owner"]
    for n in range(ROUNDS):
        items = [{"customerId": id_, "number": number_of(100 + 100 * n + k)} for k, id_ in enumerate(ids)]
        chance.shuffle(items)
        singles = [
            desk.write(owner, UPDATE, "customer { id }", customerId=id_, number=number_of(100 + 100 * n + 50 + k))
            for k, id_ in enumerate(chance.sample(ids, 3))
        ]
        async with asyncio.timeout(PATIENCE):
            several, *answers = await asyncio.gather(send(desk, LISTED, items, row="id"), *singles)
        assert [answer["errors"] for answer in (several, *answers)] == [[]] * 4


async def test_lists_that_take_each_others_values_meet_a_deadlock_and_one_is_judged_again(desk: Desk) -> None:
    """Each has written one of two values, and waits for the other; a third one keeps both waiting until then."""
    ids = await customers(desk, 6)
    values = [("x", "one", "y"), ("y", "two", "x")]
    lists = [
        [{"customerId": id_, "externalId": value} for id_, value in zip(some, of_list, strict=True)]
        for some, of_list in zip((ids[:3], ids[3:]), values, strict=True)
    ]
    between = await customers(desk, 2)
    connection = await connect(desk.dsn)
    try:
        await connection.execute("begin")
        for id_, value in zip(between, ("one", "two"), strict=True):
            await connection.execute("update contact set external_id = $2 where id = $1", key_of(id_), value)
        both = [asyncio.ensure_future(send(desk, LISTED, items, allOrNothing=False)) for items in lists]
        await until(desk, 2)
        await connection.execute("rollback")
        answers = [of_items(answer) for answer in await asyncio.gather(*both)]
    finally:
        await connection.close()
    taken = [("TAKEN", "externalId", None)]
    assert sorted(answers) == [[[], [], []], [taken, [], taken]]


# --- what is locked


@pytest.mark.parametrize(
    ("name", "controls", "problems"),
    [
        ("x", {"validateOnly": True}, []),
        ("x", {"validateOnly": True, "allOrNothing": False}, []),
        (" ", {}, [["items", "1", "name"]]),
    ],
)
async def test_what_is_not_going_to_be_written_waits_for_nobody(
    desk: Desk, name: str, controls: dict[str, Any], problems: list[list[str]]
) -> None:
    first, second = await customers(desk, 2)
    items = [{"customerId": first, "name": "x"}, {"customerId": second, "name": name}]
    async with locked(desk, first):
        answer = await send(desk, LISTED, items, row="id", **controls)
    assert [error["field"] for error in answer["errors"]] == problems


async def test_a_repetition_waits_for_nobody(desk: Desk) -> None:
    ids = await customers(desk, 2)
    controls: dict[str, Any] = {"allOrNothing": False, "idempotencyKey": secrets.token_hex(4)}
    items: list[Any] = [{"customerId": ids[0], "name": "x"}, {"customerId": ids[1], "name": " "}]
    first = await send(desk, LISTED, items, **controls)
    async with locked(desk, ids[0]), locked(desk, ids[1]):
        assert await send(desk, LISTED, items, **controls) == {**first, "replayed": True}


async def test_rows_are_locked_in_the_order_of_their_keys_wherever_they_lie(desk: Desk) -> None:
    """Nothing but their order in the table would put them in another one."""
    first, second = sorted(await customers(desk, 2))
    ran: list[tuple[str, tuple[Any, ...]]] = []
    with desk.recording(ran):
        await send(desk, LISTED, [{"customerId": id_, "name": "x"} for id_ in (first, second)], row="id")
    await desk.write(desk.firm["owner"], UPDATE, customerId=first, note="moved to the end of the table")
    connection = await connect(desk.dsn, server_settings=ROW_BY_ROW)
    try:
        async with locked(desk, first):
            several = asyncio.ensure_future(connection.fetchrow(ran[0][0], *ran[0][1]))
            await until(desk, 1)
            await desk.connection.execute(f"{LOCK} nowait", key_of(second))
        await several
    finally:
        await connection.close()
