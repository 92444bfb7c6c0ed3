"""The users of a company: inputs and payloads."""

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.localization.language import Language
from schema.roles import Role
from schema.types.core.access import User
from schema.types.core.company import Company


@input_object("A user to invite.")
class CreateUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    email: str = input_field("The e-mail address of the login.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    role: Role = input_field("The role.", optional=False)
    apps: list[App] | None = input_field("The toggles to begin with; none by default.")


@payload("The answer to an invitation.")
class CreateUserPayload:
    user: User | None = field("The user, who has no access before accepting.")
    company: Company | None = field("The company.")
    invitation_token: str | None = field("The token of the invitation, in a demo without mail; null everywhere else.")


@input_object("A user to change; what is left out stays as it is.")
class UpdateUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user: somebody else.", optional=False)
    first_name: str | None = input_field("First name in this company.")
    last_name: str | None = input_field("Last name in this company.")
    language: Language | None = input_field("The language in this company.")
    role: Role | None = input_field("The role.")


@payload("The answer to a change of a user.")
class UpdateUserPayload:
    user: User | None = field("The user.")
    company: Company | None = field("The company.")


@input_object("A user to delete.")
class DeleteUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user: somebody else.", optional=False)


@payload("The answer to a deletion; what the user made stays.")
class DeleteUserPayload:
    company: Company | None = field("The company.")
