"""A primary with standbys that stream from it, on this machine: each can be frozen, held up, and promoted."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from db.connection import connect
from db.embedded import Embedded
from db.migrate import migrate
from resolvers.app_rows import app_rows
from tests.support.databases import folder_for_servers
from tests.support.standby import QUICK, copy_as_standby

PATIENCE: Final = 120.0
"""Seconds after which a test gives up."""

NAMES: Final = ("one", "two")
OF_STANDBY: Final = {**QUICK, "max_standby_streaming_delay": "1s"}

CONFLICTS: Final = (asyncpg.PostgresConnectionError, asyncpg.SerializationError)
"""What a session meets, even the one that lets a standby go on, when what is applied then conflicts with it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One server: its DSN, and its processes."""

    name: str
    dsn: str
    folder: Path

    def freeze(self) -> None:
        """Stop all its processes without their knowing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    async def run(self, statement: str) -> object:
        """The first value of a statement."""
        connection = await connect(self.dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):  # a session that has just ended
                os.kill(pid, number)

    def _pids(self) -> list[int]:
        """The postmaster first, so that it starts nobody meanwhile."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text()
        return [main, *map(int, children.split())]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A primary, and its standbys by name."""

    primary: Member
    standbys: Sequence[Member]

    async def wait_for(self, *names: str) -> None:
        """Let the primary wait for these standbys, which are connected, and for no others."""
        listed = f"FIRST {len(names)} ({', '.join(names)})" if names else ""
        await self.primary.run(f"alter system set synchronous_standby_names = '{listed}'")
        count = "select count(*) from pg_stat_replication where sync_state = 'sync'"
        for n in range(int(PATIENCE / 0.02)):
            if n % 100 == 0:
                await self.primary.run("select pg_reload_conf()")
            if await self.primary.run(count) == len(names):
                return
            await asyncio.sleep(0.02)
        said = await self.primary.run("select json_agg(r)::text from pg_stat_replication r")
        logs = [(one.folder / "postgres.log").read_text()[-2000:] for one in (self.primary, *self.standbys)]
        raise AssertionError("\n".join(["the primary does not wait for them", str(said), *logs]))


@asynccontextmanager
async def cluster(names: Sequence[str] = NAMES) -> AsyncGenerator[Cluster]:
    """A migrated primary that waits for these standbys where a commit asks for it, within the block."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(folder_for_servers())
        primary, servers = await _make(folder, names)
        made = Member("primary", await primary.start(), folder / "primary")
        stack.push_async_callback(primary.stop)
        standbys: list[Member] = []
        for name, server in zip(names, servers, strict=True):
            standbys.append(Member(name, await server.start(), folder / name))
            stack.push_async_callback(server.stop)
        whole = Cluster(made, standbys)
        await whole.wait_for(*names)
        yield whole


async def _make(folder: Path, names: Sequence[str]) -> tuple[Embedded, list[Embedded]]:
    """A migrated primary and its standbys, not started."""
    primary = Embedded(folder / "primary", settings={**QUICK, "synchronous_commit": "local"})
    await migrate(await primary.start(), app_rows())
    await primary.stop()
    conninfo = f"host={folder / 'primary' / 'socket'} port=5432 user=postgres application_name="
    servers = [
        copy_as_standby(folder / "primary", folder / name, {**OF_STANDBY, "primary_conninfo": conninfo + name})
        for name in names
    ]
    return primary, servers


@asynccontextmanager
async def held_up(*standbys: Member) -> AsyncGenerator[None]:
    """Within the block these standbys apply nothing of what they receive."""
    for one in standbys:
        await one.run("select pg_wal_replay_pause()")
    try:
        yield
    finally:
        for one in standbys:
            with suppress(*CONFLICTS):
                await one.run("select pg_wal_replay_resume()")


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Wait until a condition holds; returns the seconds that it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return time.monotonic() - began
