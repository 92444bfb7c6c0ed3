"""GraphQL over HTTP as a bare ASGI endpoint: takes a request, asks the executor, answers in the negotiated type.

A request that is not GraphQL over HTTP gets a 4xx in any case; a GraphQL request error gets 400 as
application/graphql-response+json and 200 as application/json; what was executed gets 200. Too slow: 408 while the
client still sends, else 504.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import getrandbits
from typing import Final, NamedTuple, Protocol

from starlette.types import Receive, Scope, Send

from db.errors import DatabaseError, DatabaseTimeout
from db.tokens import CredentialKind, kind_of
from gateway import negotiation, parameters
from gateway.body import Disconnected, read_body
from gateway.cookies import Cookies
from gateway.deadlines import Deadlines
from gateway.faults import ALLOW_BOTH, CHALLENGE, CLOSE, HEADERS, Fault, Headers, bad_input, status_of
from gateway.logs import Finished, Log
from gateway.negotiation import MediaType
from gateway.rates import Allowance, Rates
from gateway.rates import headers as rate_headers
from gateway.render import render
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie
from schema.access import HiddenFields
from schema.errors import ErrorCode, error_message
from schema.language import Language

BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]{1,512}={0,2}) *\Z", re.IGNORECASE)
METHODS = frozenset({"GET", "POST"})
SINGLE = frozenset({b"authorization", b"content-type", b"content-length", b"content-encoding", b"hidden-fields"})
MODES: Final[Mapping[bytes, HiddenFields]] = {mode.name.lower().encode(): mode for mode in HiddenFields}
"""The values of `Hidden-Fields`."""

SDL: Final = b"text/plain; charset=utf-8"
FILE: Final[Headers] = ((b"content-disposition", b'inline; filename="schema.graphql"'),)
LONGEST_USER_AGENT = 200
BEGINNING = 200
"""Characters of a document in which the log looks for the operation's name."""

COMMON: Headers = (
    (b"cache-control", b"no-store"),
    (b"vary", b"accept, accept-language, authorization, cookie, hidden-fields"),
    (b"x-content-type-options", b"nosniff"),
)


class Executor(Protocol):
    """What answers GraphQL requests."""

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result; raises RequestError for a request error, DatabaseError when the database does not answer.

        That the database does not answer it has told whoever should know.
        """
        ...

    async def schema_text(self, request: GraphQLRequest) -> str:
        """The schema as the caller sees it, as SDL; raises as `execute` does."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may take: bytes of its body, and seconds from its head to its answer."""

    max_body: int = 262_144
    deadline: float = 10.0


class Answer(NamedTuple):
    """The answer to one request, and what the log tells of it."""

    status: int
    body: bytes
    media_type: bytes = MediaType.JSON
    headers: Headers = ()
    code: ErrorCode | None = None


class GraphQLEndpoint:
    """The ASGI application behind /graphql; it answers 503 while `executor` gives None."""

    def __init__(
        self,
        executor: Callable[[], Executor | None],
        bounds: Bounds,
        cookies: Cookies,
        log: Log,
        rates: Rates | None = None,
    ) -> None:
        self._executor = executor
        self._bounds = bounds
        self._cookies = cookies
        self._deadlines = Deadlines(bounds.deadline)
        self._log = log
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = time.perf_counter()
        exchange = Exchange(scope, receive, self._cookies, self._rates, f"{getrandbits(64):016x}")
        try:
            answer = await self._answer(exchange)
            await send({"type": "http.response.start", "status": answer.status, "headers": exchange.headers_of(answer)})
            await send({"type": "http.response.body", "body": answer.body})
        except Disconnected:
            answer = Answer(499, b"")
        if self._log.requests:
            self._log.request(exchange.finished(answer, time.perf_counter() - began))

    async def _answer(self, exchange: "Exchange") -> Answer:
        deadline = self._deadlines.begin()
        try:
            return await self._ask(exchange)
        except Fault as fault:
            return exchange.refuse(fault.status, (ErrorEntry(fault.code, fault.message),), fault.headers)
        except RequestError as refused:
            return exchange.refuse(status_of(refused.entry.code, exchange.media_type), refused.entries)
        except (TimeoutError, DatabaseTimeout):
            return exchange.fail(ErrorCode.TIMEOUT)
        except DatabaseError:
            return exchange.fail(ErrorCode.UNAVAILABLE)
        except asyncio.CancelledError:  # the deadline, or the server stops and this request ran longer than it waits
            return exchange.fail(ErrorCode.TIMEOUT if deadline.passed else ErrorCode.UNAVAILABLE)
        except Disconnected:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the client gets a masked answer)
            self._log.exception(exchange.request_id, error)
            return exchange.fail(ErrorCode.INTERNAL)
        finally:
            self._deadlines.end(deadline)

    async def _ask(self, exchange: "Exchange") -> Answer:
        request = await exchange.request(self._bounds.max_body)
        executor = self._executor()
        if executor is None:
            return exchange.fail(ErrorCode.UNAVAILABLE)
        result = await executor.execute(request)
        if result.response is None:
            return exchange.refuse(status_of(result.errors[0].code, exchange.media_type), result.errors)
        return exchange.answer(200, result)


class SchemaEndpoint(GraphQLEndpoint):
    """The ASGI application behind /schema.graphql: the schema as the caller sees it; errors are told as ever."""

    async def _ask(self, exchange: "Exchange") -> Answer:
        request = exchange.caller()
        executor = self._executor()
        if executor is None:
            return exchange.fail(ErrorCode.UNAVAILABLE)
        return Answer(200, (await executor.schema_text(request)).encode(), SDL, FILE)


class Exchange:
    """One HTTP request and how it is answered; reading it goes from what decides the answer's form to the body."""

    def __init__(self, scope: Scope, receive: Receive, cookies: Cookies, rates: Rates | None, request_id: str) -> None:
        self.request_id = request_id
        self.media_type = MediaType.JSON
        self._scope = scope
        self._receive = receive
        self._cookies = cookies
        self._rates = rates
        self._allowances: tuple[Allowance, ...] = ()
        self._by_cookie = False
        self._headers: Mapping[bytes, bytes] = {}
        self._language = Language.FR
        self._parameters: parameters.Parameters | None = None
        self._receiving = False

    def caller(self) -> GraphQLRequest:
        """Who asks, by GET, for something that is no operation. Raises Fault."""
        self._headers = headers = _headers(self._scope)
        self._language = negotiation.language(headers.get(b"accept-language"))
        if self._scope["method"] != "GET":
            raise Fault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET is allowed here.", ((b"allow", b"GET"),))
        client = self._scope.get("client")
        address = client[0] if client else ""
        if self._rates is not None:
            self._count(self._rates.of_address(address))
        token = self._token(headers)
        if self._rates is not None and token is not None and kind_of(token) is CredentialKind.API_KEY:
            self._count(self._rates.of_key(token))
        return GraphQLRequest(
            "", token=token, by_cookie=self._by_cookie, language=self._language, request_id=self.request_id
        )

    async def request(self, max_body: int) -> GraphQLRequest:
        """The GraphQL request. Raises Fault and RequestError."""
        self._headers = headers = _headers(self._scope)
        self._negotiate(headers)
        client = self._scope.get("client")
        address = client[0] if client else ""
        if self._rates is not None:
            self._count(self._rates.of_address(address))
        method = self._scope["method"]
        if method == "POST":
            _check_content_type(headers)
        token = self._token(headers)
        if self._rates is not None and token is not None and kind_of(token) is CredentialKind.API_KEY:
            self._count(self._rates.of_key(token))
        if method == "POST":
            self._receiving = True
            body = await read_body(self._receive, headers.get(b"content-length"), max_body)
            self._receiving = False
            self._parameters = given = parameters.from_json(body)
        else:
            self._parameters = given = parameters.from_query_string(self._scope["query_string"])
        user_agent = headers.get(b"user-agent")
        return GraphQLRequest(
            query=given.query,
            operation_name=given.operation_name,
            variables=given.variables,
            token=token,
            by_cookie=self._by_cookie,
            language=self._language,
            hidden_fields=_hidden_fields(headers.get(b"hidden-fields")),
            queries_only=method == "GET",
            request_id=self.request_id,
            user_agent=user_agent[:LONGEST_USER_AGENT].decode("latin-1") if user_agent else None,
            address=address,
        )

    def answer(self, status: int, result: Result, headers: Headers = ()) -> Answer:
        """An answer in the negotiated media type."""
        code = result.errors[0].code if result.errors else None
        if result.cookie is not None and (self._by_cookie or result.cookie.token is not None):
            headers += self._cookies.headers(result.cookie)
        return Answer(status, render(result, self.request_id), self.media_type, headers, code)

    def refuse(self, status: int, entries: tuple[ErrorEntry, ...], headers: Headers | None = None) -> Answer:
        """The answer to a request of which nothing was executed; the first of `entries` decides."""
        more = HEADERS.get(entries[0].code, ()) if headers is None else headers
        dead = entries[0].code is ErrorCode.UNAUTHENTICATED
        return self.answer(status, Result(None, entries, cookie=SessionCookie() if dead else None), more)

    def fail(self, code: ErrorCode) -> Answer:
        """The answer when it is not the client's fault, in the client's language."""
        entries = (ErrorEntry(code, error_message(code, self._language)),)
        if self._receiving:
            return self.refuse(408, entries, CLOSE)
        return self.refuse(status_of(code, self.media_type), entries)

    def headers_of(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        """The header of an answer."""
        return [
            (b"content-type", answer.media_type),
            (b"content-length", b"%d" % len(answer.body)),
            (b"x-request-id", self.request_id.encode()),
            *COMMON,
            *answer.headers,
            *(rate_headers(self._allowances) if self._allowances else ()),
        ]

    def finished(self, answer: Answer, seconds: float) -> Finished:
        """What the log tells of this exchange, which took so many seconds."""
        given = self._parameters
        return Finished(
            at=time.time(),
            seconds=seconds,
            request_id=self.request_id,
            status=answer.status,
            code=answer.code,
            operation_name=given.operation_name if given else None,
            beginning=given.query[:BEGINNING] if given else "",
            foreign_id=self._headers.get(b"x-request-id"),
        )

    def _count(self, allowance: Allowance | None) -> None:
        """Remember what is left of a limit. Raises Fault when it is used up; nothing of the body has been read then."""
        if allowance is not None:
            self._allowances = (*self._allowances, allowance)
            if allowance.wait > 0:
                message = error_message(ErrorCode.RATE_LIMITED, self._language)
                raise Fault(429, ErrorCode.RATE_LIMITED, message)

    def _token(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The credential: that of Authorization, else the session cookie's. Raises Fault."""
        authorization = headers.get(b"authorization")
        if authorization is not None:
            return _bearer(authorization)
        cookie = headers.get(b"cookie")
        token = self._cookies.token(cookie) if cookie is not None else None
        if token is not None:
            self._cookies.check_sender(self._scope, headers)
            self._by_cookie = True
        return token

    def _negotiate(self, headers: Mapping[bytes, bytes]) -> None:
        self._language = negotiation.language(headers.get(b"accept-language"))
        media_type = negotiation.media_type(headers.get(b"accept"))
        self.media_type = media_type or MediaType.JSON
        if self._scope["method"] not in METHODS:
            raise Fault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET and POST are allowed here.", ALLOW_BOTH)
        if media_type is None:
            offered = "application/graphql-response+json or application/json"
            raise Fault(406, ErrorCode.NOT_ACCEPTABLE, f"The answer can only be {offered}.")


def _headers(scope: Scope) -> Mapping[bytes, bytes]:
    """The request's headers; lists are joined. Raises Fault when one is repeated that may come only once."""
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    joined: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in joined and name in SINGLE:
            raise bad_input(f"The header {name.decode('latin-1').title()} may come only once.")
        between = b"; " if name == b"cookie" else b","
        joined[name] = joined[name] + between + value if name in joined else value
    return joined


def _check_content_type(headers: Mapping[bytes, bytes]) -> None:
    if not negotiation.is_json(headers.get(b"content-type")):
        message = "The body has to be sent with Content-Type: application/json, in UTF-8."
        raise Fault(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Fault(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body may not be compressed.")


def _bearer(authorization: bytes) -> str:
    found = BEARER.match(authorization)
    if found is None:
        message = "The header Authorization has to be: Bearer, a space, and a token or an API key."
        raise Fault(401, ErrorCode.UNAUTHENTICATED, message, CHALLENGE)
    return found[1].decode()


def _hidden_fields(mode: bytes | None) -> HiddenFields:
    if mode is None:
        return HiddenFields.NULL
    if mode not in MODES:
        raise bad_input("The header Hidden-Fields has to be `null`, `error` or `absent`.")
    return MODES[mode]
