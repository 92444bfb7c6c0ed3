"""The ASGI endpoint of /console/reference.json: the reference of what the caller sees, as /schema.graphql shows it."""

from gateway.http.schema_endpoint import SchemaEndpoint
from gateway.pages.files import MEDIA_TYPES
from resolvers.execution.viewer_schema import SchemaText
from resolvers.request import GraphQLRequest, RequestError
from schema.errors import ErrorCode


class ReferenceEndpoint(SchemaEndpoint):
    """Answers a GET with JSON, under the rules of /schema.graphql; a browser whose session is over is nobody."""

    media_type = MEDIA_TYPES[".json"].encode()
    headers = ()

    async def _text(self, request: GraphQLRequest) -> SchemaText:
        from gateway.pages.reference import reference_json  # noqa: PLC0415 (most processes never show it)

        executor = self._executor()
        try:
            return await executor.schema_text(request, reference_json)
        except RequestError as refused:
            if not request.by_cookie or refused.entry.code is not ErrorCode.UNAUTHENTICATED:
                raise
        return await executor.schema_text(request._replace(token=None, by_cookie=False), reference_json)
