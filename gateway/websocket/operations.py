"""The operations on one socket: starts them by their ids, sends their results, and ends them."""

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from random import getrandbits
from typing import Any, ParamSpec

import orjson

from gateway.http import parameters
from gateway.http.errors import HTTPFault, code_of
from gateway.http.rendering import render, render_errors
from gateway.http.response import BEGINNING
from gateway.http.subscription_results import stream_results
from gateway.http.transport_state import TransportState
from gateway.logs import operation_name, trace_members
from gateway.trace_context import Parent, parent_in
from gateway.traces.traced import Traced
from gateway.websocket.messages import Closing, Gone, Message
from resolvers.execution.subscriptions import LiveOperation
from resolvers.fair_use.payers import current_payer
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result
from resolvers.stages import Stage
from schema.errors import ErrorCode, error_message

P = ParamSpec("P")


@dataclass(slots=True)
class Answering:
    """An operation that is answered: its message and request, the client's span and its own, and what was sent.

    `given` are the parameters, once they are read. `events` are the results with a response, `code` is that of the
    first error of the last result.
    """

    message: Message
    request: GraphQLRequest
    parent: Parent | None
    traced: Traced | None
    given: parameters.Parameters | None = None
    events: int = 0
    code: ErrorCode | None = None
    began: float = field(default_factory=time.perf_counter)


class Operations:
    """The running operations of a socket; `send` sends one message, and raises Gone or OSError without a client."""

    def __init__(self, shared: TransportState, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.count = 0
        self._shared = shared
        self._log = shared.log
        self._send = send
        self._by_id: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        """The tasks of `_by_id`, and those whose id is free already: a cancelled mutation still runs to its end."""
        self._live: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        """Those of `_running` that are subscriptions."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, message: Message, base: GraphQLRequest) -> None:
        """Begin the operation of a message; `base` is the socket's request without it. Raises Closing for an id in use.

        A refusal is sent before the next message is read, so that a client that does not read cannot pile them up.
        """
        if message.id in self._by_id:
            raise Closing(4409, f"Subscriber for {message.id} already exists")
        self.count += 1
        request_id = f"{getrandbits(64):016x}"
        wait = self._shared.wait_of(base.address, base.token)
        if wait > 0 or await self._is_full():
            await self._tell(message.id, _failed(ErrorCode.RATE_LIMITED, base), base._replace(request_id=request_id))
            await asyncio.sleep(wait)
        else:
            task = self.run(self._answer, message, base._replace(request_id=request_id))
            self._by_id[message.id] = task
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _is_full(self) -> bool:
        """True if the maximum of operations is running, after those just cancelled had a chance to end."""
        most = self._shared.slots.bounds.of_socket
        if len(self._running) < most:
            return False
        await asyncio.sleep(0)
        return sum(not task.done() for task in self._running) >= most

    def end(self, id_: str) -> None:
        """Cancel an operation for the client, if it is running."""
        task = self._by_id.pop(id_, None)
        if task is not None:
            task.cancel()

    async def end_all(self) -> None:
        """Cancel all tasks, and return when the last one is over."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def answered(self, seconds: float) -> None:
        """Wait until the queries and mutations that run now have been answered, at most `seconds`."""
        waiting = self._running.difference(self._live)
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    def run(
        self, work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **more: P.kwargs
    ) -> asyncio.Task[None]:
        """Run something in a task that ends with the socket at the latest; it may be cancelled before it begins."""
        task = asyncio.create_task(_until_gone(work, *args, **more))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, message: Message, base: GraphQLRequest) -> None:
        """Answer one operation, until its end or the socket's."""
        parent, tracer = parent_in(message.payload.get("extensions")), self._shared.tracer
        traced = tracer.begin(parent) if tracer is not None else None
        answering = Answering(message, base._replace(stages=traced), parent, traced)
        try:
            await self._send_results(answering)
        finally:
            self._leave(message.id)
            self._note_end(answering)

    async def _send_results(self, answering: Answering) -> None:
        message, base = answering.message, answering.request
        started = await self._start(answering)
        if isinstance(started, Result):
            if self._by_id.get(message.id) is not asyncio.current_task():
                return  # a cancelled mutation has ended; its id may belong to another operation by now
            answering.events = int(started.response is not None)
            answering.code = await self._tell(message.id, started, base)
            return
        if (task := asyncio.current_task()) is not None:
            self._live.add(task)
        async with aclosing(stream_results(started, self._shared.slots, base.request_id, self._log)) as results:
            async for result in results:
                answering.events += result.response is not None
                answering.code = await self._tell(message.id, result, base, live=True)

    def _note_end(self, answering: Answering) -> None:
        """Count an operation, end its span, and log it."""
        request, given = answering.request, answering.given
        if self._shared.metrics is not None:
            self._shared.metrics.ended_on_socket(answering.code)
        if answering.traced is not None:
            answering.traced.finish(
                answering.code, {"enfact.request_id": request.request_id, "enfact.results": answering.events}
            )
        self._log.live(
            "operation",
            request_id=request.request_id,
            caller=str(current_payer(request.address)),
            operation=self._name_of(given) if given is not None else None,
            code=answering.code,
            events=answering.events,
            ms=round(1000 * (time.perf_counter() - answering.began), 2),
            **trace_members(answering.traced.ids if answering.traced is not None else None, answering.parent),
        )

    def _name_of(self, given: parameters.Parameters) -> str | None:
        """The name of an operation, for the log."""
        name = given.operation_name or self._shared.names.only(given.reference)
        return operation_name(name, given.query[:BEGINNING])

    async def _start(self, answering: Answering) -> Result | LiveOperation:
        """The result of an operation, or its subscription; an error becomes a result, too."""
        task, base = self._shared.deadlines.begin(), answering.request
        try:
            answering.given = given = parameters.from_members(answering.message.payload)
            if base.stages is not None:
                base.stages.end(Stage.READ)
            executor = self._shared.executor()
            if executor is None:
                return _failed(ErrorCode.UNAVAILABLE, base)
            return await executor.start(
                base._replace(
                    query=given.query,
                    operation_name=given.operation_name,
                    variables=given.variables,
                    reference=given.reference,
                    wants_cost=given.wants_cost,
                )
            )
        except HTTPFault as fault:
            return Result(None, (ErrorEntry(fault.code, fault.message),))
        except RequestError as refused:
            return Result(None, refused.entries)
        except (Exception, asyncio.CancelledError) as error:
            late = self._shared.deadlines.passed(task)
            if isinstance(error, asyncio.CancelledError) and not late:
                raise  # the socket is gone, or its client ended the operation
            code = code_of(error, late=late)
            if code is ErrorCode.INTERNAL:  # any other error: the client gets a masked answer
                self._log.exception(base.request_id, error)
            return _failed(code, base)
        finally:
            self._shared.deadlines.end(task)

    async def _tell(self, id_: str, result: Result, base: GraphQLRequest, *, live: bool = False) -> ErrorCode | None:
        """Send a result: the only one, or one of a subscription (`live`). Returns the code of its first error.

        The id is freed before the operation's last message is sent: the client may reuse it as soon as that arrives.
        """
        named = b'{"id":' + orjson.dumps(id_)
        if self._shared.metrics is not None and (result.hidden or result.errors):
            self._shared.metrics.closed(result)
        if result.response is None:
            self._leave(id_)
            errors = render_errors(result.errors, base.request_id)
            await self._send(named + b',"type":"error","payload":' + errors + b"}")
        else:
            body = (self._shared.events.render if live else render)(result, base.request_id)
            if base.stages is not None and not live:
                base.stages.end(Stage.RENDER)
            await self._send(named + b',"type":"next","payload":' + body + b"}")
            if not live:
                self._leave(id_)
                await self._send(named + b',"type":"complete"}')
        return result.errors[0].code if result.errors else None

    def _leave(self, id_: str) -> None:
        """Free the id of the current task's operation."""
        if self._by_id.get(id_) is asyncio.current_task():
            del self._by_id[id_]


async def _until_gone(work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **more: P.kwargs) -> None:
    try:
        await work(*args, **more)
    except (Gone, OSError):
        return  # the client is gone


def _failed(code: ErrorCode, base: GraphQLRequest) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, base.language)),))
