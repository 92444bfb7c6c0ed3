"""Releases from before find in today's schema what their statements name (tests/db/previous/record.py).

It proves that PostgreSQL still accepts every recorded statement, with its tables, columns, functions and types. It does
not prove that rows mean the same, nor that an old insert gives all that is required now: the linter of migrations
(test_migrations.py) and their review are for that.
"""

from typing import Final

import pytest

from db.connection import Connection, connect
from db.schema_version import read_version
from tests.db.previous.record import BETWEEN, FOLDER

RELEASES: Final = {
    file.stem: file.read_text(encoding="utf-8").split(BETWEEN) for file in sorted(FOLDER.glob("[0-9]*.sql"))
}
"""The statements of each release, by its newest migration."""


async def refused(connection: Connection, statements: list[str]) -> dict[str, str]:
    """The statements that the schema does not fit, with what PostgreSQL says."""
    found: dict[str, str] = {}
    for statement in statements:
        try:
            await connection.prepare(statement)
        except Exception as error:  # noqa: BLE001 (whatever the server says)
            found[statement] = str(error)
    return found


@pytest.mark.parametrize("revision", RELEASES)
async def test_the_schema_fits_a_release_that_may_use_it(worker_dsn: str, revision: str) -> None:
    connection = await connect(worker_dsn, statement_cache_size=0)
    try:
        version = await read_version(connection)
        assert version is not None
        assert version.oldest_code <= revision, "no code that old may use this schema: remove its statements"
        assert await refused(connection, RELEASES[revision]) == {}
    finally:
        await connection.close()


async def test_what_a_release_uses_is_missed(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn, statement_cache_size=0)
    try:
        await connection.execute("alter table attempt rename column bucket to pail")
        missing = await refused(connection, next(iter(RELEASES.values())))
        assert missing
        assert all("bucket" in why for why in missing.values())
    finally:
        await connection.close()
