"""The operations on one socket: takes requests under their ids, sends their results, lets go of those that are over."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from random import getrandbits
from typing import Any, ParamSpec

import orjson

from gateway import parameters
from gateway.behind import Behind
from gateway.exchange import BEGINNING
from gateway.faults import Fault, code_of
from gateway.live import told
from gateway.logs import operation_name
from gateway.messages import Closing, Gone, Message
from gateway.render import render, render_errors
from resolvers.live import Subscription
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError, Result
from schema.errors import ErrorCode, error_message

P = ParamSpec("P")


class Operations:
    """Operations under way; `send` sends one message, and raises Gone or OSError when nobody is there."""

    def __init__(self, behind: Behind, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.count = 0
        self._behind = behind
        self._log = behind.log
        self._send = send
        self._by_id: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        """Those by id, and those that were let go or told and have not ended: a write is not given up half-way."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, message: Message, base: GraphQLRequest) -> None:
        """Begin what a message asks for; `base` is a request without it. Raises Closing when its id is taken.

        What is not begun is told before the next message is looked at: a client that does not read cannot pile it up.
        """
        if message.id in self._by_id:
            raise Closing(4409, f"Subscriber for {message.id} already exists")
        self.count += 1
        request_id = f"{getrandbits(64):016x}"
        wait = self._behind.wait_of(base.address, base.token)
        if wait > 0 or await self._is_full():
            await self._tell(message.id, _failed(ErrorCode.RATE_LIMITED, base), request_id)
            await asyncio.sleep(wait)
        else:
            task = self.run(self._answer, message, base._replace(request_id=request_id))
            self._by_id[message.id] = task
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _is_full(self) -> bool:
        """Whether as many run as may; those that were let go just now and can end at once do so first."""
        most = self._behind.places.bounds.of_socket
        if len(self._running) < most:
            return False
        await asyncio.sleep(0)
        return sum(not task.done() for task in self._running) >= most

    def end(self, id_: str) -> None:
        """The client does not want to hear of an operation any more, if it is under way."""
        task = self._by_id.pop(id_, None)
        if task is not None:
            task.cancel()

    async def end_all(self) -> None:
        """Cancel everything, and return when the last one is over."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def run(
        self, work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **more: P.kwargs
    ) -> asyncio.Task[None]:
        """Let something run for as long as the socket is there; it may end before it began."""
        task = asyncio.create_task(_until_gone(work, *args, **more))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, message: Message, base: GraphQLRequest) -> None:
        """Answer one operation, to its end or the socket's."""
        began, events, code, request_id = time.perf_counter(), 0, None, base.request_id
        try:
            started = await self._start(message, base)
            if isinstance(started, Result):
                if self._by_id.get(message.id) is not asyncio.current_task():
                    return  # a write that was let go has ended; by now its id may be another operation's
                events = int(started.response is not None)
                code = await self._tell(message.id, started, request_id)
                return
            async with aclosing(told(started, self._behind.places, request_id, self._log)) as results:
                async for result in results:
                    events += result.response is not None
                    code = await self._tell(message.id, result, request_id, live=True)
        finally:
            self._leave(message.id)
            given = message.payload
            self._log.live(
                "operation",
                request_id=request_id,
                operation=operation_name(given.get("operationName"), (given.get("query") or "")[:BEGINNING]),
                code=code,
                events=events,
                ms=round(1000 * (time.perf_counter() - began), 2),
            )

    async def _start(self, message: Message, base: GraphQLRequest) -> Result | Subscription:
        """The result of an operation, or its subscription; whatever goes wrong is a result, too."""
        task = self._behind.deadlines.begin()
        try:
            given = parameters.from_members(message.payload)
            executor = self._behind.executor()
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
        except Fault as fault:
            return Result(None, (ErrorEntry(fault.code, fault.message),))
        except RequestError as refused:
            return Result(None, refused.entries)
        except (Exception, asyncio.CancelledError) as error:
            late = self._behind.deadlines.passed(task)
            if isinstance(error, asyncio.CancelledError) and not late:
                raise  # the socket is gone, or its client wants to hear no more
            code = code_of(error, late=late)
            if code is ErrorCode.INTERNAL:  # whatever it is, the client gets a masked answer
                self._log.exception(base.request_id, error)
            return _failed(code, base)
        finally:
            self._behind.deadlines.end(task)

    async def _tell(self, id_: str, result: Result, request_id: str, *, live: bool = False) -> ErrorCode | None:
        """Send a result: the only one, unless it is one of a subscription's. Gives the code of its first error.

        Its id is free before the last message of it is sent: the client may use it again as soon as that arrives.
        """
        named = b'{"id":' + orjson.dumps(id_)
        if result.response is None:
            self._leave(id_)
            errors = render_errors(result.errors, request_id)
            await self._send(named + b',"type":"error","payload":' + errors + b"}")
        else:
            await self._send(named + b',"type":"next","payload":' + render(result, request_id) + b"}")
            if not live:
                self._leave(id_)
                await self._send(named + b',"type":"complete"}')
        return result.errors[0].code if result.errors else None

    def _leave(self, id_: str) -> None:
        """The id of the current task's operation is free."""
        if self._by_id.get(id_) is asyncio.current_task():
            del self._by_id[id_]


async def _until_gone(work: Callable[P, Coroutine[Any, Any, object]], *args: P.args, **more: P.kwargs) -> None:
    try:
        await work(*args, **more)
    except (Gone, OSError):
        return  # nobody is there to be told


def _failed(code: ErrorCode, base: GraphQLRequest) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, base.language)),))
