"""Looks at the servers of a database in replication, again and again: takes an address, returns what each server says.

A look is one small statement on a connection of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from db.connection import LOOKS, Connection, connect
from db.errors import DRIVER_ERRORS, DatabaseError
from db.lease import LONGEST_LAG, SILENCE, PrimaryLook, ReplicaLook, WaitsLook

PAUSE: Final = 0.03
"""Seconds between two looks at a server."""

RETRY: Final = 0.25
"""Seconds before a server that did not answer is asked again."""

PATIENCE: Final = 3.0
"""Maximum number of seconds for opening the connection."""

LOOK_AT_PRIMARY: Final = """
select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::int8,
  array(select application_name from pg_stat_replication where sync_state = 'sync'),
  extract(epoch from clock_timestamp())::float8,
  ('x' || substring(pg_walfile_name(pg_current_wal_flush_lsn()) for 8))::bit(32)::int4
"""
NAME: Final = r"""coalesce(
  substring(conninfo from '(?:^| )application_name=(\S+)'),
  substring(conninfo from '(?:^| )fallback_application_name=(\S+)')
)"""
LOOK_AT_REPLICA: Final = f"""
select pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::int8,
  pg_snapshot_xmin(pg_current_snapshot())::text::int8,
  (select {NAME} from pg_stat_wal_receiver where status = 'streaming'),
  extract(epoch from clock_timestamp())::float8,
  (select received_tli from pg_stat_wal_receiver where status = 'streaming')
"""
"""Without the right to read all statistics, the name and the synchronous standbys are missing."""

WAITS: Final = """
wait_event = 'SyncRep' and backend_xid is not null and usename = current_user and datname = current_database()
"""
LOOK_AT_WAITS: Final = f"""
select
  coalesce(array_agg(pid || ' ' || backend_xid) filter (
    where {WAITS} and current_setting('synchronous_commit') in ('local', 'off')
      and pg_has_role('pg_read_all_stats', 'usage')
  ), '{{}}'),
  max(coalesce(substring(application_name from '([0-9.]+) s$')::float8, {LONGEST_LAG})) filter (
    where starts_with(application_name, '{LOOKS}') and datname = current_database()
  ),
  coalesce(bool_or(wait_event in ('CheckpointerMain', 'CheckpointWriteDelay'))
    filter (where backend_type = 'checkpointer'), false)
from pg_stat_activity where datname = current_database() or backend_type = 'checkpointer'
"""
"""The settings by which commits wait for standbys of others: none of these waits is ended.

Who may not see what others of other names do knows nothing of the lags that they allow.
"""

END_WAITS: Final = f"""
select count(*) filter (where pg_cancel_backend(pid))
from pg_stat_activity where {WAITS} and pid || ' ' || backend_xid = any($1::text[])
"""


async def look_at_primary(connection: Connection) -> PrimaryLook:
    """The status of a primary. Raises the driver's errors, also for a standby."""
    at = time.monotonic()
    row = await connection.fetchrow(LOOK_AT_PRIMARY)
    assert row is not None, "it selects from nothing"
    position, names, clock, timeline = row
    return PrimaryLook(at, position, frozenset(names), clock, timeline)


async def look_at_replica(connection: Connection) -> ReplicaLook:
    """The status of a replica. Raises the driver's errors."""
    at = time.monotonic()
    row = await connection.fetchrow(LOOK_AT_REPLICA)
    assert row is not None, "it selects from nothing"
    return ReplicaLook(at, *row)


async def look_at_waits(connection: Connection) -> WaitsLook:
    """The commits that wait on a primary. Raises the driver's errors."""
    row = await connection.fetchrow(LOOK_AT_WAITS)
    assert row is not None, "it selects an aggregate"
    commits, lag, settled = row
    return WaitsLook(time.monotonic(), frozenset(commits), lag if lag is not None else LONGEST_LAG, settled)


async def end_waits(connection: Connection, commits: list[str]) -> int:
    """Let these commits return, which are made and flushed, without the replicas. Returns their number."""
    return await connection.fetchval(END_WAITS, commits)


def name_of_looks(lag: float) -> str:
    """The name of a connection that looks at the primary, for other gateways: it says the seconds of lag."""
    return f"{LOOKS} {lag} s"


async def keep_looking(
    dsn: str, look: Callable[[Connection], Awaitable[None]], fail: Callable[[], None], name: str = LOOKS
) -> None:
    """Call `look` with a connection again and again, and `fail` when that ends in an error or takes too long.

    After a failure it is another connection. PostgreSQL shows it by its name.
    """
    connection: Connection | None = None
    try:
        while True:
            try:
                connection = connection or await _open(dsn, name)
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


async def _open(dsn: str, name: str) -> Connection:
    async with asyncio.timeout(PATIENCE):
        return await connect(dsn, timeout=PATIENCE, server_settings={"application_name": name})
