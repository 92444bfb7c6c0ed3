"""readiness.py: the database is asked on a connection of its own, once for all who want to know."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from db.connection import Connection, connect
from db.errors import DatabaseUnavailable
from db.readiness import ReadinessProbe
from tests.support.smtp_server import until

HEALTH = (
    "select count(*) from pg_stat_activity where application_name = 'enfact health' and datname = current_database()"
)
END = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    " where application_name = 'enfact health' and datname = current_database()"
)


class Asked:
    """What is asked, and how often; it can be held up."""

    def __init__(self) -> None:
        self.count = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, connection: Connection) -> None:
        self.count += 1
        await self.go_on.wait()
        await connection.execute("select")


@pytest.fixture
async def asked() -> Asked:
    return Asked()


@pytest.fixture
async def pulse(fresh_dsn: str, asked: Asked) -> AsyncGenerator[ReadinessProbe]:
    pulse = ReadinessProbe(fresh_dsn, asked)
    yield pulse
    await pulse.close()
    await pulse.close()


@pytest.fixture
async def beside(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def test_it_connects_when_somebody_asks_and_keeps_the_connection(
    pulse: ReadinessProbe, beside: Connection
) -> None:
    assert await beside.fetchval(HEALTH) == 0
    await pulse.ask()
    await pulse.ask()
    assert await beside.fetchval(HEALTH) == 1


async def test_many_at_once_are_one_question(pulse: ReadinessProbe, asked: Asked) -> None:
    asked.go_on.clear()
    asking = [asyncio.create_task(pulse.ask()) for _ in range(200)]
    await until(lambda: asked.count > 0)
    asking[0].cancel()  # who gives up takes no answer from the others
    asked.go_on.set()
    answered = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answered] == [asyncio.CancelledError, *[type(None)] * 199]
    assert asked.count == 1


async def test_a_connection_that_was_lost_is_replaced(pulse: ReadinessProbe, beside: Connection) -> None:
    await pulse.ask()
    assert await beside.fetchval(END) == 1
    await pulse.ask()
    assert await beside.fetchval(HEALTH) == 1


async def test_a_database_that_is_not_there_is_told() -> None:
    pulse = ReadinessProbe("postgresql://postgres@/postgres?host=/nonexistent", Asked())
    with pytest.raises(DatabaseUnavailable):
        await pulse.ask()
    await pulse.close()


async def test_a_database_that_does_not_answer_is_not_waited_for(
    pulse: ReadinessProbe, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.readiness.PATIENCE", 0.05)
    asked.go_on.clear()
    with pytest.raises(DatabaseUnavailable, match="in time"):
        await pulse.ask()
    asked.go_on.set()
    await pulse.ask()
