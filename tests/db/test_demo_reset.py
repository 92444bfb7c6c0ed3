"""db/demo/reset.py: only a demo is emptied, with consent, and while no gateway serves from it."""

from collections.abc import Callable

import pytest

from db.connection import COMMAND, SERVING, Connection, connect
from db.database import Database, PoolSettings
from db.demo.reset import empty_demo
from db.installation import DemoRefused, is_demo
from db.replication_status import name_of_looks
from tests.support.company import Firm

LEFT = "select (select count(*) from company) + (select count(*) from account) + (select count(*) from credential)"


def agreeing(asked: list[int]) -> Callable[[int], bool]:
    """The consent of somebody who remembers the numbers of companies that were asked about."""

    def agree(companies: int) -> bool:
        asked.append(companies)
        return True

    return agree


async def founded(dsn: str, *, demo: bool) -> Connection:
    """A connection to a database with a company."""
    connection = await connect(dsn)
    await Firm.found(connection)
    await connection.execute("insert into installation (demo) values ($1)", demo)
    return connection


async def test_a_demo_is_emptied_and_the_catalogue_stays(fresh_dsn: str) -> None:
    connection = await founded(fresh_dsn, demo=True)
    apps = await connection.fetch("select * from app_text order by 1, 2")
    companies = await connection.fetchval("select count(*) from company")
    asked: list[int] = []
    assert await empty_demo(fresh_dsn, agreeing(asked))
    assert asked == [companies]
    assert await connection.fetchval(LEFT) == 0
    assert not await is_demo(connection)
    assert await connection.fetch("select * from app_text order by 1, 2") == apps
    await connection.close()


async def test_nothing_is_deleted_without_consent(fresh_dsn: str) -> None:
    connection = await founded(fresh_dsn, demo=True)
    before = await connection.fetchval(LEFT)
    assert not await empty_demo(fresh_dsn, lambda _: False)
    assert await connection.fetchval(LEFT) == before > 0
    await connection.close()


async def test_a_database_that_is_no_demo_is_never_emptied(fresh_dsn: str) -> None:
    connection = await founded(fresh_dsn, demo=False)
    before = await connection.fetchval(LEFT)
    with pytest.raises(DemoRefused, match="not filled with the demo"):
        await empty_demo(fresh_dsn, agreeing([]))
    await connection.execute("delete from installation")
    with pytest.raises(DemoRefused, match="not filled with the demo"):
        await empty_demo(fresh_dsn, agreeing([]))
    assert await connection.fetchval(LEFT) == before > 0
    await connection.close()


@pytest.mark.parametrize("name", [*SERVING, name_of_looks(1.0)])
async def test_a_demo_that_a_gateway_serves_is_left_alone(fresh_dsn: str, name: str) -> None:
    connection = await founded(fresh_dsn, demo=True)
    before = await connection.fetchval(LEFT)
    database = await Database.open(fresh_dsn, PoolSettings(size=1, application_name=name))
    with pytest.raises(DemoRefused, match="stop it first"):
        await empty_demo(fresh_dsn, agreeing([]))
    await database.close()
    assert await connection.fetchval(LEFT) == before > 0
    await connection.close()


async def test_a_command_at_the_demo_is_no_gateway(fresh_dsn: str) -> None:
    connection = await founded(fresh_dsn, demo=True)
    database = await Database.open(fresh_dsn, PoolSettings(size=1, application_name=COMMAND))
    assert await empty_demo(fresh_dsn, agreeing([]))
    await database.close()
    assert await connection.fetchval(LEFT) == 0
    await connection.close()


async def test_an_empty_database_has_nothing_to_lose(empty_dsn: str, fresh_dsn: str) -> None:
    asked: list[int] = []
    assert await empty_demo(empty_dsn, agreeing(asked))
    assert await empty_demo(fresh_dsn, agreeing(asked))
    assert asked == []
