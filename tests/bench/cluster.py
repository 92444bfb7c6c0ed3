"""The benchmark's own PostgreSQL: takes the cache folder, gives a database with the data set, fresh for each run."""

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
from db.migrate import MIGRATIONS, migrate
from resolvers.catalogue import app_rows
from tests.bench import dataset
from tests.bench.before import Checkout
from tests.bench.servers import BEFORE

RUN: Final = "bench_run"
RUN_BEFORE: Final = "bench_run_before"
"""What the gateways of this run read and write: the database of all, and one of other code's own schema."""
HALF: Final = "bench_half"
FUNCTIONS: Final = Path(__file__).parent / "contenders" / "postgraphile.sql"
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
"""What a small production server has. Durability is PostgreSQL's default: every commit waits for the disk."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running server; `address` is its DSN."""

    address: str
    is_apart: bool = False
    """Whether the gateway before has a database of its own."""

    def dsn(self, user: str, database: str = RUN) -> str:
        """The address of a database for one of its users."""
        return f"postgresql://{user}@/{database}?{urlsplit(self.address).query}"

    @property
    def socket(self) -> str:
        """The folder of the socket."""
        return urlsplit(self.address).query.partition("host=")[2].partition("&")[0]

    def database_of(self, contender: str) -> str:
        """The database that a contender uses."""
        return RUN_BEFORE if contender == BEFORE and self.is_apart else RUN


@asynccontextmanager
async def running(
    folder: Path, users: Sequence[str], before: Checkout | None, progress: dataset.Progress
) -> AsyncGenerator[Cluster]:
    """A server on `folder` with a fresh copy of the data set, which each of `users` may do anything with.

    The code of `before` has a copy of its own data set beside it when that is another one.
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
    """The database with a data set that some code makes; `fill` does, in an empty one."""

    fingerprint: str
    fill: Callable[[str, dataset.Progress], Awaitable[None]]

    @property
    def name(self) -> str:
        """Its database."""
        return PREFIX + self.fingerprint


async def _fill(dsn: str, progress: dataset.Progress) -> None:
    """Put this code's schema and data set into an empty database."""
    await migrate(dsn, app_rows())
    connection = await connect(dsn)
    try:
        await dataset.load(connection, progress)
    finally:
        await connection.close()


async def _tidy(admin: Connection, wanted: Iterable[Template]) -> None:
    """Drop what earlier runs left, and data sets of code that is not compared; the last two are kept."""
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
    """A fresh copy of a data set, which is made when there is none."""
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
    """Of everything that decides what the data set is."""
    digest = hashlib.sha256(repr(app_rows()).encode())
    for file in (Path(dataset.__file__), *sorted((MIGRATIONS / "versions").glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
