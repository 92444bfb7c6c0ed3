"""One connection to PostgreSQL: takes a DSN, returns the driver's connection, typed as far as the product uses it.

DSNs are those of libpq (`dsn.py`): one host or several (`hosts.py`), a socket's folder as `?host=`.
"""

import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, cast
from weakref import WeakKeyDictionary

import asyncpg

from db.dsn import Address, Host, connect_options, read_address, require_files
from db.errors import DRIVER_ERRORS, DatabaseMisconfigured, translate_refusal
from db.hosts import LIMIT, Race
from db.keepalive import keep_alive

OLDEST_MAJOR = 18

REQUESTS, LISTENER, HEALTH, MAIL = "enfact", "enfact listening", "enfact health", "enfact mail"
"""The names of a gateway's connections, which PostgreSQL shows (`application_name`)."""

LOOKS: Final = "enfact replicas"
"""The beginning of the names of connections that look at replicas and their primary."""

SERVING: Final = (REQUESTS, LISTENER, HEALTH, MAIL, LOOKS)

COMMAND, MIGRATION = "enfact command", "enfact migration"
"""The names of a command's connections."""


LAST_GOOD: Final[dict[tuple[Host, ...], Host]] = {}
"""The host that was connected to last, by the hosts of an address."""

HOST_OF: Final[WeakKeyDictionary["Connection", tuple[tuple[Host, ...], Host]]] = WeakKeyDictionary()
"""Of open connections to one of several hosts: the hosts, and the one."""


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

    def fetchrow(self, query: str, *args: object) -> Coroutine[Any, Any, asyncpg.Record | None]:
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
    """Open a connection; `options` are asyncpg's. Raises DatabaseUnavailable and DatabaseMisconfigured.

    Of several hosts the last good one is asked first; one that takes writes is wanted unless the DSN says otherwise.
    """
    address = read_address(dsn, os.environ)
    options = connect_options(address) | options
    if address.connect_timeout is not None:
        options["timeout"] = address.connect_timeout
    if not address.has_several_hosts:
        connection = await _open(address.dsn, options)
    else:
        connection = await _race(address, {"target_session_attrs": address.target or "read-write"} | options)
    try:
        keep_alive(cast("Any", connection), address.alive)
    except DatabaseMisconfigured:
        connection.terminate()
        raise
    except OSError as error:
        connection.terminate()
        raise translate_refusal(error) from error
    return connection


async def _race(address: Address, options: dict[str, Any]) -> Connection:
    async def open_one(host: Host) -> Connection:
        return await _open(address.dsn, options | {"host": host.name, "port": host.port})

    good = LAST_GOOD.get(address.hosts)
    hosts = sorted(address.hosts, key=lambda host: host != good)
    race = Race(open_one, lambda late: late.terminate(), address.connect_timeout or LIMIT)
    host, connection = await race.run(hosts)
    HOST_OF[connection] = address.hosts, host
    prefer(connection)
    return connection


async def _open(dsn: str, options: dict[str, Any]) -> Connection:
    """A connection to one host, by the driver."""
    driver: Any = asyncpg
    try:
        return await driver.connect(dsn, **options)
    except DRIVER_ERRORS as error:
        require_files(dsn)
        raise translate_refusal(error) from error
    except ValueError:  # from parsing the DSN; its message may quote the password
        raise DatabaseMisconfigured("The address of the database cannot be read as a URL.") from None


def has_several_hosts(dsn: str) -> bool:
    """True when a DSN names several hosts. Raises DatabaseMisconfigured."""
    return read_address(dsn, os.environ).has_several_hosts


def host_of(connection: Connection) -> Host | None:
    """The host of a connection to one of several; None for others."""
    return HOST_OF[connection][1] if connection in HOST_OF else None


def is_standby(connection: Connection) -> bool:
    """True when the server has said that it is a standby (PostgreSQL tells each connection when that changes)."""
    if connection.is_closed():
        return False
    return getattr(cast("Any", connection).get_settings(), "in_hot_standby", None) == "on"


def prefer(connection: Connection) -> None:
    """Ask the host of this connection first from now on, where there are several."""
    if connection in HOST_OF:
        hosts, host = HOST_OF[connection]
        LAST_GOOD[hosts] = host


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
