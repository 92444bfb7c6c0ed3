"""Diagnosis of a database for the product: takes its address, returns findings with remedies, in words."""

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from db.connection import COMMAND, Connection, connect, require_encoding, require_version
from db.errors import DRIVER_ERRORS, DatabaseError, translate_refusal
from db.listener import prove
from db.readiness import require_writes
from db.schema_version import SchemaState, read_standing
from db.session_settings import require_settings

EXTENSIONS: Final = ("btree_gin", "btree_gist", "pg_trgm")
CLOCK: Final = 1.0
"""Seconds by which the clocks of the gateway and of the database may differ."""

FIND_LACKING: Final = """
select c.relname::text from pg_class c
where c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('alembic_version'))
  and c.relkind = 'r' and not (case when c.relname = 'alembic_version' then has_table_privilege(c.oid, 'select')
    else has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
      and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') end)
order by 1
"""
FIND_EXTENSIONS: Final = "select extname::text from pg_extension where extname = any($1::text[])"
READ_CLOCK: Final = "select extract(epoch from clock_timestamp())::float8"
READ_NEWEST: Final = "select extract(epoch from max(at) - clock_timestamp())::float8 from access_change"
READ_ROOM: Final = """
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - current_setting('reserved_connections')::int, r.rolconnlimit
from pg_roles r where r.rolname = current_user
"""
MAY_READ_MEMORY: Final = "select has_function_privilege('pg_get_backend_memory_contexts()', 'execute')"


class Finding(NamedTuple):
    """The object of a look, whether it is as it should be (None: it works, but could be better), and what to do."""

    subject: str
    is_good: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """The needs of the gateway: its session's settings, its connections in total, the address that it listens on."""

    settings: dict[str, str]
    connections: int
    listen_dsn: str


Check = Callable[[Connection, Requirements], Coroutine[Any, Any, Finding]]


async def diagnose(dsn: str, wanted: Requirements) -> AsyncGenerator[Finding]:
    """The findings, one by one; after a database that cannot be reached there are no others."""
    settings = {"application_name": COMMAND, **wanted.settings}
    try:
        connection = await connect(dsn, timeout=10, server_settings=settings)
    except DatabaseError as error:
        yield Finding("connection", False, str(error))
        return
    try:
        for subject, check in CHECKS:
            yield await _tried(subject, check, connection, wanted)
    finally:
        connection.terminate()


async def _tried(subject: str, check: Check, connection: Connection, wanted: Requirements) -> Finding:
    """The finding of a check; an error of the database is one, too."""
    try:
        return (await check(connection, wanted))._replace(subject=subject)
    except DatabaseError as error:
        return Finding(subject, False, str(error))
    except DRIVER_ERRORS as error:
        return Finding(subject, False, str(translate_refusal(error)))


def _good(words: str) -> Finding:
    return Finding("", True, words)


async def _server(connection: Connection, _wanted: Requirements) -> Finding:
    major = connection.get_server_version()[0]
    require_version(major)
    require_encoding(connection)
    return _good(f"PostgreSQL {major}, UTF8")


async def _role(connection: Connection, _wanted: Requirements) -> Finding:
    await require_writes(connection)
    return _good("takes writes")


async def _schema(connection: Connection, _wanted: Requirements) -> Finding:
    match await read_standing(connection):
        case SchemaState.BEHIND:
            return Finding("", False, "The database is not migrated to this version: enfact migrate does that.")
        case SchemaState.AHEAD:
            return Finding("", None, "A newer version migrated the database; this one may use it.")
        case SchemaState.CURRENT:
            return _good("that of this version")


async def _extensions(connection: Connection, _wanted: Requirements) -> Finding:
    found = {row[0] for row in await connection.fetch(FIND_EXTENSIONS, EXTENSIONS)}
    missing = [name for name in EXTENSIONS if name not in found]
    if missing:
        words = f"Missing: {', '.join(missing)}. enfact migrate makes them, if its user may (CREATE EXTENSION)."
        return Finding("", False, words)
    return _good(", ".join(EXTENSIONS))


async def _rights(connection: Connection, _wanted: Requirements) -> Finding:
    lacking = [row[0] for row in await connection.fetch(FIND_LACKING)]
    if lacking:
        names = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
        words = (
            f"The user may not read and write rows of {len(lacking)} tables ({names}): run what enfact grants prints."
        )
        return Finding("", False, words)
    return _good("rows of all tables can be read and written")


async def _settings(connection: Connection, wanted: Requirements) -> Finding:
    await require_settings(connection, wanted.settings)
    return _good("those that are sent are in force")


async def _clock(connection: Connection, _wanted: Requirements) -> Finding:
    before = time.time()
    theirs: float = await connection.fetchval(READ_CLOCK)
    off = max(before - theirs, theirs - time.time(), 0.0)
    if off > CLOCK:
        words = f"The clocks of the gateway and of the database differ by {off:.1f} s: let both follow a time server."
        return Finding("", False, words)
    has_trail = await connection.fetchval("select to_regclass('access_change') is not null")
    ahead: float | None = await connection.fetchval(READ_NEWEST) if has_trail else None
    if ahead is not None and ahead > CLOCK:
        words = f"The newest change of access is {ahead:.0f} s in the future: the clock of the database went back."
        return Finding("", None, words)
    return _good(f"differs by less than {CLOCK:g} s")


async def _room(connection: Connection, wanted: Requirements) -> Finding:
    row = await connection.fetchrow(READ_ROOM)
    assert row is not None, "the current user is a role"
    most = row[0] if row[1] < 0 else min(row[0], row[1])
    words = f"this gateway opens up to {wanted.connections} of {most}"
    if wanted.connections > most:
        return Finding("", None, f"{words}: raise max_connections, or lower ENFACT_POOL_SIZE or ENFACT_WORKERS.")
    return _good(words)


async def _memory(connection: Connection, _wanted: Requirements) -> Finding:
    if await connection.fetchval(MAY_READ_MEMORY):
        return _good("can be seen")
    words = "The user cannot see the memory of backends, so connections live an hour: grant pg_read_all_stats to it."
    return Finding("", None, words)


async def _notifications(_connection: Connection, wanted: Requirements) -> Finding:
    async with _listening(wanted.listen_dsn) as listening:
        await prove(wanted.listen_dsn, listening)
    return _good("arrive")


@asynccontextmanager
async def _listening(dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(dsn, timeout=10, server_settings={"application_name": COMMAND})
    try:
        yield connection
    finally:
        connection.terminate()


CHECKS: Final[Sequence[tuple[str, Check]]] = (
    ("server", _server),
    ("role", _role),
    ("schema", _schema),
    ("extensions", _extensions),
    ("rights", _rights),
    ("settings", _settings),
    ("clock", _clock),
    ("connections", _room),
    ("memory", _memory),
    ("notifications", _notifications),
)
