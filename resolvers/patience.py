"""Whether anybody waits for an answer still: takes who asked, and ends what is waited for when nobody does any more.

Only waiting is ended, before anything was written: for a turn, a lock, a moment.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from resolvers.request import GraphQLRequest


class Left(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True)
class Waiting:
    """Who waits for an answer: from which address, and whether he has left."""

    address: str = ""
    left: bool = False
    _task: "asyncio.Task[object] | None" = None

    def leave(self) -> None:
        """Nobody waits any more: the deadline has passed, or the client is gone."""
        self.left = True
        if self._task is not None:
            self._task.cancel()

    @contextmanager
    def patiently(self) -> Generator[None]:
        """A block that only waits, and that ends with Left when nobody waits for the answer any more."""
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
"""Who waits for what the current task does."""


def waiting() -> Waiting:
    """Who waits for what is done now; somebody of no address where nobody told."""
    return WAITING.get(None) or Waiting()


def wait_for(request: GraphQLRequest) -> Waiting:
    """From here on the current task works for who sent this request; he may leave."""
    who = Waiting(request.address)
    if request.client is not None:
        request.client.when_gone(who.leave)
    WAITING.set(who)
    return who
