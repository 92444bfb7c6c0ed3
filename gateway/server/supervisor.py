"""The supervisor that started this process, such as systemd: takes what the gateway is at, sends it by sd_notify.

Each message is a datagram of lines NAME=value to the socket that NOTIFY_SOCKET names (sd_notify(3)).
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Self

PATIENCE: Final = 1.0
"""Seconds that a message may wait for room in the supervisor's socket; later it is dropped. A ping does not wait."""

PINGS: Final = 3
"""Pings within the time after which the supervisor takes the gateway for dead."""


class Supervisor:
    """Sends messages to the socket `address`, and without one nothing.

    `watchdog` is the number of seconds without a ping after which the supervisor ends the gateway; None for never.
    """

    def __init__(self, address: str | None, watchdog: float | None = None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._watchdog = watchdog
        self._state = "STATUS=Starting"

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The supervisor that the environment names; the watchdog only if it is for this process."""
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_watching = mine and microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0
        return cls(environ.get("NOTIFY_SOCKET"), int(microseconds) / 1e6 if is_watching else None)

    def say(self, text: str) -> None:
        """Show what the gateway does, in words."""
        self._send(f"STATUS={_line(text)}")

    def ready(self, text: str) -> None:
        """Requests are taken: the start is over."""
        self._enter(f"READY=1\nSTATUS={_line(text)}")

    def reloaded(self) -> None:
        """Reloading is over, whatever became of it: the gateway is at what it was, or stops by now."""
        self._send(self._state)

    def reloading(self) -> None:
        """The settings are read again; `reloaded` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The gateway drains, then ends."""
        self._enter("STOPPING=1\nSTATUS=Stopping")

    @asynccontextmanager
    async def watched(self, serves: Callable[[], bool]) -> AsyncGenerator[None]:
        """Ping within the block, from the event loop, as long as `serves` says so."""
        if self._watchdog is None or not self._address:
            yield
            return
        pinging = asyncio.create_task(self._ping(self._watchdog / PINGS, serves))
        try:
            yield
        finally:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)

    async def _ping(self, pause: float, serves: Callable[[], bool]) -> None:
        while True:
            if serves():
                self._send("WATCHDOG=1", patience=0)
            await asyncio.sleep(pause)

    def _enter(self, state: str) -> None:
        self._state = state
        self._send(state)

    def _send(self, message: str, patience: float = PATIENCE) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(patience)
            sender.sendto(message.encode(), self._address)


def _line(text: str) -> str:
    return text.replace("\n", " ")
