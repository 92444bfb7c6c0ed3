"""Numbers of a kind have one form, however they are pasted."""

import pytest

from db.tables import metadata
from db.text.numbers import NORMAL_FORMS, kind_of, normal_form

PASTED = [
    ("iban", "BE41 0631 2345 6789", "BE41063123456789"),
    ("iban", "be41-0631-2345-6789", "BE41063123456789"),
    ("iban", "BE41\u00a00631\u00a02345\u00a06789", "BE41063123456789"),
    ("vat_number", "BE 0999.999.922", "BE0999999922"),
    ("vat_number", "0999.999.922", "BE0999999922"),
    ("vat_number", "999 999 922", "BE0999999922"),
    ("vat_number", "FR 40 303 265 045", "FR40303265045"),
    ("enterprise_number", "0999.999.922", "0999.999.922"),
    ("enterprise_number", "BE0999999922", "0999.999.922"),
    ("structured_communication", "260/1234/56789", "+++260/1234/56789+++"),
    ("structured_communication", "*** 260/1234/56789 ***", "+++260/1234/56789+++"),
    ("structured_communication", "260123456789", "+++260/1234/56789+++"),
    ("ean", "5 410001 234567", "5410001234567"),
    ("ean", "410001234567", "0410001234567"),
    ("ean", "05410001234567", "5410001234567"),
]


@pytest.mark.parametrize(("kind", "pasted", "stored"), PASTED)
def test_a_number_has_one_form(kind: str, pasted: str, stored: str) -> None:
    assert normal_form(kind, pasted) == stored
    assert normal_form(kind, stored) == stored


@pytest.mark.parametrize("kind", NORMAL_FORMS)
@pytest.mark.parametrize("text", ["", "x", "0", "+++", "1" * 200])
def test_any_other_text_has_some_form(kind: str, text: str) -> None:
    assert normal_form(kind, normal_form(kind, text)) == normal_form(kind, text)


def test_the_kind_is_in_a_columns_name() -> None:
    found = {f"{table.name}.{name}" for table in metadata.tables.values() for name in table.columns if kind_of(name)}
    assert {"payment.counterparty_iban", "contact.vat_number", "document.structured_communication"} <= found
    assert kind_of("number") is None
