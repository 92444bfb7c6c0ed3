"""Toggles of the permission matrix: inputs and payloads."""

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field, named
from schema.declarations.object_types import input_object, payload
from schema.types.core.access import PermissionMatrix
from schema.types.core.company import Company


@input_object("One toggle.")
class AppAccessChange:
    user_id: strawberry.ID = input_field("The user.", optional=False)
    app: App = input_field("The app.", optional=False)
    granted: bool = input_field("On or off.", optional=False)


@input_object("The toggles of one user, given to another one.")
class AppAccessCopy:
    from_: strawberry.ID = named("from", input_field("The user whose toggles are copied.", optional=False))
    to: strawberry.ID = input_field("The user who gets them in place of their own.", optional=False)


@input_object("A set of apps, given to some users.")
class AppAccessPreset:
    preset_id: strawberry.ID = input_field("The set of apps.", optional=False)
    user_ids: list[strawberry.ID] = input_field("The users who get it in place of their own toggles.", optional=False)


@input_object(
    "Toggles to set in one company: all or none. `copy` and `apply` set all toggles of a user, of the apps that are "
    "columns of the matrix, after what is so before the mutation; what `changes` say of a toggle is what it becomes."
)
class SetAppAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    expected_version: int = input_field("The version of the matrix that the change is based on.", optional=False)
    changes: list[AppAccessChange] = input_field("The toggles, at most 3,000; there may be none.", optional=False)
    copy: list[AppAccessCopy] | None = input_field("Users who get the toggles of a colleague.")
    apply: list[AppAccessPreset] | None = input_field(
        "Users who get a set of apps; they and those of `copy` are at most 40, each named once."
    )


@payload("The answer to a change of toggles.")
class SetAppAccessPayload:
    permission_matrix: PermissionMatrix | None = field("The matrix after the change.")
    company: Company | None = field("The company.")
