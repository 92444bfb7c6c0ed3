"""The function of each form, and the text as it is stored."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from resolvers.email_address import EMAIL
from resolvers.forms.codes import EXTERNAL_ID, currency, external_id, unit_code
from resolvers.forms.contacts import country, email, phone, postcode, website
from resolvers.forms.numbers import ean, enterprise_number, iban, peppol_id, vat_number
from resolvers.forms.texts import LINE, Formed, line
from schema.declarations.forms import Form
from schema.errors import ValidationReason

FORMS: Final[Mapping[Form, Callable[[str], str | ValidationReason]]] = {
    Form.VAT_NUMBER: vat_number,
    Form.ENTERPRISE_NUMBER: enterprise_number,
    Form.IBAN: iban,
    Form.EAN: ean,
    Form.PEPPOL_ID: peppol_id,
    Form.PHONE: phone,
    Form.EMAIL: email,
    Form.WEBSITE: website,
    Form.COUNTRY: country,
    Form.CURRENCY: currency,
    Form.POSTCODE: postcode,
    Form.UNIT_CODE: unit_code,
    Form.EXTERNAL_ID: external_id,
}
NATIONAL: Final[Mapping[Form, Callable[[str, str | None], str | ValidationReason]]] = {
    Form.VAT_NUMBER: vat_number,
    Form.POSTCODE: postcode,
}
"""The forms that differ by country."""

LONGEST: Final[Mapping[Form, int]] = dict.fromkeys(Form, LINE) | {
    Form.EMAIL: EMAIL,
    Form.EXTERNAL_ID: EXTERNAL_ID,
}
"""The greatest number of characters that are taken, for the message of TOO_LONG."""


def formed(form: Form, text: str, country: str | None = None) -> Formed:
    """The text as it is stored, or what is wrong with it; None for a blank text.

    `country` is that of the address beside it (ISO 3166), for the forms that differ by country; None: Belgium.
    """
    return former(form)(text, country)


@cache
def former(form: Form) -> Callable[..., Formed]:
    """The function from a text, and a country, to what `formed` returns."""
    longest, national, read = LONGEST[form], NATIONAL.get(form), FORMS[form]

    def of_country(text: str, country: str | None = None) -> Formed:
        plain = line(text, longest)
        return national(plain, country) if national is not None and isinstance(plain, str) else plain

    def of_any(text: str, country: str | None = None) -> Formed:
        plain = line(text, longest)
        return read(plain) if isinstance(plain, str) else plain

    return of_country if national is not None else of_any
