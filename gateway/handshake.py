"""The handshake of a WebSocket: takes its headers, gives who connects, or refuses it with an HTTP error."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import getrandbits
from typing import Final

from starlette.types import Scope, Send

from gateway import negotiation
from gateway.cookies import Cookies
from gateway.exchange import LONGEST_USER_AGENT, address_of
from gateway.faults import RETRY_SOON, Fault
from gateway.live import Full, Place, Places
from gateway.render import render
from resolvers.request import ErrorEntry, Result
from schema.errors import ErrorCode, error_message
from schema.language import Language

SUBPROTOCOL: Final = "graphql-transport-ws"
LONGEST_REASON: Final = 120
"""Bytes of the reason of a close; the frame has room for 123 (RFC 6455, 5.5)."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the handshake says: the cookie's token (or why it does not count), the language, and who connects."""

    cookie: str | None
    forged: bool
    language: Language
    user_agent: str | None
    address: str

    @classmethod
    def read(cls, scope: Scope, headers: Mapping[bytes, bytes], cookies: Cookies) -> "Handshake":
        """Raises Fault for another subprotocol (400) and for a page of another site (403)."""
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            raise Fault(400, ErrorCode.BAD_USER_INPUT, f"The only subprotocol here is {SUBPROTOCOL}.")
        asked = {**scope, "method": "POST", "scheme": "https" if scope.get("scheme") == "wss" else "http"}
        cookies.check_page(asked, headers)
        cookie = headers.get(b"cookie")
        token, forged = cookies.token(cookie) if cookie is not None else None, False
        if token is not None:
            try:
                cookies.check_sender(asked, headers)
            except Fault:
                forged = True
        user_agent = headers.get(b"user-agent")
        return cls(
            token,
            forged,
            negotiation.language(headers.get(b"accept-language")),
            user_agent[:LONGEST_USER_AGENT].decode("latin-1") if user_agent else None,
            address_of(scope),
        )


def enter(places: Places, handshake: Handshake) -> Place:
    """A place for a socket. Raises Fault (503)."""
    try:
        return places.enter(handshake.address)
    except Full:
        message = error_message(ErrorCode.UNAVAILABLE, handshake.language)
        raise Fault(503, ErrorCode.UNAVAILABLE, message, RETRY_SOON) from None


async def refuse(scope: Scope, send: Send, fault: Fault) -> None:
    """Answer a handshake with an HTTP error, where the server can; else with its own 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": fault.message[:LONGEST_REASON]})
        return
    request_id = f"{getrandbits(64):016x}"
    body = render(Result(None, (ErrorEntry(fault.code, fault.message),)), request_id)
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"x-request-id", request_id.encode())]
    await send({"type": "websocket.http.response.start", "status": fault.status, "headers": [*headers, *fault.headers]})
    await send({"type": "websocket.http.response.body", "body": body})
