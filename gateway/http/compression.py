"""Compression of answers with gzip, where the client accepts it and the body is large enough to gain from it.

Large bodies are compressed in a separate thread, so that the event loop goes on; zlib holds no lock meanwhile.
"""

import asyncio
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

from gateway.http.errors import Headers
from gateway.http.negotiation import LONGEST, weights

GZIP: Final = ("gzip", "x-gzip", "*")
"""The names of Accept-Encoding that mean gzip, the most exact first."""

LEVEL: Final = 1
"""Three times as fast as zlib's default level, for a tenth more bytes."""

GZIP_WINDOW: Final = 31
ASIDE: Final = 32_768
"""Bytes from which handing over to the thread is worth it: about 0.2 ms of work."""

ENCODED: Final[Headers] = ((b"content-encoding", b"gzip"),)


class Compression:
    """Compresses bodies of at least `smallest` bytes; 0 means never."""

    def __init__(self, smallest: int) -> None:
        self.smallest = smallest or sys.maxsize
        self._thread: ThreadPoolExecutor | None = None

    async def gzip(self, body: bytes) -> bytes:
        """The body in gzip (RFC 1952)."""
        if len(body) < ASIDE:
            return gzip(body, LEVEL)
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "compression")
        return await asyncio.get_running_loop().run_in_executor(self._thread, gzip, body, LEVEL)


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """True if an Accept-Encoding header accepts gzip at least as much as the plain body (RFC 9110, 12.5.3)."""
    return bool(accept_encoding) and _accepts_gzip(accept_encoding[:LONGEST])


@lru_cache(maxsize=64)
def _accepts_gzip(accept_encoding: bytes) -> bool:
    given = dict(weights(accept_encoding))
    weight = next((given[name] for name in GZIP if name in given), 0.0)
    return weight > 0 and weight >= given.get("identity", 0.0)


def gzip(body: bytes, level: int) -> bytes:
    """A body in gzip (RFC 1952), packed at a level of zlib."""
    packer = zlib.compressobj(level, zlib.DEFLATED, GZIP_WINDOW)
    return packer.compress(body) + packer.flush()
