"""The schema as its caller sees it, for tools that generate typed clients: the ASGI endpoint behind /schema.graphql."""

import asyncio
from typing import Final

from gateway.exchange import Answer, Exchange
from gateway.faults import Headers
from gateway.http import GraphQLEndpoint
from schema.errors import ErrorCode

SDL: Final = b"text/plain; charset=utf-8"
FILE: Final[Headers] = ((b"content-disposition", b'inline; filename="schema.graphql"'),)


class SchemaEndpoint(GraphQLEndpoint):
    """Answers a GET with SDL, by the same credentials, limits and errors as a GraphQL request."""

    async def _answer(self, exchange: Exchange) -> Answer:
        task = self._deadlines.begin()
        try:
            request = exchange.caller()
            executor = self._behind.executor()
            if executor is None:
                return exchange.fail(ErrorCode.UNAVAILABLE)
            return Answer(200, (await executor.schema_text(request)).encode(), SDL, FILE)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (see there)
            return self._failed(exchange, error, late=self._deadlines.passed(task))
        finally:
            self._deadlines.end(task)
