"""One connection to PostgreSQL: takes a DSN, returns the driver's connection, typed as far as the product uses it.

DSNs are those of libpq: one host or several, a socket's folder as `?host=`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, cast

import asyncpg

from db.errors import DRIVER_ERRORS, DatabaseMisconfigured, translate_refusal

OLDEST_MAJOR = 18

REQUESTS, LISTENER, HEALTH, MAIL = "enfact", "enfact listening", "enfact health", "enfact mail"
"""The names of a gateway's connections, which PostgreSQL shows (`application_name`)."""

SERVING: Final = (REQUESTS, LISTENER, HEALTH, MAIL)

COMMAND, MIGRATION = "enfact command", "enfact migration"
"""The names of a command's connections."""


class PreparedStatement(Protocol):
    """The used part of `asyncpg.PreparedStatement`; the server drops the statement after its last reference."""

    async def fetchval(self, *args: object) -> Any:
        """The first column of the first row; None without a row."""
        ...


class Connection(Protocol):
    """The used part of `asyncpg.Connection`, pooled or not."""

    async def execute(self, query: str, *args: object) -> str:
        """Run one statement with arguments, or a script without."""
        ...

    async def executemany(self, command: str, args: Iterable[Sequence[object]]) -> None:
        """Run one statement for each sequence of arguments, atomically."""
        ...

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """All rows."""
        ...

    async def fetchrow(self, query: str, *args: object) -> asyncpg.Record | None:
        """The first row; None without one."""
        ...

    async def fetchval(self, query: str, *args: object, column: int = 0) -> Any:
        """One column of the first row; None without a row."""
        ...

    async def prepare(self, query: str) -> PreparedStatement:
        """A prepared statement."""
        ...

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str] | None = None
    ) -> str:
        """Load rows by binary COPY."""
        ...

    def transaction(self, *, isolation: str | None = None, readonly: bool = False) -> AbstractAsyncContextManager[None]:
        """A transaction block; inside another one, a savepoint."""
        ...

    def get_server_version(self) -> tuple[Any, ...]:
        """The server's version, the major number first."""
        ...

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None:
        """Listen to a channel; each notification calls back with connection, process id, channel and payload."""
        ...

    def add_termination_listener(self, callback: Callable[..., None]) -> None:
        """Call back when the connection ends, for any reason."""
        ...

    def is_closed(self) -> bool:
        """True when the connection has ended."""
        ...

    async def close(self) -> None:
        """End the connection in the protocol's way."""
        ...

    def terminate(self) -> None:
        """End the connection at once, without waiting for the server."""
        ...

    def is_in_transaction(self) -> bool:
        """True while a transaction is open."""
        ...

    async def set_type_codec(self, typename: str, **options: Any) -> None:
        """Set another encoder and decoder for a type."""
        ...


async def connect(dsn: str, **options: Any) -> Connection:
    """Open a connection; `options` are asyncpg's. Raises DatabaseUnavailable or DatabaseMisconfigured."""
    driver: Any = asyncpg
    try:
        return await driver.connect(dsn, **options)
    except DRIVER_ERRORS as error:
        raise translate_refusal(error) from error
    except ValueError:  # from parsing the DSN; its message may quote the password
        raise DatabaseMisconfigured("The address of the database cannot be read as a URL.") from None


def require_version(major: int) -> None:
    """Refuse a server that is too old for the product. Raises DatabaseMisconfigured."""
    if major < OLDEST_MAJOR:
        raise DatabaseMisconfigured(
            f"The database server is PostgreSQL {major}; version {OLDEST_MAJOR} or newer is needed. "
            "Upgrade it, or point DATABASE_URL to a newer server."
        )


def require_encoding(connection: Connection) -> None:
    """Refuse a database that does not hold its texts as UTF-8. Raises DatabaseMisconfigured."""
    encoding: str = cast("Any", connection).get_settings().server_encoding
    if encoding != "UTF8":
        raise DatabaseMisconfigured(
            f"The database has the encoding {encoding}; UTF8 is needed. Create one with ENCODING 'UTF8' "
            "TEMPLATE template0, and load a dump of this one into it if it has data."
        )
