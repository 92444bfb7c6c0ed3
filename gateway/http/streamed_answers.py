"""Answers as a stream of results: one HTTP request is one operation. A heartbeat fills silence."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Send

from gateway.http.stream_formats import StreamForm
from gateway.http.stream_slots import Slot, SlotsFull, StreamSlots
from gateway.http.subscription_results import stream_results
from gateway.logs import Log
from resolvers.execution.subscriptions import LiveOperation
from resolvers.request import Result
from schema.errors import ErrorCode

HEARTBEAT: Final = 15.0
"""Seconds between two heartbeats, which keep a proxy from taking the stream for dead."""


@dataclass(slots=True)
class ResultStream:
    """The answer to one request as a stream: of a single result, or of a subscription, which holds a slot."""

    form: StreamForm
    source: Result | LiveOperation
    request_id: str
    slots: StreamSlots
    log: Log
    slot: Slot | None = None
    code: ErrorCode | None = None
    """The first error code of the last sent result."""

    def bind_user(self, address: str) -> None:
        """Take a slot for a subscription, for the address and the user. Raises SlotsFull, after closing."""
        if isinstance(self.source, LiveOperation):
            try:
                self.slot = self.slots.enter(address)
                self.slot.bind_user(self.source)
            except SlotsFull:
                self.close()
                raise

    def close(self) -> None:
        """Release the subscription and the slot; harmless when repeated."""
        if isinstance(self.source, LiveOperation):
            self.source.close()
        if self.slot is not None:
            self.slot.leave()

    async def send(self, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        """Send all results; returns when they are complete, the client has gone, or the server stops."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            telling, gone = asyncio.create_task(self._tell(send)), asyncio.create_task(_until_gone(receive))
            if self.slot is not None:
                self.slot.stream = telling
                if self.slots.stopping:
                    telling.cancel()
            try:
                while not (telling.done() or gone.done()):
                    await asyncio.wait((telling, gone), timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                    if not (telling.done() or gone.done()):
                        await send(_part(self.form.heartbeat))
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
        if self.form.begin:
            await send(_part(self.form.begin))
        async with aclosing(self._results()) as results:
            async for result in results:
                self.code = result.errors[0].code if result.errors else None
                await send(_part(self.form.write(result, self.request_id)))
                if result.response is None:
                    break
        await send(_part(self.form.complete))

    def _results(self) -> AsyncGenerator[Result]:
        if isinstance(self.source, LiveOperation):
            return stream_results(self.source, self.slots, self.request_id, self.log)
        return _only(self.source)


async def _only(result: Result) -> AsyncGenerator[Result]:
    yield result


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}
