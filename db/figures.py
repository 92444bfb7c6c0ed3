"""The figures of PostgreSQL and of the outbox, for metrics: one statement, cheap on any size of database."""

from typing import Final, NamedTuple

from db.connection import Connection

READ_FIGURES: Final = """
select
  (select count(*) from outbox where sent_at is null and given_up_at is null) letters,
  (select coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0) from outbox
   where sent_at is null and given_up_at is null and due_at <= clock_timestamp()) oldest_letter,
  pg_database_size(current_database()) bytes,
  d.numbackends backends, current_setting('max_connections')::int most_backends,
  pg_notification_queue_usage() notifications,
  d.xact_commit commits, d.xact_rollback rollbacks, d.deadlocks, d.temp_bytes,
  case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') end wal_bytes,
  case when not pg_is_in_recovery() then
    (select max(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)) from pg_replication_slots s) end wal_kept,
  (select count(*) from pg_stat_replication) replicas,
  (select max(extract(epoch from r.replay_lag)) from pg_stat_replication r) replica_lag
from pg_stat_database d where d.datname = current_database()
"""


class DatabaseFigure(NamedTuple):
    """A number of the database: its name, its kind in Prometheus, what it means, and its column."""

    name: str
    kind: str
    meaning: str
    column: str


FIGURES: Final = (
    DatabaseFigure("enfact_outbox_letters", "gauge", "Letters that wait to be sent.", "letters"),
    DatabaseFigure(
        "enfact_outbox_oldest_seconds", "gauge", "Seconds since the oldest letter was due.", "oldest_letter"
    ),
    DatabaseFigure("enfact_database_bytes", "gauge", "Bytes of the database on disk.", "bytes"),
    DatabaseFigure("enfact_database_connections", "gauge", "Connections to the database, by anybody.", "backends"),
    DatabaseFigure("enfact_database_connections_most", "gauge", "Connections that the server takes.", "most_backends"),
    DatabaseFigure(
        "enfact_database_notifications_used", "gauge", "Part of the queue of notifications in use.", "notifications"
    ),
    DatabaseFigure("enfact_database_commits_total", "counter", "Transactions that were committed.", "commits"),
    DatabaseFigure("enfact_database_rollbacks_total", "counter", "Transactions that were undone.", "rollbacks"),
    DatabaseFigure("enfact_database_deadlocks_total", "counter", "Deadlocks.", "deadlocks"),
    DatabaseFigure("enfact_database_temporary_bytes_total", "counter", "Bytes of temporary files.", "temp_bytes"),
    DatabaseFigure("enfact_database_wal_bytes_total", "counter", "Bytes of the write-ahead log so far.", "wal_bytes"),
    DatabaseFigure(
        "enfact_database_wal_kept_bytes", "gauge", "Bytes of the log that replication slots keep.", "wal_kept"
    ),
    DatabaseFigure("enfact_database_replicas", "gauge", "Replicas that are connected.", "replicas"),
    DatabaseFigure(
        "enfact_database_replica_lag_seconds", "gauge", "Seconds by which the slowest replica lags.", "replica_lag"
    ),
)


async def read_figures(connection: Connection) -> list[tuple[DatabaseFigure, float]]:
    """The figures that the server tells this user: some only to members of pg_monitor."""
    row = await connection.fetchrow(READ_FIGURES)
    assert row is not None, "there is statistics of every database that is connected to"
    return [(figure, float(row[figure.column])) for figure in FIGURES if row[figure.column] is not None]
