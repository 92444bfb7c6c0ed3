"""grants.py and session_settings.py: a user who only serves, and settings that a pooler between has dropped."""

import os
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from db import database as pool_of
from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.dsn import user_and_database
from db.errors import DatabaseMisconfigured, translate_refusal
from db.grants import Parties, grants, quoted
from db.migrate import migrate
from resolvers.app_rows import app_rows


@pytest.fixture
async def admin(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def role(admin: Connection) -> AsyncGenerator[str]:
    """A user with nothing, whose name needs quotes; it is removed with what it was given."""
    name = f'enfact "serving" {os.getpid()}'
    await admin.execute(f"create role {quoted(name)} login")
    yield name
    await admin.execute(f"drop owned by {quoted(name)}; drop role {quoted(name)}")


def as_user(dsn: str, name: str) -> str:
    return dsn.replace("postgres@", name.replace('"', "%22").replace(" ", "%20") + "@", 1)


def printed(dsn: str, role: str, settings: PoolSettings | None = None) -> str:
    owner, database = user_and_database(dsn)
    return grants(Parties(role, owner, database), (settings or PoolSettings()).of_session)


async def test_the_printed_rights_are_enough_to_serve_and_no_more(fresh_dsn: str, admin: Connection, role: str) -> None:
    await admin.execute("revoke all on schema public from public")
    database = await Database.open(as_user(fresh_dsn, role))
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.read("select count(*) from company", ())
    await database.close()
    for _ in range(2):
        await admin.execute(printed(fresh_dsn, role))
    database = await Database.open(as_user(fresh_dsn, role))
    await migrate(as_user(fresh_dsn, role), app_rows())
    async with database.transaction() as connection:
        company = await connection.fetchval("insert into company (name) values ('Alpha') returning id")
        await connection.execute("update company set name = 'Beta' where id = $1", company)
        await connection.execute("delete from company where id = $1", company)
    await admin.execute("create table later (id int generated always as identity, name text)")
    await database.write("insert into later (name) values ('x') returning id", ())
    for forbidden in (
        "create table mine (id int)",
        "update alembic_version set version_num = '0001'",
        "drop table later",
    ):
        with pytest.raises(DatabaseMisconfigured):
            await database.write(forbidden, ())
    await database.close()


async def test_settings_that_a_pooler_drops_are_refused_and_those_of_the_user_do(
    fresh_dsn: str, admin: Connection, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def without_settings(dsn: str, **options: object) -> Connection:
        return await connect(dsn, **(options | {"server_settings": {}}))  # as ignore_startup_parameters does

    monkeypatch.setattr(pool_of, "connect", without_settings)
    settings = PoolSettings(statement_timeout=90)
    dsn = as_user(fresh_dsn, role)
    with pytest.raises(DatabaseMisconfigured, match="plan_cache_mode is auto instead of force_generic_plan"):
        await Database.open(dsn, settings)
    await admin.execute(printed(fresh_dsn, role, settings))
    await (await Database.open(dsn, settings)).close()
    with pytest.raises(
        DatabaseMisconfigured, match=r"statement_timeout is (90s|1min 30s) instead of 10000.*enfact grants"
    ):
        await Database.open(dsn, PoolSettings())


async def test_every_setting_is_compared(database: Database, worker_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {
        "timezone": "Europe/Brussels", "datestyle": "SQL", "jit": "on", "plan_cache_mode": "auto",
        "max_parallel_workers_per_gather": "2",
        "pg_trgm.word_similarity_threshold": "0.6", "statement_timeout": "1min", "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "4999",
    }  # fmt: skip
    assert others.keys() == PoolSettings().of_session.keys()
    for name, value in others.items():

        async def with_another(dsn: str, **options: object) -> Connection:
            settings = PoolSettings().of_session | {name: value}  # noqa: B023 (called before the next turn)
            return await connect(dsn, **(options | {"server_settings": settings}))

        monkeypatch.setattr(pool_of, "connect", with_another)
        with pytest.raises(DatabaseMisconfigured, match=name):
            await Database.open(worker_dsn)
    await database.ping()


def test_what_a_pooler_refuses_is_explained() -> None:
    error = asyncpg.PostgresError.new({"C": "08P01", "M": "unsupported startup parameter: jit", "S": "FATAL"})
    explained = translate_refusal(error)
    assert isinstance(explained, DatabaseMisconfigured)
    assert "ignore_startup_parameters" in str(explained)
    ignored = (
        "jit, plan_cache_mode, max_parallel_workers_per_gather, pg_trgm.word_similarity_threshold, statement_timeout"
    )
    assert f"-- ignore_startup_parameters = {ignored}" in printed("postgresql://a@h/d", "app")


@pytest.mark.parametrize(
    ("dsn", "named"),
    [
        ("postgresql://an%40be:secret@h/da%20ta", ("an@be", "da ta")),
        ("postgresql://an@h", ("an", "an")),
        ("postgresql:///?host=/tmp&user=bo&dbname=x", ("bo", "x")),
        ("", ("postgres", "postgres")),
    ],
)
def test_user_and_database_are_read_from_the_address(dsn: str, named: tuple[str, str]) -> None:
    assert user_and_database(dsn) == named
