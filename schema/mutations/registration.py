"""Signing up and confirming an address: inputs and payloads."""

import datetime

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.localization.language import Language
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("A new company and its first owner.")
class SignUpInput:
    company_name: str = input_field("The company's name.", optional=False)
    email: str = input_field("The e-mail address; it never changes.", optional=False)
    password: str = input_field("The password, at least 10 characters.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    language: Language = input_field("The language of messages.", optional=False)
    accept_terms: bool = input_field("Whether the terms of use are accepted.", optional=False)


@payload("The answer to a sign-up.")
class SignUpPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    company: Company | None = field("The new company.")
    viewer: Viewer | None = field("Who signed up.")


@input_object("The token of a confirmation mail, and the password that the login has.")
class ConfirmEmailInput:
    token: str = input_field("The token.", optional=False)
    password: str | None = input_field("The login's password; not needed for who is signed in to that login.")


@payload("The answer to a confirmation.")
class ConfirmEmailPayload:
    confirmed: bool | None = field("Whether the e-mail address is confirmed now.")
    viewer: Viewer | None = field("Who is signed in.")


@input_object("A new accountant.")
class RegisterAccountantInput:
    email: str = input_field("The e-mail address; it never changes.", optional=False)
    password: str = input_field("The password, at least 10 characters.", optional=False)
    first_name: str = input_field("First name.", optional=False)
    last_name: str = input_field("Last name.", optional=False)
    language: Language = input_field("The language of messages.", optional=False)
    office_name: str = input_field("The name of the office.", optional=False)
    accept_terms: bool = input_field("Whether the terms of use are accepted.", optional=False)


@payload("The answer to the registration of an accountant, who can be linked once the e-mail address is confirmed.")
class RegisterAccountantPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    viewer: Viewer | None = field("Who registered.")


@input_object("A login that becomes an accountant's.")
class BecomeAccountantInput:
    office_name: str = input_field("The office's name.", optional=False)
    accept_terms: bool = input_field("Whether the terms of use are accepted.", optional=False)


@payload("The answer to a login that becomes an accountant's.")
class BecomeAccountantPayload:
    viewer: Viewer | None = field("The accountant.")
