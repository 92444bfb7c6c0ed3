"""Memberships from before their ids told no time: each gets another id, and everything still points to it."""

from collections.abc import AsyncGenerator
from importlib import import_module
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from tests.support.databases import Databases, demo_template

RENUMBER: Final[str] = import_module("db.migrations.versions.0020_keys").RENUMBER
OLD: Final = RENUMBER.replace("uuid_extract_version(id) = 7", "uuid_extract_version(id) = 4").replace(
    "gen_random_uuid()", "uuidv7(created_at - now())"
)
"""The same with ids as they were."""

REFERRING: Final = """
select conrelid::regclass::text one, attname, condeferrable, condeferred, convalidated
from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[2]
where contype = 'f' and confrelid = 'membership'::regclass
"""


@pytest.fixture
async def old(databases: Databases) -> AsyncGenerator[Connection]:
    dsn = await databases.clone(await demo_template(databases))
    connection = await connect(dsn)
    async with connection.transaction():
        await connection.execute(OLD)
    yield connection
    await connection.close()
    await databases.drop(dsn)


async def whose(connection: Connection) -> dict[str, list[Any]]:
    """By each reference to a membership: whose they are, row by row."""
    found: dict[str, list[Any]] = {}
    for row in await connection.fetch(REFERRING):
        assert (row["condeferrable"], row["condeferred"], row["convalidated"]) == (False, False, True)
        found[f"{row['one']}.{row['attname']}"] = await connection.fetch(
            f"select m.company_id, m.account_id, m.created_at, count(*) from {row['one']} t "
            f"join membership m on m.company_id = t.company_id and m.id = t.{row['attname']} "
            "group by 1, 2, 3 order by 1, 2, 3"
        )
    return found


async def test_what_points_to_a_member_still_does(old: Connection) -> None:
    before, people = await whose(old), await old.fetch("select id from membership")
    assert await old.fetchval("select bool_and(uuid_extract_timestamp(id)::date = created_at::date) from membership")
    assert sum(map(len, before.values())) > 100
    async with old.transaction():
        await old.execute(RENUMBER)
    assert await whose(old) == before
    after = await old.fetch("select id from membership")
    assert len(after) == len(people)
    assert not {row["id"] for row in after} & {row["id"] for row in people}
    assert await old.fetchval("select bool_and(uuid_extract_version(id) = 4) from membership")


async def test_a_second_time_changes_nothing(old: Connection) -> None:
    people = "select id from membership order by company_id, account_id, created_at"
    async with old.transaction():
        await old.execute(RENUMBER)
    once = await old.fetch(people)
    async with old.transaction():
        await old.execute(RENUMBER)
    assert await old.fetch(people) == once
