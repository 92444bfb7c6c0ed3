"""Codes: currencies, units of measure, and ids of other systems. Each function takes a line that is not blank."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

from schema.errors import ValidationReason as Reason

CODES: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC
CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR
ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF
XPF YER ZAR ZMW ZWG
"""
CURRENCIES: Final = frozenset(CODES.split())
"""The codes of ISO 4217 for money that is paid with."""

EXTERNAL_ID: Final = 100
UNIT: Final = re.compile(r"[A-Z0-9]{2,3}")


@cache
def unit_codes() -> frozenset[str]:
    """The codes of UNECE recommendations 20 (units) and 21 (packages, after an X) that EN 16931 takes, without ZZ."""
    return frozenset(files("resolvers.forms").joinpath("unit_codes.txt").read_text("ascii").split())


def unit_code(text: str) -> str | Reason:
    """A unit of measure of electronic invoices, as HUR or C62; not ZZ, which names none."""
    code = text.upper()
    if UNIT.fullmatch(code) is None:
        return Reason.FORMAT
    return code if code in unit_codes() else Reason.NOT_ALLOWED


def currency(text: str) -> str | Reason:
    """A currency of ISO 4217."""
    return text.upper() if text.upper() in CURRENCIES else Reason.FORMAT


def external_id(text: str) -> str | Reason:
    """The id that another system has for a row."""
    return text if len(text) <= EXTERNAL_ID else Reason.TOO_LONG
