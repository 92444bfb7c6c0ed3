"""Companies: inputs and payloads."""

import strawberry

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.localization.language import Language
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("A second company under the same login.")
class CreateCompanyInput:
    name: str = input_field("The company's name.", optional=False)


@payload("The answer to a new company.")
class CreateCompanyPayload:
    company: Company | None = field("The new company; who made it is its owner.")
    viewer: Viewer | None = field("Who is signed in.")


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


@payload("The answer to a change of a company's data.")
class UpdateCompanyPayload:
    company: Company | None = field("The company.")
