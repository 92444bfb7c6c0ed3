"""supervisor.py: what a supervisor such as systemd receives of a gateway, and the unit that is shipped for it."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from gateway.server.supervisor import Supervisor
from gateway.settings import Settings
from gateway.shared_page import SharedCounters, SharedPage, new_page
from tests.gateway.cli.test_main import gateway
from tests.gateway.server.test_workers import team
from tests.support.commands import ENFACT, environment
from tests.support.databases import ROOT
from tests.support.smtp_server import until

UNIT: Final = ROOT / "gateway" / "deploy" / "enfact.service"
SECONDS: Final = 30.0


class Receiver:
    """The supervisor's end of its socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(SECONDS)
        self._socket.bind(address)

    def next(self) -> str:
        """The next message."""
        return self._socket.recv(4096).decode()

    def until(self, beginning: str) -> list[str]:
        """The messages up to the first one with this beginning."""
        deadline = time.monotonic() + SECONDS
        found = [self.next()]
        while not found[-1].startswith(beginning):
            assert time.monotonic() < deadline, found
            found.append(self.next())
        return found

    def waiting(self) -> list[str]:
        """The messages that have arrived."""
        self._socket.setblocking(False)
        found: list[str] = []
        try:
            while True:
                found.append(self.next())
        except BlockingIOError:
            return found
        finally:
            self._socket.settimeout(SECONDS)

    def close(self) -> None:
        """Be gone."""
        self._socket.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Generator[Receiver]:
    receiver = Receiver(str(tmp_path / "notify"))
    yield receiver
    receiver.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gateway_tells_its_steps_that_it_is_ready_and_that_it_stops(
    receiver: Receiver, tmp_path: Path, fresh_dsn: str, workers: str
) -> None:
    given: dict[str, Any] = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000", "ENFACT_DRAIN": "60",
        "ENFACT_KEEP_ALIVE": "1",
    }  # fmt: skip
    with gateway("--workers", workers, DATABASE_URL=fresh_dsn, **given) as running:
        start = [message for message in receiver.until("READY=1") if message != "WATCHDOG=1"]
        assert start == [
            "STATUS=Opening the database", "STATUS=Migrating the database", "STATUS=Starting the gateway",
            f"READY=1\nSTATUS=Serving {running.url}",
        ]  # fmt: skip
        assert running.get("/health/ready").status_code == 200
        receiver.until("WATCHDOG=1")
        if workers == "2":
            running.process.send_signal(signal.SIGHUP)
            assert receiver.until("RELOADING=1")
            assert receiver.until("READY=1")[-1] == f"READY=1\nSTATUS=Serving {running.url}"
        running.process.send_signal(signal.SIGTERM)
        assert receiver.until("STOPPING=1")[-1] == "STOPPING=1\nSTATUS=Stopping"
        assert running.get("/health/ready").status_code == 503, "told before the port is closed"
        assert running.stop() == 0


def test_ready_is_told_once_requests_are_taken(receiver: Receiver, tmp_path: Path, fresh_dsn: str) -> None:
    """The supervisor asks as soon as it is told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    given = environment(NOTIFY_SOCKET=str(tmp_path / "notify"), DATABASE_URL=fresh_dsn, ENFACT_LOG_LEVEL="off")
    process = subprocess.Popen([*ENFACT, "serve", "--port", port, "--workers", "2"], env=given)
    try:
        receiver.until("READY=1")
        assert httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=30).status_code == 200
    finally:
        process.terminate()
        assert process.wait(60) == 0


async def test_no_ping_is_sent_while_nothing_serves(receiver: Receiver, tmp_path: Path) -> None:
    serving = True
    async with Supervisor(str(tmp_path / "notify"), 0.15).watched(lambda: serving):
        await asyncio.to_thread(receiver.until, "WATCHDOG=1")
        serving = False
        await asyncio.sleep(0.1)
        receiver.waiting()
        await asyncio.sleep(0.3)
        assert receiver.waiting() == []
        serving = True
        await asyncio.to_thread(receiver.until, "WATCHDOG=1")
    receiver.waiting()
    await asyncio.sleep(0.2)
    assert receiver.waiting() == [], "it ends with the block"


async def test_the_beat_of_workers_stops_with_the_last_of_them(fresh_dsn: str) -> None:
    async with team(2, fresh_dsn) as running:
        await until(running.started.is_set)
        counters = SharedCounters(SharedPage(running.page))
        first, second = running.pids
        assert counters.has_beaten(2)
        os.kill(first, signal.SIGSTOP)
        await asyncio.sleep(2.5)
        assert counters.has_beaten(2)
        os.kill(second, signal.SIGSTOP)
        await until(lambda: not counters.has_beaten(2))
        os.kill(first, signal.SIGCONT)
        await until(lambda: counters.has_beaten(2))
        os.kill(second, signal.SIGCONT)


def test_a_worker_that_has_never_begun_has_no_beat() -> None:
    page = new_page()
    assert not SharedCounters(SharedPage(page)).has_beaten(time.monotonic() / 2)
    SharedCounters(SharedPage(page, 3)).beat()
    assert SharedCounters(SharedPage(page)).has_beaten(5)
    os.close(page)


def test_an_abstract_address_and_text_of_several_lines() -> None:
    name = f"enfact-{uuid4().hex}"
    receiver = Receiver(f"\0{name}")
    supervisor = Supervisor.of({"NOTIFY_SOCKET": f"@{name}"})
    supervisor.say("one\ntwo")
    supervisor.reloading()
    assert receiver.next() == "STATUS=one two"
    reloading, moment = receiver.next().splitlines()
    assert reloading == "RELOADING=1"
    assert abs(int(moment.removeprefix("MONOTONIC_USEC=")) / 1e6 - time.monotonic()) < 60
    receiver.close()


def test_a_reload_that_ends_after_the_signal_to_stop_does_not_say_ready_again(
    receiver: Receiver, tmp_path: Path
) -> None:
    supervisor = Supervisor(str(tmp_path / "notify"))
    supervisor.ready("Serving")
    supervisor.reloading()
    supervisor.stopping()
    supervisor.reloaded()
    assert receiver.waiting()[2:] == ["STOPPING=1\nSTATUS=Stopping"] * 2


@pytest.mark.usefixtures("receiver")
async def test_pings_do_not_wait_for_room(tmp_path: Path) -> None:
    """A supervisor that does not read must not stop the event loop."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filling:
        filling.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                filling.sendto(b"x", address)
        began = time.monotonic()
        async with Supervisor(address, 0.03).watched(lambda: True):
            await asyncio.sleep(0.2)
        assert time.monotonic() - began < 0.8


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@enfact-nobody"])
async def test_without_a_supervisor_nothing_happens(address: str) -> None:
    supervisor = Supervisor.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000"})
    supervisor.ready("x")
    async with supervisor.watched(lambda: True):
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "environ", [{"WATCHDOG_PID": "1", "WATCHDOG_USEC": "30000"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}]
)
async def test_a_watchdog_for_somebody_else_gets_no_pings(
    receiver: Receiver, tmp_path: Path, environ: dict[str, str]
) -> None:
    async with Supervisor.of({"NOTIFY_SOCKET": str(tmp_path / "notify"), **environ}).watched(lambda: True):
        await asyncio.sleep(0.1)
    assert receiver.waiting() == []


# --- the unit -------------------------------------------------------------------------------------------------------


def lines(unit: str) -> dict[str, str]:
    """The settings of a unit."""
    pairs = [line.partition("=") for line in unit.splitlines() if line and line[0] not in "#["]
    return {name: value for name, _, value in pairs}


def test_the_unit_is_valid(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    program = tmp_path / "enfact"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "enfact.service"
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/enfact/bin/enfact", str(program)))
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    about = [line for line in checked.stderr.splitlines() if "enfact" in line]
    assert (checked.returncode, about) == (0, [])


def test_the_unit_waits_as_long_as_the_gateway_needs() -> None:
    unit = lines(UNIT.read_text(encoding="utf-8"))
    settings = Settings()
    assert unit["Type"] == "notify"
    assert unit["ExecStart"] == "/opt/enfact/bin/enfact --env-file /etc/enfact/enfact.env serve"
    assert float(unit["TimeoutStopSec"].removesuffix("s")) > settings.drain + settings.shutdown + 10
    assert unit["TimeoutStartSec"] == "infinity", "a migration waits for others"
