"""The migrations as Alembic reads them, run one by one on a driver's connection through SQLAlchemy."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import sqlalchemy
import sqlalchemy.exc
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from db.connection import Connection
from db.lock_waits import LockWaits
from db.schema_version import FIRST, SchemaVersion

MIGRATIONS: Final = Path(__file__).parent / "migrations"

OLDEST_CODE: Final = f"oldest_code varchar(32) not null default '{FIRST}'"
TABLE: Final = (
    "create table alembic_version "
    f"(version_num varchar(32) not null constraint alembic_version_pkc primary key, {OLDEST_CODE})"
)
ADD_OLDEST_CODE: Final = f"alter table alembic_version add column if not exists {OLDEST_CODE}"
HAS_OLDEST_CODE: Final = (
    "select true from pg_attribute where attrelid = 'alembic_version'::regclass and attname = 'oldest_code'"
)
RECORD_REVISION: Final = (
    "update alembic_version set version_num = $1::varchar, oldest_code = coalesce($2::varchar, oldest_code)"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration and what it says of itself (db/migrations/shorthand.py, db/schema_version.py)."""

    revision: str
    module: Any

    @property
    def in_steps(self) -> bool:
        """True when each of its statements is committed by itself."""
        return bool(getattr(self.module, "in_steps", False))

    @property
    def oldest_code(self) -> str | None:
        """The oldest code that can use the schema from now on; None when every code can that could before."""
        return getattr(self.module, "oldest_code", None)

    def write(self, output: TextIO) -> None:
        """Write its SQL, as it runs on a database in use."""
        options = {"as_sql": True, "output_buffer": output, "literal_binds": True}
        _upgrade(MigrationContext.configure(dialect_name="postgresql", opts=options | self._options(lambda: 0.0)), self)

    def run(self, connection: sqlalchemy.Connection, *, anew: bool, patience: Callable[[], float]) -> None:
        """Run and record it; `anew` on a database that nobody uses, in the caller's transaction.

        `patience` returns the seconds that a statement may wait for others.
        """
        options = {} if anew else self._options(patience)
        _upgrade(MigrationContext.configure(connection, opts=options), self)
        connection.exec_driver_sql(RECORD_REVISION, (self.revision, self.oldest_code))

    def _options(self, patience: Callable[[], float]) -> dict[str, object]:
        return {"in_steps": self.in_steps, "patience": patience}


def _upgrade(context: MigrationContext, migration: Migration) -> None:
    with Operations.context(context):
        migration.module.upgrade()


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs migrations on SQLAlchemy's connection over the driver's; errors are the driver's."""

    driver: Connection
    connection: AsyncConnection

    @asynccontextmanager
    async def making(self) -> AsyncGenerator[None]:
        """A transaction in which all migrations have run on an empty database; any exception undoes it."""
        with _driver_errors():
            async with self.connection.begin():
                await self.connection.run_sync(_make)
                yield

    async def upgrade(self, version: SchemaVersion, waits: LockWaits) -> None:
        """Run the migrations that a database in use lacks, each until it is done and recorded."""
        if not await self.driver.fetchval(HAS_OLDEST_CODE):
            await waits.repeat("The table of revisions", partial(self.driver.execute, ADD_OLDEST_CODE))
        for migration in migrations(version.revision):
            await waits.repeat(f"Migration {migration.revision}", partial(self._run, migration, waits))
            waits.report(f"Migration {migration.revision} is done")

    async def _run(self, migration: Migration, waits: LockWaits) -> None:
        """Run a migration on a database in use: in a transaction of its own, or in steps."""
        level = "AUTOCOMMIT" if migration.in_steps else "READ COMMITTED"
        connection = await self.connection.execution_options(isolation_level=level)
        with _driver_errors():
            async with connection.begin():
                await connection.run_sync(partial(migration.run, anew=False, patience=lambda: waits.left))


@asynccontextmanager
async def running(connection: Connection) -> AsyncGenerator[Runner]:
    """A block with a runner on a connection of the driver, which is closed with it."""

    async def given() -> Any:
        return connection

    engine = create_async_engine("postgresql+asyncpg://", async_creator=given, poolclass=NullPool)
    async with engine.connect() as wrapped:
        yield Runner(connection, wrapped)


def migrations(after: str | None = None) -> list[Migration]:
    """The migrations of this code after a revision, oldest first."""
    scripts = reversed(list(ScriptDirectory.from_config(configuration()).walk_revisions()))
    return [Migration(script.revision, script.module) for script in scripts if after is None or script.revision > after]


def configuration() -> Config:
    """Alembic's configuration."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _make(connection: sqlalchemy.Connection) -> None:
    connection.exec_driver_sql(TABLE)
    connection.exec_driver_sql("insert into alembic_version (version_num) values ('')")
    for migration in migrations():
        migration.run(connection, anew=True, patience=lambda: 0.0)


@contextmanager
def _driver_errors() -> Generator[None]:
    """A block in which asyncpg's errors come out of SQLAlchemy's two wrappers."""
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        raise (cause or error) from error
