"""Who comes from outside: accountants, the companies that they create, and support."""

import datetime

import strawberry

from schema.access import ExternalUser
from schema.company import Company
from schema.declarations import Role, extends, field, gated, input_field, input_object, value
from schema.errors import UserError
from schema.language import Language
from schema.query import Viewer


@extends(Company)
class SupportedCompany:
    support_until: datetime.datetime | None = gated(
        "Until when support may enter, also when that is past; null when the owner gave no access.", Role.OWNER
    )


@input_object("A new accountant.")
class RegisterAccountantInput:
    email: str = input_field("The e-mail address; it never changes.", optional=False)
    password: str = input_field("The password, at least 10 characters.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    language: Language = input_field("The language of messages.", optional=False)
    office_name: str = input_field("The name of the office.", optional=False)
    accept_terms: bool = input_field("Whether the terms of use are accepted.", optional=False)


@value("The answer to the registration of an accountant, who can be linked once the e-mail address is confirmed.")
class RegisterAccountantPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    viewer: Viewer | None = field("Who registered.")
    errors: list[UserError] = field("Why not.")


@input_object("An accountant to give access.")
class AddExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    email: str = input_field("The e-mail address of the accountant's login.", optional=False)
    until: datetime.datetime | None = input_field("When the access ends by itself; without, it does not.")


@value("The answer to a new external user, who reaches all active apps at once.")
class AddExternalUserPayload:
    external_user: ExternalUser | None = field("The external user.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("An external user to change; what is left out stays as it is.")
class UpdateExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    external_user_id: strawberry.ID = input_field("The external user; support is setSupportAccess's.", optional=False)
    until: datetime.datetime | None = input_field("When the access ends by itself; null for never.")


@value("The answer to a change of an external user.")
class UpdateExternalUserPayload:
    external_user: ExternalUser | None = field("The external user.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("An external user whose access ends.")
class RemoveExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    external_user_id: strawberry.ID = input_field("The external user.", optional=False)


@value("The answer to the end of an external user's access.")
class RemoveExternalUserPayload:
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("A company that somebody leaves: an external user, an employee, or one of several owners.")
class LeaveCompanyInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)


@value("The answer to the end of one's own access.")
class LeaveCompanyPayload:
    viewer: Viewer | None = field("Who left.")
    errors: list[UserError] = field("Why not.")


@input_object("A company that an accountant creates for a client.")
class CreateClientCompanyInput:
    name: str = input_field("The company's name.", optional=False)
    owner_email: str = input_field("The e-mail address of its owner, who is invited.", optional=False)
    owner_first_name: str = input_field("The owner's first name.", optional=False)
    owner_last_name: str = input_field("The owner's last name.", optional=False)


@value("The answer to a client's new company: its owner is invited, and the accountant is an external user.")
class CreateClientCompanyPayload:
    company: Company | None = field("The new company.")
    viewer: Viewer | None = field("Who is signed in.")
    invitation_token: str | None = field(
        "The token of the owner's invitation, in a demo without mail; null everywhere else."
    )
    errors: list[UserError] = field("Why not.")


@input_object("The switch that lets support in.")
class SetSupportAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    enabled: bool = input_field("On or off.", optional=False)
    until: datetime.datetime | None = input_field("When it goes off by itself; in 7 days by default.")


@value("The answer to a change of support access.")
class SetSupportAccessPayload:
    company: Company | None = field("The company, with support among its external users.")
    errors: list[UserError] = field("Why not.")
