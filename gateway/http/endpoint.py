"""The ASGI endpoint of GraphQL over HTTP: reads a request, calls the executor, answers in the negotiated media type.

Statuses are those of the specification's first edition (`errors.py`): 294 for data beside errors, 4xx and 5xx without
data. After the deadline: 408 while the client is still sending, else 504.
"""

import asyncio
import time
from random import getrandbits
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from db.errors import DatabaseUnavailable
from gateway.backend import RequestExecutor
from gateway.http.batches import Batch
from gateway.http.body import Disconnected
from gateway.http.compression import ENCODED, Compression
from gateway.http.cors import Preflight, PreflightRefused
from gateway.http.errors import OF_DOCUMENT, HTTPFault, code_of
from gateway.http.exchange import Exchange
from gateway.http.negotiation import Streams
from gateway.http.response import Answer, Responder, finished, may_compress
from gateway.http.stream_slots import SlotsFull
from gateway.http.transport_state import TransportState
from gateway.metrics.recording import Metrics
from gateway.metrics.registry import GONE
from resolvers.execution.subscriptions import LiveOperation
from resolvers.request import ErrorEntry, RequestError, Result
from schema.errors import ErrorCode

if TYPE_CHECKING:
    from gateway.http.streamed_answers import ResultStream


class GraphQLEndpoint:
    """The ASGI application behind /graphql; it answers 503 while there is no executor."""

    has_operations = True
    """True if its requests are operations, which have spans."""

    def __init__(self, shared: TransportState, compression: Compression, max_body: int) -> None:
        self._shared = shared
        self._respond = Responder(shared.cookies, shared.cors, shared.statuses, shared.positions)
        self._compression = compression
        self._max_body = max_body
        self._deadlines = shared.deadlines
        self._log = shared.log
        self._metrics = shared.metrics
        self._tracer = shared.tracer if self.has_operations else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        began = time.perf_counter()
        exchange = Exchange(scope, receive, self._shared, f"{getrandbits(64):016x}")
        if self._tracer is not None:
            exchange.trace(self._tracer)
        try:
            answer = await self._answer(exchange)
            if answer.stream is not None:
                answer = await self._stream(exchange, answer, answer.stream, send)
            else:
                packs = len(answer.body) >= self._compression.smallest and may_compress(exchange, answer)
                if answer.headers or packs or not self._respond.send_fast(exchange, answer):
                    await self._send(exchange, answer, send, packs=packs)
        except Disconnected:
            answer = Answer(499, b"")
        if not exchange.is_recorded:
            self._record(exchange, answer, time.perf_counter() - began)

    def _record(self, exchange: Exchange, answer: Answer, seconds: float) -> None:
        """Record an answered request in metrics, its span and the log."""
        if self._metrics is not None:
            self._count(self._metrics, exchange, answer, seconds)
        if self._tracer is not None:
            exchange.finish_trace(answer.status, GONE if answer.status == 499 else answer.code)
        if self._log.requests:
            self._log.request(finished(exchange, answer, seconds))

    def _count(self, metrics: Metrics, exchange: Exchange, answer: Answer, seconds: float) -> None:
        """Count an answered request; how long a stream takes is up to its client, so that is not counted."""
        if answer.status == 499:
            metrics.client_gone()
            return
        metrics.ended(answer.code)
        if answer.stream is None:
            metrics.took(exchange.parameters, seconds)
            if exchange.is_sampled and exchange.stages is not None:
                metrics.measured(exchange.stages)

    def _count_closed(self, result: Result) -> None:
        if self._metrics is not None and (result.hidden or result.errors):
            self._metrics.closed(result)

    async def _send(self, exchange: Exchange, answer: Answer, send: Send, *, packs: bool) -> None:
        """Send an answer as ASGI messages; `packs`: compressed, since its client accepts it and it is large enough."""
        if packs:
            body = await self._compression.gzip(answer.body)
            answer = answer._replace(body=body, headers=answer.headers + ENCODED)
        headers = self._respond.headers(exchange, answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, exchange: Exchange) -> Answer:
        """The answer to one request, whatever happens, within the deadline. Raises Disconnected."""
        task = self._deadlines.begin()
        try:
            return await self._work(exchange)
        except Preflight as preflight:
            return Answer(204, b"", headers=preflight.headers)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (the client gets a masked answer)
            return self._failed(exchange, error, late=self._deadlines.passed(task))
        finally:
            self._deadlines.end(task)

    async def _work(self, exchange: Exchange) -> Answer:
        """The answer to a GraphQL request. Raises what `_failed` knows an answer to."""
        request = await exchange.request(self._max_body)
        executor = self._executor()
        given = exchange.parameters
        if given is not None and (members := given.members) is not None:
            batch = Batch(exchange, request, executor, self._shared, self._record)
            return self._respond.array(exchange, await batch.run(members))
        if exchange.wanted.takes_streams:
            started = await executor.start(request)
            if isinstance(started, Result):
                self._count_closed(started)
            return self._start(exchange, started)
        result = await executor.execute(request)
        self._count_closed(result)
        return self._respond.answer(exchange, result)

    def _executor(self) -> RequestExecutor:
        """The executor. Raises DatabaseUnavailable while there is none."""
        executor = self._shared.executor()
        if executor is None:
            raise DatabaseUnavailable("The gateway has no database yet.")
        return executor

    def _failed(self, exchange: Exchange, error: BaseException, *, late: bool) -> Answer:
        """The answer to a request that ended in an exception; `late`: after its deadline. Raises Disconnected."""
        match error:
            case PreflightRefused():
                self._log.event("preflight refused", set=error.setting, **error.asked)
                return self._respond.refuse(exchange, (ErrorEntry(error.code, error.message),), error.status)
            case HTTPFault():
                entries = (ErrorEntry(error.code, error.message),)
                return self._respond.refuse(exchange, entries, error.status, error.headers)
            case RequestError():
                return self._respond.refuse(exchange, error.entries)
            case Disconnected():
                raise error
            case _:  # any other error: the client gets a masked answer
                code = code_of(error, late=late)
                if code is ErrorCode.INTERNAL:
                    self._log.exception(exchange.request_id, error)
                return self._respond.fail(exchange, code)

    def _start(self, exchange: Exchange, started: Result | LiveOperation) -> Answer:
        """The answer to a client that accepts a stream: one for a subscription, of events before parts.

        A result is streamed too if the client prefers events, unless it is refused for a reason of the transport: that
        has its HTTP status, as one that changes the cookie has its header.
        """
        if isinstance(started, Result):
            of_transport = started.response is None and started.errors[0].code not in OF_DOCUMENT
            if exchange.wanted.streams is not Streams.PREFERRED or of_transport or started.cookie is not None:
                return self._respond.answer(exchange, started)
        from gateway.http.stream_formats import MULTIPART, SSE  # noqa: PLC0415
        from gateway.http.streamed_answers import ResultStream  # noqa: PLC0415 (only some clients want streams)

        form = MULTIPART if exchange.wanted.streams is Streams.REFUSED else SSE
        stream = ResultStream(form, started, exchange.request_id, self._shared.slots, self._log)
        try:
            stream.bind_user(exchange.address)
        except SlotsFull:
            return self._respond.fail(exchange, ErrorCode.RATE_LIMITED)
        marks = self._respond.marks(exchange, started) if isinstance(started, Result) else ()
        return Answer(200, b"", headers=marks, stream=stream)

    async def _stream(self, exchange: Exchange, answer: Answer, stream: "ResultStream", send: Send) -> Answer:
        """Send results until they end; returns the answer for the log."""
        try:
            await stream.send(exchange.receive, send, self._respond.headers(exchange, answer))
        except asyncio.CancelledError:  # the server has stopped, and waits no longer
            return answer._replace(code=ErrorCode.UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 (the status has been sent)
            self._log.exception(exchange.request_id, error)
        return answer._replace(code=stream.code)
