"""The root of writing. Every field is nullable, so that one refusal does not erase what another field did."""

import datetime

import strawberry

from schema.access import AppInfo, PermissionMatrix
from schema.apps import App
from schema.company import Company
from schema.declarations import Argument, field, input_field, value
from schema.errors import UserError
from schema.query import Viewer


@strawberry.input(description="Who signs in.")
class LoginInput:
    email: str = input_field("The e-mail address.", optional=False)
    password: str = input_field("The password.", optional=False)


@value("The answer to a login.")
class LoginPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on.")
    expires_at: datetime.datetime | None = field("When the token stops working.")
    viewer: Viewer | None = field("Who signed in.")
    errors: list[UserError] = field("Why not.")


@value("The answer to a logout.")
class LogoutPayload:
    viewer: Viewer | None = field("Nobody any more.")
    errors: list[UserError] = field("Why not.")


@strawberry.input(description="One toggle.")
class AppAccessChange:
    user_id: strawberry.ID = input_field("The user.", optional=False)
    app: App = input_field("The app.", optional=False)
    granted: bool = input_field("On or off.", optional=False)


@strawberry.input(description="Toggles to set in one company: all or none.")
class SetAppAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    expected_version: int = input_field("The version of the matrix that the change is based on.", optional=False)
    changes: list[AppAccessChange] = input_field("The toggles, at most 3,000.", optional=False)


@value("The answer to a change of toggles.")
class SetAppAccessPayload:
    permission_matrix: PermissionMatrix | None = field("The matrix after the change.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@strawberry.input(description="An app to activate.")
class ActivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@value("The answer to an activation.")
class ActivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@strawberry.input(description="An app to deactivate; its data and toggles are kept.")
class DeactivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@value("The answer to a deactivation.")
class DeactivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@value("Everything that can be changed.")
class Mutation:
    login: LoginPayload | None = field("Sign in with a password.", input=Argument(LoginInput, "Who signs in."))
    logout: LogoutPayload | None = field("End the session that this request uses.")
    set_app_access: SetAppAccessPayload | None = field(
        "Switch apps on or off for employees.", input=Argument(SetAppAccessInput, "The toggles.")
    )
    activate_app: ActivateAppPayload | None = field(
        "Activate an app for a company, and what it requires.", input=Argument(ActivateAppInput, "The app.")
    )
    deactivate_app: DeactivateAppPayload | None = field(
        "Deactivate an app for a company.", input=Argument(DeactivateAppInput, "The app.")
    )
