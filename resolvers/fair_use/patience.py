"""The client that waits for an answer: when it leaves, the gateway stops waiting on its behalf.

Only waiting (for a turn, a lock, a moment) is ended, before anything is written; work that has begun goes on.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from resolvers.request import GraphQLRequest


class Left(Exception):
    """The client has left, or the deadline has passed: nothing waits for the answer any more."""


@dataclass(slots=True)
class Waiting:
    """A client that waits for an answer: its address, and its departure."""

    address: str = ""
    left: bool = False
    _task: "asyncio.Task[object] | None" = None

    def leave(self) -> None:
        """Record that the client is gone or its deadline has passed, and end its wait; harmless when repeated."""
        if not self.left and self._task is not None:
            self._task.cancel()
        self.left = True

    @contextmanager
    def patiently(self) -> Generator[None]:
        """A context for code that only waits; it raises Left when the client leaves."""
        if self.left:
            raise Left
        self._task = task = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if not self.left or task is None or task.uncancel() > 0:
                raise
            raise Left from None
        finally:
            self._task = None


WAITING: Final[ContextVar[Waiting]] = ContextVar("WAITING")
"""The client that waits for the current task."""


def waiting() -> Waiting:
    """The client that waits for the current task; one without an address that never leaves where none was set."""
    return WAITING.get(None) or Waiting()


def wait_for(request: GraphQLRequest) -> Waiting:
    """Let the current task work for the client of this request, which may leave."""
    who = Waiting(request.address)
    if request.client is not None:
        request.client.when_gone(who.leave)
    WAITING.set(who)
    return who
