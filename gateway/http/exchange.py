"""One HTTP request as it is read: the form of answer that it asks for, its credential, its parameters."""

import asyncio
import time
from collections.abc import Mapping

from starlette.types import Receive, Scope

from gateway.http import negotiation, parameters
from gateway.http.body import read_body
from gateway.http.errors import ALLOW_BOTH, ALLOW_GET, CLOSE, HTTPFault
from gateway.http.fast_path import FAST_PATH, FastPath
from gateway.http.headers import (
    address_of,
    bearer,
    check_single,
    hidden_fields_of,
    idempotency_key_of,
    user_agent_of,
)
from gateway.http.rate_limits import Allowance
from gateway.http.request_head import LENGTH, Credential, Head, Sender
from gateway.http.transport_state import TransportState
from gateway.trace_context import parent_of
from gateway.traces.traced import Traced
from gateway.traces.tracing import Tracer
from resolvers.request import GraphQLRequest
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode, error_message

METHODS = frozenset({"GET", "POST"})


NO_CREDENTIAL = Credential()


class Exchange:
    """One HTTP request. `wanted` is known from the start, so that a refusal at any point has the right form.

    The rest is known as far as the request was read: the `allowances` counted, the `credential`, the `parameters`.
    `is_sampled`: the time of its stages is counted. `traced` is its span, if one is recorded. `is_recorded`:
    metrics, spans and the log have each request of its array.
    """

    is_recorded = False

    def __init__(self, scope: Scope, receive: Receive, shared: TransportState, request_id: str) -> None:
        extensions = scope.get("extensions")
        self.fast_path: FastPath | None = extensions.get(FAST_PATH) if extensions else None
        last = self.fast_path.connection.last_head if self.fast_path is not None else None
        self._head = head = Head.of(scope["method"], scope["headers"], last)
        self.request_id = request_id
        self.receive = receive
        self.headers = head.headers
        self.wanted = head.wanted
        self.path: str = scope["path"]
        self.address = address_of(scope)
        self.credential = NO_CREDENTIAL
        self.allowances: list[Allowance] = []
        self.parameters: parameters.Parameters | None = None
        self.shows_stages = shared.shows_stages
        self.is_sampled = shared.metrics is not None and shared.metrics.is_sampled()
        self.stages = Stages(time.perf_counter) if shared.shows_stages or self.is_sampled else None
        self.traced: Traced | None = None
        self._scope = scope
        self._shared = shared

    def trace(self, tracer: Tracer) -> None:
        """Begin the span of an operation, which the headers may place in a trace; it has a stop-watch of its own."""
        if self._scope["method"] in METHODS:
            parent = parent_of(self.headers.get(b"traceparent"), self.headers.get(b"tracestate"))
            self.traced = traced = tracer.begin(parent)
            self.stages = traced or self.stages

    def known_name(self, given: parameters.Parameters) -> str | None:
        """The name of the operation, where the client names its document by an id that the gateway knows."""
        return self._shared.names.only(given.reference)

    def finish_trace(self, status: int, code: str | None) -> None:
        """End the span with the status of the answer and the code of its first error."""
        if self.traced is not None:
            said = {
                "http.request.method": self._scope["method"],
                "http.response.status_code": status,
                "enfact.request_id": self.request_id,
            }
            self.traced.finish(code, said)

    def count_more(self, requests: int) -> None:
        """Count the further requests of an array, all of them or none. Raises HTTPFault (429)."""
        rates = self._shared.rates
        if rates is not None and requests:
            self.allowances.clear()
            self._count(rates.of_address(self.address, requests))
            self._count(rates.of_key(self.credential.token, requests))

    def caller(self, weight: int) -> GraphQLRequest:
        """The caller of a GET that is not an operation, with an empty document; it counts as `weight` requests.

        Raises HTTPFault.
        """
        self._admit(weight)
        if self._scope["method"] != "GET":
            raise HTTPFault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET is allowed here.", ALLOW_GET)
        self._identify(credential := self._sent_credential())
        return GraphQLRequest(
            "",
            token=credential.token,
            by_cookie=credential.by_cookie,
            language=self.wanted.language,
            request_id=self.request_id,
            address=self.address,
        )

    async def request(self, max_body: int) -> GraphQLRequest:
        """The GraphQL request, its body at most `max_body` bytes; with an empty document for an array of requests.

        Raises HTTPFault, Preflight and Disconnected.
        """
        self._admit(1)
        method = self._scope["method"]
        sender = self._head.sender or self._read_sender(method)
        self._identify(credential := sender.credential)
        if method == "POST":
            given = parameters.from_json(await self._body(max_body))
        else:
            given = parameters.from_query_string(self._scope["query_string"])
        self.parameters = given
        if self.stages is not None:
            self.stages.end(Stage.READ)
        return GraphQLRequest(  # by place, which takes a third of the time that names take
            given.query,
            given.operation_name,
            given.variables,
            credential.token,
            credential.by_cookie,
            self._hindrance,
            self.wanted.language,
            sender.hidden_fields,
            method == "GET",
            self.request_id,
            sender.user_agent,
            self.address,
            given.reference,
            given.wants_cost,
            self.fast_path,
            self.stages,
            sender.idempotency_key,
            sender.position,
            sender.token_hash,
        )

    def _hindrance(self) -> str | None:
        """The reason why the client would not keep a cookie; None when it would."""
        return self._shared.cookies.hindrance(self._scope, self.headers)

    def _admit(self, weight: int) -> None:
        """Count the request for its address, even an invalid one, as `weight` requests. Raises HTTPFault (400, 429)."""
        rates = self._shared.rates
        if rates is not None:
            self._count(rates.of_address(self.address, weight))
        if self._head.repeats:
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

    def _read_sender(self, method: str) -> Sender:
        """The sender by the headers, kept for the next request with this head. Raises HTTPFault and Preflight."""
        self._check_form(method)
        get = self.headers.get
        credential = self._sent_credential()
        sender = Sender(
            credential,
            credential.hashed(),
            hidden_fields_of(get(b"hidden-fields")),
            user_agent_of(get(b"user-agent")),
            idempotency_key_of(get(b"idempotency-key")),
            self._shared.positions.of(self.headers),
        )
        self._head.sender = sender
        if self.fast_path is not None:
            self.fast_path.connection.last_head = self._head
        return sender

    def _identify(self, credential: Credential) -> None:
        """Take the credential; for an API key the request counts against its limit, too. Raises HTTPFault."""
        self.credential = credential
        if self._shared.rates is not None:
            self._count(self._shared.rates.of_key(credential.token))

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
            return await read_body(self.receive, dict(self._scope["headers"]).get(LENGTH), max_body)
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
