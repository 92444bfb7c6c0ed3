"""The processes behind a running gateway: takes its folder, kills one of them, tells when it was replaced."""

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from db.connection import Connection, connect
from db.embedded.layout import Layout
from db.errors import DatabaseError
from tests.gateway.cli.test_main import Gateway, alive, children

KINDS: Final = ("worker", "backend", "postmaster")
BACKENDS: Final = """
select pid from pg_stat_activity where backend_type = 'client backend' and application_name = 'enfact' order by pid
"""


@dataclass(frozen=True, slots=True)
class Victims:
    """The gateway's workers, and the server with its backends."""

    gateway: Gateway
    layout: Layout

    @classmethod
    def of(cls, gateway: Gateway, folder: Path) -> "Victims":
        """Those of a gateway on an embedded server."""
        return cls(gateway, Layout(folder.resolve()))

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection of our own to the server. Raises DatabaseUnavailable."""
        connection = await connect(self.layout.dsn, timeout=5)
        try:
            yield connection
        finally:
            await connection.close()

    async def kill(self, kind: str, random: Random) -> int:
        """Kill one process of a kind at once; gives its id."""
        match kind:
            case "worker":
                pid = random.choice(sorted(self.workers()))
            case "backend":
                async with self.connection() as connection:
                    pid = random.choice([row[0] for row in await connection.fetch(BACKENDS)])
            case _:
                pid = self.postmaster()
        os.kill(pid, signal.SIGKILL)
        return pid

    async def is_replaced(self, pid: int, workers: int) -> bool:
        """Whether a killed process is gone, all workers are there, and the database answers."""
        if alive(pid) or pid in self.workers() or len(self.workers()) < workers or self.postmaster() == pid:
            return False
        try:
            async with self.connection() as connection:
                return await connection.fetchval("select not pg_is_in_recovery()")
        except DatabaseError:
            return False

    def workers(self) -> set[int]:
        """The worker processes."""
        return children(self.gateway.process.pid, "gateway.server.worker")

    def postmaster(self) -> int:
        """The server's process; 0 while there is none."""
        try:
            return int(self.layout.pid_file.read_text().partition("\n")[0])
        except (OSError, ValueError):
            return 0
