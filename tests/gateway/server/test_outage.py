"""A database that goes away under a running gateway, and comes back: a real server is stopped and started again."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from db import readiness
from db.embedded import Embedded
from db.errors import DatabaseMisconfigured, DatabaseTimeout, DatabaseUnavailable
from db.migrate import migrate
from gateway import backend, logs
from gateway.app import create_app
from gateway.background import Outage
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.app_rows import app_rows
from tests.gateway.conftest import client_of
from tests.support.relays import on_ports, relay
from tests.support.smtp_server import until
from tests.support.standby import copy_as_standby, promote

QUERY = '{ company(id: "com_1") { id } }'
MUTATION = 'mutation { endSession(input: {sessionId: "ses_1"}) { errors { code } } }'
QUICK = {"fsync": "off", "shared_buffers": "16MB"}


@dataclass
class Watched:
    """A gateway on a server that can be stopped, and what it logs."""

    server: Embedded
    client: httpx.AsyncClient
    lines: io.StringIO
    asked: int = 0

    async def ask(self, query: str) -> tuple[int, list[str]]:
        """The status and the codes of errors."""
        self.asked += 1
        answer = await self.client.post("/graphql", json={"query": query})
        return answer.status_code, [error["extensions"]["code"] for error in answer.json().get("errors", ())]

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]

    def events(self) -> list[str]:
        """What is logged besides the requests."""
        return [line["event"] for line in self.logged() if line["event"] != "request"]


@asynccontextmanager
async def served(dsn: str, server: Embedded) -> AsyncGenerator[Watched]:
    settings, lines = Settings(database_url=SecretStr(dsn), pool_size=2), io.StringIO()
    app = create_app(settings, log=open_log("info", "json", lines))
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield Watched(server, client, lines)


@pytest.fixture(autouse=True)
def _without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_WAITING", 1)
    monkeypatch.setattr(backend, "BACK_PAUSE", 0.05)
    monkeypatch.setattr(backend, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(backend, "LONGEST_PAUSE", 0.05)


async def test_an_outage_is_two_lines_however_many_requests_meet_it(tmp_path: Path) -> None:
    server = Embedded(tmp_path, settings=QUICK)
    dsn = await server.start()
    try:
        await migrate(dsn, app_rows())
        async with served(dsn, server) as gateway:
            for _ in range(2):
                assert await gateway.ask(QUERY) == (200, [])
                assert await gateway.ask(MUTATION) == (200, ["UNAUTHENTICATED"])
                await server.stop()
                for _ in range(3):
                    assert await gateway.ask(QUERY) == (503, ["UNAVAILABLE"])
                    assert await gateway.ask(MUTATION) == (200, ["UNAVAILABLE"])
                before = gateway.events()
                await server.start()
                await until(lambda before=before: gateway.events() != before)
        assert gateway.events() == ["database does not answer", "database answers again"] * 2
        logged = gateway.logged()
        assert [line for line in logged if "frames" in line] == []
        causes = [line["kind"] for line in logged if line["event"] == "database does not answer"]
        assert all(cause.startswith(("ConnectionLost < ", "DatabaseUnavailable < ")) for cause in causes)
        requests = [line for line in logged if line["event"] == "request"]
        assert len(requests) == gateway.asked
        assert [line["status"] for line in requests].count(503) == 6
    finally:
        await server.stop()


async def test_a_database_that_is_away_at_the_start_is_told_once_too(tmp_path: Path) -> None:
    server = Embedded(tmp_path, settings=QUICK)
    dsn = await server.start()
    await migrate(dsn, app_rows())
    await server.stop()
    try:
        async with served(dsn, server) as gateway:
            for _ in range(3):
                assert await gateway.ask(QUERY) == (503, ["UNAVAILABLE"])
            await server.start()
            await until(lambda: len(gateway.events()) > 1)
            assert await gateway.ask(QUERY) == (200, [])
        assert gateway.events() == ["database does not answer", "database answers again"]
    finally:
        await server.stop()


LOGIN = 'mutation { login(input: {email: "an@bakkerij.example", password: "wrong-password-1"}) { errors { code } } }'


async def test_a_gateway_on_a_standby_is_unready_and_a_write_there_may_be_tried_again(tmp_path: Path) -> None:
    leader = Embedded(tmp_path / "leader", settings=QUICK)
    await migrate(await leader.start(), app_rows())
    await leader.stop()
    standby = copy_as_standby(tmp_path / "leader", tmp_path / "standby")
    dsn = await standby.start()
    try:
        async with served(dsn, standby) as gateway:
            answer = await gateway.client.get("/health/ready")
            assert (answer.status_code, "takes no writes" in answer.json()["reason"]) == (503, True)
            assert await gateway.ask(QUERY) == (200, [])
            assert await gateway.ask(LOGIN) == (200, ["UNAVAILABLE"])
            await promote(dsn)
            assert (await gateway.client.get("/health/ready")).status_code == 200
            assert await gateway.ask(LOGIN) == (200, [])
    finally:
        await standby.stop()


async def test_a_host_that_freezes_is_left_as_soon_as_another_one_takes_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "FOLLOW_PAUSE", 0.05)
    monkeypatch.setattr(readiness, "PATIENCE", 0.5)
    server = Embedded(tmp_path, settings=QUICK)
    dsn = await server.start()
    try:
        await migrate(dsn, app_rows())
        async with (
            relay(dsn) as first,
            relay(dsn) as second,
            served(on_ports(dsn, first.port, second.port), server) as gateway,
            asyncio.timeout(10),
        ):
            assert await gateway.ask(QUERY) == (200, [])
            first.freeze()
            assert await gateway.ask(QUERY) == (200, [])
            assert (await gateway.client.get("/health/ready")).status_code == 200
            assert gateway.events() == ["another host takes the writes"]
    finally:
        await server.stop()


def test_an_outage_that_will_not_end_by_itself_is_told_a_second_time() -> None:
    lines = io.StringIO()
    outage = Outage(open_log("info", "json", lines))
    away, refused = DatabaseUnavailable("secret"), DatabaseMisconfigured("secret")
    assert [outage.report(error) for error in (DatabaseTimeout("secret"), away, away, refused, refused, away)] == [
        False, True, False, False, False, False,
    ]  # fmt: skip
    outage.end()
    outage.end()
    assert outage.report(away)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line.get("kind", line["event"]) for line in told] == [
        "DatabaseUnavailable", "DatabaseMisconfigured", "database answers again", "DatabaseUnavailable",
    ]  # fmt: skip
    assert "secret" not in lines.getvalue()
