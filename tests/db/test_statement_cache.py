"""The cache of statements and Database.look_after against a real server: what connections keep has a bound and ends."""

from collections.abc import AsyncGenerator

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.statement_cache import weight
from tests.support.smtp_server import until

PREPARED = "select count(*), coalesce(sum(length(statement)), 0) from pg_prepared_statements"
SIZE = 4_000
ROOM = 10 * weight("x" * SIZE)


def wide(number: int) -> str:
    """A statement of its own, of some length."""
    text = f"select {number} /* {'x' * SIZE} */"
    return text[-SIZE:] if len(text) < SIZE else f"{text[: SIZE - 3]} */"


@pytest.fixture
async def small(worker_dsn: str) -> AsyncGenerator[Database]:
    """A pool of one connection with room for ten statements."""
    database = await Database.open(worker_dsn, PoolSettings(size=1, statement_memory=ROOM))
    yield database
    await database.close()


async def prepared(database: Database) -> tuple[int, int]:
    async with database.transaction() as connection:
        row = (await connection.fetch(PREPARED))[0]
        return row[0], row[1]


async def test_many_statements_take_no_more_than_their_room(small: Database) -> None:
    for number in range(40):
        await small.read(wide(number), ())
    count, characters = await prepared(small)
    assert 5 <= count <= 12
    assert characters <= 11 * SIZE


async def test_small_statements_are_bounded_by_memory_and_not_by_a_few(small: Database) -> None:
    for number in range(40):
        await small.read(f"select {number}", ())
    assert (await prepared(small))[0] > 40


async def test_what_is_used_stays_while_others_come_and_go(small: Database) -> None:
    named = "select name from pg_prepared_statements where statement = 'select 42 answer'"
    await small.read("select 42 answer", ())
    name = (await small.read(named, ()))[0]
    for number in range(40):
        await small.read(wide(number), ())
        await small.read("select 42 answer", ())
    assert (await small.read(named, ()))[0] == name


async def test_a_statement_that_is_larger_than_the_room_is_kept_alone(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=1, statement_memory=1))
    for number in range(3):
        assert (await database.read(f"select {number}", ()))[0] == number
    await database.close()


async def test_what_was_prepared_long_ago_is_let_go_by_who_looks_after_it(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=1, statement_lifetime=0.05))
    for number in range(5):
        await database.read(wide(number), ())
    assert (await prepared(database))[0] >= 5

    async def few() -> bool:
        await database.look_after()
        return (await prepared(database))[0] <= 2

    await until(few)
    await database.close()


async def test_a_backend_that_is_too_large_is_replaced_and_others_stay(worker_dsn: str) -> None:
    large = await Database.open(worker_dsn, PoolSettings(size=1, backend_memory=1))
    fit = await Database.open(worker_dsn, PoolSettings(size=1))
    pid = "select pg_backend_pid()"
    before = (await large.read(pid, ()))[0], (await fit.read(pid, ()))[0]
    assert (await large.look_after(), await fit.look_after()) == (1, 0)
    after = (await large.read(pid, ()))[0], (await fit.read(pid, ()))[0]
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)
    await large.close()
    await fit.close()


async def test_who_is_not_told_of_memory_ends_old_connections(worker_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    admin: Connection = await connect(worker_dsn)
    await admin.execute("drop role if exists unprivileged")
    await admin.execute("create role unprivileged login")
    database = await Database.open(worker_dsn.replace("postgres@", "unprivileged@"), PoolSettings(size=1))
    assert await database.look_after() == 0
    monkeypatch.setattr("db.database.LONGEST_LIFE", 0.0)
    assert await database.look_after() == 1
    assert (await database.read("select current_user::text", ()))[0] == "unprivileged"
    await database.close()
    await admin.execute("drop role unprivileged")
    await admin.close()


async def test_a_pooler_in_transaction_mode_is_spared(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=1, statement_cache=0))
    await database.read("select 1", ())
    assert await database.look_after() == 0
    assert (await prepared(database))[0] == 0
    await database.close()
