"""GraphQL over WebSocket, by the protocol graphql-transport-ws: takes a handshake, answers operations until the end.

The socket belongs to one credential: that of `connection_init`, else the session cookie of the handshake. Each
operation's statement looks it up anew, and the socket is closed when it is known no more.
"""

import asyncio
import time
from random import getrandbits
from typing import Final

from starlette.types import Receive, Scope, Send

from db.errors import DatabaseError
from gateway.behind import Behind
from gateway.exchange import address_of, headers_of
from gateway.faults import RETRY_SOON, Fault
from gateway.handshake import SUBPROTOCOL, Handshake, enter, refuse
from gateway.live import Full, Place
from gateway.messages import ACK, FORBIDDEN, PONG, TRY_LATER, Closing, Gone, Message
from gateway.operations import Operations
from resolvers.live import AccessLost, Subscription
from resolvers.request import GraphQLRequest, RequestError
from schema.errors import ErrorCode, error_message

INIT_SECONDS: Final = 5.0
"""Seconds within which a client has to send `connection_init`."""


class WebSocketEndpoint:
    """The ASGI application behind /graphql for the scope `websocket`."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Live through one socket."""
        await receive()  # websocket.connect
        may_ask = not self._behind.wait_of(address_of(scope))
        try:
            handshake = Handshake.read(scope, headers_of(scope), self._behind.cookies)
            if not may_ask:
                message = error_message(ErrorCode.RATE_LIMITED, handshake.language)
                raise Fault(429, ErrorCode.RATE_LIMITED, message, RETRY_SOON)
            place = enter(self._behind.places, handshake)
        except Fault as fault:
            await refuse(scope, send, fault)
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            await Socket(self._behind, handshake, place, receive, send).run()
        except OSError:
            return  # the client went away meanwhile
        finally:
            place.leave()


class Socket:
    """One socket, from its acceptance to its end."""

    def __init__(self, behind: Behind, handshake: Handshake, place: Place, receive: Receive, send: Send) -> None:
        self._behind = behind
        self._log = behind.log
        self._handshake = handshake
        self._place = place
        self._receive = receive
        self._send_event = send
        self._closed = False
        self._request: GraphQLRequest | None = None
        """What every request on this socket has in common; None until there was a `connection_init`."""
        self._operations = Operations(behind, self._send)

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
        except Exception as error:  # noqa: BLE001 (whatever it is, the client gets no more than that)
            code = 1011
            await self._fail(error)
        finally:
            self._closed = True
            await self._operations.end_all()
            seconds = round(time.perf_counter() - began, 1)
            self._log.live("socket", code=code, operations=self._operations.count, seconds=seconds)

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
        """Find out whose socket it is, and say that it is ready."""
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
                self._place.seat(watch)
            except Full:
                raise Closing(*TRY_LATER) from None
        await self._send(ACK)

    async def _take(self, message: Message) -> None:
        if message.type != "subscribe":  # which is counted with its credential, and answered when it is one too many
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
        """Count a message as a request of its address; read no other one before that may make one more."""
        wait = self._behind.wait_of(self._handshake.address)
        if wait > 0:
            await asyncio.sleep(wait)

    # --- the credential

    async def _watched(self, request: GraphQLRequest) -> Subscription:
        """What tells of the credential's end. Raises Closing when it is not known."""
        executor = self._behind.executor()
        if executor is None:
            raise Closing(*TRY_LATER)
        try:
            return await executor.watch(request)
        except RequestError:
            raise Closing(*FORBIDDEN) from None
        except DatabaseError:
            raise Closing(*TRY_LATER) from None

    async def _watch(self, watch: Subscription) -> None:
        """Close the socket when its credential is known no more."""
        try:
            async for _ in watch:
                pass
        except AccessLost:
            await self._close(*FORBIDDEN)
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody watches any more)
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
