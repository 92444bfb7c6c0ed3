"""The limits on sockets, event streams and subscriptions of one process."""

import asyncio
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from gateway.settings import Settings
from resolvers.execution.subscriptions import LiveOperation

RELEASED: Final = 1.0
"""Seconds that streams get to end before the server asks its connections to close."""


@dataclass(frozen=True, slots=True)
class LiveBounds:
    """The maximum number of sockets and event streams together: in this process, of one address, of one user.

    `of_socket` is the maximum of running operations on one socket, `subscriptions` that of subscriptions in this
    process, and `subscriptions_of_user` that of subscriptions of one account.
    """

    sockets: int = 500
    of_address: int = 100
    of_user: int = 20
    of_socket: int = 100
    subscriptions: int = 5_000
    subscriptions_of_user: int = 200

    @classmethod
    def of(cls, settings: Settings) -> "LiveBounds":
        """The bounds of the settings."""
        return cls(
            settings.max_sockets, settings.max_sockets_of_address, settings.max_sockets_of_user,
            settings.max_subscriptions_of_socket, settings.max_subscriptions, settings.max_subscriptions_of_user,
        )  # fmt: skip


class SlotsFull(Exception):
    """A limit on sockets, streams or subscriptions is reached."""


class StreamSlots:
    """The slots for sockets and event streams of a process, and the number of its subscriptions."""

    def __init__(self, bounds: LiveBounds) -> None:
        self.bounds = bounds
        self.stopping = False
        self._open: set[Slot] = set()
        self._counts: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, address: str) -> "Slot":
        """A slot for a client at an address (empty: unknown). Raises SlotsFull."""
        if self.stopping or len(self._open) >= self.bounds.sockets:
            raise SlotsFull
        slot = Slot(self)
        if address:
            slot.take(("address", address), self.bounds.of_address)
        self._open.add(slot)
        return slot

    async def stop(self) -> None:
        """End the open event streams, and refuse new slots from now on; the server's protocol ends the sockets."""
        self.stopping = True
        tasks = [slot.stream for slot in self._open if slot.stream is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=RELEASED)

    def take(self, key: Hashable, most: int) -> None:
        """Count one more under a key. Raises SlotsFull when there are `most` already."""
        if self._counts[key] >= most:
            raise SlotsFull
        self._counts[key] += 1

    def release(self, *keys: Hashable) -> None:
        """Count one less under each key."""
        for key in keys:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def leave(self, slot: "Slot") -> None:
        """Free a slot."""
        self._open.discard(slot)


class Slot:
    """The slot of one socket, event stream or subscription; `stream` is the task that sends events, if there is one."""

    def __init__(self, slots: StreamSlots) -> None:
        self.stream: asyncio.Task[None] | None = None
        self._slots = slots
        self._keys: list[Hashable] = []

    def take(self, key: Hashable, most: int) -> None:
        """Count it under a key until it leaves. Raises SlotsFull."""
        self._slots.take(key, most)
        self._keys.append(key)

    def bind_user(self, subscription: LiveOperation) -> None:
        """Count it for the subscription's account; "view as" credentials count apart from it. Raises SlotsFull."""
        user = ("user", subscription.kind, subscription.account)
        self.take(user, self._slots.bounds.of_user)

    def leave(self) -> None:
        """End it: free the slot and its counts; harmless when repeated."""
        keys, self._keys = self._keys, []
        self._slots.release(*keys)
        self._slots.leave(self)
