"""Three ways to lose a leader of PostgreSQL under load, with the configurations that are shipped; prints the figures.

    .venv/bin/python -m tests.processes.failover

Needs etcd (Debian: etcd-server) and HAProxy; Patroni is installed into .cache. Three nodes, two gateways that name all
of them, the leader first, and clients that read and write. After each event: the seconds until a write is acknowledged
again, the requests that failed meanwhile, and acknowledged writes that are lost. Ends with 1 when a bound is broken.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from db.connection import connect
from db.embedded.binaries import find_binaries
from tests.clients.venvs import python_with
from tests.gateway.cli.test_main import gateway
from tests.support.balanced import BEHIND, DEPLOY, Clients, free_ports, haproxy, need_haproxy
from tests.support.commands import enfact
from tests.support.company import Firm

PASSWORD: Final = "for-this-run-only"
NODES: Final = 3
FROZEN, OTHERS = 25.0, 5.0
"""Seconds until writing again: at most so many after a leader froze (its lease is 20), and after the others."""

PATRONI: Final = ("patroni[etcd3]==4.1.5", "psycopg[binary]==3.3.9")
AS_NOBODY: Final = ("unshare", "--user", "--map-user=65534", "--map-group=65534") if os.geteuid() == 0 else ()
"""PostgreSQL refuses root: in a user namespace root is somebody else, and the owner of its files."""


@dataclass(slots=True)
class Node:
    """A node: Patroni, and the PostgreSQL that it keeps."""

    name: str
    folder: Path
    api: int
    port: int
    process: subprocess.Popen[bytes]

    @property
    def postmaster(self) -> int:
        """The process of PostgreSQL."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def signal_all(self, number: signal.Signals) -> None:
        """Signal every process of the node."""
        pids = [self.process.pid, self.postmaster]
        for pid in pids:
            pids += [child for child in children(pid) if child not in pids]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    with suppress(OSError):
        files = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for file in files for child in file.read_text().split()]
    return []


class Cluster:
    """The nodes, and what Patroni says of them."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    async def members(self) -> list[dict[str, Any]]:
        """The nodes as the first one that answers sees them."""
        async with httpx.AsyncClient(timeout=1) as client:
            for node in self.nodes:
                with suppress(httpx.HTTPError):
                    return (await client.get(f"http://127.0.0.1:{node.api}/cluster")).json()["members"]
        return []

    async def is_whole(self) -> bool:
        """Whether there is a leader, whom all others follow, one of them synchronously."""
        members = await self.members()
        roles = sorted((member["role"], member["state"]) for member in members)
        followers = [("replica", "streaming")] * (NODES - 2)
        return roles == [("leader", "running"), *followers, ("sync_standby", "streaming")]

    async def leader(self) -> Node:
        """The node that takes writes."""
        (name,) = [member["name"] for member in await self.members() if member["role"] == "leader"]
        return next(node for node in self.nodes if node.name == name)

    async def whole(self, seconds: float = 120.0) -> None:
        """Return once the cluster is whole."""
        async with asyncio.timeout(seconds):
            while not await self.is_whole():  # noqa: ASYNC110
                await asyncio.sleep(0.2)


@contextmanager
def running(folder: Path, *command: str | Path, **environment: str) -> Generator[subprocess.Popen[bytes]]:
    """A program within the block; what it says goes to a file of the folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(60)


@contextmanager
def keeping(folder: Path, patroni: Path, number: int, ports: tuple[int, int], etcd: int) -> Generator[Node]:
    """A node within the block."""
    api, port = (f"127.0.0.1:{one}" for one in ports)
    given = {
        "PATRONI_NAME": f"node{number}",
        "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{etcd}",
        "PATRONI_RESTAPI_LISTEN": api,
        "PATRONI_RESTAPI_CONNECT_ADDRESS": api,
        "PATRONI_POSTGRESQL_LISTEN": port,
        "PATRONI_POSTGRESQL_CONNECT_ADDRESS": port,
        "PATRONI_POSTGRESQL_DATA_DIR": str(folder / "data"),
        "PATRONI_POSTGRESQL_BIN_DIR": str(find_binaries(None).folder),
        "PATRONI_POSTGRESQL_PGPASS": str(folder / "pgpass"),
        "PATRONI_SUPERUSER_USERNAME": "postgres",
        "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
        "PATRONI_REPLICATION_USERNAME": "replicator",
        "PATRONI_REPLICATION_PASSWORD": PASSWORD,
    }
    with running(folder, *AS_NOBODY, patroni, DEPLOY / "patroni.yaml", **given) as process:
        yield Node(given["PATRONI_NAME"], folder, *ports, process)


@contextmanager
def etcd(folder: Path) -> Generator[int]:
    """A store of Patroni's leases; its port."""
    port, peers = free_ports(2)
    program = shutil.which("etcd")
    if program is None:
        sys.exit("There is no etcd here: apt-get install etcd-server.")
    addresses = [f"--listen-client-urls=http://127.0.0.1:{port}", f"--advertise-client-urls=http://127.0.0.1:{port}"]
    peer = [f"--listen-peer-urls=http://127.0.0.1:{peers}", f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}"]
    member = ["--name=one", f"--initial-cluster=one=http://127.0.0.1:{peers}"]
    with running(folder, program, f"--data-dir={folder / 'data'}", *addresses, *peer, *member):
        yield port


async def prepare(leader: Node) -> None:
    """Make the database and its user."""
    connection = await connect(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{leader.port}/postgres")
    await connection.execute(f"create role enfact login password '{PASSWORD}'")
    await connection.execute("create database enfact owner enfact")
    await connection.close()


async def seed(dsn: str) -> Firm:
    """Migrate the database, and make a company in it."""
    done = await asyncio.to_thread(enfact, "migrate", DATABASE_URL=dsn)
    assert done.returncode == 0, done.stderr
    connection = await connect(dsn)
    firm = await Firm.found(connection)
    await connection.close()
    return firm


async def lost(dsn: str, clients: Clients) -> int:
    """The acknowledged writes that the database does not have."""
    wanted = {id_.partition("_")[2] for id_ in clients.acknowledged}
    connection = await connect(dsn)
    present = {row[0].hex for row in await connection.fetch("select id from contact")}
    await connection.close()
    return len(wanted - present)


async def freeze(cluster: Cluster) -> Callable[[], None]:
    """Stop all processes of the leader; returns what lets them go on."""
    leader = await cluster.leader()
    leader.signal_all(signal.SIGSTOP)
    return lambda: leader.signal_all(signal.SIGCONT)


async def kill(cluster: Cluster) -> Callable[[], None]:
    """Kill the leader's PostgreSQL."""
    os.kill((await cluster.leader()).postmaster, signal.SIGKILL)
    return lambda: None


async def switch_over(cluster: Cluster) -> Callable[[], None]:
    """Let Patroni hand over."""
    leader = await cluster.leader()
    async with httpx.AsyncClient(timeout=60) as client:
        address = f"http://127.0.0.1:{leader.api}/switchover"
        (await client.post(address, json={"leader": leader.name})).raise_for_status()
    return lambda: None


EVENTS: Final[dict[str, tuple[Callable[[Cluster], Awaitable[Callable[[], None]]], float]]] = {
    "frozen leader": (freeze, FROZEN),
    "kill -9 of its PostgreSQL": (kill, OTHERS),
    "switchover": (switch_over, OTHERS),
}


async def measure(cluster: Cluster, clients: Clients, dsn: str) -> bool:
    """Let each event happen under load, and print its figures; returns whether all bounds were kept."""
    kept = True
    for name, (happen, bound) in EVENTS.items():
        await cluster.whole()
        await clients.more(50)
        failed, began = len(clients.failed), time.monotonic()
        undo = await happen(cluster)
        await asyncio.sleep(3)
        await clients.more(50)
        gap, failures = clients.longest_gap(began), len(clients.failed) - failed
        undo()
        await cluster.whole()
        missing = await lost(dsn, clients)
        kept = kept and gap <= bound and missing == 0
        figures = {"writing again after s": round(gap, 1), "bound": bound, "failed": failures, "lost": missing}
        print(name, json.dumps({**figures, "acknowledged": len(clients.acknowledged)}), flush=True)
    return kept


async def main() -> int:
    """Start everything, and measure."""
    patroni = (await python_with("patroni", *PATRONI)).with_name("patroni")
    program = need_haproxy()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(etcd(home / "etcd"))
        numbers = free_ports(2 * NODES)
        nodes = [
            stack.enter_context(keeping(home / f"node{n}", patroni, n, (numbers[2 * n], numbers[2 * n + 1]), store))
            for n in range(NODES)
        ]
        cluster = Cluster(nodes)
        await cluster.whole()
        first = await cluster.leader()
        await prepare(first)
        ordered = [first, *(node for node in nodes if node is not first)]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in ordered)
        dsn = f"postgresql://enfact:{PASSWORD}@{hosts}/enfact"
        firm = await seed(dsn)
        ports = free_ports(2)
        address = stack.enter_context(haproxy(program, ports))
        given: dict[str, Any] = {"DATABASE_URL": dsn, **BEHIND, "ENFACT_LOG_LEVEL": "off"}
        for port in ports:
            stack.enter_context(gateway("--port", str(port), **given))
        clients = Clients(address, firm["owner"].token, firm.id)
        async with clients.at_work():
            kept = await measure(cluster, clients, dsn)
        missing = await lost(dsn, clients)
        print(f"{clients.reads} reads, {len(clients.acknowledged)} acknowledged writes, {missing} lost", flush=True)
    return 0 if kept and missing == 0 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
