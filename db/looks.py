"""Looks at the servers of a database in replication, again and again: takes an address, returns what each server says.

A look is one small statement on a connection of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from db.connection import LOOKS, Connection, connect
from db.errors import DRIVER_ERRORS, DatabaseError
from db.lease import SILENCE, PrimaryLook, ReplicaLook

PAUSE: Final = 0.03
"""Seconds between two looks at a server."""

RETRY: Final = 0.25
"""Seconds before a server that did not answer is asked again."""

PATIENCE: Final = 3.0
"""Maximum number of seconds for opening the connection."""

LOOK_AT_PRIMARY: Final = """
select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::int8,
  array(select application_name from pg_stat_replication where sync_state = 'sync'),
  extract(epoch from clock_timestamp())::float8
"""
NAME: Final = r"""coalesce(
  substring(conninfo from '(?:^| )application_name=(\S+)'),
  substring(conninfo from '(?:^| )fallback_application_name=(\S+)')
)"""
LOOK_AT_REPLICA: Final = f"""
select pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::int8,
  pg_snapshot_xmin(pg_current_snapshot())::text::int8,
  (select {NAME} from pg_stat_wal_receiver where status = 'streaming'),
  extract(epoch from clock_timestamp())::float8
"""
"""Without the right to read all statistics, the name and the synchronous standbys are missing."""


async def look_at_primary(connection: Connection) -> PrimaryLook:
    """What a primary says. Raises the driver's errors, also for a standby."""
    at = time.monotonic()
    row = await connection.fetchrow(LOOK_AT_PRIMARY)
    assert row is not None, "it selects from nothing"
    position, names, clock = row
    return PrimaryLook(at, position, frozenset(names), clock)


async def look_at_replica(connection: Connection) -> ReplicaLook:
    """What a replica says. Raises the driver's errors."""
    at = time.monotonic()
    row = await connection.fetchrow(LOOK_AT_REPLICA)
    assert row is not None, "it selects from nothing"
    return ReplicaLook(at, *row)


async def keep_looking(dsn: str, look: Callable[[Connection], Awaitable[None]], fail: Callable[[], None]) -> None:
    """Call `look` with a connection again and again, and `fail` when that ends in an error or takes too long.

    After a failure it is another connection.
    """
    connection: Connection | None = None
    try:
        while True:
            try:
                connection = connection or await _open(dsn)
                async with asyncio.timeout(SILENCE):
                    await look(connection)
                pause = PAUSE
            except (*DRIVER_ERRORS, DatabaseError):
                if connection is not None:
                    connection.terminate()
                connection, pause = None, RETRY
                fail()
            await asyncio.sleep(pause)
    finally:
        if connection is not None:
            connection.terminate()


async def _open(dsn: str) -> Connection:
    async with asyncio.timeout(PATIENCE):
        return await connect(dsn, timeout=PATIENCE, server_settings={"application_name": LOOKS})
