"""A PostgreSQL of three nodes that Patroni keeps, with etcd and the configuration that is shipped."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from db.embedded.binaries import find_binaries
from tests.clients.venvs import python_with
from tests.support.balanced import DEPLOY, free_ports

PASSWORD: Final = "for-this-run-only"
NODES: Final = 3
PATRONI: Final = ("patroni[etcd3]==4.1.5", "psycopg[binary]==3.3.9")
AS_NOBODY: Final = ("unshare", "--user", "--map-user=65534", "--map-group=65534") if os.geteuid() == 0 else ()
"""PostgreSQL refuses root: in a user namespace root is somebody else, and the owner of its files."""


class Cable:
    """The way of a node to etcd, which can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pipes: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def join(self) -> None:
        """Let the node reach etcd, from now on or again."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def is_cut(self) -> bool:
        """Whether nothing comes through."""
        return self._server is None

    def cut(self) -> None:
        """Let nothing through."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for pipe in self._pipes:
            pipe.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self._pipes.add(target)
        with suppress(OSError):
            while data := await source.read(1 << 16):
                target.write(data)
                await target.drain()
        self._pipes.discard(target)
        target.close()


@dataclass(slots=True)
class Node:
    """A node: Patroni, and the PostgreSQL that it keeps."""

    name: str
    folder: Path
    api: int
    port: int
    cable: Cable
    environment: dict[str, str]
    patroni: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL; what both say is added to a file of the folder."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*AS_NOBODY, self.patroni, DEPLOY / "patroni.yaml"], env=self.environment, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """Stop both, also when they are frozen or gone."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(60)

    @property
    def postmaster(self) -> int:
        """The process of PostgreSQL."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def signal_all(self, number: signal.Signals) -> None:
        """Signal every process of the node."""
        assert self.process is not None
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
            for node in (one for one in self.nodes if not one.cable.is_cut):
                with suppress(httpx.HTTPError, ValueError, KeyError):
                    return (await client.get(f"http://127.0.0.1:{node.api}/cluster")).json()["members"]
        return []

    async def is_whole(self) -> bool:
        """Whether there is a leader, whom all others follow, one of them synchronously."""
        members = await self.members()
        roles = sorted((member["role"], member["state"]) for member in members)
        followers = [("replica", "streaming")] * (NODES - 2)
        return roles == [("leader", "running"), *followers, ("sync_standby", "streaming")]

    async def sync_standby(self) -> Node:
        """The node that commits wait for."""
        return await self._with_role("sync_standby")

    async def leader(self) -> Node:
        """The node that takes writes."""
        return await self._with_role("leader")

    async def leads(self, node: Node) -> bool:
        """Whether the others take this one for the leader, or know of none."""
        leaders = [member["name"] for member in await self.members() if member["role"] == "leader"]
        return leaders in ([], [node.name])

    async def _with_role(self, role: str) -> Node:
        (name,) = [member["name"] for member in await self.members() if member["role"] == role]
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


def node_of(folder: Path, patroni: Path, number: int, ports: tuple[int, int], cable: Cable) -> Node:
    """A node, not started."""
    api, port = (f"127.0.0.1:{one}" for one in ports)
    given = {
        "PATRONI_NAME": f"node{number}",
        "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{cable.port}",
        "PATRONI_ETCD3_USE_PROXIES": "true",
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
    return Node(given["PATRONI_NAME"], folder, *ports, cable, {**os.environ, **given}, patroni)


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


@asynccontextmanager
async def patroni(home: Path) -> AsyncGenerator[Cluster]:
    """A cluster in a folder, once it is whole."""
    program = (await python_with("patroni", *PATRONI)).with_name("patroni")
    async with AsyncExitStack() as stack:
        store = stack.enter_context(etcd(home / "etcd"))
        ports = free_ports(2 * NODES)
        nodes: list[Node] = []
        for n in range(NODES):
            cable = Cable(store)
            await cable.join()
            stack.callback(cable.cut)
            nodes.append(node_of(home / f"node{n}", program, n, (ports[2 * n], ports[2 * n + 1]), cable))
            nodes[-1].start()
            stack.push_async_callback(asyncio.to_thread, nodes[-1].stop)
        cluster = Cluster(nodes)
        await cluster.whole()
        yield cluster
