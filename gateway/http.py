"""GraphQL over HTTP as a bare ASGI endpoint: takes a request, asks the executor, answers in the negotiated type.

A request that is not GraphQL over HTTP gets a 4xx in any case; a GraphQL request error gets 400 as
application/graphql-response+json and 200 as application/json; what was executed gets 200. Too slow: 408 while the
client still sends, else 504.
"""

import asyncio
import time
from random import getrandbits
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from gateway.behind import Behind
from gateway.body import Disconnected
from gateway.compression import ENCODED, Compression
from gateway.cors import Cors, Preflight
from gateway.exchange import Answer, Exchange
from gateway.faults import STATUSES, Fault, code_of
from gateway.live import Full
from gateway.negotiation import Streams
from resolvers.live import Subscription
from resolvers.request import ErrorEntry, RequestError, Result
from schema.errors import ErrorCode

if TYPE_CHECKING:
    from gateway.sse import EventStream


class GraphQLEndpoint:
    """The ASGI application behind /graphql; it answers 503 while there is no executor."""

    def __init__(self, behind: Behind, cors: Cors, compression: Compression, max_body: int) -> None:
        self._behind = behind
        self._cors = cors
        self._compression = compression
        self._max_body = max_body
        self._deadlines = behind.deadlines
        self._log = behind.log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = time.perf_counter()
        exchange = Exchange(scope, receive, self._behind, self._cors, f"{getrandbits(64):016x}")
        try:
            answer = await self._answer(exchange)
            if answer.events is not None:
                answer = await self._stream(exchange, answer, answer.events, send)
            elif answer.headers or len(answer.body) >= self._compression.smallest or not exchange.wrote(answer):
                await self._send(exchange, answer, send)
        except Disconnected:
            answer = Answer(499, b"")
        if self._log.requests:
            self._log.request(exchange.finished(answer, time.perf_counter() - began))

    async def _send(self, exchange: Exchange, answer: Answer, send: Send) -> None:
        """Send an answer in ASGI's messages, compressed where that is asked for and pays."""
        if len(answer.body) >= self._compression.smallest and exchange.may_compress(answer):
            body = await self._compression.gzip(answer.body)
            answer = answer._replace(body=body, headers=answer.headers + ENCODED)
        headers = exchange.headers_of(answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, exchange: Exchange) -> Answer:
        task = self._deadlines.begin()
        try:
            request = await exchange.request(self._max_body)
            executor = self._behind.executor()
            if executor is None:
                return exchange.fail(ErrorCode.UNAVAILABLE)
            if exchange.streams is not Streams.REFUSED:
                return self._start(exchange, await executor.start(request))
            result = await executor.execute(request)
            if result.response is None:
                return exchange.refuse(exchange.status_of(result.errors[0].code), result.errors)
            return exchange.answer(200, result)
        except Preflight as preflight:
            return Answer(204, b"", headers=preflight.headers)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (see there)
            return self._failed(exchange, error, late=self._deadlines.passed(task))
        finally:
            self._deadlines.end(task)

    def _failed(self, exchange: Exchange, error: BaseException, *, late: bool) -> Answer:
        """The answer to a request that ended in an exception, `late` after its deadline. Raises Disconnected."""
        match error:
            case Fault():
                return exchange.refuse(error.status, (ErrorEntry(error.code, error.message),), error.headers)
            case RequestError():
                return exchange.refuse(exchange.status_of(error.entry.code), error.entries)
            case Disconnected():
                raise error
            case _:  # whatever it is, the client gets a masked answer
                code = code_of(error, late=late)
                if code is ErrorCode.INTERNAL:
                    self._log.exception(exchange.request_id, error)
                return exchange.fail(code)

    def _start(self, exchange: Exchange, started: Result | Subscription) -> Answer:
        """The answer to a client that takes events: a subscription is told by them, a result if it likes them best.

        What is refused for a reason of the transport has its status all the same.
        """
        if isinstance(started, Result):
            refused = started.errors[0].code if started.response is None else None
            if exchange.streams is not Streams.PREFERRED or refused in STATUSES:
                if refused is not None:
                    return exchange.refuse(exchange.status_of(refused), started.errors)
                return exchange.answer(200, started)
        from gateway.sse import EventStream  # noqa: PLC0415 (only some clients want events)

        stream = EventStream(started, exchange.request_id, self._behind.places, self._log)
        try:
            stream.seat(exchange.address)
        except Full:
            return exchange.fail(ErrorCode.RATE_LIMITED)
        return exchange.stream(stream)

    async def _stream(self, exchange: Exchange, answer: Answer, events: "EventStream", send: Send) -> Answer:
        """Send events until they end; gives the answer as the log is to tell of it."""
        try:
            await events.send(exchange.receive, send, exchange.headers_of(answer))
        except asyncio.CancelledError:  # the server has stopped, and waits no longer
            return answer._replace(code=ErrorCode.UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 (the status has been sent)
            self._log.exception(exchange.request_id, error)
        return answer._replace(code=events.code)
