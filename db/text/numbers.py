"""Normal forms of numbers that people paste as they find them: takes a text, returns the form that is stored.

The kind of a column's number is in its name: `counterparty_iban` is an `iban`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from db.text.folding import bare_number


def _iban(bare: str) -> str:
    return bare.upper()


def _vat_number(bare: str) -> str:
    """A Belgian one has ten digits, and nine in old letters; other countries' letters stay."""
    digits = bare.removeprefix("be")
    return f"BE{digits:0>10}" if digits.isdecimal() and len(digits) in {9, 10} else bare.upper()


def _enterprise_number(bare: str) -> str:
    digits = bare.removeprefix("be")
    digits = f"{digits:0>10}" if digits.isdecimal() and len(digits) in {9, 10} else digits
    return f"{digits[:4]}.{digits[4:7]}.{digits[7:]}" if len(digits) == 10 else digits


def _structured_communication(bare: str) -> str:
    return f"+++{bare[:3]}/{bare[3:7]}/{bare[7:]}+++" if len(bare) == 12 else bare


def _ean(bare: str) -> str:
    """Thirteen digits: twelve of a UPC, or fourteen of a GTIN that begins with a zero, are the same article."""
    return bare.removeprefix("0") if len(bare) == 14 else f"0{bare}" if len(bare) == 12 else bare


NORMAL_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "iban": _iban,
    "vat_number": _vat_number,
    "enterprise_number": _enterprise_number,
    "structured_communication": _structured_communication,
    "ean": _ean,
}
"""From the bare form of a number (`bare_number`) to its normal form, for each kind."""


def kind_of(column: str) -> str | None:
    """The kind of the numbers in a column of this name; None for other texts."""
    return next((kind for kind in NORMAL_FORMS if column == kind or column.endswith(f"_{kind}")), None)


def normal_form(kind: str, text: str) -> str:
    """A number of this kind as it is stored; a text that is none comes back without blanks and punctuation."""
    return NORMAL_FORMS[kind](bare_number(text))
