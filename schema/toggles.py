"""Toggles and activated apps, as owners change them."""

import strawberry

from schema.access import AppInfo, PermissionMatrix
from schema.apps import App
from schema.company import Company
from schema.declarations import field, input_field, input_object, value
from schema.errors import UserError


@input_object("One toggle.")
class AppAccessChange:
    user_id: strawberry.ID = input_field("The user.", optional=False)
    app: App = input_field("The app.", optional=False)
    granted: bool = input_field("On or off.", optional=False)


@input_object("Toggles to set in one company: all or none.")
class SetAppAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    expected_version: int = input_field("The version of the matrix that the change is based on.", optional=False)
    changes: list[AppAccessChange] = input_field("The toggles, at most 3,000.", optional=False)


@value("The answer to a change of toggles.")
class SetAppAccessPayload:
    permission_matrix: PermissionMatrix | None = field("The matrix after the change.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("An app to activate.")
class ActivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@value("The answer to an activation.")
class ActivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("An app to deactivate; its data and toggles are kept.")
class DeactivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@value("The answer to a deactivation.")
class DeactivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")
