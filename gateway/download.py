"""The schema as its caller sees it, for tools that generate typed clients: the ASGI endpoint behind /schema.graphql."""

import asyncio
from typing import Final

from gateway.exchange import Answer, Exchange
from gateway.faults import Headers
from gateway.http import GraphQLEndpoint
from schema.errors import ErrorCode

SDL: Final = b"text/plain; charset=utf-8"
WEIGHT: Final = 10
"""As how many requests one counts: its answer is as large, and may have to be made."""

FILE: Final[Headers] = ((b"content-disposition", b'inline; filename="schema.graphql"'),)
AGAIN: Final = (b"cache-control", b"private, no-cache")
"""Who has it already asks whether it is still the same."""


class SchemaEndpoint(GraphQLEndpoint):
    """Answers a GET with SDL, by the same credentials, limits and errors as a GraphQL request."""

    async def _answer(self, exchange: Exchange) -> Answer:
        task = self._deadlines.begin()
        try:
            request = exchange.caller(WEIGHT)
            executor = self._behind.executor()
            if executor is None:
                return exchange.fail(ErrorCode.UNAVAILABLE)
            text = await executor.schema_text(request)
            tag = b'"%b"' % text.tag.encode()
            kept: Headers = (AGAIN, (b"etag", tag))
            if exchange.has(tag):
                return Answer(304, b"", SDL, kept)
            return Answer(200, text.sdl, SDL, FILE + kept)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (see there)
            return self._failed(exchange, error, late=self._deadlines.passed(task))
        finally:
            self._deadlines.end(task)
