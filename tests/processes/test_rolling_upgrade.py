"""Two gateways behind the shipped HAProxy are stopped and started in turn while clients read and write: nothing fails.

The version before a migration is the code that the history of this repository has. The first gateway that replaces one
of it migrates the database, while the other one goes on. Tried is each migration since `FIRST`, from the version before
it to this one; a run of all tests tries the newest. Versions before `FIRST` close their port at once, or refuse a newer
schema: they are stopped before they are replaced.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from db.connection import connect
from db.schema_version import revisions
from tests.gateway.cli.test_main import Gateway, gateway
from tests.support.balanced import BEHIND, Clients, free_ports, haproxy, need_haproxy
from tests.support.commands import ENFACT, environment
from tests.support.company import Firm
from tests.support.databases import ROOT
from tests.support.smtp_server import until

FIRST: Final = "0036"
"""The migration before which the code serves on a newer schema (DECISIONS D102), and drains (D148): nothing fails only
where both are so."""

STEPS: Final = [revision for revision in reversed(revisions()) if revision >= FIRST]
SETTINGS: Final = {**BEHIND, "ENFACT_LOG_LEVEL": "off", "ENFACT_DRAIN": "3", "ENFACT_POOL_SIZE": "4"}
SEED: Final = """
import asyncio, sys
from db.connection import connect
from tests.support.company import Firm

async def seed():
    connection = await connect(sys.argv[1])
    firm = await Firm.found(connection)
    print(firm.id, firm["owner"].token)
    await connection.close()

asyncio.run(seed())
"""


class Pair:
    """Two gateways on ports of their own, of which each can be replaced."""

    def __init__(self, stack: ExitStack, dsn: str, ports: list[int]) -> None:
        self._stack = stack
        self._dsn = dsn
        self._ports = ports
        self._running: list[Gateway] = []

    def start(self, number: int) -> None:
        """Start a gateway of this version, which migrates the database where that is not done."""
        given: dict[str, Any] = {"DATABASE_URL": self._dsn, **SETTINGS}
        running = gateway("--port", str(self._ports[number]), **given)
        self._running.append(self._stack.enter_context(running))

    async def restart(self, number: int) -> None:
        """Stop one of them as an operator does, and start it again."""
        assert await asyncio.to_thread(self._running[number].stop) == 0
        await asyncio.to_thread(self.start, number)
        self._running[number] = self._running.pop()


async def served(address: str) -> None:
    """Return once HAProxy passes requests on."""

    async def answers() -> bool:
        async with httpx.AsyncClient(timeout=20) as client:
            with suppress(httpx.TransportError):  # nobody listens yet
                return (await client.get(f"{address}/health/ready")).status_code == 200
        return False

    await until(answers)


async def customers(dsn: str) -> int:
    connection = await connect(dsn)
    try:
        return await connection.fetchval("select count(*) from contact where name like 'Customer %'")
    finally:
        await connection.close()


async def assert_nothing_fails(clients: Clients, dsn: str, *steps: Callable[[], Awaitable[None]]) -> None:
    """Take the steps while the clients work, and let them work between two of them."""
    async with clients.at_work():
        await clients.more()
        for step in steps:
            await step()
            await clients.more()
    assert clients.failed == []
    assert clients.reads > 10 * len(steps)
    assert await customers(dsn) == len(clients.acknowledged)


async def test_gateways_are_restarted_in_turn_and_no_request_fails(fresh_dsn: str) -> None:
    program, ports = need_haproxy(), free_ports(2)
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    await connection.close()
    with ExitStack() as stack:
        address = stack.enter_context(haproxy(program, ports))
        pair = Pair(stack, fresh_dsn, ports)
        for number in (0, 1):
            await asyncio.to_thread(pair.start, number)
        await served(address)
        clients = Clients(address, firm["owner"].token, firm.id)
        await assert_nothing_fails(clients, fresh_dsn, lambda: pair.restart(0), lambda: pair.restart(1))


@pytest.mark.sampled(100)
@pytest.mark.parametrize("step", STEPS)
async def test_the_version_before_is_replaced_while_it_serves(tmp_path: Path, empty_dsn: str, step: str) -> None:
    program, ports = need_haproxy(), free_ports(2)
    before = check_out_before(step, tmp_path / "before")
    with ExitStack() as stack:
        address = stack.enter_context(haproxy(program, ports))
        old: list[subprocess.Popen[bytes]] = []
        for port in ports:
            old.append(stack.enter_context(serving_before(before, empty_dsn, port)))
            await served(f"http://127.0.0.1:{port}")
        company, token = await asyncio.to_thread(seed_before, before, empty_dsn)
        await served(address)
        pair = Pair(stack, empty_dsn, ports)

        async def replace(number: int) -> None:
            old[number].terminate()
            await asyncio.to_thread(old[number].wait, 60)
            await asyncio.to_thread(pair.start, number)

        clients = Clients(address, token, company)
        await assert_nothing_fails(clients, empty_dsn, lambda: replace(0), lambda: replace(1))
        assert [process.returncode for process in old] == [0, 0]


def check_out_before(revision: str, folder: Path) -> Path:
    """The code of the main line before it had a migration; the test is skipped where there is no such history."""
    log = git(
        "log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "--", f"db/migrations/versions/{revision}_*",
    ).split()  # fmt: skip
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", f"{(log or ['none'])[-1]}^1"], cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if not log or archive.returncode != 0:
        pytest.skip("the history of the repository is not here")
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    assert not list((folder / "db" / "migrations" / "versions").glob(f"{revision}_*"))
    return folder


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def seed_before(folder: Path, dsn: str) -> list[str]:
    """The id of a company that the code of a folder makes, and the token of its owner."""
    command = [sys.executable, "-c", SEED, dsn]
    given = environment(PYTHONPATH=str(folder))
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=True).stdout.split()


@contextmanager
def serving_before(folder: Path, dsn: str, port: int) -> Generator[subprocess.Popen[bytes]]:
    """A gateway with the code of a folder."""
    given = environment(PYTHONPATH=str(folder), DATABASE_URL=dsn) | SETTINGS
    process = subprocess.Popen(
        [*ENFACT, "serve", "--port", str(port)], cwd=folder, env=given, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
