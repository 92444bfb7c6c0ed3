"""Forgotten and changed passwords: inputs and payloads."""

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.viewer import Viewer


@input_object("Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = input_field("The e-mail address.", optional=False)


@payload("The answer to a forgotten password: the same for every address.")
class RequestPasswordResetPayload:
    viewer: Viewer | None = field("Who is signed in.")


@input_object("A new password for a forgotten one.")
class ResetPasswordInput:
    token: str = input_field("The token of the mail.", optional=False)
    password: str = input_field("The new password, at least 10 characters.", optional=False)


@payload("The answer to a new password; one signs in with it afterwards.")
class ResetPasswordPayload:
    revoked_api_keys: int | None = field("How many API keys ended with the old password, besides every session.")
    viewer: Viewer | None = field("Who is signed in; all sessions and API keys of the login have ended.")


@input_object("A new password instead of a known one.")
class ChangePasswordInput:
    current_password: str = input_field("The password until now.", optional=False)
    new_password: str = input_field("The new password, at least 10 characters.", optional=False)


@payload("The answer to a change of password: all other sessions have ended, API keys go on.")
class ChangePasswordPayload:
    viewer: Viewer | None = field("Who is signed in.")
