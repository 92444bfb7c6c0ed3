"""The messages of graphql-transport-ws: takes what arrived on a socket, gives it checked, or says how to close it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

import orjson
from starlette.types import Message as Received

from gateway.exchange import bearer, hidden_fields_of
from gateway.faults import Fault
from gateway.handshake import LONGEST_REASON
from schema.access import HiddenFields

LONGEST_ID: Final = 256
"""Characters that the id of an operation may have."""

WITH_ID: Final = frozenset({"subscribe", "complete"})
KNOWN: Final = frozenset({"connection_init", "ping", "pong", *WITH_ID})
"""The types that a client may send."""

MEMBERS: Final[Mapping[str, type]] = {
    "query": str, "operationName": str, "documentId": str, "variables": dict, "extensions": dict,
}  # fmt: skip
"""What the payload of `subscribe` may have, when it is not null."""

DOCUMENTS: Final = ("query", "documentId", "extensions")
"""The members of which one has to say what is asked."""

ACK: Final = b'{"type":"connection_ack"}'
PONG: Final = b'{"type":"pong"}'


class Closing(Exception):
    """The socket is to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")


class Gone(Exception):
    """The socket is closed; `code` as far as it is known."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


INVALID: Final = (4400, "Invalid message")
FORBIDDEN: Final = (4403, "Forbidden")
TRY_LATER: Final = (1013, "Try again later")
"""What closes a socket (code and reason). Clients connect again after the last one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a client; `id` is empty where its type has none, `payload` where it has none."""

    type: str
    id: str
    payload: Mapping[str, Any]

    @classmethod
    def read(cls, received: Received) -> "Message":
        """The message in what a socket received. Raises Gone at its end, and Closing for what is no message."""
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
        """Let a payload pass that is a GraphQL request as far as its types go. Raises Closing."""
        given = self.payload.get
        if not all(given(name) is None or isinstance(given(name), type_) for name, type_ in MEMBERS.items()):
            _invalid()
        if all(given(name) is None for name in DOCUMENTS):
            _invalid()

    @property
    def token(self) -> str | None:
        """The credential of `connection_init`, None for none. Raises Closing."""
        authorization = self._option("Authorization")
        try:
            return bearer(authorization) if authorization is not None else None
        except Fault:
            raise Closing(*FORBIDDEN) from None

    @property
    def hidden_fields(self) -> HiddenFields:
        """How `connection_init` wants hidden fields to be told. Raises Closing."""
        try:
            return hidden_fields_of(self._option("Hidden-Fields"))
        except Fault:
            _invalid()

    def _option(self, name: str) -> bytes | None:
        """What is a header over HTTP; its name may be in lower case."""
        value = self.payload.get(name, self.payload.get(name.lower()))
        if value is None:
            return None
        return value.encode() if isinstance(value, str) else _invalid()


def _loads(text: str | None) -> object:
    try:
        return orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        return None


def _object(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else _invalid()


def _invalid() -> NoReturn:
    raise Closing(*INVALID)
