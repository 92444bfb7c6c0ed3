"""One HTTP request as it is read: the form of answer that it asks for, its credential, its parameters."""

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import Receive, Scope

from gateway.http import negotiation, parameters
from gateway.http.body import read_body
from gateway.http.errors import ALLOW_BOTH, ALLOW_GET, CLOSE, HTTPFault
from gateway.http.fast_path import FAST_PATH, FastPath
from gateway.http.headers import (
    LONGEST_USER_AGENT,
    address_of,
    bearer,
    check_single,
    headers_of,
    hidden_fields_of,
    idempotency_key_of,
)
from gateway.http.negotiation import negotiated
from gateway.http.rate_limits import Allowance
from gateway.http.shared import TransportState
from resolvers.request import GraphQLRequest
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode, error_message

METHODS = frozenset({"GET", "POST"})


class Credential(NamedTuple):
    """The token of a request (None: anonymous), and how it came."""

    token: str | None = None
    by_cookie: bool = False


NO_CREDENTIAL = Credential()


class Exchange:
    """One HTTP request. `wanted` is known from the start, so that a refusal at any point has the right form.

    The rest is known as far as the request was read: the `allowances` counted, the `credential`, the `parameters`.
    """

    def __init__(self, scope: Scope, receive: Receive, shared: TransportState, request_id: str) -> None:
        self.request_id = request_id
        self.receive = receive
        self.headers: Mapping[bytes, bytes] = headers_of(scope)
        self.wanted = negotiated(self.headers)
        self.path: str = scope["path"]
        self.address = address_of(scope)
        self.credential = NO_CREDENTIAL
        self.allowances: list[Allowance] = []
        self.parameters: parameters.Parameters | None = None
        self.stages = Stages(time.perf_counter) if shared.shows_stages else None
        extensions = scope.get("extensions")
        self.fast_path: FastPath | None = extensions.get(FAST_PATH) if extensions else None
        self._scope = scope
        self._shared = shared

    def caller(self, weight: int) -> GraphQLRequest:
        """The caller of a GET that is not an operation, with an empty document; it counts as `weight` requests.

        Raises HTTPFault.
        """
        self._admit(weight)
        if self._scope["method"] != "GET":
            raise HTTPFault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET is allowed here.", ALLOW_GET)
        credential = self._identify()
        return GraphQLRequest(
            "",
            token=credential.token,
            by_cookie=credential.by_cookie,
            language=self.wanted.language,
            request_id=self.request_id,
            address=self.address,
        )

    async def request(self, max_body: int) -> GraphQLRequest:
        """The GraphQL request, its body at most `max_body` bytes. Raises HTTPFault, Preflight and Disconnected."""
        self._admit(1)
        headers, method = self.headers, self._scope["method"]
        self._check_form(method)
        credential = self._identify()
        if method == "POST":
            given = parameters.from_json(await self._body(max_body))
        else:
            given = parameters.from_query_string(self._scope["query_string"])
        self.parameters = given
        user_agent = headers.get(b"user-agent")
        if self.stages is not None:
            self.stages.end(Stage.READ)
        return GraphQLRequest(
            query=given.query,
            operation_name=given.operation_name,
            variables=given.variables,
            token=credential.token,
            by_cookie=credential.by_cookie,
            hindrance=self._hindrance,
            language=self.wanted.language,
            hidden_fields=hidden_fields_of(headers.get(b"hidden-fields")),
            queries_only=method == "GET",
            request_id=self.request_id,
            user_agent=user_agent[:LONGEST_USER_AGENT].decode("latin-1") if user_agent else None,
            address=self.address,
            reference=given.reference,
            wants_cost=given.wants_cost,
            client=self.fast_path,
            stages=self.stages,
            idempotency_key=idempotency_key_of(headers.get(b"idempotency-key")),
        )

    def _hindrance(self) -> str | None:
        """The reason why the client would not keep a cookie; None when it would."""
        return self._shared.cookies.hindrance(self._scope, self.headers)

    def _admit(self, weight: int) -> None:
        """Count the request for its address, even an invalid one, as `weight` requests. Raises HTTPFault (400, 429)."""
        rates = self._shared.rates
        if rates is not None:
            self._count(rates.of_address(self.address, weight))
        if len(self.headers) != len(self._scope["headers"]):
            check_single(self._scope)

    def _count(self, allowance: Allowance | None) -> None:
        """Keep an allowance for the answer's headers. Raises HTTPFault (429) when the limit is exceeded."""
        if allowance is not None:
            self.allowances.append(allowance)
            if allowance.wait > 0:
                raise self._fault(429, ErrorCode.RATE_LIMITED)

    def _check_form(self, method: str) -> None:
        """Refuse a method or a header that GraphQL over HTTP does not have. Raises HTTPFault and Preflight."""
        if method not in METHODS:
            if method == "OPTIONS" and (preflight := self._shared.cors.preflight(self.headers)):
                raise preflight
            raise HTTPFault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET and POST are allowed here.", ALLOW_BOTH)
        if not self.wanted.is_possible:
            offered = "application/graphql-response+json or application/json"
            raise HTTPFault(406, ErrorCode.NOT_ACCEPTABLE, f"The answer can only be {offered}.")
        if method == "POST":
            _check_content_type(self.headers)

    def _identify(self) -> Credential:
        """The credential; for an API key the request counts against its limit, too. Raises HTTPFault."""
        self.credential = credential = self._sent_credential()
        if self._shared.rates is not None:
            self._count(self._shared.rates.of_key(credential.token))
        return credential

    def _sent_credential(self) -> Credential:
        """The token of the header Authorization, else of the session cookie. Raises HTTPFault."""
        headers = self.headers
        authorization = headers.get(b"authorization")
        sent = bearer(authorization) if authorization is not None else None
        if sent is not None:
            return Credential(sent)
        cookie = headers.get(b"cookie")
        token = self._shared.cookies.token(cookie) if cookie is not None else None
        if token is None:
            return NO_CREDENTIAL
        self._shared.cookies.check_sender(self._scope, headers)
        return Credential(token, by_cookie=True)

    async def _body(self, max_body: int) -> bytes | bytearray:
        """The body. Raises HTTPFault (408 when it does not come in time, 413) and Disconnected."""
        body = self.fast_path.body() if self.fast_path is not None else None
        if body is not None and len(body) <= max_body:
            return body
        try:
            return await read_body(self.receive, self.headers.get(b"content-length"), max_body)
        except asyncio.CancelledError:
            raise self._fault(408, ErrorCode.TIMEOUT) from None

    def _fault(self, status: int, code: ErrorCode) -> HTTPFault:
        """A refusal with its code's own message, in the client's language."""
        return HTTPFault(status, code, error_message(code, self.wanted.language), CLOSE if status == 408 else ())


def _check_content_type(headers: Mapping[bytes, bytes]) -> None:
    if not negotiation.is_json(headers.get(b"content-type")):
        message = "The body has to be sent with Content-Type: application/json, in UTF-8."
        raise HTTPFault(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise HTTPFault(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body may not be compressed.")
