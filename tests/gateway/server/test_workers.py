"""workers.py with real worker processes: which deaths are mended, and which end the gateway."""

import asyncio
import io
import json
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from db.connection import connect
from gateway.logs import open_log
from gateway.server import workers
from gateway.server.listener import listen, url
from gateway.server.workers import Conduct, Workers, WorkersEnd
from gateway.shared_page import new_page
from tests.gateway.cli.test_main import alive, children
from tests.support.commands import environment
from tests.support.databases import Databases
from tests.support.forked_workers import forked_workers
from tests.support.relays import over_tcp
from tests.support.smtp_server import until

QUERY = {"query": "{ __typename }"}


class Team:
    """Workers on a port of their own, and what their parent logs."""

    def __init__(self, count: int, dsn: str, **settings: str) -> None:
        self.started = asyncio.Event()
        self._lines = io.StringIO()
        self._listener = listen("127.0.0.1", 0)
        log = open_log("info", "json", self._lines)
        self.dsn, self.page = dsn, new_page()
        self.workers = Workers(self._listener, count, self.conduct(**settings), log, page=self.page)
        self.task = asyncio.create_task(self.workers.run(self.started.set))

    def conduct(self, **settings: str) -> Conduct:
        """How workers with these settings run."""
        return Conduct(environment(DATABASE_URL=self.dsn, ENFACT_LOG_LEVEL="off", **settings), 5, 35)

    @property
    def address(self) -> str:
        """The URL of the gateway."""
        return url(self._listener)

    @property
    def pids(self) -> set[int]:
        return children(os.getpid(), f"gateway.server.worker {self._listener.fileno()}")

    def ends(self) -> list[dict[str, Any]]:
        """What is logged of workers that ended."""
        return [json.loads(line) for line in self._lines.getvalue().splitlines()]

    async def answers(self) -> bool:
        """Whether a request is answered; it waits for a worker to accept it."""
        async with httpx.AsyncClient(headers={"connection": "close"}, timeout=20) as client:
            with suppress(httpx.TransportError):  # the one that took it was killed
                return (await client.post(f"{self.address}/graphql", json=QUERY)).status_code == 200
        return False

    async def statuses(self, count: int) -> list[int]:
        """How as many requests are answered, each over a connection of its own."""
        async with httpx.AsyncClient(headers={"connection": "close"}, timeout=20) as client:
            return [(await client.post(f"{self.address}/graphql", json=QUERY)).status_code for _ in range(count)]

    async def end(self) -> None:
        self.workers.stop()
        with suppress(WorkersEnd):
            await asyncio.wait_for(self.task, 60)
        self._listener.close()


@asynccontextmanager
async def team(count: int, dsn: str, **settings: str) -> AsyncGenerator[Team]:
    with forked_workers():
        team = Team(count, dsn, **settings)
        try:
            yield team
        finally:
            await team.end()


async def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not alive(pid))


async def test_a_worker_that_served_is_replaced_however_often_it_is_killed(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST_FAILED_STARTS", 2)
    monkeypatch.setattr(workers, "STEADY_SECONDS", 600.0)  # none lives for so long, however busy the machine
    async with team(1, fresh_dsn) as running:
        for count in range(4):
            await until(running.answers)
            (pid,) = running.pids
            await kill(pid)
            await until(lambda count=count: len(running.ends()) == count + 1)
        await until(running.answers)
        assert not running.task.done()
        ends = running.ends()
    assert [(end["exit_code"], end["served"]) for end in ends] == [(-signal.SIGKILL, True)] * 4
    pauses = [end["pause"] for end in ends]
    assert pauses[0] == workers.FIRST_PAUSE
    assert pauses[-1] > pauses[0]
    assert max(pauses) <= workers.SERVED_PAUSE


async def test_a_worker_that_lived_for_a_while_is_replaced_without_a_longer_pause(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "STEADY_SECONDS", 0.0)
    async with team(1, fresh_dsn) as running:
        for count in range(2):
            await until(running.answers)
            (pid,) = running.pids
            await kill(pid)
            await until(lambda count=count: len(running.ends()) == count + 1)
        assert [end["pause"] for end in running.ends()] == [workers.FIRST_PAUSE] * 2


async def test_workers_that_never_get_ready_end_the_gateway(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_FAILED_STARTS", 2)
    async with team(2, fresh_dsn, ENFACT_PORT="none") as running:
        with pytest.raises(WorkersEnd, match=r"before they are ready \(exit code 1\)"):
            await asyncio.wait_for(running.task, 60)
        assert not running.started.is_set()
        assert running.pids == set()
        assert {(end["exit_code"], end["served"]) for end in running.ends()} <= {(1, False), (-signal.SIGTERM, False)}


async def test_a_worker_that_gets_ready_no_more_does_not_take_the_others_along(
    databases: Databases, fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST_FAILED_STARTS", 2)
    role, admin = f"enfact_worker_{os.getpid()}", await connect(databases.server)
    await admin.execute(f"create role {role} login in role pg_read_all_data")
    try:
        async with over_tcp(fresh_dsn, user=role) as dsn, team(2, dsn) as running:
            await asyncio.wait_for(running.started.wait(), 60)
            await admin.execute(f"alter role {role} nologin")  # who is connected stays so
            pid, survivor = running.pids
            await kill(pid)
            await until(lambda: len(running.ends()) == 3)
            assert [end["served"] for end in running.ends()] == [True, False, False]
            assert await running.answers()
            assert not running.task.done()
            await admin.execute(f"alter role {role} login")
            await kill(survivor)
            await until(running.answers)
    finally:
        await admin.execute(f"drop role {role}")
        await admin.close()


async def test_an_address_has_one_limit_with_all_workers_together(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn, ENFACT_RATE="0.001", ENFACT_BURST="9") as running:
        await asyncio.wait_for(running.started.wait(), 60)

        assert sorted(await running.statuses(14)) == [200] * 9 + [429] * 5
