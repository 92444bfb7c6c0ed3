"""The ASGI endpoint of GraphQL over WebSocket, by the protocol graphql-transport-ws.

A socket belongs to one credential: that of `connection_init`, else the session cookie of the handshake. Each
operation's statement checks it anew, and the socket is closed when it is no longer valid.
"""

import asyncio
import time
from random import getrandbits
from typing import Final

from starlette.types import Receive, Scope, Send

from db.errors import DatabaseError
from gateway.http.errors import RETRY_SOON, HTTPFault
from gateway.http.headers import address_of, check_single, joined
from gateway.http.stream_slots import Slot, SlotsFull
from gateway.http.transport_state import TransportState
from gateway.websocket.handshake import SUBPROTOCOL, Handshake, enter, refuse
from gateway.websocket.messages import ACK, FORBIDDEN, PONG, TRY_LATER, Closing, Gone, Message
from gateway.websocket.operations import Operations
from resolvers.execution.subscriptions import AccessLost, LiveOperation
from resolvers.fair_use.payers import current_payer
from resolvers.request import GraphQLRequest, RequestError
from schema.errors import ErrorCode, error_message

INIT_SECONDS: Final = 5.0
"""Seconds within which a client has to send `connection_init`."""

PARTING_SECONDS: Final = 1.0
"""Seconds that operations begun before the credential ended have to be answered. Their statements judge it anew."""


class WebSocketEndpoint:
    """The ASGI application behind /graphql for the scope `websocket`."""

    def __init__(self, shared: TransportState) -> None:
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, from its handshake to its end."""
        await receive()  # websocket.connect
        may_ask = not self._shared.wait_of(address_of(scope))
        try:
            check_single(scope)
            handshake = Handshake.read(scope, joined(scope["headers"]), self._shared.cookies)
            if not may_ask:
                message = error_message(ErrorCode.RATE_LIMITED, handshake.language)
                raise HTTPFault(429, ErrorCode.RATE_LIMITED, message, RETRY_SOON)
            slot = enter(self._shared.slots, handshake)
        except HTTPFault as fault:
            await refuse(scope, send, fault)
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            await Socket(self._shared, handshake, slot, receive, send).run()
        except OSError:
            return  # the client went away meanwhile
        finally:
            slot.leave()


class Socket:
    """One accepted socket, until its end."""

    def __init__(self, shared: TransportState, handshake: Handshake, slot: Slot, receive: Receive, send: Send) -> None:
        self._shared = shared
        self._log = shared.log
        self._handshake = handshake
        self._slot = slot
        self._receive = receive
        self._send_event = send
        self._closed = False
        self._request: GraphQLRequest | None = None
        """The common part of all requests on this socket; None before `connection_init`."""
        self._operations = Operations(shared, self._send)

    async def run(self) -> None:
        """Answer messages until the socket is closed."""
        began, code = time.perf_counter(), 1006
        try:
            await self._init(await self._first())
            while True:
                await self._take(await self._message())
        except Closing as closing:
            code = closing.code
            await self._close(closing.code, closing.reason)
        except Gone as gone:
            code = gone.code
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 (any error: the client gets only the code 1011)
            code = 1011
            await self._fail(error)
        finally:
            self._closed = True
            await self._operations.end_all()
            seconds = round(time.perf_counter() - began, 1)
            caller = str(current_payer(self._handshake.address))
            self._log.live("socket", caller=caller, code=code, operations=self._operations.count, seconds=seconds)

    async def _message(self) -> Message:
        return Message.read(await self._receive())

    async def _first(self) -> Message:
        """The message `connection_init`. Raises Closing when it does not come in time."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while (message := await self._message()).type != "connection_init":
                    await self._take(message)
                await self._pace()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        return message

    async def _init(self, message: Message) -> None:
        """Identify the credential of the socket, watch it, and acknowledge. Raises Closing."""
        handshake, token = self._handshake, message.token
        by_cookie = token is None and handshake.cookie is not None
        if by_cookie and handshake.forged:
            raise Closing(*FORBIDDEN)
        self._request = request = GraphQLRequest(
            "",
            token=handshake.cookie if by_cookie else token,
            by_cookie=by_cookie,
            language=handshake.language,
            hidden_fields=message.hidden_fields,
            user_agent=handshake.user_agent,
            address=handshake.address,
        )
        if request.token is not None:
            watch = await self._watched(request)
            self._operations.run(self._watch, watch).add_done_callback(lambda _: watch.close())
            try:
                self._slot.bind_user(watch)
            except SlotsFull:
                raise Closing(*TRY_LATER) from None
        await self._send(ACK)

    async def _take(self, message: Message) -> None:
        if message.type != "subscribe":  # Operations counts that one, together with its credential
            await self._pace()
        match message.type:
            case "subscribe":
                if self._request is None:
                    raise Closing(4401, "Unauthorized")
                await self._operations.begin(message, self._request)
            case "complete":
                self._operations.end(message.id)
            case "ping":
                await self._send(PONG)
            case "connection_init":
                raise Closing(4429, "Too many initialisation requests")
            case _:
                pass

    async def _pace(self) -> None:
        """Count a message as a request of its address; when it is one too many, wait before the next is read."""
        wait = self._shared.wait_of(self._handshake.address)
        if wait > 0:
            await asyncio.sleep(wait)

    # --- the credential

    async def _watched(self, request: GraphQLRequest) -> LiveOperation:
        """A subscription that ends with the credential. Raises Closing when the credential is not valid."""
        executor = self._shared.executor()
        if executor is None:
            raise Closing(*TRY_LATER)
        try:
            return await executor.watch(request)
        except RequestError:
            raise Closing(*FORBIDDEN) from None
        except DatabaseError:
            raise Closing(*TRY_LATER) from None

    async def _watch(self, watch: LiveOperation) -> None:
        """Close the socket when its credential is no longer valid."""
        try:
            async for _ in watch:
                pass
        except AccessLost:
            await self._operations.answered(PARTING_SECONDS)  # a logout still has its answer to send
            await self._close(*FORBIDDEN)
        except Exception as error:  # noqa: BLE001 (any error: without a watch the socket must not stay)
            await self._fail(error)

    # --- sending

    async def _send(self, message: bytes) -> None:
        if self._closed:
            raise Gone(1006)
        await self._send_event({"type": "websocket.send", "text": message.decode()})

    async def _fail(self, error: Exception) -> None:
        self._log.exception(f"{getrandbits(64):016x}", error)
        await self._close(1011, "Internal error")

    async def _close(self, code: int, reason: str) -> None:
        if not self._closed:
            self._closed = True
            await self._send_event({"type": "websocket.close", "code": code, "reason": reason})
