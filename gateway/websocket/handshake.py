"""The handshake of a WebSocket: reads its headers, takes a slot, or refuses it with an HTTP error."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import getrandbits
from typing import Final

from starlette.types import Scope, Send

from gateway.http import negotiation
from gateway.http.cookies import Cookies
from gateway.http.errors import RETRY_SOON, HTTPFault
from gateway.http.headers import LONGEST_USER_AGENT, address_of
from gateway.http.negotiation import MediaType
from gateway.http.rendering import render
from gateway.http.stream_slots import Slot, SlotsFull, StreamSlots
from resolvers.request import ErrorEntry, Result
from schema.errors import ErrorCode, error_message
from schema.localization.language import Language

SUBPROTOCOL: Final = "graphql-transport-ws"
LONGEST_REASON: Final = 120
"""Maximum number of bytes of a close reason; the frame has room for 123 (RFC 6455, 5.5)."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """The values of a handshake: the session cookie's token, the language, the user agent and the client's address.

    `forged`: a page of another site sent the cookie, so that it must not be used.
    """

    cookie: str | None
    forged: bool
    language: Language
    user_agent: str | None
    address: str

    @classmethod
    def read(cls, scope: Scope, headers: Mapping[bytes, bytes], cookies: Cookies) -> "Handshake":
        """The handshake of these headers. Raises HTTPFault for another subprotocol (400) or a refused page (403)."""
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            raise HTTPFault(400, ErrorCode.BAD_USER_INPUT, f"The only subprotocol here is {SUBPROTOCOL}.")
        asked = {**scope, "method": "POST", "scheme": "https" if scope.get("scheme") == "wss" else "http"}
        cookies.check_page(asked, headers)
        cookie = headers.get(b"cookie")
        token, forged = cookies.token(cookie) if cookie is not None else None, False
        if token is not None:
            try:
                cookies.check_sender(asked, headers)
            except HTTPFault:
                forged = True
        user_agent = headers.get(b"user-agent")
        return cls(
            token,
            forged,
            negotiation.language(headers.get(b"accept-language")),
            user_agent[:LONGEST_USER_AGENT].decode("latin-1") if user_agent else None,
            address_of(scope),
        )


def enter(slots: StreamSlots, handshake: Handshake) -> Slot:
    """A slot for a socket. Raises HTTPFault (503)."""
    try:
        return slots.enter(handshake.address)
    except SlotsFull:
        message = error_message(ErrorCode.UNAVAILABLE, handshake.language)
        raise HTTPFault(503, ErrorCode.UNAVAILABLE, message, RETRY_SOON) from None


async def refuse(scope: Scope, send: Send, fault: HTTPFault) -> None:
    """Answer a handshake with an HTTP error, where the server supports that; else the server answers 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": fault.message[:LONGEST_REASON]})
        return
    request_id = f"{getrandbits(64):016x}"
    body = render(Result(None, (ErrorEntry(fault.code, fault.message),)), request_id)
    headers = [(b"content-type", MediaType.GRAPHQL), (b"x-request-id", request_id.encode())]
    await send({"type": "websocket.http.response.start", "status": fault.status, "headers": [*headers, *fault.headers]})
    await send({"type": "websocket.http.response.body", "body": body})
