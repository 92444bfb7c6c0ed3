"""The messages of graphql-transport-ws: parses and checks them; an invalid one closes the socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

import orjson
from starlette.types import Message as Received

from gateway.http.errors import HTTPFault
from gateway.http.headers import bearer, hidden_fields_of
from gateway.websocket.handshake import LONGEST_REASON
from schema.hidden_fields import HiddenFields

LONGEST_ID: Final = 256
"""Maximum number of characters of an operation's id."""

WITH_ID: Final = frozenset({"subscribe", "complete"})
KNOWN: Final = frozenset({"connection_init", "ping", "pong", *WITH_ID})
"""The types of message that a client may send."""

MEMBERS: Final[Mapping[str, type]] = {
    "query": str, "operationName": str, "documentId": str, "variables": dict, "extensions": dict,
}  # fmt: skip
"""The checked members of the payload of `subscribe`, and the type of each when it is not null."""

DOCUMENTS: Final = ("query", "documentId", "extensions")
"""The members that can carry or name the document; at least one has to be there."""

ACK: Final = b'{"type":"connection_ack"}'
PONG: Final = b'{"type":"pong"}'


class Closing(Exception):
    """The socket has to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")


class Gone(Exception):
    """The socket is closed already, with `code` (1005 and 1006: no code was received)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


INVALID: Final = (4400, "Invalid message")
FORBIDDEN: Final = (4403, "Forbidden")
TRY_LATER: Final = (1013, "Try again later")
"""Codes and reasons that close a socket. Clients connect again after the last one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a client; `id` is empty for a type without one, `payload` for a message without one."""

    type: str
    id: str
    payload: Mapping[str, Any]

    @classmethod
    def read(cls, received: Received) -> "Message":
        """The message in an ASGI event. Raises Gone at the end of the socket, and Closing for an invalid message."""
        if received["type"] == "websocket.disconnect":
            raise Gone(received.get("code", 1005))
        members = _object(_loads(received.get("text")))
        type_, id_, payload = members.get("type"), members.get("id"), members.get("payload")
        if not isinstance(type_, str) or type_ not in KNOWN:
            _invalid()
        if type_ not in WITH_ID:
            id_ = ""
        elif not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
            _invalid()
        message = cls(type_, id_, {} if payload is None else _object(payload))
        if type_ == "subscribe":
            message.check_request()
        return message

    def check_request(self) -> None:
        """Check that the payload has the members of a GraphQL request, with the right types. Raises Closing."""
        given = self.payload.get
        if not all(given(name) is None or isinstance(given(name), type_) for name, type_ in MEMBERS.items()):
            _invalid()
        if all(given(name) is None for name in DOCUMENTS):
            _invalid()

    @property
    def token(self) -> str | None:
        """The credential of `connection_init`, None without one. Raises Closing."""
        authorization = self._option("authorization")
        try:
            return bearer(authorization) if authorization is not None else None
        except HTTPFault:
            raise Closing(*FORBIDDEN) from None

    @property
    def hidden_fields(self) -> HiddenFields:
        """The mode of hidden fields that `connection_init` asks for. Raises Closing."""
        try:
            return hidden_fields_of(self._option("hidden-fields"))
        except HTTPFault:
            _invalid()

    def _option(self, name: str) -> bytes | None:
        """A member of the payload, or of its member `headers`, that stands for an HTTP header, in any case.

        Raises Closing, also when two of them differ.
        """
        headers = self.payload.get("headers")
        members = [*self.payload.items(), *(_object(headers).items() if headers is not None else ())]
        given = [value for key, value in members if key.lower() == name and value is not None]
        if any(value != given[0] or not isinstance(value, str) for value in given):
            _invalid()
        return given[0].encode() if given else None


def _loads(text: str | None) -> object:
    try:
        return orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        return None


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else _invalid()


def _invalid() -> NoReturn:
    raise Closing(*INVALID)
