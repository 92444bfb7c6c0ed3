"""Belgian numbers: known right ones, wrong digits, and what the makers make."""

from decimal import Decimal

import pytest

from db.belgium import (
    ean13,
    enterprise_number,
    epc_payload,
    iban,
    is_enterprise_number,
    is_iban,
    structured_communication,
    vat_number,
)


def test_enterprise_numbers_have_the_published_check_digits() -> None:
    assert enterprise_number(2022399) == "0202.239.951"
    assert vat_number("0202.239.951") == "BE0202239951"


def test_communications_have_the_published_check_digits() -> None:
    assert structured_communication(108068171) == "+++010/8068/17183+++"


def test_a_communication_that_divides_by_97_ends_in_97() -> None:
    assert structured_communication(97) == "+++000/0000/09797+++"


def test_ibans_have_the_published_check_digits() -> None:
    assert iban(539, 75470) == "BE68539007547034"


def test_article_numbers_have_the_published_check_digit() -> None:
    assert ean13(400638133393) == "4006381333931"


def test_right_numbers_are_known() -> None:
    assert is_enterprise_number("0202.239.951")
    assert is_iban("BE68539007547034")


@pytest.mark.parametrize("number", ["0202.239.952", "0202.239.95", "2202.239.951", "0202239951", ""])
def test_wrong_enterprise_numbers_are_refused(number: str) -> None:
    assert not is_enterprise_number(number)


@pytest.mark.parametrize(
    "text", ["BE68539007547035", "BE67539007547034", "BE68 5390 0754 7034", "NL68539007547034", "BE"]
)
def test_wrong_ibans_are_refused(text: str) -> None:
    assert not is_iban(text)


REFERENCE = "+++010/8068/17183+++"


def test_the_text_of_a_code_has_the_standards_lines() -> None:
    payload = epc_payload("Chauffage Lambert", "BE68539007547034", Decimal("1250.5"), REFERENCE)
    assert payload.split("\n") == [
        "BCD", "002", "1", "SCT", "", "Chauffage Lambert", "BE68539007547034", "EUR1250.50", "", "010806817183"
    ]  # fmt: skip


def test_a_name_in_a_code_is_one_line_of_at_most_seventy_characters() -> None:
    payload = epc_payload("Évrard\nEUR1.00\r\n" + "é" * 90, "BE68539007547034", Decimal(1), REFERENCE)
    name = payload.split("\n")[5]
    assert name == "Évrard EUR1.00 " + "é" * 55
    assert len(payload.split("\n")) == 10


@pytest.mark.parametrize("amount", ["0.00", "-3.10", "1000000000.00", "NaN"])
def test_a_code_is_of_an_amount_that_can_be_transferred(amount: str) -> None:
    with pytest.raises(ValueError, match="euro"):
        epc_payload("Lambert", "BE68539007547034", Decimal(amount), REFERENCE)


def test_a_code_that_no_scanner_would_read_is_refused() -> None:
    with pytest.raises(ValueError, match="331"):
        epc_payload("\U0001f37a" * 70, "BE68539007547034", Decimal(1), REFERENCE)
