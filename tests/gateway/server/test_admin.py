"""admin.py: the operator's listener of a running gateway, and what it says when the database is away."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from db.connection import connect
from gateway.server.admin import listen_for_operators, serving_operators
from gateway.server.listener import ListenError
from gateway.settings import Settings
from gateway.shared_page import SharedCounters, SharedPage, new_page
from tests.gateway.cli.test_main import eventually, gateway
from tests.gateway.metrics.test_metrics import parsed
from tests.support.commands import enfact
from tests.support.relays import on_ports, relay


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Operators:
    """A listener of its own, over a page, with what keeps the gateway from serving."""

    def __init__(self, client: httpx.AsyncClient, counters: SharedCounters, port: int) -> None:
        self.client = client
        self.counters = counters
        self.port = port
        self.hindrance: str | None = None

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        return await self.client.request(method, path)

    async def metrics(self) -> dict[str, float]:
        answer = await self.get("/metrics")
        assert answer.status_code == 200
        return parsed(answer.text)


@asynccontextmanager
async def operators(dsn: str) -> AsyncGenerator[Operators]:
    fd, listener = new_page(), listen_for_operators(Settings(admin_port=0))
    assert listener is not None
    port = listener.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        told = Operators(client, SharedCounters(SharedPage(fd, 1)), port)
        async with serving_operators(listener, dsn, fd, lambda: told.hindrance):
            yield told
    os.close(fd)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_running_gateway_tells_operators_and_nobody_else(fresh_dsn: str, tmp_path: Path, workers: str) -> None:
    port, known = free_port(), "query Home { __typename }"
    manifest = tmp_path / "m.json"
    manifest.write_text(json.dumps({"h1": known}), encoding="utf-8")
    settings = {"DATABASE_URL": fresh_dsn, "ENFACT_DOCUMENTS": str(manifest), "ENFACT_ADMIN_PORT": str(port)}
    with gateway("--workers", workers, before=(), stderr=None, anew=False, **settings) as running:
        for _ in range(4):
            assert running.ask("{ __typename }").status_code == 200
        for _ in range(2):
            assert running.ask(known).status_code == 200
        assert running.get("/metrics").status_code == 404

        def has_all() -> bool:
            read = parsed(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
            return read['enfact_requests_total{code="OK"}'] == 6 and read["enfact_pool_connections"] >= int(workers)

        assert eventually(has_all)
        read = parsed(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
        assert read['enfact_request_seconds_count{operation="Home"}'] == 2
        assert read["enfact_database_up"] == 1
        assert read["enfact_database_bytes"] > 1_000_000
        assert read["enfact_database_connections"] >= 2
        for path, status in (("live", "live"), ("ready", "ready")):
            answer = httpx.get(f"http://127.0.0.1:{port}/health/{path}")
            assert (answer.status_code, answer.json()) == (200, {"status": status})


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gateway_that_is_stopped_drains_tells_operators_and_serves_on(fresh_dsn: str, workers: str) -> None:
    port = free_port()

    def ready() -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready")

    with gateway(
        "--workers", workers, DATABASE_URL=fresh_dsn, ENFACT_ADMIN_PORT=str(port), ENFACT_DRAIN="3"
    ) as running:
        assert eventually(lambda: ready().status_code == 200)
        running.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: ready().status_code == 503)
        assert ready().json() == {"status": "unready", "reason": "the gateway is stopping"}
        assert running.ask("{ __typename }").status_code == 200
        assert running.process.wait(60) == 0


def test_a_port_that_is_taken_is_said_by_its_setting(fresh_dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = enfact("serve", "--port", "0", DATABASE_URL=fresh_dsn, ENFACT_ADMIN_PORT=str(port))
        with pytest.raises(ListenError):
            listen_for_operators(Settings(admin_port=port))
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is already in use. Choose another one: ENFACT_ADMIN_PORT=" in refused.stderr
    assert listen_for_operators(Settings()) is None


async def test_readiness_is_that_of_the_gateway_and_of_its_database(fresh_dsn: str, empty_dsn: str) -> None:
    async with operators(fresh_dsn) as told:
        assert (await told.get("/health/ready")).status_code == 200
        assert told.counters.was_probed(60)
        told.hindrance = "the gateway is stopping"
        answer = await told.get("/health/ready")
        assert answer.headers["retry-after"] == "1"
        assert (answer.status_code, answer.json()["reason"]) == (503, "the gateway is stopping")
        assert (await told.get("/health/live")).status_code == 200
    async with operators(empty_dsn) as told:
        assert "not migrated" in (await told.get("/health/ready")).json()["reason"]


async def test_a_database_that_is_silent_is_not_waited_for(fresh_dsn: str) -> None:
    async with relay(fresh_dsn) as between, operators(on_ports(fresh_dsn, between.port)) as told:
        between.freeze()
        answer = await told.get("/health/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "the database does not answer in time")
        between.thaw()


async def test_metrics_are_there_while_the_database_is_away() -> None:
    async with operators("postgresql://postgres@/postgres?host=/nonexistent") as told:
        read = await told.metrics()
        assert read["enfact_database_up"] == 0
        assert 'enfact_requests_total{code="OK"}' in read
        assert "enfact_database_bytes" not in read
        assert (await told.get("/health/ready")).json()["reason"] == "the database does not answer"


async def test_letters_that_wait_are_counted(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute(
        "insert into outbox (kind, email, due_at) values "
        "('PASSWORD_RESET', 'a@b.example', now() - interval '1 hour'), "
        "('PASSWORD_RESET', 'a@b.example', now() + interval '1 hour')"
    )
    await connection.close()
    async with operators(fresh_dsn) as told:
        read = await told.metrics()
    assert read["enfact_outbox_letters"] == 2
    assert 3_600 <= read["enfact_outbox_oldest_seconds"] < 3_700


async def test_what_is_not_a_request_ends_and_others_are_served(fresh_dsn: str) -> None:
    async with operators(fresh_dsn) as told:
        assert (await told.get("/")).status_code == 404
        assert (await told.get("/metrics", "POST")).status_code == 405
        assert (await told.get("/metrics", "HEAD")).content == b""
        failures = Mock()
        asyncio.get_running_loop().set_exception_handler(failures)
        for sent in (b"nothing\r\n\r\n", b"\xff \xff \xff\r\n\r\n", b"x" * 20_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", told.port)
            writer.write(sent)
            with_end = await asyncio.wait_for(_read(reader), 10)
            assert with_end == b""
            writer.close()
        assert (await told.get("/health/live")).status_code == 200
    failures.assert_not_called()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""
