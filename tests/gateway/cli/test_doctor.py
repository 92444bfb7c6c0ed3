"""`enfact doctor`: each thing that can be wrong is found, and said with what to do."""

import asyncio
import os
from collections.abc import AsyncGenerator

import pytest

from db import diagnosis, replica_diagnosis
from db.connection import Connection, connect
from db.database import PoolSettings
from db.diagnosis import CHECKS, Finding, Requirements, diagnose
from db.listener import NotificationsLost
from db.replica_diagnosis import diagnose_replicas
from tests.support.commands import enfact
from tests.support.replicated import cluster


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def examined(dsn: str, *, connections: int = 5) -> dict[str, Finding]:
    wanted = Requirements(PoolSettings().of_session, connections, dsn)
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


# --- replicas


async def of_replicas(*dsns: str, primary: str) -> list[Finding]:
    return [finding async for finding in diagnose_replicas(dsns, 1.0, primary)]


async def test_replicas_are_told_what_keeps_them_from_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_diagnosis, "PATIENCE", 0.2)
    async with cluster(["one"]) as servers:
        (one,), primary = servers.standbys, servers.primary.dsn
        (good,) = await of_replicas(one.dsn, primary=primary)
        assert (good.is_good, good.words) == (True, "answers; changes of access wait for it")
        told = await asyncio.to_thread(enfact, "doctor", DATABASE_URL=primary, ENFACT_READ_URLS=one.dsn)
        assert (told.returncode, "changes of access wait for it" in told.stdout) == (0, True)
        await servers.primary.run("create role unseeing login")
        blind = [dsn.replace("//postgres@", "//unseeing@") for dsn in (one.dsn, primary)]
        found = await of_replicas(blind[0], primary, "postgresql://u:secret@127.0.0.1:1/x", primary=blind[1])
        assert [finding.is_good for finding in found] == [False] * 3
        assert "pg_read_all_stats" in found[0].words
        assert "no standby" in found[1].words
        assert "secret" not in found[2].words
        monkeypatch.setattr(replica_diagnosis, "LONGEST_DELAY", 999)
        (slow,) = await of_replicas(one.dsn, primary=primary)
        assert (slow.is_good, "max_standby_streaming_delay" in slow.words) == (None, True)
        monkeypatch.undo()
        monkeypatch.setattr(replica_diagnosis, "PATIENCE", 0.2)
        await servers.wait_for()
        (alone,) = await of_replicas(one.dsn, primary=primary)
        assert "FIRST 1 (one)" in alone.words
        await servers.primary.run("alter database postgres set synchronous_commit = on")
        await servers.wait_for("one")
        (eager,) = await of_replicas(one.dsn, primary=primary)
        assert (eager.is_good, "all writes wait" in eager.words) == (True, True)
    assert await of_replicas(one.dsn, primary=primary) == []
