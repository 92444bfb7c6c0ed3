"""The state that all transports share: executor, slots, cookies, CORS, deadlines, statuses, log and rate limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.backend import RequestExecutor
from gateway.http.cookies import Cookies
from gateway.http.cors import Cors
from gateway.http.deadlines import Deadlines
from gateway.http.errors import Statuses
from gateway.http.rate_limits import Rates
from gateway.http.rendering import LastRendering
from gateway.http.stream_slots import StreamSlots
from gateway.http.write_positions import Positions
from gateway.logs import Log
from gateway.metrics.recording import Metrics
from gateway.shared_page import SharedCounters
from gateway.traces.tracing import Tracer
from resolvers.operation.persisted import NO_NAMES, OperationNames

LONGEST_PAUSE: Final = 1.0
"""Maximum number of seconds for which a socket is not read after a message beyond the rate limit."""


@dataclass(frozen=True, slots=True)
class TransportState:
    """The state that all transports share.

    `executor` returns None while there is nothing to ask; `shows_stages` tells whether signed-in clients may see how
    long the stages of their requests take. `metrics` is None where nothing is counted, `tracer` where no traces are.
    `names` are those of the operations that clients may name by ids, `events` renders the events of sockets. An array
    has at most `max_batch` requests.
    """

    executor: Callable[[], RequestExecutor | None]
    slots: StreamSlots
    cookies: Cookies
    cors: Cors
    deadlines: Deadlines
    log: Log
    statuses: Statuses
    counters: SharedCounters
    positions: Positions
    rates: Rates | None = None
    shows_stages: bool = False
    metrics: Metrics | None = None
    tracer: Tracer | None = None
    names: OperationNames = NO_NAMES
    max_batch: int = 0
    events: LastRendering = field(default_factory=LastRendering)

    def wait_of(self, address: str, key: str | None = None) -> float:
        """Count one more request of an address and an API key; the seconds to wait when it is one too many, else 0."""
        if self.rates is None:
            return 0.0
        allowances = self.rates.of_address(address), self.rates.of_key(key)
        return min(max(allowance.wait if allowance is not None else 0.0 for allowance in allowances), LONGEST_PAUSE)
