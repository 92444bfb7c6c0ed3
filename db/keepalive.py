"""TCP's keepalives of a connection, as libpq sets them: on, unless the address says otherwise."""

import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from db.errors import DatabaseMisconfigured

OPTIONS: Final = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}
"""The words of an address and the system's options, in the same units; a system lacks some of them."""


def keep_alive(connection: Any, words: Mapping[str, int]) -> None:
    """Set the keepalives of an open connection of the driver; nothing for a Unix socket.

    Raises DatabaseMisconfigured for a number that the system refuses, and OSError.
    """
    transport = connection._transport  # noqa: SLF001 (the driver has no public way to the socket)
    known = transport.get_extra_info("socket")
    if known is None or known.family not in (socket.AF_INET, socket.AF_INET6) or not words.get("keepalives", 1):
        return
    with socket.socket(fileno=os.dup(known.fileno())) as same:  # the loop's own object sets no options
        same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for word, name in OPTIONS.items():
            if words.get(word) and hasattr(socket, name):
                _set(same, word, getattr(socket, name), words[word])


def _set(same: socket.socket, word: str, option: int, number: int) -> None:
    try:
        same.setsockopt(socket.IPPROTO_TCP, option, number)
    except OSError as error:
        raise DatabaseMisconfigured(f"The system refuses {word} of the database's address: {error}") from error
