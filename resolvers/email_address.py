"""The normal form in which e-mail addresses are stored and compared."""

import re
import unicodedata
from typing import Final

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

EMAIL = 254
"""Maximum length of an address, in characters (RFC 5321)."""


USUAL: Final = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})")
SHORT: Final = 64
"""The length up to which no part of an address can be too long."""

SPECIAL: Final = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES) - {"test"}
"""The ends of domains that are not all in use."""


def normal_email(value: str) -> str | None:
    """The normal form of an address; None for an invalid one."""
    usual = USUAL.fullmatch(value) if len(value) <= SHORT else None
    if usual is not None and usual[1] not in SPECIAL:
        return value
    return checked_email(value)


def checked_email(value: str) -> str | None:
    """The normal form of any address."""
    if len(value) > EMAIL or is_broken(value):
        return None
    try:
        address = validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None
    return unicodedata.normalize("NFC", address.lower())  # J̌ is two characters, ǰ is one


def is_broken(value: str) -> bool:
    """True for a text with characters that PostgreSQL or UTF-8 cannot hold."""
    return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)
