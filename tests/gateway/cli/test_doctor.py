"""`enfact doctor`: each thing that can be wrong is found, and said with what to do."""

import os
from collections.abc import AsyncGenerator

import pytest

from db import diagnosis
from db.connection import Connection, connect
from db.database import PoolSettings
from db.diagnosis import CHECKS, Finding, Wanted, diagnose
from db.listener import NotificationsLost
from tests.support.commands import enfact


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def examined(dsn: str, *, connections: int = 5) -> dict[str, Finding]:
    wanted = Wanted(PoolSettings().of_session, connections, dsn)
    return {finding.subject: finding async for finding in diagnose(dsn, wanted)}


def wrong(found: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.words for name, finding in found.items() if finding.is_good is not True}


async def test_a_good_database_has_only_good_findings(fresh_dsn: str) -> None:
    found = await examined(fresh_dsn)
    assert list(found) == [subject for subject, _ in CHECKS]
    assert wrong(found) == {}
    told = enfact("doctor", DATABASE_URL=fresh_dsn)
    assert (told.returncode, told.stdout.count("\tgood\t")) == (0, len(CHECKS))


async def test_an_empty_database_is_told_to_be_migrated(empty_dsn: str) -> None:
    found = wrong(await examined(empty_dsn))
    assert list(found) == ["schema", "extensions"]
    assert all("enfact migrate" in words for words in found.values())
    told = enfact("doctor", DATABASE_URL=empty_dsn)
    assert (told.returncode, "\twrong\t" in told.stdout) == (1, True)


async def test_a_database_that_is_not_there_is_the_only_finding() -> None:
    (finding,) = (await examined("postgresql://u:secret@127.0.0.1:1/x")).values()
    assert (finding.subject, finding.is_good) == ("connection", False)
    assert "secret" not in finding.words


async def test_a_user_without_rights_is_told_of_grants(fresh_dsn: str, connection: Connection) -> None:
    name = f"enfact_ill_{os.getpid()}"
    await connection.execute(f"create role {name} login connection limit 4")
    try:
        await connection.execute(f"grant select on all tables in schema public to {name}")
        found = wrong(await examined(fresh_dsn.replace("postgres@", f"{name}@", 1)))
    finally:
        await connection.execute(f"drop owned by {name}; drop role {name}")
    assert list(found) == ["rights", "connections", "memory"]
    assert "enfact grants" in found["rights"]
    assert "up to 5 of 4" in found["connections"]
    assert "pg_read_all_stats" in found["memory"]


async def test_a_clock_that_went_back_or_differs_is_seen(
    fresh_dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await connection.fetchval("insert into company (name) values ('Alpha') returning id")
    await connection.execute(
        "insert into access_change (company_id, at, kind) values ($1, now() + interval '1 hour', 'TOGGLE')", company
    )
    assert "in the future" in wrong(await examined(fresh_dsn))["clock"]
    monkeypatch.setattr(
        diagnosis, "READ_CLOCK", diagnosis.READ_CLOCK.replace("clock_timestamp()", "now() - interval '9 s'")
    )
    found = await examined(fresh_dsn)
    assert found["clock"].is_good is False
    assert "differ by 9" in found["clock"].words


async def test_what_a_pooler_takes_away_is_found(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing_arrives(_dsn: str, _connection: Connection) -> None:
        raise NotificationsLost

    async def without_settings(dsn: str, **options: object) -> Connection:
        return await connect(dsn, **(options | {"server_settings": {}}))

    monkeypatch.setattr(diagnosis, "prove", nothing_arrives)
    monkeypatch.setattr(diagnosis, "connect", without_settings)
    found = wrong(await examined(fresh_dsn))
    assert list(found) == ["settings", "notifications"]
    assert "enfact grants" in found["settings"]
    assert "ENFACT_LISTEN_URL" in found["notifications"]


async def test_a_read_only_database_takes_no_writes(fresh_dsn: str) -> None:
    found = wrong(await examined(f"{fresh_dsn}&default_transaction_read_only=on"))
    assert list(found) == ["role"]
