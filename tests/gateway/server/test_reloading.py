"""reloading.py: SIGHUP replaces workers with the settings of now, and no client notices; what cannot be is refused."""

import asyncio
import json
import os
import pty
import select
import signal
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.server import workers
from tests.gateway.cli.test_main import START_SECONDS, Gateway, children, eventually, gateway
from tests.gateway.conftest import MakeApp
from tests.gateway.server.test_drain import LOGIN, blocking_accounts
from tests.gateway.server.test_server import ANSWER, BODY, HEAD, answered, running
from tests.gateway.server.test_workers import QUERY, kill, team
from tests.support.commands import ENFACT, environment
from tests.support.company import blocked
from tests.support.smtp_server import until

TWO_FIELDS = {"query": "{ __typename other: __typename }"}


class Operated:
    """A gateway of two workers with a file of variables, and its log."""

    def __init__(self, running: Gateway, file: Path, log: Path) -> None:
        self.url = running.url
        self.pid = running.process.pid
        self._file = file
        self._log = log

    @property
    def pids(self) -> set[int]:
        return children(self.pid, "gateway.server.worker")

    def hang_up(self, **values: str) -> None:
        """Write the file, and have it read."""
        self._file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        os.kill(self.pid, signal.SIGHUP)

    def lines(self, event: str) -> list[dict[str, Any]]:
        said = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line for line in said if line["event"] == event]

    def refused(self, count: int) -> str:
        """The reason of the last of so many refusals, once it is there."""
        assert eventually(lambda: len(self.lines("workers not replaced")) == count)
        return self.lines("workers not replaced")[-1]["reason"]

    def replaced(self, count: int) -> None:
        """Wait until workers were replaced so many times."""
        assert eventually(lambda: len(self.lines("workers replaced")) == count)

    def status(self, body: object) -> int:
        return httpx.post(f"{self.url}/graphql", json=body, headers={"connection": "close"}).status_code


@contextmanager
def operated(dsn: str, folder: Path, **values: str) -> Generator[Operated]:
    file, log = folder / "gateway.env", folder / "log"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    with (
        log.open("wb") as stderr,
        gateway(before=("--env-file", str(file)), stderr=stderr, DATABASE_URL=dsn) as running,
    ):
        yield Operated(running, file, log)


FEW = {"ENFACT_WORKERS": "2", "ENFACT_RATE": "0", "ENFACT_LOG_LEVEL": "warning"}


class Load:
    """Clients that ask one question after the other, on kept connections and on others, until they are told to end."""

    def __init__(self, url: str) -> None:
        self.statuses: list[int] = []
        self.failed: list[str] = []
        self._url = url
        self._goes_on = True

    async def ask(self, *, keeps: bool, pause: float) -> None:
        headers = {} if keeps else {"connection": "close"}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            while self._goes_on:
                try:
                    answer = await client.post(f"{self._url}/graphql", json=QUERY)
                    self.statuses.append(answer.status_code)
                except httpx.TransportError as error:
                    self.failed.append(repr(error))
                await asyncio.sleep(pause)

    def end(self) -> None:
        self._goes_on = False


@asynccontextmanager
async def load(url: str) -> AsyncGenerator[Load]:
    load = Load(url)
    kinds = [(True, 0.0), (True, 0.02), (True, 0.3), (False, 0.0), (False, 0.05)]
    asking = asyncio.gather(*(load.ask(keeps=keeps, pause=pause) for keeps, pause in kinds))
    try:
        yield load
    finally:
        load.end()
        await asking


async def test_under_load_no_request_fails_and_the_settings_are_those_of_now(fresh_dsn: str, tmp_path: Path) -> None:
    with operated(fresh_dsn, tmp_path, **FEW) as gateway:
        before = await asyncio.to_thread(lambda: gateway.pids)
        assert len(before) == 2
        assert await asyncio.to_thread(gateway.status, TWO_FIELDS) == 200
        async with load(gateway.url) as clients:
            await until(lambda: len(clients.statuses) > 150)
            await asyncio.to_thread(gateway.hang_up, **FEW, ENFACT_MAX_ROOT_FIELDS="1")
            await asyncio.to_thread(gateway.replaced, 1)
            seen = len(clients.statuses)
            await until(lambda: len(clients.statuses) > seen + 150)
        assert clients.failed == []
        assert set(clients.statuses) == {200}
        assert len(clients.statuses) > 300
        after = gateway.pids
        assert len(after) == 2
        assert not after & before
        assert {gateway.status(TWO_FIELDS) for _ in range(10)} == {422}
        gateway.hang_up(**FEW)
        gateway.replaced(2)
        assert gateway.status(TWO_FIELDS) == 200


def test_settings_that_are_refused_leave_the_workers_as_they_are(fresh_dsn: str, tmp_path: Path) -> None:
    manifest = tmp_path / "operations.json"
    manifest.write_text('{"a": "{ nonsense }"}')
    with operated(fresh_dsn, tmp_path, **FEW) as gateway:
        before = gateway.pids
        for count, (changed, reason) in enumerate(
            [
                ({"ENFACT_MAX_DEPTH": "secret"}, "ENFACT_MAX_DEPTH: "),
                ({"ENFACT_MAX_DEPHT": "5"}, "ENFACT_MAX_DEPHT is no setting. Did you mean ENFACT_MAX_DEPTH?"),
                (
                    {"ENFACT_ADMIN_PORT": "1", "ENFACT_DATA": "/x"},
                    "only a restart changes ENFACT_ADMIN_PORT, ENFACT_DATA",
                ),
                ({"ENFACT_WORKERS": "3"}, "only a restart changes ENFACT_WORKERS"),
                ({"ENFACT_DOCUMENTS": str(manifest)}, f"{manifest}: operation a: "),
                ({"ENFACT_DOCUMENTS": f"{manifest}.gone"}, f"{manifest}.gone: No such file or directory."),
            ],
            1,
        ):
            gateway.hang_up(**FEW | changed)
            said = gateway.refused(count)
            assert said.startswith(reason)
            assert "secret" not in said
        (tmp_path / "gateway.env").unlink()
        os.kill(gateway.pid, signal.SIGHUP)
        assert gateway.refused(7) == f"{tmp_path / 'gateway.env'}: No such file or directory."
        (tmp_path / "gateway.env").write_bytes(b"ENFACT_WORKERS=\xff")
        os.kill(gateway.pid, signal.SIGHUP)
        assert gateway.refused(8) == f"{tmp_path / 'gateway.env'}: Is not in UTF-8."
        assert gateway.pids == before
        assert gateway.status(QUERY) == 200


async def test_workers_that_do_not_get_ready_replace_nobody(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn) as running_team:
        await asyncio.wait_for(running_team.started.wait(), 60)
        before = running_team.pids
        reason = await running_team.workers.replace(running_team.conduct(ENFACT_PORT="none"))
        assert reason == "0 of 2 workers were replaced; the next one did not get ready"
        assert running_team.pids == before
        await kill(min(before))  # the one that comes has the settings before
        await until(lambda: len(running_team.pids) == 2 and running_team.workers.hindrance() is None)
        await until(running_team.answers)
        assert max(before) in running_team.pids


async def test_a_worker_that_never_gets_ready_is_given_up(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with team(1, fresh_dsn) as running_team:
        await asyncio.wait_for(running_team.started.wait(), 60)
        before = running_team.pids
        monkeypatch.setattr(workers, "START_SECONDS", 0.0)
        assert await running_team.workers.replace(running_team.conduct()) is not None
        await until(lambda: running_team.pids == before)
        assert await running_team.answers()


async def test_what_a_worker_is_asked_until_it_ends_is_answered(fresh_dsn: str) -> None:
    async with team(1, fresh_dsn) as running_team:
        await until(running_team.answers)
        before = running_team.pids
        kept = httpx.Limits(keepalive_expiry=60)
        async with httpx.AsyncClient(base_url=running_team.address, timeout=30, limits=kept) as client:
            assert (await client.post("/graphql", json=QUERY)).status_code == 200
            replacing = asyncio.create_task(running_team.workers.replace(running_team.conduct()))
            await until(lambda: len(running_team.pids) == 2 and running_team.workers.ready == 2)
            async with blocking_accounts(fresh_dsn) as accounts:
                sent = asyncio.create_task(client.post("/graphql", json={"query": LOGIN}))
                await blocked(accounts)
                await asyncio.sleep(0.3)
                assert not sent.done()
                assert not replacing.done()
                await accounts.execute("rollback")
            answer = await sent
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
        assert await replacing is None
        assert not running_team.pids & before
        assert len(running_team.pids) == 1


async def test_a_worker_that_dies_meanwhile_leaves_its_place_to_its_successor(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn) as running_team:
        await asyncio.wait_for(running_team.started.wait(), 60)
        before = running_team.pids
        replacing = asyncio.create_task(running_team.workers.replace(running_team.conduct()))
        for pid in before:
            await kill(pid)
        assert await asyncio.wait_for(replacing, 60) is None
        await until(running_team.answers)
        assert len(running_team.pids) == 2
        assert not running_team.pids & before


async def test_a_gateway_that_stops_meanwhile_ends_all_of_them(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn) as running_team:
        await asyncio.wait_for(running_team.started.wait(), 60)
        replacing = asyncio.create_task(running_team.workers.replace(running_team.conduct()))
        await until(lambda: len(running_team.pids) == 3)
        running_team.workers.stop()
        await asyncio.wait_for(running_team.task, 30)
        assert await replacing == "the gateway is stopping"
        assert running_team.pids == set()


async def test_a_gateway_that_has_stopped_starts_no_other_workers(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn) as running_team:
        await asyncio.wait_for(running_team.started.wait(), 60)
        running_team.workers.stop()
        await asyncio.wait_for(running_team.task, 30)
        assert await running_team.workers.replace(running_team.conduct()) == "the gateway is stopping"


# --- one server -----------------------------------------------------------------------------------------------------


async def test_a_server_that_retires_lets_idle_clients_ask_once_more(make_app: MakeApp) -> None:
    async with running(make_app, keep_alive=60) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        assert b"connection: close" not in await answered(reader)
        gateway.server.retire()
        gateway.server.retire()
        with pytest.raises(ConnectionRefusedError):
            await gateway.connect()
        await asyncio.sleep(0.3)
        assert not gateway.task.done()
        writer.write(HEAD + b"\r\n" + BODY)
        rest = await asyncio.wait_for(reader.read(), 60)
        assert rest.endswith(ANSWER)
        assert b"\r\nconnection: close\r\n" in rest
        writer.close()
        await asyncio.wait_for(gateway.task, 5)


async def test_an_idle_connection_ends_when_its_time_is_over(make_app: MakeApp) -> None:
    async with running(make_app, keep_alive=1) as gateway:
        reader, writer = await gateway.connect()
        writer.write(HEAD + b"\r\n" + BODY)
        await answered(reader)
        gateway.server.retire()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        await asyncio.wait_for(gateway.task, 5)
        writer.close()


async def test_who_is_told_to_stop_does_not_retire(make_app: MakeApp) -> None:
    async with running(make_app, keep_alive=60) as gateway:
        _, writer = await gateway.connect()
        gateway.server.retire()
        gateway.server.stop()
        await asyncio.wait_for(gateway.task, 5)
        gateway.server.retire()
        writer.close()


def test_one_process_says_that_it_is_not_replaced(fresh_dsn: str, tmp_path: Path) -> None:
    with operated(fresh_dsn, tmp_path, ENFACT_LOG_LEVEL="warning") as gateway:
        gateway.hang_up(ENFACT_LOG_LEVEL="warning")
        assert "ENFACT_WORKERS" in gateway.refused(1)
        assert gateway.status(QUERY) == 200


# --- terminals ------------------------------------------------------------------------------------------------------


def ends(pid: int) -> Callable[[], bool]:
    return lambda: os.waitpid(pid, os.WNOHANG)[0] == pid


def read_until(terminal: int, words: bytes, seconds: float = START_SECONDS) -> None:
    """Read what a terminal shows up to these words, and fail when they are not there in time."""
    deadline, shown = time.monotonic() + seconds, b""
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], max(deadline - time.monotonic(), 0))
        assert ready, shown
        shown += os.read(terminal, 10_000)


def test_the_end_of_its_terminal_is_the_end_of_a_gateway(fresh_dsn: str) -> None:
    given = environment(DATABASE_URL=fresh_dsn, ENFACT_WORKERS="2", ENFACT_LOG_FORMAT="json")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(ENFACT[0], [*ENFACT, "serve", "--port", "0"], given)
    try:
        read_until(terminal, b"/graphql")
        workers_of = children(pid, "gateway.server.worker")
        os.kill(pid, signal.SIGHUP)  # somebody asks for other workers: the terminal is there
        read_until(terminal, b"workers replaced")
        assert not workers_of & children(pid, "gateway.server.worker")
    finally:
        os.close(terminal)
    assert eventually(ends(pid))


def test_the_end_of_its_terminal_is_nothing_to_a_gateway_under_nohup(fresh_dsn: str, tmp_path: Path) -> None:
    given, shown = environment(DATABASE_URL=fresh_dsn), tmp_path / "shown"
    pid, terminal = pty.fork()
    if pid == 0:
        command = 'exec nohup "$@" > "$0"'
        os.execve("/bin/sh", ["sh", "-c", command, str(shown), *ENFACT, "serve", "--port", "0"], given)
    try:
        assert eventually(lambda: shown.exists() and "/graphql\n" in shown.read_text(), START_SECONDS)
    finally:
        os.close(terminal)
    (url,) = [word for word in shown.read_text().split() if word.endswith("/graphql")]
    time.sleep(0.5)
    try:
        assert httpx.post(url, json=QUERY, timeout=30).status_code == 200
    finally:
        os.kill(pid, signal.SIGTERM)
        assert eventually(ends(pid))
