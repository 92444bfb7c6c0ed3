"""Alembic from Python: takes a DSN, runs the migrations through SQLAlchemy's engine in one transaction."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import sqlalchemy
import sqlalchemy.exc
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from db.connection import Connection, connect

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An open transaction: `connection` is the driver's view of it."""

    connection: Connection
    engine_connection: AsyncConnection

    async def upgrade(self) -> None:
        """Run the migrations that are missing."""
        try:
            await self.engine_connection.run_sync(_upgrade)
        except sqlalchemy.exc.DBAPIError as error:
            raise _driver_error(error) from error


@asynccontextmanager
async def upgrading(dsn: str, settings: Mapping[str, str]) -> AsyncGenerator[Upgrade]:
    """A transaction in which Alembic and the driver work side by side; any exception undoes it."""

    async def open_connection() -> Any:
        return await connect(dsn, target_session_attrs="read-write", server_settings=dict(settings))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=open_connection, poolclass=NullPool)
    async with engine.connect() as connection, connection.begin():
        # SQLAlchemy begins a transaction on the server with its first statement.
        await connection.execute(sqlalchemy.select(1))
        raw = await connection.get_raw_connection()
        yield Upgrade(cast("Connection", raw.driver_connection), connection)


def configuration(output: TextIO | None = None) -> Config:
    """Alembic's configuration; `output` takes the SQL of an offline run."""
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def print_upgrade(output: TextIO) -> None:
    """Write the SQL of all migrations to `output` instead of running it."""
    command.upgrade(configuration(output), "head", sql=True)


def _driver_error(error: sqlalchemy.exc.DBAPIError) -> BaseException:
    """What asyncpg raised, below SQLAlchemy's two wrappings."""
    cause = error.orig.__cause__ if error.orig is not None else None
    return cause or error


def _upgrade(connection: sqlalchemy.Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
