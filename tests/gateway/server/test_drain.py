"""What becomes of a gateway after SIGTERM: it is unready before it stops, and a balancer that looks loses nothing."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from db.connection import Connection, connect
from gateway.settings import Settings
from tests.gateway.cli.test_main import alive
from tests.gateway.conftest import MakeApp, SmallExecutor
from tests.gateway.server.test_server import ANSWER, BODY, HEAD, answered, running
from tests.gateway.server.test_workers import QUERY, team
from tests.support.company import blocked
from tests.support.smtp_server import until

PROBE = b"GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def test_it_is_unready_and_answers_on_then_stops(make_app: MakeApp) -> None:
    async with running(make_app, drain=0.6) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        assert b"connection: close" not in await answered(reader)
        assert (await gateway.exchange(PROBE)).startswith(b"HTTP/1.1 200 ")
        began = time.monotonic()
        gateway.server.drain()
        unready = await gateway.exchange(PROBE)
        assert unready.startswith(b"HTTP/1.1 503 ")
        assert b"the gateway is stopping" in unready
        assert (await gateway.exchange(HEAD + b"\r\n" + BODY)).endswith(ANSWER), "closed, though not asked for"
        writer.write(HEAD + b"\r\n" + BODY)
        rest = await asyncio.wait_for(reader.read(), 60)
        assert rest.endswith(ANSWER)
        assert b"\r\nconnection: close\r\n" in rest
        writer.close()
        await asyncio.wait_for(gateway.task, 60)
        assert 0.6 <= time.monotonic() - began < 3


async def test_answers_by_messages_close_their_connection_too(make_app: MakeApp) -> None:
    async with running(make_app, drain=0.5) as gateway:
        await gateway.exchange(PROBE)
        gateway.server.drain()
        received = await gateway.exchange(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"\r\nconnection: close\r\n" in received


@pytest.mark.parametrize("probed", [True, False])
async def test_where_nobody_looks_or_nothing_is_set_it_stops_at_once(make_app: MakeApp, *, probed: bool) -> None:
    async with running(make_app, drain=0 if probed else 60) as gateway:
        if probed:
            await gateway.exchange(PROBE)
        gateway.server.drain()
        await asyncio.wait_for(gateway.task, 5)


async def test_a_second_signal_ends_the_drain_and_what_runs_is_finished(
    make_app: MakeApp, executor: SmallExecutor
) -> None:
    executor.delay = 1
    async with running(make_app, drain=60) as gateway:
        await gateway.exchange(PROBE)
        gateway.server.drain()
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        await executor.began.wait()
        gateway.server.drain()
        await asyncio.sleep(0.3)
        assert not gateway.task.done()
        assert (await answered(reader)).startswith(b"HTTP/1.1 200 ")
        await asyncio.wait_for(gateway.task, 5)
        writer.close()


LOGIN = 'mutation { login(input: {email: "eva@b.example", password: "wrong password"}) { errors { code } } }'


async def test_a_second_signal_ends_the_drain_of_workers_and_what_they_run_is_finished(fresh_dsn: str) -> None:
    async with team(1, fresh_dsn, ENFACT_DRAIN="60", ENFACT_DEADLINE="60") as running_team:
        assert running_team.workers.hindrance() == "no worker is ready"
        await until(running_team.answers)
        assert running_team.workers.hindrance() is None
        async with (
            blocking_accounts(fresh_dsn) as accounts,
            httpx.AsyncClient(base_url=running_team.address, timeout=20) as client,
        ):
            assert (await client.get("/health/ready")).status_code == 200
            sent = asyncio.create_task(client.post("/graphql", json={"query": LOGIN}))
            await blocked(accounts)
            running_team.workers.drain()
            assert running_team.workers.hindrance() == "the gateway is stopping"
            await until(lambda: is_unready(running_team.address))
            running_team.workers.drain()
            await until(lambda: refuses(running_team.address))
            assert not sent.done()
            await accounts.execute("rollback")
            assert (await sent).json()["data"]["login"]["errors"] != []
        await asyncio.wait_for(running_team.task, 5)


async def test_a_third_signal_kills_workers_with_what_they_run(fresh_dsn: str) -> None:
    async with team(1, fresh_dsn) as running_team:
        await until(running_team.answers)
        async with (
            blocking_accounts(fresh_dsn) as accounts,
            httpx.AsyncClient(base_url=running_team.address, timeout=20) as client,
        ):
            sent = asyncio.create_task(client.post("/graphql", json={"query": LOGIN}))
            await blocked(accounts)
            (pid,) = running_team.pids
            os.kill(pid, signal.SIGSTOP)
            for _ in range(3):
                assert alive(pid)
                running_team.workers.stop()
            await asyncio.wait_for(running_team.task, 5)
            with pytest.raises(httpx.TransportError):
                await sent


@asynccontextmanager
async def blocking_accounts(dsn: str) -> AsyncGenerator[Connection]:
    """A connection that has the accounts locked until it rolls back, so that whoever signs in waits."""
    connection = await connect(dsn)
    await connection.execute("begin; lock table account in access exclusive mode")
    try:
        yield connection
    finally:
        await connection.close()


async def is_unready(address: str) -> bool:
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.get(f"{address}/health/ready")).status_code == 503


async def refuses(address: str) -> bool:
    """Whether nobody takes a connection any more within a moment: the workers have closed the socket, not its owner."""
    async with httpx.AsyncClient(timeout=0.5) as client:
        try:
            await client.get(f"{address}/health/live")
        except httpx.TransportError:
            return True
        return False


@pytest.mark.parametrize("then", ["stop", "drain"])
async def test_ctrl_c_does_not_drain(make_app: MakeApp, executor: SmallExecutor, then: str) -> None:
    executor.delay = 60 if then == "drain" else 0
    async with running(make_app, drain=60) as gateway:
        await gateway.exchange(PROBE)
        if then == "drain":  # what runs would go on, and the second signal ends it
            _, writer = await gateway.connect()
            writer.write(HEAD + b"\r\n" + BODY)
            await executor.began.wait()
            gateway.server.stop()
            gateway.server.drain()
            writer.close()
        else:
            gateway.server.stop()
        await asyncio.wait_for(gateway.task, 5)


def test_the_drain_is_a_few_seconds_by_default() -> None:
    assert 0 < Settings().drain <= 10


# --- behind a balancer ----------------------------------------------------------------------------------------------


class Balancer:
    """Sends requests one after the other, over connections of their own, until it has seen the server unready."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_up = True
        self.statuses: list[int] = []

    async def look(self) -> None:
        async with httpx.AsyncClient(headers={"connection": "close"}, timeout=20) as client:
            while self.is_up:
                self.is_up = (await client.get(f"{self.address}/health/ready")).status_code == 200
                await asyncio.sleep(0.2)

    async def send(self) -> None:
        async with httpx.AsyncClient(headers={"connection": "close"}, timeout=20) as client:
            while self.is_up:
                answer = await client.post(f"{self.address}/graphql", json=QUERY)
                self.statuses.append(answer.status_code)


async def test_a_balancer_loses_no_request_when_workers_are_stopped(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn, ENFACT_DRAIN="1.5", ENFACT_RATE="0") as running_team:
        await until(running_team.answers)
        balancer = Balancer(running_team.address)
        working = asyncio.gather(balancer.look(), balancer.send())
        await until(lambda: len(balancer.statuses) > 5)
        running_team.workers.drain()
        before = len(balancer.statuses)
        await asyncio.wait_for(working, 60)
        assert len(balancer.statuses) > before
        assert set(balancer.statuses) == {200}
        await asyncio.wait_for(running_team.task, 60)
