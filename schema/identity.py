"""Signing up, signing in and what a person decides about the own login."""

import datetime
from enum import Enum

import strawberry

from schema.company import Company
from schema.declarations import enum_value, field, input_field, input_object, value
from schema.errors import UserError
from schema.language import Language
from schema.query import Viewer


@strawberry.enum(description="How a client keeps its session.")
class SessionKind(Enum):
    TOKEN = enum_value("TOKEN", "As a token that it sends with every request.")
    COOKIE = enum_value("COOKIE", "As a cookie that only the browser sees.")


@input_object("A new company and its first owner.")
class SignUpInput:
    company_name: str = input_field("The company's name.", optional=False)
    email: str = input_field("The e-mail address; it never changes.", optional=False)
    password: str = input_field("The password, at least 10 characters.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    language: Language = input_field("The language of messages.", optional=False)
    accept_terms: bool = input_field("Whether the terms of use are accepted.", optional=False)


@value("The answer to a sign-up.")
class SignUpPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    company: Company | None = field("The new company.")
    viewer: Viewer | None = field("Who signed up.")
    errors: list[UserError] = field("Why not.")


@input_object("The token of a confirmation mail, and the password that the login has.")
class ConfirmEmailInput:
    token: str = input_field("The token.", optional=False)
    password: str | None = input_field("The login's password; not needed for who is signed in to that login.")


@value("The answer to a confirmation.")
class ConfirmEmailPayload:
    confirmed: bool | None = field("Whether the e-mail address is confirmed now.")
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("The token of a confirmation mail for somebody who did not sign up.")
class DisclaimEmailInput:
    token: str = input_field("The token.", optional=False)


@value("The answer to who did not sign up.")
class DisclaimEmailPayload:
    disclaimed: bool | None = field("Whether the address is free of what somebody else did with it.")
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("Who signs in.")
class LoginInput:
    email: str = input_field("The e-mail address.", optional=False)
    password: str = input_field("The password.", optional=False)
    session: SessionKind | None = input_field("How the session is kept; as a token by default.")


@value("The answer to a login.")
class LoginPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on; null with a cookie.")
    expires_at: datetime.datetime | None = field("When the session ends unless it is used before.")
    viewer: Viewer | None = field("Who signed in.")
    errors: list[UserError] = field("Why not.")


@value("The answer to a logout.")
class LogoutPayload:
    viewer: Viewer | None = field("Nobody any more.")
    errors: list[UserError] = field("Why not.")


@input_object("A session of one's own.")
class EndSessionInput:
    session_id: strawberry.ID = input_field("The session.", optional=False)


@value("The answer to the end of a session.")
class EndSessionPayload:
    viewer: Viewer | None = field("Who is signed in; nobody when it was the session of this request.")
    errors: list[UserError] = field("Why not.")


@input_object("Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = input_field("The e-mail address.", optional=False)


@value("The answer to a forgotten password: the same for every address.")
class RequestPasswordResetPayload:
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("A new password for a forgotten one.")
class ResetPasswordInput:
    token: str = input_field("The token of the mail.", optional=False)
    password: str = input_field("The new password, at least 10 characters.", optional=False)


@value("The answer to a new password; one signs in with it afterwards.")
class ResetPasswordPayload:
    revoked_api_keys: int | None = field("How many API keys ended with the old password, besides every session.")
    viewer: Viewer | None = field("Who is signed in; all sessions and API keys of the login have ended.")
    errors: list[UserError] = field("Why not.")


@input_object("One's own names and language; what is left out stays as it is.")
class UpdateProfileInput:
    first_name: str | None = input_field("First name.")
    last_name: str | None = input_field("Last name.")
    language: Language | None = input_field("The language of messages.")


@value("The answer to a change of one's own data.")
class UpdateProfilePayload:
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("A new password instead of a known one.")
class ChangePasswordInput:
    current_password: str = input_field("The password until now.", optional=False)
    new_password: str = input_field("The new password, at least 10 characters.", optional=False)


@value("The answer to a change of password: all other sessions have ended, API keys go on.")
class ChangePasswordPayload:
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")
