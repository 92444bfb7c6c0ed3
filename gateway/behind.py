"""What stands behind every transport: who answers, what is counted and kept, and where it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.cookies import Cookies
from gateway.deadlines import Deadlines
from gateway.live import Places
from gateway.logs import Log
from gateway.rates import Rates
from resolvers.live import Subscription
from resolvers.request import GraphQLRequest, Result
from resolvers.viewing import SchemaText

LONGEST_PAUSE: Final = 1.0
"""Seconds for which a socket is not read, at most, after a message too many."""


class Executor(Protocol):
    """What answers GraphQL requests."""

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result; raises RequestError for a request error, DatabaseError when the database does not answer.

        That the database does not answer it has told whoever should know.
        """
        ...

    async def start(self, request: GraphQLRequest) -> Result | Subscription:
        """The result, or the subscription that the request opens. Raises as `execute` does."""
        ...

    async def watch(self, request: GraphQLRequest) -> Subscription:
        """What tells when the request's credential is known no more. Raises as `execute` does."""
        ...

    async def schema_text(self, request: GraphQLRequest) -> SchemaText:
        """The schema as the caller sees it, as SDL. Raises as `execute` does."""
        ...


@dataclass(frozen=True, slots=True)
class Behind:
    """What all transports share; `executor` gives None while there is nothing to ask."""

    executor: Callable[[], Executor | None]
    places: Places
    cookies: Cookies
    deadlines: Deadlines
    log: Log
    rates: Rates | None = None

    def wait_of(self, address: str, key: str | None = None) -> float:
        """Count one request more of an address and an API key; seconds to wait when it is one too many, else 0."""
        if self.rates is None:
            return 0.0
        allowances = self.rates.of_address(address), self.rates.of_key(key)
        return min(max(allowance.wait if allowance is not None else 0.0 for allowance in allowances), LONGEST_PAUSE)
