"""Sends loads from a separate process, and counts the outcomes of their requests.

Every load comes from an address of its own, each of its connections has one request at a time, and it ends by itself.
The process has a lower priority than the servers, so that its own work does not affect the measurement.
"""

import asyncio
import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any, Final

import orjson
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.bench.loads.generator import chunks, end_of
from tests.bench.loads.worst import Load, Requests, loads, members

STEP_BACK: Final = 10
PAUSE: Final = 0.05
"""Seconds to wait after a failed connection."""

MOST: Final = 20_000
"""Maximum number of requests of one load."""

SUBSCRIPTIONS: Final = (4, 25)
"""Number of sockets of a load with live operations, and of operations on each."""

PATIENCE: Final = 30.0
CODE: Final = re.compile(rb'"code" ?: ?"([A-Z_]+)"')
PROTOCOL: Final = Subprotocol("graphql-transport-ws")


def address(n: int) -> str:
    """The loopback address of a load; measuring clients have 127.0.0.x."""
    return f"127.0.{1 + n // 200}.{1 + n % 200}"


class Storm:
    """Loads in a process of their own: the one of `loads` with the index `which`, or those of `members` (None)."""

    def __init__(self, context: SpawnContext, port: int, which: int | None, key: str | None, seconds: float) -> None:
        self._end, child = context.Pipe()
        self._process = context.Process(target=_send, args=(child, port, which, key, seconds), daemon=True)

    async def begin(self) -> None:
        """Start the loads; returns when their idle connections and live operations are open."""
        await asyncio.to_thread(self._process.start)
        await asyncio.to_thread(self._end.recv)

    async def end(self) -> Mapping[str, int]:
        """Wait for the end; returns the number of requests by outcome."""
        await asyncio.to_thread(self._end.send, None)
        told: Mapping[str, int] = await asyncio.to_thread(self._told)
        await asyncio.to_thread(self._process.join)
        return told

    def stop(self) -> None:
        """Kill the process at once."""
        if self._process.is_alive():
            self._process.kill()

    def _told(self) -> Mapping[str, int]:
        return self._end.recv() if self._end.poll(PATIENCE) else {"no word of it": 1}


@dataclass(slots=True)
class Sender:
    """Sends one load; `became` counts the outcomes of its requests."""

    load: Load
    port: int
    address: str
    until: float
    began: asyncio.Event = field(default_factory=asyncio.Event)
    became: "Counter[str]" = field(default_factory=Counter[str])

    @property
    def is_over(self) -> bool:
        """Whether the time is over, or the maximum of requests is reached."""
        return time.monotonic() > self.until or self.became.total() >= MOST

    async def send(self) -> None:
        """Send until the end."""
        async with contextlib.AsyncExitStack() as stack:
            await self._follow(stack)
            idle = [await self._idle() for _ in range(self.load.idle)]
            self.began.set()
            await asyncio.gather(*(self._keep_sending(n) for n in range(self.load.connections)))
            for writer in idle:
                if writer is not None:
                    writer.close()

    async def _keep_sending(self, which: int) -> None:
        requests = self.load.requests(which)
        request = next(requests)
        while not self.is_over:
            try:
                reader, writer = await self._open()
            except OSError:
                self.became["no connection"] += 1
                await asyncio.sleep(PAUSE)
                continue
            try:
                request = await self._use(reader, writer, requests, request)
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                self.became["connection closed"] += 1
                await asyncio.sleep(PAUSE)
            finally:
                writer.close()

    async def _use(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Requests, request: bytes
    ) -> bytes:
        while not self.is_over:
            writer.write(request)
            status, body = await answer(reader)
            found = CODE.search(body) if status != 200 or b'"errors"' in body[-4_096:] else None
            self.became[found[1].decode() if found else str(status)] += 1
            request = requests.send(body)
            await asyncio.sleep(self.load.pause)
        return request

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0), limit=1 << 20)

    async def _idle(self) -> asyncio.StreamWriter | None:
        try:
            return (await self._open())[1]
        except OSError:
            return None

    async def _follow(self, stack: contextlib.AsyncExitStack) -> None:
        """Start the live operations; their events are read and dropped."""
        if self.load.subscription is None:
            return
        token, query, company = self.load.subscription
        sockets, each = SUBSCRIPTIONS
        for _ in range(sockets):
            socket: Any = await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{self.port}/graphql", subprotocols=[PROTOCOL], compression=None, proxy=None,
                        max_size=None, local_addr=(self.address, 0))
            )  # fmt: skip
            await socket.send(_message("connection_init", payload={"Authorization": f"Bearer {token}"}))
            await socket.recv()
            payload = {"query": query, "variables": {"id": company}}
            for n in range(each):
                await socket.send(_message("subscribe", id=str(n), payload=payload))
            task = asyncio.create_task(self._read(socket))
            stack.push_async_callback(_ended, task)

    async def _read(self, socket: Any) -> None:
        async for message in socket:
            self.became[f"live {orjson.loads(message)['type']}"] += 1


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of one answer. Raises OSError and IncompleteReadError when it is not complete."""
    head = await reader.readuntil(b"\r\n\r\n")
    end = end_of(bytearray(head))
    if end >= 0:
        body = await reader.readexactly(end - len(head))
    else:
        raw = await reader.readuntil(b"0\r\n\r\n")
        body = b"".join(chunks(raw))
    return int(head[9:12]), body


def _message(type_: str, **more: object) -> str:
    return orjson.dumps({"type": type_, **more}).decode()


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


def _send(end: "Connection", port: int, which: int | None, key: str | None, seconds: float) -> None:
    """Run the process: send the loads, and report the outcomes."""
    os.setpriority(os.PRIO_PROCESS, 0, STEP_BACK)
    asyncio.run(_send_all(end, port, members() if which is None else [loads(key)[which]], seconds))


async def _send_all(end: "Connection", port: int, chosen: Sequence[Load], seconds: float) -> None:
    until = time.monotonic() + seconds
    senders = [Sender(load, port, address(n), until) for n, load in enumerate(chosen)]
    sending = [asyncio.create_task(sender.send()) for sender in senders]
    await asyncio.gather(*(sender.began.wait() for sender in senders))
    end.send(None)
    await asyncio.to_thread(end.recv)
    for sender in senders:
        sender.until = 0
    await asyncio.wait(sending, timeout=PATIENCE / 2)
    became: Counter[str] = Counter()
    for sender in senders:
        became.update(sender.became)
    end.send(dict(became))
    os._exit(0)  # open requests do not matter
