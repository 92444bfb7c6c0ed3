"""One connection to PostgreSQL: takes a DSN, gives what the product uses of the driver's connection, with types.

DSNs are libpq's: one host or several, a socket's folder as `?host=`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import asyncpg

from db.errors import DRIVER_ERRORS, DatabaseMisconfigured, translate_refusal

OLDEST_MAJOR = 18


class PreparedStatement(Protocol):
    """What is used of `asyncpg.PreparedStatement`; the statement ends some time after it is forgotten."""

    async def fetchval(self, *args: object) -> Any:
        """The first column of the first row, None when there is none."""
        ...


class Connection(Protocol):
    """What is used of `asyncpg.Connection`, pooled or not."""

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
        """The first row, None when there is none."""
        ...

    async def fetchval(self, query: str, *args: object, column: int = 0) -> Any:
        """One column of the first row, None when there is none."""
        ...

    async def prepare(self, query: str) -> PreparedStatement:
        """A statement that is planned once."""
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
        """Listen to a channel: each notification is a call with the connection, a process id, channel and payload."""
        ...

    def add_termination_listener(self, callback: Callable[..., None]) -> None:
        """Call back when the connection ends, however it does."""
        ...

    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        ...

    async def close(self) -> None:
        """Say goodbye and end the connection."""
        ...

    def terminate(self) -> None:
        """End the connection at once, without waiting for the server."""
        ...

    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    async def set_type_codec(self, typename: str, **options: Any) -> None:
        """Read and write a type in another way."""
        ...


async def connect(dsn: str, **options: Any) -> Connection:
    """Open a connection; `options` are asyncpg's. Raises DatabaseUnavailable or DatabaseMisconfigured."""
    driver: Any = asyncpg
    try:
        return await driver.connect(dsn, **options)
    except DRIVER_ERRORS as error:
        raise translate_refusal(error) from error
    except ValueError:  # of reading the address, whose parts (a password among them) it may quote
        raise DatabaseMisconfigured("The address of the database cannot be read as a URL.") from None


def require_version(major: int) -> None:
    """Refuse a server that is too old for the product. Raises DatabaseMisconfigured."""
    if major < OLDEST_MAJOR:
        raise DatabaseMisconfigured(
            f"The database server is PostgreSQL {major}; version {OLDEST_MAJOR} or newer is needed. "
            "Upgrade it, or point DATABASE_URL to a newer server."
        )
