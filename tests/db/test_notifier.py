"""notifier.py: what is sent arrives, outside of any transaction, and again after a connection that was lost."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing, suppress
from typing import Final

import pytest

from db.connection import Connection, connect
from db.errors import DatabaseError
from db.notifier import Notifier

CHANNEL: Final = "enfact_test"
SENDING: Final = "select pid from pg_stat_activity where application_name = 'enfact notifying' and datname = $1"


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def heard(connection: Connection) -> "asyncio.Queue[str]":
    """What arrives from now on."""
    arrived = asyncio.Queue[str]()

    def hear(_connection: object, _process: int, _channel: str, payload: str) -> None:
        arrived.put_nowait(payload)

    await connection.add_listener(CHANNEL, hear)
    return arrived


async def test_every_payload_arrives(fresh_dsn: str, connection: Connection) -> None:
    arrived = await heard(connection)
    with closing(Notifier(fresh_dsn, CHANNEL)) as notifier:
        await notifier.send(["one", "two"])
        await notifier.send(["three"])
        async with asyncio.timeout(20):
            assert [await arrived.get() for _ in range(3)] == ["one", "two", "three"]


async def test_it_connects_when_there_is_something_to_send_and_anew_after_a_loss(
    fresh_dsn: str, connection: Connection
) -> None:
    arrived, name = await heard(connection), await connection.fetchval("select current_database()")
    with closing(Notifier(fresh_dsn, CHANNEL)) as notifier:
        assert await connection.fetch(SENDING, name) == []
        await notifier.send(["one"])
        (process,) = await connection.fetch(SENDING, name)
        await connection.execute("select pg_terminate_backend($1, 5000)", process["pid"])
        with suppress(DatabaseError):  # the driver may not have noticed yet
            await notifier.send(["perhaps"])
        await notifier.send(["two"])
        async with asyncio.timeout(20):
            while await arrived.get() != "two":
                pass


async def test_without_a_database_it_says_so_and_waits_for_nothing(fresh_dsn: str) -> None:
    with closing(Notifier(fresh_dsn + "_missing", CHANNEL)) as notifier:
        for _ in range(2):
            with pytest.raises(DatabaseError):
                await notifier.send(["lost"])
