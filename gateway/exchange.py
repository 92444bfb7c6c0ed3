"""One HTTP request and its answer: what is read of the one, what is written of the other, and what the log tells."""

import re
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from starlette.types import Receive, Scope

from gateway import negotiation, parameters
from gateway.behind import Behind
from gateway.body import read_body
from gateway.compression import accepts_gzip
from gateway.cors import Cors
from gateway.faults import ALLOW_BOTH, ALLOW_GET, CHALLENGE, CLOSE, HEADERS, Fault, Headers, bad_input, status_of
from gateway.logs import Finished
from gateway.negotiation import MediaType, Streams
from gateway.protocol import WHOLE, Whole
from gateway.rates import Allowance
from gateway.rates import headers as rate_headers
from gateway.render import render
from resolvers.request import ErrorEntry, GraphQLRequest, Result, SessionCookie
from schema.access import HiddenFields
from schema.errors import ErrorCode, error_message
from schema.language import Language

if TYPE_CHECKING:
    from gateway.sse import EventStream

BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]{1,512}={0,2}) *\Z", re.IGNORECASE)
METHODS = frozenset({"GET", "POST"})
SINGLE = frozenset({b"authorization", b"content-type", b"content-length", b"content-encoding", b"hidden-fields"})
MODES: Final[Mapping[bytes, HiddenFields]] = {mode.name.lower().encode(): mode for mode in HiddenFields}
"""The values of `Hidden-Fields`."""

LONGEST_USER_AGENT = 200
BODYLESS = frozenset({204, 304})
LONGEST_TAGS = 1_000
"""Bytes of If-None-Match that are looked at."""

BEGINNING = 200
"""Characters of a document in which the log looks for the operation's name."""

COMMON: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"vary", b"accept, accept-encoding, accept-language, authorization, cookie, hidden-fields, origin"),
    (b"x-content-type-options", b"nosniff"),
)


def _lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def _beginning(media_type: MediaType) -> bytes:
    return _lines(((b"content-type", media_type), *COMMON)) + b"x-request-id: "


JSON, GRAPHQL = map(_beginning, MediaType)
"""How the header of an answer begins, up to the request's id."""


class Answer(NamedTuple):
    """The answer to one request, and what the log tells of it; what is `confidential` is never compressed."""

    status: int
    body: bytes
    media_type: bytes = MediaType.JSON
    headers: Headers = ()
    code: ErrorCode | None = None
    confidential: bool = False
    events: "EventStream | None" = None


class Exchange:
    """One HTTP request and how it is answered; reading it goes from what decides the answer's form to the body."""

    media_type = MediaType.JSON
    streams = Streams.REFUSED
    address = ""
    _language = Language.FR
    _acceptable = True
    _by_cookie = False
    _receiving = False
    _allowances: tuple[Allowance, ...] = ()
    _parameters: parameters.Parameters | None = None
    _headers: Mapping[bytes, bytes] = MappingProxyType({})

    def __init__(self, scope: Scope, receive: Receive, behind: Behind, cors: Cors, request_id: str) -> None:
        self.request_id = request_id
        self.receive = receive
        self._scope = scope
        self._behind = behind
        self._cors = cors
        extensions = scope.get("extensions")
        self._whole: Whole | None = extensions.get(WHOLE) if extensions else None

    def caller(self, weight: int) -> GraphQLRequest:
        """Who asks, by GET, for something that is no operation and counts as so many of them. Raises Fault."""
        headers = self._begin(weight)
        if self._scope["method"] != "GET":
            raise Fault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET is allowed here.", ALLOW_GET)
        token = self._credential(headers)
        return GraphQLRequest(
            "",
            token=token,
            by_cookie=self._by_cookie,
            language=self._language,
            request_id=self.request_id,
            address=self.address,
        )

    async def request(self, max_body: int) -> GraphQLRequest:
        """The GraphQL request. Raises Fault and RequestError."""
        headers = self._begin()
        self._check_method(headers)
        method = self._scope["method"]
        if method == "POST":
            _check_content_type(headers)
        token = self._credential(headers)
        if method == "POST":
            self._receiving = True
            body = self._whole.body() if self._whole is not None else None
            if body is None or len(body) > max_body:
                body = await read_body(self.receive, headers.get(b"content-length"), max_body)
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
            hidden_fields=hidden_fields_of(headers.get(b"hidden-fields")),
            queries_only=method == "GET",
            request_id=self.request_id,
            user_agent=user_agent[:LONGEST_USER_AGENT].decode("latin-1") if user_agent else None,
            address=self.address,
            reference=given.reference,
            wants_cost=given.wants_cost,
            client=self._whole,
        )

    def stream(self, events: "EventStream") -> Answer:
        """An answer by events."""
        return Answer(200, b"", self.media_type, events=events)

    def answer(self, status: int, result: Result, headers: Headers = ()) -> Answer:
        """An answer in the negotiated media type."""
        code = result.errors[0].code if result.errors else None
        if result.cookie is not None and (self._by_cookie or result.cookie.token is not None):
            headers += self._behind.cookies.headers(result.cookie)
        return Answer(status, render(result, self.request_id), self.media_type, headers, code, result.written)

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

    def wrote(self, answer: Answer) -> bool:
        """Whether an answer without header fields of its own could be written at once."""
        if self._whole is None or b"origin" in self._headers:
            return False
        beginning = JSON if answer.media_type is MediaType.JSON else GRAPHQL
        fields = b"%b%b\r\n" % (beginning, self.request_id.encode())
        if self._allowances:
            fields += _lines(rate_headers(self._allowances))
        return self._whole.answer(answer.status, fields, answer.body)

    def has(self, tag: bytes) -> bool:
        """Whether the client has what an entity tag stands for (If-None-Match, RFC 9110, 13.1.2)."""
        known = self._headers.get(b"if-none-match", b"")
        return any(one.strip().removeprefix(b"W/") in (tag, b"*") for one in known[:LONGEST_TAGS].split(b","))

    def status_of(self, code: ErrorCode) -> int:
        """The status of a request error; Apollo's protocol wants 200 for a hash that is not known."""
        given = self._parameters
        by_hash = given is not None and given.reference is not None and given.reference.sha256_hash is not None
        if code is ErrorCode.PERSISTED_QUERY_NOT_FOUND and by_hash:
            return 200
        return status_of(code, self.media_type)

    def headers_of(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        """The header of an answer."""
        whole = ((b"content-type", answer.media_type), (b"content-length", b"%d" % len(answer.body)))
        origin = self._headers.get(b"origin")
        headers = [
            *(answer.events.headers if answer.events is not None else whole if answer.status not in BODYLESS else ()),
            (b"x-request-id", self.request_id.encode()),
            *(field for field in COMMON if field[0] not in dict(answer.headers)),
            *answer.headers,
            *(rate_headers(self._allowances) if self._allowances else ()),
        ]
        if origin is not None:
            headers += self._cors.headers(origin)
        return headers

    def may_compress(self, answer: Answer) -> bool:
        """Whether the client asks for a compressed body, and its size may tell of what is in it.

        It may not where another site's page could make a browser ask with its cookie and count bytes (BREACH), and not
        where a token may be in it.
        """
        by_own_page = not self._by_cookie or self._headers.get(b"sec-fetch-site") == b"same-origin"
        return by_own_page and not answer.confidential and accepts_gzip(self._headers.get(b"accept-encoding"))

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

    def _begin(self, weight: int = 1) -> Mapping[bytes, bytes]:
        """Count the request for its address, whatever is wrong with it, and read its header. Raises Fault."""
        self.address = address_of(self._scope)
        rates = self._behind.rates
        allowance = rates.of_address(self.address, weight) if rates is not None else None
        self._headers = headers = headers_of(self._scope)
        self._language = negotiation.language(headers.get(b"accept-language"))
        self._negotiate(headers.get(b"accept"))
        self._count(allowance)
        return headers

    def _credential(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The credential; one request more if it is an API key. Raises Fault."""
        token = self._token(headers)
        if self._behind.rates is not None:
            self._count(self._behind.rates.of_key(token))
        return token

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
            return bearer(authorization)
        cookie = headers.get(b"cookie")
        token = self._behind.cookies.token(cookie) if cookie is not None else None
        if token is not None:
            self._behind.cookies.check_sender(self._scope, headers)
            self._by_cookie = True
        return token

    def _negotiate(self, accept: bytes | None) -> None:
        media_type = negotiation.media_type(accept)
        self.streams = negotiation.streams(accept)
        self._acceptable = media_type is not None or self.streams is not Streams.REFUSED
        self.media_type = media_type or MediaType.JSON

    def _check_method(self, headers: Mapping[bytes, bytes]) -> None:
        """Let only pass what GraphQL over HTTP is asked by. Raises Fault and Preflight."""
        if self._scope["method"] not in METHODS:
            if self._scope["method"] == "OPTIONS" and (preflight := self._cors.preflight(headers)):
                raise preflight
            raise Fault(405, ErrorCode.METHOD_NOT_ALLOWED, "Only GET and POST are allowed here.", ALLOW_BOTH)
        if not self._acceptable:
            offered = "application/graphql-response+json or application/json"
            raise Fault(406, ErrorCode.NOT_ACCEPTABLE, f"The answer can only be {offered}.")


def address_of(scope: Scope) -> str:
    """The client's address; empty when there is none."""
    client = scope.get("client")
    return client[0] if client else ""


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
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


def bearer(authorization: bytes) -> str:
    """The token in an Authorization header. Raises Fault (401)."""
    found = BEARER.match(authorization)
    if found is None:
        message = "The header Authorization has to be: Bearer, a space, and a token or an API key."
        raise Fault(401, ErrorCode.UNAUTHENTICATED, message, CHALLENGE)
    return found[1].decode()


def hidden_fields_of(mode: bytes | None) -> HiddenFields:
    """What a Hidden-Fields header asks for. Raises Fault (400)."""
    if mode is None:
        return HiddenFields.NULL
    if mode not in MODES:
        raise bad_input("The header Hidden-Fields has to be `null`, `error` or `absent`.")
    return MODES[mode]
