"""backend.py: what goes on beside the requests, and what becomes of it when the database fails."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pydantic import SecretStr

from db.connection import MAIL, Connection, connect
from db.database import Database, PoolSettings
from db.errors import DatabaseUnavailable
from db.tokens import hash_token
from gateway import backend
from gateway.backend import DatabaseBackend, Terms, database_backend
from gateway.background import BackgroundTasks
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.execution.lapses import PAUSE
from resolvers.request import GraphQLRequest
from tests.gateway.cli.test_main import gateway
from tests.support.smtp_server import until

SIGN_IN = """
with person as (
  insert into account (email, first_name, last_name, language, kind, confirmed)
  values ('a@example.be', 'A', 'B', 'FR', 'MEMBER', true) returning id
)
insert into credential (token_hash, account_id, expires_at) select $1, id, now() + interval '1 day' from person
"""
USED = "select count(*) from credential where last_used_at is not null"
OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
REQUEST = GraphQLRequest("{ viewer { account { email } } }", token="enf_a")


@pytest.fixture
def lines() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def behind(fresh_dsn: str, lines: io.StringIO) -> AsyncGenerator[DatabaseBackend]:
    behind = database_backend(Settings(database_url=SecretStr(fresh_dsn), pool_size=2), open_log("info", "json", lines))
    yield behind
    await behind.close()


@pytest.fixture
async def beside(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    await connection.execute(SIGN_IN, hash_token("enf_a"))
    yield connection
    await connection.close()


DUE = """
with firm as (insert into company (name) values ('Peeters & Co') returning id)
insert into membership (company_id, account_id, role, first_name, last_name, language, lent_until)
select f.id, a.id, 'EMPLOYEE', 'Anna', 'Peeters', 'EN', now() from firm f, account a
"""
LEFT = "select count(*) from membership where lent_until <= now()"
ENDING = """
select distinct application_name from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and query like '%ended as (%'
"""


async def use(behind: DatabaseBackend) -> None:
    """Let the session be used."""
    assert behind.executor is not None
    assert (await behind.executor.execute(REQUEST)).errors == ()


async def until_used(beside: Connection) -> int:
    """How many sessions are known to be used, once it is one or after ten seconds."""
    for _ in range(1000):
        if await beside.fetchval(USED):
            break
        await asyncio.sleep(0.01)
    return await beside.fetchval(USED)


async def test_uses_of_sessions_are_written_now_and_then(
    behind: DatabaseBackend, beside: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "USES_PAUSE", 0.01)
    await behind.open()
    await use(behind)
    assert await until_used(beside) == 1


async def test_uses_of_sessions_are_written_at_the_end(behind: DatabaseBackend, beside: Connection) -> None:
    await behind.open()
    await use(behind)
    assert await beside.fetchval(USED) == 0
    await behind.close()
    assert await beside.fetchval(USED) == 1


async def test_a_write_that_fails_is_logged_by_kind_and_the_next_one_comes(
    behind: DatabaseBackend, beside: Connection, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "USES_PAUSE", 0.01)
    await beside.execute("alter table credential rename column ends_at to gone_at")
    await behind.open()
    await use(behind)
    for _ in range(1000):
        if lines.getvalue():
            break
        await asyncio.sleep(0.01)
    told = json.loads(lines.getvalue().splitlines()[0])
    assert (told["event"], told["kind"]) == ("uses of sessions not written", "UndefinedColumnError")
    assert "gone_at" not in lines.getvalue()
    await beside.execute("alter table credential rename column gone_at to ends_at")
    await use(behind)
    assert await until_used(beside) == 1


@pytest.mark.parametrize("shows_secrets", [False, True])
async def test_a_demo_that_is_loaded_later_shows_what_would_be_mailed(
    fresh_dsn: str, lines: io.StringIO, beside: Connection, monkeypatch: pytest.MonkeyPatch, shows_secrets: bool
) -> None:
    monkeypatch.setattr(backend, "DEMO_PAUSE", 0.01)
    log = open_log("info", "json", lines)
    behind = DatabaseBackend(fresh_dsn, PoolSettings(size=2), log, Terms(shows_secrets=shows_secrets))
    await behind.open()
    try:
        executor = behind.executor
        assert executor is not None
        await asyncio.sleep(0.1)
        assert not executor.shows_secrets
        await beside.execute("insert into installation (demo) values (true)")
        if not shows_secrets:
            await asyncio.sleep(0.2)
            assert not executor.shows_secrets
            return
        await until(lambda: executor.shows_secrets)
        await beside.execute("delete from installation")
        await until(lambda: not executor.shows_secrets)
    finally:
        await behind.close()


async def test_a_database_that_is_not_migrated_opens_all_the_same(empty_dsn: str, lines: io.StringIO) -> None:
    behind = DatabaseBackend(empty_dsn, PoolSettings(size=2), open_log("info", "json", lines))
    await behind.open()
    assert await behind.ready() == "the database is not migrated: enfact migrate does that"
    await behind.close()
    assert lines.getvalue() == ""


async def test_a_newer_database_is_served_as_long_as_it_is_for_this_version(
    behind: DatabaseBackend, beside: Connection
) -> None:
    await behind.open()
    assert await behind.ready() is None
    await beside.execute("update alembic_version set version_num = '9999'")
    assert await behind.ready() is None
    await use(behind)
    await beside.execute("update alembic_version set oldest_code = '9999'")
    assert await behind.ready() == "only newer versions of the gateway may use the database: start one of them"
    await beside.execute("update alembic_version set oldest_code = '0020'")
    assert await behind.ready() is None


@pytest.fixture
def away_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database cannot be reached when it is opened for the first time."""
    monkeypatch.setattr(backend, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(backend, "LONGEST_PAUSE", 0.01)
    open_ = Database.open

    async def away(*_: object) -> Database:
        monkeypatch.setattr(Database, "open", open_)
        raise DatabaseUnavailable("secret")

    monkeypatch.setattr(Database, "open", away)


@pytest.mark.usefixtures("away_at_first")
async def test_what_fails_while_connecting_is_logged_by_kind_once_and_tried_again(
    behind: DatabaseBackend, beside: Connection, lines: io.StringIO
) -> None:
    await beside.execute("alter table installation rename column demo to gone")
    await behind.open()
    await until(lambda: "UndefinedColumnError" in lines.getvalue())
    await asyncio.sleep(0.2)  # it fails again and again
    assert behind.executor is None
    await beside.execute("alter table installation rename column gone to demo")
    await until(lambda: behind.executor is not None)
    await use(behind)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"] for line in told] == [
        "database does not answer", "database not opened", "database answers again",
    ]  # fmt: skip
    assert (told[1]["kind"], told[1]["sqlstate"]) == ("UndefinedColumnError", "42703")
    assert all(text not in lines.getvalue() for text in ("secret", "demo", "installation"))


@pytest.mark.usefixtures("away_at_first")
async def test_without_an_executor_there_is_no_database_and_connecting_goes_on(
    behind: DatabaseBackend, beside: Connection, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("secret")

    with monkeypatch.context() as broken:
        broken.setattr(backend, "Executor", fail)
        await behind.open()
        await until(lambda: "ValueError" in lines.getvalue())
        await asyncio.sleep(0.5)  # it fails again and again
        assert await behind.ready() == "the database cannot be reached"
        assert await beside.fetchval(OTHERS) < 6, "the connections of tries that failed are closed"
    await until(lambda: behind.executor is not None)
    await use(behind)
    assert "secret" not in lines.getvalue()


async def test_a_chore_that_fails_ends_alone_and_the_others_are_cancelled_at_the_end(lines: io.StringIO) -> None:
    chores, ended, failed = BackgroundTasks(open_log("info", "json", lines)), asyncio.Event(), asyncio.Event()

    async def go_on() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async def fail() -> None:
        failed.set()
        raise ValueError("secret")

    chores.begin([go_on(), fail()])
    await failed.wait()
    await asyncio.sleep(0)
    assert not ended.is_set()
    await chores.end()
    await chores.end()
    assert ended.is_set()
    told = json.loads(lines.getvalue())
    assert (told["event"], told["kind"]) == ("background work ended", "ValueError")
    assert "secret" not in lines.getvalue()


async def test_readiness_is_told_while_nobody_finds_a_connection(behind: DatabaseBackend) -> None:
    await behind.open()
    assert await behind.ready() is None
    database: Any = behind.__dict__["_database"]
    pool = database.__dict__["_pool"]
    connections = [await pool.acquire(payer) for payer in ("one", "another")]
    waiting = asyncio.create_task(database.ping())
    assert await asyncio.gather(*(behind.ready() for _ in range(50))) == [None] * 50
    assert not waiting.done()
    for connection, payer in zip(connections, ("one", "another"), strict=True):
        pool.release(connection, payer)
    await waiting


async def test_connections_are_looked_after_now_and_then(
    behind: DatabaseBackend, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "CARE_PAUSE", 0.01)
    monkeypatch.setattr("db.database.LONGEST_LIFE", 0.0)
    monkeypatch.setattr("db.database.READ_BACKEND_MEMORY", "select 1 << 30")
    await behind.open()
    await until(lambda: "database connections replaced" in lines.getvalue())


async def test_a_backend_alone_writes_the_ends_of_grants_also_after_a_failure(
    behind: DatabaseBackend, beside: Connection, lines: io.StringIO
) -> None:
    await beside.execute("alter table membership rename lent_until to lent_once")
    await behind.open()
    await until(lambda: "ends of grants wait for the database" in lines.getvalue())
    await asyncio.sleep(1.5 * PAUSE)  # a second look fails, too
    await beside.execute("alter table membership rename lent_once to lent_until")
    await beside.execute(DUE)
    await until(lambda: is_zero(beside, LEFT))
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines()] == [
        "ends of grants wait for the database"
    ]


async def is_zero(beside: Connection, count: str) -> bool:
    return await beside.fetchval(count) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_gateway_writes_the_ends_of_grants_once_for_all_workers(
    fresh_dsn: str, beside: Connection, workers: str
) -> None:
    with gateway("--workers", workers, DATABASE_URL=fresh_dsn):
        await beside.execute(DUE)
        await until(lambda: is_zero(beside, LEFT))
        await asyncio.sleep(1.5 * PAUSE)
        assert [row["application_name"] for row in await beside.fetch(ENDING)] == [MAIL]
