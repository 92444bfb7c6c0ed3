"""The database of a process: DATABASE_URL, or an embedded PostgreSQL in the data folder with the keys kept there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from db.connection import connect
from db.embedded import Embedded
from db.installation import is_demo
from db.lock_waits import Patience, Report
from db.migrate import migrate
from db.secrets import folder_keys
from gateway.settings import Settings
from resolvers.app_rows import app_rows


@asynccontextmanager
async def open_dsn(settings: Settings) -> AsyncGenerator[str, None]:
    """The DSN of the database: DATABASE_URL, else the embedded server, which runs within the block.

    Raises EmbeddedError.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    embedded = Embedded(settings.data, binaries=settings.pg_bin)
    try:
        yield await embedded.start()
    finally:
        await embedded.stop()


def with_secret_keys(settings: Settings) -> Settings:
    """The settings with the secret keys of the data folder, for an embedded server; those in the settings come first.

    Without any key in the settings the folder gets one. Raises KeyFileBroken.
    """
    if settings.database_url is not None:
        return settings
    kept = folder_keys(settings.data, make=settings.secret_keys is None)
    given = [settings.secret_keys.get_secret_value()] if settings.secret_keys is not None else []
    return settings.model_copy(update={"secret_keys": SecretStr(",".join((*given, *kept)))})


async def holds_demo(dsn: str) -> bool:
    """True if the database is the demo. Raises DatabaseError."""
    connection = await connect(dsn)
    try:
        return await is_demo(connection)
    finally:
        await connection.close()


async def migrate_to_here(settings: Settings, dsn: str, report: Report) -> None:
    """Migrate the database to this version's tables and app catalogue; `report` is told of waits and steps.

    `dsn` is the address unless the settings have one for migrations. Raises DatabaseError.
    """
    await migrate(settings.migrate_dsn(dsn), app_rows(), Patience(total=settings.migration_patience), report)
