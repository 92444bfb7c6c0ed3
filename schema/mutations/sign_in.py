"""Signing in and out, and disclaiming an e-mail address: inputs and payloads."""

import datetime
from enum import Enum

import strawberry

from schema.declarations.fields import enum_value, field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.viewer import Viewer


@strawberry.enum(description="How a client keeps its session.")
class SessionKind(Enum):
    TOKEN = enum_value("TOKEN", "As a token that it sends with every request.")
    COOKIE = enum_value("COOKIE", "As a cookie that only the browser sees.")


@input_object("The token of a confirmation mail for somebody who did not sign up.")
class DisclaimEmailInput:
    token: str = input_field("The token.", optional=False)


@payload("The answer to who did not sign up.")
class DisclaimEmailPayload:
    disclaimed: bool | None = field("Whether the address is free of what somebody else did with it.")
    viewer: Viewer | None = field("Who is signed in.")


@input_object("Who signs in.")
class LoginInput:
    email: str = input_field("The e-mail address.", optional=False)
    password: str = input_field("The password.", optional=False)
    session: SessionKind | None = input_field("How the session is kept; as a token by default.")


@payload("The answer to a login.")
class LoginPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on; null with a cookie.")
    expires_at: datetime.datetime | None = field("When the session ends unless it is used before.")
    viewer: Viewer | None = field("Who signed in.")


@payload("The answer to a logout.")
class LogoutPayload:
    viewer: Viewer | None = field("Nobody any more.")


@input_object("A session of one's own.")
class EndSessionInput:
    session_id: strawberry.ID = input_field("The session.", optional=False)


@payload("The answer to the end of a session.")
class EndSessionPayload:
    viewer: Viewer | None = field("Who is signed in; nobody when it was the session of this request.")
