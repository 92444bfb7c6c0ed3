"""Numbers with check digits: of enterprises, VAT, accounts, articles, and of participants of Peppol.

Each function takes a line that is not blank.
"""

import re
from collections.abc import Mapping
from typing import Final

import stdnum.ean
import stdnum.eu.vat
import stdnum.iban
from stdnum.exceptions import InvalidChecksum, ValidationError

from db.belgium import is_enterprise_number, is_iban
from db.text.folding import bare_number
from db.text.numbers import normal_form
from schema.errors import ValidationReason as Reason

BELGIUM: Final = "BE"
ENTERPRISE: Final = re.compile(r"[01][0-9]{9}")
USUAL: Final = re.compile(r"BE([01][0-9]{3})([0-9]{3})([0-9]{3})")
"""A Belgian VAT number as it is stored."""

ARTICLE: Final = re.compile(r"[0-9]{8}|[0-9]{13}")
ACCOUNT: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
FOREIGN: Final = re.compile(r"[A-Z0-9]{1,20}")
"""A VAT number of a country outside the Union, or without letters of a country."""

PREFIXES: Final[Mapping[str, str]] = {"GR": "EL", "MC": "FR", "GB": "XI"}
"""By country: the letters of its VAT numbers, where they are others."""

MEMBER_STATES: Final = frozenset(state.upper() for state in stdnum.eu.vat.MEMBER_STATES) - {"GR"} | {"EL"}
"""The letters of VAT numbers of the Union, Northern Ireland (XI) included."""

CHECKED: Final = frozenset({"FR", "LU"})
"""The letters besides BE whose check digits are checked; of the others only the pattern is, since rules change."""

EAS: Final = """
    0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190
    0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216
    0217 0218 0219 0220 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913 9914 9915 9918 9919 9920 9922
    9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944
    9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959
"""
SCHEMES: Final = frozenset(EAS.split())
"""The schemes of electronic addresses (EAS, EN 16931 of 2026) that Peppol uses."""

AUTHORITY: Final = "iso6523-actorid-upis::"
"""The prefix of a participant's id in Peppol's own writing."""

PARTICIPANT: Final = re.compile(r"[A-Za-z0-9._~/+-]{1,135}")


def enterprise_number(text: str) -> str | Reason:
    """A Belgian enterprise number, `0xxx.xxx.xxx`."""
    number = normal_form("enterprise_number", text)
    digits = bare_number(number)
    if ENTERPRISE.fullmatch(digits) is None:
        return Reason.FORMAT
    return number if is_enterprise_number(number) else Reason.CHECK_DIGITS


def vat_number(text: str, country: str | None = None) -> str | Reason:
    """A VAT number by the letters that it begins with; those of Belgium are added where `country` is BE or None."""
    domestic = country in (BELGIUM, None)
    if domestic and (usual := USUAL.fullmatch(text)):
        return text if is_enterprise_number(".".join(usual.groups())) else Reason.CHECK_DIGITS
    number = bare_number(text).upper()
    if domestic and number.isdecimal():
        number = normal_form("vat_number", number)
    prefix = number[:2]
    if prefix not in MEMBER_STATES:
        return number if not domestic and FOREIGN.fullmatch(number) else Reason.FORMAT
    if country is not None and prefix != PREFIXES.get(country, country):
        return Reason.COMBINATION
    return _belgian(number) if prefix == BELGIUM else _european(number, prefix)


def iban(text: str) -> str | Reason:
    """An account number; one of Belgium has two pairs of check digits."""
    number = normal_form("iban", text)
    if ACCOUNT.fullmatch(number) is None:
        return Reason.FORMAT
    if number.startswith(BELGIUM) and len(number) == 16 and number.isascii():
        return number if is_iban(number) else Reason.CHECK_DIGITS
    try:
        stdnum.iban.validate(number, check_country=False)
    except InvalidChecksum:
        return Reason.CHECK_DIGITS
    except ValidationError:
        return Reason.FORMAT
    return number


def ean(text: str) -> str | Reason:
    """An article number of 8 or 13 digits; one of 12 (UPC) or of 14 that begins with a zero is written with 13."""
    number = normal_form("ean", text)
    if ARTICLE.fullmatch(number) is None:
        return Reason.FORMAT
    return number if stdnum.ean.is_valid(number) else Reason.CHECK_DIGITS


def peppol_id(text: str) -> str | Reason:
    """A participant of Peppol, `scheme:value`."""
    scheme, _, value = text.removeprefix(AUTHORITY).partition(":")
    scheme, value = scheme.strip(), value.strip()
    if scheme not in SCHEMES or PARTICIPANT.fullmatch(value) is None:
        return Reason.FORMAT
    if scheme == "0208":
        number = enterprise_number(value)
        return number if isinstance(number, Reason) else f"0208:{bare_number(number)}"
    if scheme == "9925":
        number = vat_number(value, BELGIUM)
        return number if isinstance(number, Reason) else f"9925:{number}"
    return f"{scheme}:{value}"


def _belgian(number: str) -> str | Reason:
    """A number with the letters of Belgium; nine digits, as before 2005, get a zero."""
    number = normal_form("vat_number", number)
    found = enterprise_number(number)
    return found if isinstance(found, Reason) else number


def _european(number: str, prefix: str) -> str | Reason:
    """A number with the letters of another member state."""
    try:
        return stdnum.eu.vat.validate(number)
    except InvalidChecksum:
        return Reason.CHECK_DIGITS if prefix in CHECKED else stdnum.eu.vat.compact(number)
    except ValidationError:
        return Reason.FORMAT
