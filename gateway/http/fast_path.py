"""An ASGI extension that reads a request and sends its answer each in one call, where ASGI takes several messages.

A server that offers it puts a `FastPath` into the scope's extensions; with other servers ASGI's messages are used.
"""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.http.request_head import Head

FAST_PATH: Final = "enfact.http.fast_path"
"""The name of the ASGI extension."""


class Memory(Protocol):
    """A connection, which remembers the head of its last request."""

    last_head: Head | None


class FastPath(Protocol):
    """One request that can be answered in one call."""

    @property
    def connection(self) -> Memory:
        """The connection on which the request came."""
        ...

    def body(self) -> bytes | None:
        """The body of the request; None as long as a part of it is missing."""
        ...

    def answer(self, status: int, fields: bytes, body: bytes) -> bool:
        """Answer with these header lines (complete and trusted) and this body.

        Returns False and writes nothing when the client reads too slowly: the ordinary messages wait for it.
        """
        ...

    def when_gone(self, call: Callable[[], None]) -> None:
        """Call `call` when the client goes away before the answer; at once if it is already away."""
        ...
