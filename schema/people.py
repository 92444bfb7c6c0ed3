"""Companies and their users, as owners change them."""

import datetime

import strawberry

from schema.access import User
from schema.apps import App
from schema.company import Company
from schema.declarations import Role, field, input_field, input_object, value
from schema.errors import UserError
from schema.language import Language
from schema.query import Viewer


@input_object("A second company under the same login.")
class CreateCompanyInput:
    name: str = input_field("The company's name.", optional=False)


@value("The answer to a new company.")
class CreateCompanyPayload:
    company: Company | None = field("The new company; who made it is its owner.")
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("The data of a company; what is left out stays as it is.")
class UpdateCompanyInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    name: str | None = input_field("The company's name.")
    vat_number: str | None = input_field("The VAT number; null takes it away.")
    enterprise_number: str | None = input_field("The enterprise number; null takes it away.")
    legal_form: str | None = input_field("The legal form.")
    street: str | None = input_field("Street.")
    street_number: str | None = input_field("House number.")
    postcode: str | None = input_field("Postcode.")
    city: str | None = input_field("City.")
    country: str | None = input_field("Country, as two letters of ISO 3166.")
    phone: str | None = input_field("Phone number.")
    email: str | None = input_field("E-mail address.")
    website: str | None = input_field("Website.")
    iban: str | None = input_field("Main bank account.")
    further_ibans: list[str] | None = input_field("Further bank accounts, at most 20; null takes them away.")
    language: Language | None = input_field("The company's language.")


@value("The answer to a change of a company's data.")
class UpdateCompanyPayload:
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("A user to invite.")
class CreateUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    email: str = input_field("The e-mail address of the login.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    role: Role = input_field("The role.", optional=False)
    apps: list[App] | None = input_field("The toggles to begin with; none by default.")


@value("The answer to an invitation.")
class CreateUserPayload:
    user: User | None = field("The user, who has no access before accepting.")
    company: Company | None = field("The company.")
    invitation_token: str | None = field("The token of the invitation, in a demo without mail; null everywhere else.")
    errors: list[UserError] = field("Why not.")


@input_object("An invitation to send again.")
class ResendInvitationInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user.", optional=False)


@value("The answer to an invitation that is sent again; the one before works no more.")
class ResendInvitationPayload:
    user: User | None = field("The user.")
    company: Company | None = field("The company.")
    invitation_token: str | None = field("The token of the invitation, in a demo without mail; null everywhere else.")
    errors: list[UserError] = field("Why not.")


@input_object("An invitation to accept.")
class AcceptInvitationInput:
    token: str = input_field("The token of the invitation.", optional=False)
    password: str | None = input_field("A password, for a login that has none yet; at least 10 characters.")


@value("The answer to an accepted invitation.")
class AcceptInvitationPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on; null for who has one already.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    company: Company | None = field("The company.")
    viewer: Viewer | None = field("Who is signed in.")
    errors: list[UserError] = field("Why not.")


@input_object("A user to change; what is left out stays as it is.")
class UpdateUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user: somebody else.", optional=False)
    first_name: str | None = input_field("First name in this company.")
    last_name: str | None = input_field("Last name in this company.")
    language: Language | None = input_field("The language in this company.")
    role: Role | None = input_field("The role.")


@value("The answer to a change of a user.")
class UpdateUserPayload:
    user: User | None = field("The user.")
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")


@input_object("A user to delete.")
class DeleteUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user: somebody else.", optional=False)


@value("The answer to a deletion; what the user made stays.")
class DeleteUserPayload:
    company: Company | None = field("The company.")
    errors: list[UserError] = field("Why not.")
