"""listener.py, and the triggers that tell: what is notified, and what becomes of a listener that is lost."""

import asyncio
import io
import json
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import pytest

from db import listener, notifier
from db.connection import Connection, connect
from db.errors import DatabaseError
from db.listener import NotificationsLost, keep_listening
from gateway import notifications
from gateway.logs import open_log
from resolvers.execution.wakeups import WakeUps
from tests.support.company import Firm
from tests.support.relays import on_ports, relay
from tests.support.subscribers import DEAF, LISTENING, PATIENCE


@dataclass(slots=True)
class Ear:
    """Somebody who listens; `again` counts how often it began to, `lost` how often it could not."""

    told: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    again: int = 0
    lost: list[DatabaseError] = field(default_factory=list[DatabaseError])

    def hear(self) -> None:
        self.again += 1

    def hearing(self, channel: str) -> Callable[[str], None]:
        def told(payload: str) -> None:
            self.told.append((channel, payload))

        return told

    async def until(self, *, again: int = 0, lost: int = 0, told: int = 0) -> None:
        """Return once so much has happened."""
        async with asyncio.timeout(PATIENCE):
            while self.again < again or len(self.lost) < lost or len(self.told) < told:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listens(dsn: str) -> AsyncGenerator[Ear]:
    ear = Ear()
    channels = {name: ear.hearing(name) for name in ("enfact_access", "enfact_credential")}
    task = asyncio.create_task(keep_listening(dsn, channels, ear.hear, ear.lost.append))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def test_each_change_of_access_is_told_once_for_each_company_and_transaction(
    fresh_dsn: str, connection: Connection
) -> None:
    firms = [await Firm.found(connection) for _ in range(2)]
    insert = "insert into access_change (company_id, kind) select unnest($1::uuid[]), 'TOGGLE'"
    async with listens(fresh_dsn) as ear:
        await ear.until(again=1)
        async with connection.transaction():
            for _ in range(2):
                await connection.execute(insert, [firm.key for firm in firms] * 3)
            await asyncio.sleep(0.05)
            assert ear.told == []
        await ear.until(told=2)
        assert sorted(ear.told) == sorted(("enfact_access", str(firm.key)) for firm in firms)
        await connection.execute("begin")
        await connection.execute(insert, [firms[0].key])
        await connection.execute("rollback")
        await connection.execute("delete from app_grant where company_id = $1", firms[0].key)
        await connection.execute("delete from membership where id = $1", firms[0]["anna"].membership)
        await ear.until(told=3)
        assert ear.told[2:] == [("enfact_access", str(firms[0].key))]


async def test_credentials_that_end_or_are_shortened_are_told(fresh_dsn: str, connection: Connection) -> None:
    firm = await Firm.found(connection)
    keys: dict[str, uuid.UUID] = {}
    for name in ("anna", "bram", "clara"):
        found = "select id from credential where account_id = $1"
        keys[name] = await connection.fetchval(found, firm[name].account)
    move = "update credential set expires_at = $2::text::timestamptz where id = $1"
    async with listens(fresh_dsn) as ear:
        await ear.until(again=1)
        await connection.execute(move, keys["anna"], "2127-01-01")
        await connection.execute("update credential set last_used_at = now() where id = $1", keys["anna"])
        await connection.execute(move, keys["bram"], "2020-01-01")
        await connection.execute("delete from credential where id = $1", keys["bram"])  # it was over already
        await connection.execute("delete from credential where id = any($1)", [keys["anna"], keys["clara"]])
        await ear.until(told=3)
        await asyncio.sleep(0.05)
    assert ear.told[0] == ("enfact_credential", str(keys["bram"]))
    assert sorted(ear.told[1:]) == sorted(("enfact_credential", str(keys[name])) for name in ("anna", "clara"))


async def test_a_listener_that_is_ended_listens_again(fresh_dsn: str, connection: Connection) -> None:
    async with listens(fresh_dsn) as ear:
        for round_ in range(1, 4):
            await ear.until(again=round_)
            await connection.execute(DEAF)
            await ear.until(lost=round_)
        await ear.until(again=4)
        await connection.execute("notify enfact_access, 'x'")
        await ear.until(told=1)
        assert await connection.fetchval(LISTENING) == 1
    async with asyncio.timeout(PATIENCE):
        while await connection.fetchval(LISTENING):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_server_that_is_away_is_tried_again_and_again(
    fresh_dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(listener, "LONGEST_PAUSE", 0.05)
    async with relay(fresh_dsn) as between:
        between.freeze()
        monkeypatch.setattr(listener, "PATIENCE", 0.2)
        async with listens(on_ports(fresh_dsn, between.port)) as ear:
            await ear.until(lost=3)
            assert ear.again == 0
            monkeypatch.setattr(listener, "PATIENCE", 5.0)
            between.thaw()
            await ear.until(again=1)
            await connection.execute("notify enfact_access, 'x'")
            await ear.until(told=1)


async def test_a_connection_that_is_lost_without_a_word_is_noticed(
    fresh_dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "LOOK", 0.1)
    async with relay(fresh_dsn) as between, listens(on_ports(fresh_dsn, between.port)) as ear:
        await ear.until(again=1)
        await asyncio.sleep(0.3)
        assert ear.lost == []
        monkeypatch.setattr(listener, "PATIENCE", 0.2)
        between.freeze()
        await ear.until(lost=1)
        monkeypatch.setattr(listener, "PATIENCE", 5.0)
        between.thaw()
        await ear.until(again=2)
        await connection.execute("notify enfact_access, 'x'")
        await ear.until(told=1)


async def test_a_listener_tells_how_long_a_notification_takes(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LOOK", 0.05)
    seconds: list[float] = []
    wakes, ear = WakeUps(), Ear()

    def echoed(one: float) -> None:
        seconds.append(one)
        wakes.echoed(one)

    task = asyncio.create_task(keep_listening(fresh_dsn, {}, ear.hear, ear.lost.append, echoed))
    try:
        async with asyncio.timeout(PATIENCE):
            while len(seconds) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert all(0 < one < listener.PATIENCE for one in seconds)
    assert (wakes.echoes, wakes.echo_seconds) == (len(seconds), pytest.approx(sum(seconds)))
    assert ear.lost == []


async def test_a_listener_to_whom_nothing_comes_says_so(
    fresh_dsn: str, worker_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def elsewhere(_dsn: str, **options: Any) -> Connection:
        """A connection that is not heard by who listens, as behind a pooler in transaction mode."""
        return await connect(worker_dsn, **options)

    monkeypatch.setattr(notifier, "connect", elsewhere)
    monkeypatch.setattr(listener, "PROOF_PATIENCE", 0.1)
    async with listens(fresh_dsn) as ear:
        await ear.until(lost=2)
        assert ear.again == 0
    assert {type(error) for error in ear.lost} == {NotificationsLost}
    lines = io.StringIO()

    async def lose(
        _dsn: str, _channels: object, _listening: object, lost: Callable[[DatabaseError], None], _echoed: object
    ) -> None:
        for error in ear.lost:
            lost(error)

    monkeypatch.setattr(notifications, "keep_listening", lose)
    wakes = WakeUps()
    wakes.wanted.set()
    await notifications.keep_waking(fresh_dsn, wakes, Mock(), open_log("info", "json", lines))
    (line,) = map(json.loads, lines.getvalue().splitlines())
    assert (line["event"], "ENFACT_LISTEN_URL" in line["hint"]) == ("not listening to the database", True)
