"""Belgian standard numbers: make them with their check digits, and check those that clients send.

Enterprise numbers and IBANs are made and checked; VAT numbers, structured communications, article numbers (EAN-13) and
the text of the QR codes of credit transfers are only made.
"""

import re
from decimal import Decimal

ENTERPRISE = re.compile(r"[01][0-9]{3}\.[0-9]{3}\.[0-9]{3}")
IBAN = re.compile(r"BE[0-9]{14}")

EPC_NAME, EPC_BYTES = 70, 331
EPC_AMOUNTS = (Decimal("0.01"), Decimal("999999999.99"))


def enterprise_number(first: int) -> str:
    """The enterprise number `0xxx.xxx.xxx` whose first eight digits are `first` (0 to 19,999,999)."""
    digits = f"{first:08d}{97 - first % 97:02d}"
    return f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"


def vat_number(enterprise: str) -> str:
    """The VAT number `BE0xxxxxxxxx` of an enterprise number."""
    return "BE" + enterprise.replace(".", "")


def structured_communication(value: int) -> str:
    """The communication `+++ddd/dddd/ddddd+++` of a number of at most ten digits."""
    digits = f"{value:010d}{value % 97 or 97:02d}"
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def iban(bank: int, account: int) -> str:
    """The Belgian IBAN, without spaces, of a bank (three digits) and an account (seven digits)."""
    front = bank * 10_000_000 + account
    national = f"{front:010d}{front % 97 or 97:02d}"
    return f"BE{98 - int(national + '111400') % 97:02d}{national}"


def ean13(first: int) -> str:
    """The article number whose first twelve digits are `first`."""
    digits = f"{first:012d}"
    return f"{digits}{_ean_check(digits)}"


def epc_payload(name: str, iban: str, amount: Decimal, communication: str) -> str:
    """The text of the QR code of a credit transfer in euro, by EPC069-12 (version 002, UTF-8).

    The twelve digits of the communication `+++ddd/dddd/ddddd+++` are its structured reference. The name is cut to 70
    characters. Raises ValueError for an amount or a length that the standard does not allow.
    """
    if amount.is_nan() or not EPC_AMOUNTS[0] <= amount <= EPC_AMOUNTS[1]:
        raise ValueError(f"a transfer is of 0.01 to 999999999.99 euro, not of {amount}")
    reference = communication.strip("+").replace("/", "")
    payee = " ".join(name.split())[:EPC_NAME]
    payload = "\n".join(("BCD", "002", "1", "SCT", "", payee, iban, f"EUR{amount:.2f}", "", reference))
    if len(payload.encode()) > EPC_BYTES:
        raise ValueError(f"the text of such a QR code has at most {EPC_BYTES} bytes")
    return payload


def is_enterprise_number(number: str) -> bool:
    """True for an enterprise number `0xxx.xxx.xxx` or `1xxx.xxx.xxx` with right check digits."""
    if not ENTERPRISE.fullmatch(number):
        return False
    digits = number.replace(".", "")
    return int(digits[8:]) == 97 - int(digits[:8]) % 97


def is_iban(text: str) -> bool:
    """True for a Belgian IBAN without spaces whose two pairs of check digits are right."""
    if not IBAN.fullmatch(text):
        return False
    front, check = int(text[4:14]), int(text[14:])
    return int(text[4:] + "1114" + text[2:4]) % 97 == 1 and check == (front % 97 or 97)


def _ean_check(digits: str) -> int:
    return -sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits)) % 10
