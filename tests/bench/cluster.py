"""The benchmark's own PostgreSQL: takes the cache folder, gives a database with the data set, fresh for each run."""

import hashlib
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from db.connection import Connection, connect
from db.embedded import Embedded
from db.migrate import MIGRATIONS, migrate
from resolvers.catalogue import app_rows
from tests.bench import dataset

RUN: Final = "bench_run"
HALF: Final = "bench_half"
FUNCTIONS: Final = Path(__file__).parent / "contenders" / "postgraphile.sql"
PREFIX: Final = "bench_data_"

SETTINGS: Final = MappingProxyType(
    {
        "shared_buffers": "512MB",
        "max_connections": "100",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "effective_cache_size": "2GB",
        "random_page_cost": "1.1",
        "work_mem": "8MB",
        "maintenance_work_mem": "128MB",
    }
)
"""What a small production server has. Durability is PostgreSQL's default: every commit waits for the disk."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running server; `address` is its DSN."""

    address: str

    def dsn(self, user: str, database: str = RUN) -> str:
        """The address of a database for one of its users."""
        return f"postgresql://{user}@/{database}?{urlsplit(self.address).query}"

    @property
    def socket(self) -> str:
        """The folder of the socket."""
        return urlsplit(self.address).query.partition("host=")[2].partition("&")[0]


@asynccontextmanager
async def running(folder: Path, users: Sequence[str], progress: dataset.Progress) -> AsyncGenerator[Cluster]:
    """A server on `folder` with a fresh copy of the data set, which each of `users` may do anything with."""
    binaries = os.environ.get("ENFACT_PG_BIN")
    async with Embedded(folder, binaries=Path(binaries) if binaries else None, settings=SETTINGS) as embedded:
        cluster = Cluster(await embedded.start())
        admin = await connect(cluster.address)
        try:
            template = await _template(admin, cluster, progress)
            await admin.execute(f"drop database if exists {RUN} with (force)")
            await admin.execute(f"create database {RUN} template {template} strategy file_copy")
            await _add_users(admin, users)
            await _add_functions(cluster)
            yield cluster
            await admin.execute(f"drop database if exists {RUN} with (force)")
        finally:
            await admin.close()


async def _template(admin: Connection, cluster: Cluster, progress: dataset.Progress) -> str:
    """The database with the data set of this code; made, and older ones dropped, when there is none."""
    name = PREFIX + fingerprint()
    if await admin.fetchval("select true from pg_database where datname = $1", name):
        return name
    for row in await admin.fetch("select datname::text from pg_database where starts_with(datname::text, 'bench_')"):
        await admin.execute(f"drop database {row[0]} with (force)")
    await admin.execute(f"create database {HALF} template template0")
    await migrate(cluster.dsn("postgres", HALF), app_rows())
    connection = await connect(cluster.dsn("postgres", HALF))
    try:
        await dataset.load(connection, progress)
    finally:
        await connection.close()
    await admin.execute(f"alter database {HALF} rename to {name}")
    return name


async def _add_users(admin: Connection, users: Sequence[str]) -> None:
    for user in users:
        if not await admin.fetchval("select true from pg_roles where rolname = $1", user):
            await admin.execute(f"create role {user} superuser login")


async def _add_functions(cluster: Cluster) -> None:
    connection = await connect(cluster.dsn("postgres"))
    try:
        await connection.execute(FUNCTIONS.read_text())
    finally:
        await connection.close()


def fingerprint() -> str:
    """Of everything that decides what the data set is."""
    digest = hashlib.sha256(repr(app_rows()).encode())
    for file in (Path(dataset.__file__), *sorted((MIGRATIONS / "versions").glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
