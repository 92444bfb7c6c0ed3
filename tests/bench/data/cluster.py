"""The benchmark's own PostgreSQL, in the cache folder, with a fresh copy of the data set for each run."""

import hashlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from db.connection import Connection, connect
from db.embedded import Embedded
from db.migrate import migrate
from db.schema_version import VERSIONS
from resolvers.app_rows import app_rows
from tests.bench.contenders.before import Checkout
from tests.bench.contenders.servers import BEFORE
from tests.bench.data import dataset

RUN: Final = "bench_run"
RUN_BEFORE: Final = "bench_run_before"
"""The names of this run's databases: that of all contenders, and that of an earlier gateway with another schema."""
HALF: Final = "bench_half"
FUNCTIONS: Final = Path(__file__).parents[1] / "contenders" / "postgraphile.sql"
PREFIX: Final = "bench_data_"
KEPT: Final = 2
DATABASES: Final = "select datname::text from pg_database where starts_with(datname::text, 'bench_') order by oid desc"

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
"""Settings of a small production server. Durability is PostgreSQL's default: every commit waits for the disk."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running server; `address` is its DSN."""

    address: str
    is_apart: bool = False
    """Whether the earlier gateway has a database of its own."""

    def dsn(self, user: str, database: str = RUN) -> str:
        """The DSN of a database for one of its users."""
        return f"postgresql://{user}@/{database}?{urlsplit(self.address).query}"

    @property
    def socket(self) -> str:
        """The folder of the server's Unix socket."""
        return urlsplit(self.address).query.partition("host=")[2].partition("&")[0]

    def database_of(self, contender: str) -> str:
        """The name of the database that a contender uses."""
        return RUN_BEFORE if contender == BEFORE and self.is_apart else RUN


@asynccontextmanager
async def running(
    folder: Path, users: Sequence[str], before: Checkout | None, progress: dataset.Progress
) -> AsyncGenerator[Cluster]:
    """A server on `folder` with a fresh copy of the data set, to which each of `users` has full access.

    For `before` there is a copy of its own data set when that differs.
    """
    binaries = os.environ.get("ENFACT_PG_BIN")
    async with Embedded(folder, binaries=Path(binaries) if binaries else None, settings=SETTINGS) as embedded:
        cluster = Cluster(await embedded.start(), before is not None and before.fingerprint != fingerprint())
        admin = await connect(cluster.address)
        copies = {RUN: Template(fingerprint(), _fill)}
        if before is not None and cluster.is_apart:
            copies[RUN_BEFORE] = Template(before.fingerprint, before.fill)
        try:
            await _tidy(admin, copies.values())
            for database, template in copies.items():
                await _copy(admin, cluster, database, template, progress)
            await _add_users(admin, users)
            await _add_functions(cluster)
            yield cluster
            for database in copies:
                await admin.execute(f"drop database if exists {database} with (force)")
        finally:
            await admin.close()


@dataclass(frozen=True, slots=True)
class Template:
    """The database with the data set of some code; `fill` loads the set into an empty database."""

    fingerprint: str
    fill: Callable[[str, dataset.Progress], Awaitable[None]]

    @property
    def name(self) -> str:
        """The name of its database."""
        return PREFIX + self.fingerprint


async def _fill(dsn: str, progress: dataset.Progress) -> None:
    """Load this code's schema and data set into an empty database."""
    await migrate(dsn, app_rows())
    connection = await connect(dsn)
    try:
        await dataset.load(connection, progress)
    finally:
        await connection.close()


async def _tidy(admin: Connection, wanted: Iterable[Template]) -> None:
    """Drop the copies of earlier runs, and data sets that are not wanted; the last two sets are kept."""
    names = [row[0] for row in await admin.fetch(DATABASES)]
    kept = {template.name for template in wanted}
    for name in names:
        if not name.startswith(PREFIX):
            await admin.execute(f"drop database {name} with (force)")
    others = [name for name in names if name.startswith(PREFIX) and name not in kept]
    for name in others[max(0, KEPT - len(kept)) :]:
        await admin.execute(f"drop database {name} with (force)")


async def _copy(
    admin: Connection, cluster: Cluster, database: str, template: Template, progress: dataset.Progress
) -> None:
    """Create a fresh copy of a data set, after building the set if it is missing."""
    if not await admin.fetchval("select true from pg_database where datname = $1", template.name):
        await admin.execute(f"create database {HALF} template template0")
        await template.fill(cluster.dsn("postgres", HALF), progress)
        await admin.execute(f"alter database {HALF} rename to {template.name}")
    await admin.execute(f"create database {database} template {template.name} strategy file_copy")


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
    """The hash of all sources of the data set."""
    digest = hashlib.sha256(repr(app_rows()).encode())
    for file in (Path(dataset.__file__), *sorted(VERSIONS.glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
