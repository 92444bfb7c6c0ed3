"""The ASGI endpoint of /schema.graphql: the schema as the caller sees it, for tools that generate typed clients."""

from typing import Final

from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.errors import Headers
from gateway.http.exchange import Exchange
from gateway.http.headers import has_version
from gateway.http.response import Answer
from resolvers.execution.viewer_schema import SchemaText
from resolvers.request import GraphQLRequest

SDL: Final = b"text/plain; charset=utf-8"
WEIGHT: Final = 10
"""Number of requests that one download counts as: its answer is large, and may have to be computed."""

FILE: Final[Headers] = ((b"content-disposition", b'inline; filename="schema.graphql"'),)
AGAIN: Final = (b"cache-control", b"private, no-cache")
"""A client may keep the schema, but has to ask each time whether it is still the same."""


class SchemaEndpoint(GraphQLEndpoint):
    """Answers a GET with SDL, with the same credentials, limits and errors as a GraphQL request."""

    has_operations = False
    media_type = SDL
    headers = FILE

    async def _text(self, request: GraphQLRequest) -> SchemaText:
        """The text that this caller gets. Raises RequestError and DatabaseError."""
        return await self._executor().schema_text(request)

    async def _work(self, exchange: Exchange) -> Answer:
        text = await self._text(exchange.caller(WEIGHT))
        tag = b'"%b"' % text.tag.encode()
        kept: Headers = (AGAIN, (b"etag", tag))
        if has_version(exchange.headers, tag):
            return Answer(304, b"", self.media_type, kept)
        return Answer(200, text.content, self.media_type, self.headers + kept)
