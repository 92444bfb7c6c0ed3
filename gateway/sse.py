"""Answers as server-sent events, by the graphql-sse protocol in distinct connections mode.

One HTTP request is one operation: its results are events `next`, and `complete` ends them. A heartbeat is a comment.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Send

from gateway.faults import Headers
from gateway.live import Full, Place, Places, told
from gateway.logs import Log
from gateway.render import render
from resolvers.live import Subscription
from resolvers.request import Result
from schema.errors import ErrorCode

CONTENT_TYPE: Final = b"text/event-stream; charset=utf-8"
HEADERS: Final[Headers] = ((b"content-type", CONTENT_TYPE), (b"x-accel-buffering", b"no"))
HEARTBEAT: Final = 15.0
"""Seconds after which a comment is sent, so that nobody between takes the stream for dead."""

COMMENT: Final = b":\n\n"
COMPLETE: Final = b"event: complete\ndata: \n\n"


def next_event(response: bytes) -> bytes:
    """The event of a result. Line breaks of JSON stand between its tokens only, where a space does as well."""
    if b"\n" in response or b"\r" in response:
        response = response.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: next\ndata: " + response + b"\n\n"


@dataclass(slots=True)
class EventStream:
    """The answer to one request as events: to a result, or to a subscription, which holds a place."""

    source: Result | Subscription
    request_id: str
    places: Places
    log: Log
    place: Place | None = None
    code: ErrorCode | None = None
    """The code of the last error, once it has been sent."""
    headers: Headers = HEADERS

    def seat(self, address: str) -> None:
        """Take a place for a subscription. Raises Full; then it is closed."""
        if isinstance(self.source, Subscription):
            try:
                self.place = self.places.enter(address)
                self.place.seat(self.source)
            except Full:
                self.close()
                raise

    def close(self) -> None:
        """Let go of what it holds; harmless when repeated."""
        if isinstance(self.source, Subscription):
            self.source.close()
        if self.place is not None:
            self.place.leave()

    async def send(self, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        """Send all of it: return when it is complete, the client has gone, or the server stops."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            telling, gone = asyncio.create_task(self._tell(send)), asyncio.create_task(_until_gone(receive))
            if self.place is not None:
                self.place.stream = telling
                if self.places.stopping:
                    telling.cancel()
            try:
                while not (telling.done() or gone.done()):
                    await asyncio.wait((telling, gone), timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                    if not (telling.done() or gone.done()):
                        await send(_part(COMMENT))
            finally:
                for task in (telling, gone):
                    task.cancel()
                await asyncio.wait((telling, gone))
            if not telling.cancelled():
                telling.result()
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.close()

    async def _tell(self, send: Send) -> None:
        async with aclosing(self._results()) as results:
            async for result in results:
                self.code = result.errors[0].code if result.errors else None
                await send(_part(next_event(render(result, self.request_id))))
                if result.response is None:
                    break
        await send(_part(COMPLETE))

    def _results(self) -> AsyncGenerator[Result]:
        if isinstance(self.source, Subscription):
            return told(self.source, self.places, self.request_id, self.log)
        return _only(self.source)


async def _only(result: Result) -> AsyncGenerator[Result]:
    yield result


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}
