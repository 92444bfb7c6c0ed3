"""All metrics: what is counted, and where it stands among the counters of a worker (`gateway/shared_page.py`)."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gateway.shared_page import EACH
from resolvers.stages import Stage
from schema.apps import CATALOGUE
from schema.errors import ErrorCode

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the buckets of a histogram, in seconds."""

WIDTH: Final = len(BOUNDS) + 2
"""Counters of a histogram: its buckets, one for what is longer, and the sum in seconds."""

SUM: Final = WIDTH - 1
OTHER: Final = "other"
"""The name of all operations that no manifest has: names of strangers would have no end."""

MOST_OPERATIONS: Final = 500

OK, GONE = "OK", "CLIENT_GONE"
CODES: Final = (OK, GONE, *ErrorCode)
STAGES: Final = tuple(Stage)
APPS: Final = tuple(app.name for app in CATALOGUE)


GAUGE: Final = "gauge"
"""The kind of a number that may fall; a counter only rises, also when a process takes the number of another one."""


class Figure(NamedTuple):
    """A number that a worker looks at each second: its name, its kind in Prometheus, and what it means.

    `Database.figures`, `Executor.figures` and the application give its value, by this name.
    """

    name: str
    kind: str
    meaning: str


FIGURES: Final = (
    Figure("enfact_pool_connections", "gauge", "Connections to the database that are open."),
    Figure("enfact_pool_connections_lent", "gauge", "Connections to the database that are in use."),
    Figure("enfact_pool_waiting", "gauge", "Requests that wait for a connection."),
    Figure("enfact_pool_refused_total", "counter", "Connections that the database refused since it had too many."),
    Figure("enfact_documents_kept", "gauge", "Documents that are kept parsed and validated."),
    Figure("enfact_document_hits_total", "counter", "Documents that were kept when they were asked for."),
    Figure("enfact_document_misses_total", "counter", "Documents that had to be parsed and validated."),
    Figure("enfact_statements_kept", "gauge", "Statements that are kept compiled."),
    Figure("enfact_statement_hits_total", "counter", "Statements that were kept when they were asked for."),
    Figure("enfact_statement_misses_total", "counter", "Statements that had to be compiled."),
    Figure("enfact_preparations_total", "counter", "Pieces of parsing, validating and compiling."),
    Figure("enfact_preparation_seconds_total", "counter", "Seconds of parsing, validating and compiling."),
    Figure("enfact_echoes_total", "counter", "Notifications to itself that a process heard, one in 20 seconds."),
    Figure("enfact_echo_seconds_total", "counter", "Seconds from such a notification until it was heard."),
    Figure("enfact_subscriptions", "gauge", "Subscriptions that are open."),
    Figure("enfact_replicas", "gauge", "Replicas that are to answer queries, of each worker."),
    Figure("enfact_replicas_serving", "gauge", "Those that answer."),
    Figure("enfact_replica_lag_seconds", "gauge", "Seconds by which these lag, added up."),
    Figure("enfact_replica_reads_total", "counter", "Reads that replicas answered."),
    Figure("enfact_replica_reads_again_total", "counter", "Reads that were asked again of the primary."),
    Figure("enfact_replica_reads_stale_total", "counter", "Reads that replicas answered while the primary was away."),
    Figure("enfact_replica_waits_ended_total", "counter", "Changes of access that went on without a silent replica."),
    Figure("enfact_sockets", "gauge", "WebSockets and event streams that are open."),
)


class CounterLayout:
    """The places of the counters for the operations with these names, in this order, beside `other`."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.operations: Sequence[str] = tuple(dict.fromkeys((OTHER, *names)))[: 1 + MOST_OPERATIONS]
        self.codes_at = 0
        self.socket_codes_at = self.codes_at + len(CODES)
        self.apps_at = self.socket_codes_at + len(CODES)
        self.figures_at = self.apps_at + len(APPS)
        self.stages_at = self.figures_at + len(FIGURES)
        self.operations_at = self.stages_at + WIDTH * len(STAGES)
        self.size = self.operations_at + WIDTH * len(self.operations)
        assert self.size <= EACH
