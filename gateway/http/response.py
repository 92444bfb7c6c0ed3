"""The answers to HTTP requests: their status, headers and body, and what the log says of them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.http.compression import accepts_gzip
from gateway.http.cookies import Cookies
from gateway.http.cors import Cors
from gateway.http.errors import HEADERS, Headers, Statuses
from gateway.http.exchange import Exchange
from gateway.http.negotiation import MediaType
from gateway.http.rate_limits import headers as rate_headers
from gateway.http.rendering import render
from gateway.http.write_positions import Positions
from gateway.logs import Finished
from resolvers.fair_use.payers import current_payer
from resolvers.request import ErrorEntry, Result, SessionCookie
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode, error_message

if TYPE_CHECKING:
    from gateway.http.streamed_answers import ResultStream

BODYLESS: Final = frozenset({204, 304})
BEGINNING: Final = 200
"""Number of characters of a document in which the log looks for the operation's name."""

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
"""The beginning of an answer's header for each media type, up to the request's id."""


class Answer(NamedTuple):
    """The answer to one request; `code` is for the log, `timing` the value of Server-Timing, if it has one.

    A `confidential` answer is never compressed.
    """

    status: int
    body: bytes
    media_type: bytes = MediaType.JSON
    headers: Headers = ()
    code: ErrorCode | None = None
    confidential: bool = False
    stream: "ResultStream | None" = None
    timing: bytes = b""


@dataclass(frozen=True, slots=True)
class Responder:
    """Forms the answers of one gateway, each for an exchange."""

    cookies: Cookies
    cors: Cors
    statuses: Statuses
    positions: Positions

    def answer(self, exchange: Exchange, result: Result) -> Answer:
        """The answer with the result of an operation, or to one that was not executed."""
        if result.response is None:
            return self.refuse(exchange, result.errors)
        return self._answer(exchange, self.statuses.of_partial(exchange.wanted) if result.errors else 200, result)

    def array(self, exchange: Exchange, result: Result) -> Answer:
        """The answer to an array of requests, whose `response` is an array, too: always plain JSON with 200.

        The media type and the statuses of GraphQL over HTTP are for one response.
        """
        return self._answer(exchange, 200, result)._replace(media_type=MediaType.JSON)

    def refuse(
        self,
        exchange: Exchange,
        entries: tuple[ErrorEntry, ...],
        status: int | None = None,
        headers: Headers | None = None,
    ) -> Answer:
        """The answer to a request that was not executed; the first of `entries` decides what is not given."""
        code = entries[0].code
        cookie = SessionCookie() if code is ErrorCode.UNAUTHENTICATED else None
        if status is None:
            is_hash = _is_unknown_hash(exchange, code)
            status = 200 if is_hash else self.statuses.of_refusal(code, exchange.wanted)
        more = HEADERS.get(code, ()) if headers is None else headers
        return self._answer(exchange, status, Result(None, entries, cookie=cookie), more)

    def fail(self, exchange: Exchange, code: ErrorCode) -> Answer:
        """The answer to an error that is not the client's fault, in the client's language."""
        return self.refuse(exchange, (ErrorEntry(code, error_message(code, exchange.wanted.language)),))

    def _answer(self, exchange: Exchange, status: int, result: Result, headers: Headers = ()) -> Answer:
        code = result.errors[0].code if result.errors else None
        if result.cookie is not None and (exchange.credential.by_cookie or result.cookie.token is not None):
            headers += self.cookies.headers(result.cookie)
        headers += self.marks(exchange, result)
        body = render(result, exchange.request_id)
        stages = exchange.stages
        if stages is not None:
            stages.end(Stage.RENDER)
        timing = _timing(stages) if exchange.shows_stages and stages is not None and stages.identified else b""
        media_type = exchange.wanted.media_type if status < 400 else self.statuses.type_of_refusal(exchange.wanted)
        return Answer(status, body, media_type, headers, code, result.written, timing=timing)

    def marks(self, exchange: Exchange, result: Result) -> Headers:
        """The headers that say where a write is found, and how old an answer may be."""
        if result.position is None and result.stale is None:
            return ()
        by_cookie = exchange.credential.by_cookie or (result.cookie is not None and result.cookie.token is not None)
        return self.positions.headers(result, by_cookie=by_cookie)

    def send_fast(self, exchange: Exchange, answer: Answer) -> bool:
        """Send an answer without headers of its own by the fast path (fast_path.py); False when it cannot be used."""
        if exchange.fast_path is None or b"origin" in exchange.headers:
            return False
        beginning = JSON if answer.media_type is MediaType.JSON else GRAPHQL
        fields = b"%b%b\r\n" % (beginning, exchange.request_id.encode())
        if exchange.allowances:
            fields += _lines(rate_headers(exchange.allowances))
        if answer.timing:
            fields += _lines(((b"server-timing", answer.timing),))
        return exchange.fast_path.answer(answer.status, fields, answer.body)

    def headers(self, exchange: Exchange, answer: Answer) -> list[tuple[bytes, bytes]]:
        """The headers of an answer."""
        whole = ((b"content-type", answer.media_type), (b"content-length", b"%d" % len(answer.body)))
        of_body = answer.stream.form.headers if answer.stream is not None else whole
        origin = exchange.headers.get(b"origin")
        return [
            *(of_body if answer.status not in BODYLESS else ()),
            (b"x-request-id", exchange.request_id.encode()),
            *(field for field in COMMON if field[0] not in dict(answer.headers)),
            *answer.headers,
            *(rate_headers(exchange.allowances) if exchange.allowances else ()),
            *(((b"server-timing", answer.timing),) if answer.timing else ()),
            *(self.cors.headers(origin) if origin is not None else ()),
        ]


def may_compress(exchange: Exchange, answer: Answer) -> bool:
    """True if the client accepts a compressed body, and its size reveals nothing about its content.

    It reveals something when a page of another site could make the browser send the cookie and then count bytes
    (BREACH), or when the body may contain a token.
    """
    by_own_page = not exchange.credential.by_cookie or exchange.headers.get(b"sec-fetch-site") == b"same-origin"
    return by_own_page and not answer.confidential and accepts_gzip(exchange.headers.get(b"accept-encoding"))


def finished(exchange: Exchange, answer: Answer, seconds: float) -> Finished:
    """The entry of the log about an exchange that took `seconds`."""
    given = exchange.parameters
    return Finished(  # by place, which takes half as long as by name
        time.time(),
        seconds,
        exchange.request_id,
        exchange.path,
        current_payer(exchange.address),
        answer.status,
        answer.code,
        (given.operation_name or exchange.known_name(given)) if given else None,
        given.query[:BEGINNING] if given else "",
        exchange.headers.get(b"x-request-id"),
        exchange.headers.get(b"traceparent"),
        exchange.traced.ids if exchange.traced is not None else None,
    )


def _is_unknown_hash(exchange: Exchange, code: ErrorCode) -> bool:
    """True for a hash that is not known; Apollo's protocol of persisted queries wants 200 for it."""
    given = exchange.parameters
    by_hash = given is not None and given.reference is not None and given.reference.sha256_hash is not None
    return by_hash and code is ErrorCode.PERSISTED_QUERY_NOT_FOUND


def _timing(stages: Stages) -> bytes:
    """The stages and their milliseconds, rendering the last (Server-Timing, W3C)."""
    return ", ".join(f"{stage};dur={seconds * 1_000:.2f}" for stage, seconds in stages.took.items()).encode()
