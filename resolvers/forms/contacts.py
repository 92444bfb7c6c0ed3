"""The forms of contact data: telephone, e-mail, website, country, postcode. Each function takes a line, not blank."""

import re
from typing import Final

from resolvers.email_address import normal_email
from schema.errors import ValidationReason as Reason

CODES: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(CODES.split())
"""The country codes of ISO 3166-1 alpha-2."""

PHONE: Final = re.compile(r"\+?[0-9(][0-9 ()./-]{3,38}")
WEBSITE: Final = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?(?:[/?#][^\s<>\"'\\]*)?", re.IGNORECASE)
SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9])", re.IGNORECASE)
"""The beginning of an address that says how it is reached; `name:8080` is a port."""

BELGIAN_POSTCODE: Final = re.compile(r"(?:BE?[ -]?)?([1-9][0-9]{3})", re.IGNORECASE)
POSTCODE: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,10}[A-Z0-9])?", re.IGNORECASE)


def phone(text: str) -> str | Reason:
    """A telephone number as people write it."""
    return text if PHONE.fullmatch(text) else Reason.FORMAT


def email(text: str) -> str | Reason:
    """An e-mail address, in lower case."""
    return normal_email(text) or Reason.FORMAT


def website(text: str) -> str | Reason:
    """The address of a website; a bare domain gets `https://`."""
    address = text if SCHEME.match(text) else f"https://{text}"
    return address if WEBSITE.fullmatch(address) else Reason.FORMAT


def country(text: str) -> str | Reason:
    """A code of ISO 3166-1, two letters."""
    code = text.upper()
    return code if code in COUNTRIES else Reason.FORMAT


def postcode(text: str, of: str | None = None) -> str | Reason:
    """A postcode of a country; in Belgium (also None) four digits, elsewhere letters and digits as they are written."""
    if of in ("BE", None):
        digits = BELGIAN_POSTCODE.fullmatch(text)
        return digits[1] if digits else Reason.FORMAT
    return text.upper() if POSTCODE.fullmatch(text) else Reason.FORMAT
