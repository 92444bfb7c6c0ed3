"""The names of forms that texts have, as numbers, addresses and codes; `resolvers/forms` checks them."""

from enum import Enum, auto


class Form(Enum):
    """A form of a text beyond its length."""

    VAT_NUMBER = auto()
    ENTERPRISE_NUMBER = auto()
    IBAN = auto()
    EAN = auto()
    PEPPOL_ID = auto()
    PHONE = auto()
    EMAIL = auto()
    WEBSITE = auto()
    COUNTRY = auto()
    CURRENCY = auto()
    POSTCODE = auto()
    UNIT_CODE = auto()
    EXTERNAL_ID = auto()
