"""Ways to lose a node of PostgreSQL under load, with the configurations that are shipped; prints the figures.

    .venv/bin/python -m tests.processes.failover [TIMES [EVENT...]]

Needs etcd (Debian: etcd-server) and HAProxy; Patroni is installed into .cache. Three nodes, all of them hosts of
DATABASE_URL, the leader first, and all in ENFACT_READ_URLS; two gateways, clients that read and write, and an owner who
gives and takes a right all the time. After each event: the seconds until a write is acknowledged again, and a change of
access, and until replicas answer again; the requests that failed meanwhile; acknowledged writes that are lost; and
reads at either gateway that saw an old right after the answer to its change. Ends with 1 when a bound is broken.
"""

import asyncio
import itertools
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from db.connection import connect
from tests.gateway.cli.test_main import gateway
from tests.support.balanced import BEHIND, Clients, free_ports, haproxy, need_haproxy
from tests.support.commands import enfact
from tests.support.company import Firm, change
from tests.support.patroni import PASSWORD, Cluster, Node, patroni

FROZEN, OTHERS, NOT_HELD_UP = 25.0, 5.0, 10.0
"""Seconds until writing again: at most so many after a leader fell silent (its lease is 20), where its PostgreSQL ends,
and where the standby that commits wait for fell silent (it is left after 5)."""

VERSION: Final = "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
STOCK: Final = "query ($id: ID!) { company(id: $id) { stockBasis } }"
SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"


@dataclass(slots=True)
class Owner:
    """An owner who gives an employee a right and takes it again through one gateway, and the employee at both."""

    gateways: list[str]
    firm: Firm
    switched_at: list[float] = field(default_factory=list[float])
    """The moments (monotonic clock) of acknowledged changes."""

    looks: int = 0
    wrong: int = 0
    granted: bool = False

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """The owner works within the block."""
        over = asyncio.Event()
        task = asyncio.create_task(self._work(over))
        try:
            yield
        finally:
            over.set()
            await task

    async def _work(self, over: asyncio.Event) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            for address in itertools.cycle(self.gateways):
                if over.is_set():
                    return
                with suppress(httpx.TransportError, KeyError, TypeError):
                    await self._switch(client, address)
                await asyncio.sleep(0.02)

    async def _switch(self, client: httpx.AsyncClient, address: str) -> None:
        """Change the right; once that is acknowledged it has to be so at every gateway."""
        owner, anna = self.firm["owner"].token, self.firm["anna"].token
        found = await _ask(client, address, owner, VERSION, id=self.firm.id)
        version = found["data"]["company"]["permissionMatrix"]["version"]
        granted = not self.granted
        given = {
            "companyId": self.firm.id, "expectedVersion": version,
            "changes": [change(self.firm["anna"], "STOCK", granted)],
        }  # fmt: skip
        answer = await _ask(client, address, owner, SET, input=given)
        if "errors" in answer or answer["data"]["setAppAccess"]["errors"]:
            return
        self.granted = granted
        self.switched_at.append(time.monotonic())
        for each in self.gateways:
            seen = await _ask(client, each, anna, STOCK, id=self.firm.id)
            if "errors" not in seen:
                self.looks += 1
                self.wrong += bool(seen.get("extensions", {}).get("hidden")) is granted


async def _ask(client: httpx.AsyncClient, address: str, token: str, query: str, **variables: object) -> Any:
    headers = {"authorization": f"Bearer {token}"}
    answer = await client.post(f"{address}/graphql", headers=headers, json={"query": query, "variables": variables})
    return answer.json()


@dataclass(frozen=True, slots=True)
class Operators:
    """The figures of gateways, by the ports of their operators."""

    ports: list[int]

    async def figure(self, name: str) -> list[float]:
        """A figure of each gateway."""
        async with httpx.AsyncClient(timeout=10) as client:
            texts = [(await client.get(f"http://127.0.0.1:{port}/metrics")).text for port in self.ports]
        return [float(re.findall(rf"^{name} (\S+)$", text, re.MULTILINE)[0]) for text in texts]

    async def replicas_answer(self, seconds: float = 60.0) -> None:
        """Return once each gateway has a replica that answers."""
        async with asyncio.timeout(seconds):
            while min(await self.figure("enfact_replicas_serving")) == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def prepare(leader: Node) -> None:
    """Make the database and its user, who may see what replicas do."""
    connection = await connect(f"postgresql://postgres:{PASSWORD}@127.0.0.1:{leader.port}/postgres")
    await connection.execute(f"create role enfact login password '{PASSWORD}' in role pg_read_all_stats")
    await connection.execute("create database enfact owner enfact")
    await connection.close()


async def seed(dsn: str) -> tuple[Firm, Firm]:
    """Migrate the database, and make two companies in it."""
    done = await asyncio.to_thread(enfact, "migrate", DATABASE_URL=dsn)
    assert done.returncode == 0, done.stderr
    connection = await connect(dsn)
    firms = await Firm.found(connection), await Firm.found(connection, "STOCK")
    await connection.close()
    return firms


async def lost(dsn: str, clients: Clients) -> int:
    """The acknowledged writes that the database does not have."""
    wanted = {id_.partition("_")[2] for id_ in clients.acknowledged}
    connection = await connect(dsn)
    present = {row[0].hex for row in await connection.fetch("select id from contact")}
    await connection.close()
    return len(wanted - present)


Undo = Callable[[], Awaitable[object]]


def _frozen(node: Node) -> Undo:
    """Stop all processes of a node; returns what lets them go on."""
    node.signal_all(signal.SIGSTOP)

    async def thaw() -> None:
        node.signal_all(signal.SIGCONT)

    return thaw


async def freeze(cluster: Cluster) -> Undo:
    """Freeze the leader."""
    return _frozen(await cluster.leader())


async def freeze_standby(cluster: Cluster) -> Undo:
    """Freeze the standby that commits wait for."""
    return _frozen(await cluster.sync_standby())


async def kill(cluster: Cluster) -> Undo:
    """Kill the leader's PostgreSQL, which Patroni starts again."""
    os.kill((await cluster.leader()).postmaster, signal.SIGKILL)
    return _nothing


async def kill_node(cluster: Cluster) -> Undo:
    """Kill all processes of the leader; it comes back later."""
    leader = await cluster.leader()
    leader.signal_all(signal.SIGKILL)

    async def start() -> None:
        leader.start()

    return start


async def switch_over(cluster: Cluster) -> Undo:
    """Let Patroni hand over."""
    leader = await cluster.leader()
    async with httpx.AsyncClient(timeout=60) as client:
        address = f"http://127.0.0.1:{leader.api}/switchover"
        (await client.post(address, json={"leader": leader.name})).raise_for_status()
    return _nothing


async def cut_off(cluster: Cluster) -> Undo:
    """Cut the leader off from etcd, so that it must take no more writes."""
    leader = await cluster.leader()
    leader.cable.cut()
    async with asyncio.timeout(60):
        while await cluster.leads(leader):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return leader.cable.join


async def _nothing() -> None:
    """Nothing is to be undone."""


EVENTS: Final[dict[str, tuple[Callable[[Cluster], Awaitable[Undo]], float]]] = {
    "frozen leader": (freeze, FROZEN),
    "kill -9 of its PostgreSQL": (kill, OTHERS),
    "kill -9 of the whole node": (kill_node, FROZEN),
    "switchover": (switch_over, OTHERS),
    "leader cut off from etcd": (cut_off, FROZEN),
    "frozen synchronous standby": (freeze_standby, NOT_HELD_UP),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A cluster under load."""

    cluster: Cluster
    clients: Clients
    owner: Owner
    operators: Operators
    dsn: str

    async def measure(self, name: str) -> bool:
        """Let an event happen, and print its figures; returns whether all bounds were kept."""
        happen, bound = EVENTS[name]
        await self._settle()
        failed, wrong, looks = len(self.clients.failed), self.owner.wrong, self.owner.looks
        began = time.monotonic()
        undo = await happen(self.cluster)
        await asyncio.sleep(3)
        await self.clients.more(50)
        await self._switched(3)
        gaps = [_longest_gap(moments, began) for moments in (self.clients.written_at, self.owner.switched_at)]
        await undo()
        await self.cluster.whole()
        back = time.monotonic()
        await self.operators.replicas_answer()
        figures = {
            "writing again after s": round(gaps[0], 1),
            "access": round(gaps[1], 1),
            "bound": bound,
            "replicas s after whole": round(time.monotonic() - back, 1),
            "failed": len(self.clients.failed) - failed,
            "lost": (missing := await lost(self.dsn, self.clients)),
            "old right": self.owner.wrong - wrong,
            "looks": self.owner.looks - looks,
        }
        print(name, json.dumps(figures), flush=True)
        return max(gaps) <= bound and missing == 0 and self.owner.wrong == wrong

    async def _settle(self) -> None:
        await self.cluster.whole()
        await self.operators.replicas_answer()
        await self.clients.more(50)
        await self._switched(10)

    async def _switched(self, count: int) -> None:
        """Return once so many more changes of access are acknowledged."""
        wanted = len(self.owner.switched_at) + count
        async with asyncio.timeout(120):
            while len(self.owner.switched_at) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def _longest_gap(moments: list[float], since: float) -> float:
    """The longest time without any of these moments after one."""
    all_ = [since, *(moment for moment in moments if moment > since), time.monotonic()]
    return max(after - before for before, after in itertools.pairwise(all_))


@asynccontextmanager
async def under_load(home: Path) -> AsyncGenerator[Trial]:
    """Everything started, and clients at work."""
    program = need_haproxy()
    async with patroni(home) as cluster:
        with ExitStack() as stack:
            first = await cluster.leader()
            await prepare(first)
            ordered = [first, *(node for node in cluster.nodes if node is not first)]
            hosts = [f"127.0.0.1:{node.port}" for node in ordered]
            dsn, *replicas = (f"postgresql://enfact:{PASSWORD}@{one}/enfact" for one in (",".join(hosts), *hosts))
            busy, quiet = await seed(dsn)
            ports, admins = free_ports(2), free_ports(2)
            address = stack.enter_context(haproxy(program, ports))
            given: dict[str, Any] = {
                "DATABASE_URL": dsn, "ENFACT_READ_URLS": ",".join(replicas), **BEHIND, "ENFACT_LOG_LEVEL": "off",
            }  # fmt: skip
            for port, admin in zip(ports, admins, strict=True):
                started = gateway("--port", str(port), ENFACT_ADMIN_PORT=str(admin), **given)
                await asyncio.to_thread(stack.enter_context, started)  # the cables to etcd are of this loop
            clients = Clients(address, busy["owner"].token, busy.id)
            owner = Owner([f"http://127.0.0.1:{port}" for port in ports], quiet)
            async with clients.at_work(), owner.at_work():
                yield Trial(cluster, clients, owner, Operators(admins), dsn)


async def main(times: int, names: list[str]) -> int:
    """Measure these events, or all, each so many times."""
    kept = True
    with tempfile.TemporaryDirectory() as home:
        async with under_load(Path(home)) as trial:
            for _ in range(times):
                for name in names or EVENTS:
                    kept = await trial.measure(name) and kept
            read = sum(await trial.operators.figure("enfact_replica_reads_total"))
        clients = trial.clients
    print(f"{clients.reads} reads, {read:g} by replicas, {len(clients.acknowledged)} acknowledged writes", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, sys.argv[2:])))
