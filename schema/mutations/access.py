"""Toggles of the permission matrix: inputs and payloads."""

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field, input_object, payload
from schema.types.core.access import PermissionMatrix
from schema.types.core.company import Company


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


@payload("The answer to a change of toggles.")
class SetAppAccessPayload:
    permission_matrix: PermissionMatrix | None = field("The matrix after the change.")
    company: Company | None = field("The company.")
