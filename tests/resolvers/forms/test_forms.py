"""The forms of inputs: right values by table, wrong ones with their reason, and any text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.belgium import iban, vat_number
from resolvers.email_address import USUAL as USUAL_EMAIL
from resolvers.email_address import checked_email, normal_email
from resolvers.forms.codes import unit_codes
from resolvers.forms.contacts import COUNTRIES
from resolvers.forms.numbers import MEMBER_STATES, PREFIXES
from resolvers.forms.numbers import vat_number as vat_form
from resolvers.forms.registry import FORMS, LONGEST, formed
from resolvers.forms.texts import LINE, NOTE, SPACES, USUAL, Formed, composed, line, note
from schema.declarations.forms import Form
from schema.errors import ValidationReason as Reason

CHECK, FORMAT, COMBINATION = Reason.CHECK_DIGITS, Reason.FORMAT, Reason.COMBINATION

VAT_NUMBERS = [
    ("be 999.999.922", "BE", "BE0999999922"),
    ("BE1000003682", "BE", "BE1000003682"),
    ("0999.999.923", "BE", CHECK),
    ("999999922", None, "BE0999999922"),
    ("BE 0999-999-922", "BE", "BE0999999922"),
    ("BE2999999922", "BE", FORMAT),
    ("12345678", "BE", FORMAT),
    ("BE099999992A", "BE", FORMAT),
    ("CHE-123.456.789 MWST", "BE", FORMAT),
    ("FR40 303 265 045", "FR", "FR40303265045"),
    ("FR40 303 265 045", "MC", "FR40303265045"),
    ("FR41 303 265 045", "FR", CHECK),
    ("FR4030326504", "FR", FORMAT),
    ("FR40303265045", "BE", COMBINATION),
    ("BE0999999922", "FR", COMBINATION),
    ("LU 150 274 42", "LU", "LU15027442"),
    ("LU 150 274 43", "LU", CHECK),
    ("NL123456789B13", "NL", "NL123456789B13"),
    ("NL123456789", "NL", FORMAT),
    ("NL4495445B01", "NL", "NL004495445B01"),
    ("DE 136,695 976", "DE", "DE136695976"),
    ("DE136695977", "DE", "DE136695977"),
    ("DE13669597", "DE", FORMAT),
    ("EL 094259216", "GR", "EL094259216"),
    ("GR094259216", "GR", "GR094259216"),
    ("XI 432525179", "GB", "XI432525179"),
    ("GB 980 7806 84", "GB", "GB980780684"),
    ("CHE-123.456.789 MWST", "CH", "CHE123456789MWST"),
    ("123456789012345678901", "US", FORMAT),
    ("12-3456789", "US", "123456789"),
]  # fmt: skip

RIGHT = [
    (Form.ENTERPRISE_NUMBER, "999999922", "0999.999.922"),
    (Form.ENTERPRISE_NUMBER, "BE 0999.999.922", "0999.999.922"),
    (Form.IBAN, "BE68 5390 0754 7034", "BE68539007547034"),
    (Form.IBAN, "nl91 abna 0417 1643 00", "NL91ABNA0417164300"),
    (Form.IBAN, "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
    (Form.EAN, "5412345000013", "5412345000013"),
    (Form.EAN, "5 412345 000013", "5412345000013"),
    (Form.EAN, "96385074", "96385074"),
    (Form.EAN, "036000291452", "0036000291452"),
    (Form.EAN, "05412345000013", "5412345000013"),
    (Form.PEPPOL_ID, "0208:0999.999.922", "0208:0999999922"),
    (Form.PEPPOL_ID, "0208:999999922", "0208:0999999922"),
    (Form.PEPPOL_ID, "9925:be0999999922", "9925:BE0999999922"),
    (Form.PEPPOL_ID, "iso6523-actorid-upis::0106:12345678", "0106:12345678"),
    (Form.PHONE, "+32 (0)4/223.45-67", "+32 (0)4/223.45-67"),
    (Form.EMAIL, " Info@Dubois.TEST ", "info@dubois.test"),
    (Form.WEBSITE, "dubois.be", "https://dubois.be"),
    (Form.WEBSITE, "www.dubois.be:8443/fr?x=1", "https://www.dubois.be:8443/fr?x=1"),
    (Form.WEBSITE, "http://dubois.be", "http://dubois.be"),
    (Form.COUNTRY, "fr", "FR"),
    (Form.CURRENCY, " usd", "USD"),
    (Form.POSTCODE, "B-4000", "4000"),
    (Form.UNIT_CODE, "hur", "HUR"),
    (Form.UNIT_CODE, "XBO", "XBO"),
    (Form.EXTERNAL_ID, " gid://shop/Customer/1 ", "gid://shop/Customer/1"),
]

WRONG = [
    (Form.ENTERPRISE_NUMBER, "0999.999.923", CHECK),
    (Form.ENTERPRISE_NUMBER, "0999.999.9221", FORMAT),
    (Form.IBAN, "BE68 5390 0754 7035", CHECK),
    (Form.IBAN, "BE41 5390 0754 7034", CHECK),
    (Form.IBAN, "BE68 5390 0754 703", CHECK),
    (Form.IBAN, "NL91ABNA0417164301", CHECK),
    (Form.IBAN, "NL91 ABNA", FORMAT),
    (Form.IBAN, "ZZ38ABNA0417164300", FORMAT),
    (Form.CURRENCY, "EURO", FORMAT),
    (Form.CURRENCY, "BEF", FORMAT),
    (Form.EAN, "5412345000014", CHECK),
    (Form.EAN, "541234500001", CHECK),
    (Form.EAN, "54123450", CHECK),
    (Form.EAN, "5412345", FORMAT),
    (Form.EAN, "١٢٣٤٥٦٧٨", CHECK),
    (Form.PEPPOL_ID, "0999999922", FORMAT),
    (Form.PEPPOL_ID, "0001:12", FORMAT),
    (Form.PEPPOL_ID, "EM:a@b.test", FORMAT),
    (Form.PEPPOL_ID, "0106:1 2", FORMAT),
    (Form.PEPPOL_ID, "0208:0999999923", CHECK),
    (Form.PEPPOL_ID, "9925:0999999923", CHECK),
    (Form.PEPPOL_ID, "9925:FR40303265045", COMBINATION),
    (Form.PHONE, "call me", FORMAT),
    (Form.EMAIL, "info@", FORMAT),
    (Form.EMAIL, f"{'x' * 250}@dubois.test", Reason.TOO_LONG),
    (Form.WEBSITE, "javascript:alert(1)", FORMAT),
    (Form.WEBSITE, "ftp://dubois.be", FORMAT),
    (Form.WEBSITE, "info@dubois.be", FORMAT),
    (Form.WEBSITE, "localhost", FORMAT),
    (Form.COUNTRY, "XX", FORMAT),
    (Form.COUNTRY, "BEL", FORMAT),
    (Form.UNIT_CODE, "ZZ", Reason.NOT_ALLOWED),
    (Form.UNIT_CODE, "PCE", Reason.NOT_ALLOWED),
    (Form.UNIT_CODE, "stuk", FORMAT),
    (Form.EXTERNAL_ID, "x" * 101, Reason.TOO_LONG),
    (Form.EXTERNAL_ID, "a\x00b", FORMAT),
]

POSTCODES = [
    ("1000", "BE", "1000"),
    ("0999", "BE", FORMAT),
    ("10000", "BE", FORMAT),
    ("1234 ab", "NL", "1234 AB"),
    ("SW1A 1AA", "GB", "SW1A 1AA"),
    ("#1", "FR", FORMAT),
]

EUROPEAN = {
    "AT": "ATU13585627", "BE": "BE0999999922", "BG": "BG175074752", "CY": "CY10259033P", "CZ": "CZ25123891",
    "DE": "DE136695976", "DK": "DK13585628", "EE": "EE100931558", "EL": "EL094259216", "ES": "ESB58378431",
    "FI": "FI20774740", "FR": "FR40303265045", "HR": "HR33392005961", "HU": "HU12892312", "IE": "IE6433435F",
    "IT": "IT00743110157", "LT": "LT119511515", "LU": "LU15027442", "LV": "LV40003521600", "MT": "MT11679112",
    "NL": "NL123456789B13", "PL": "PL8567346215", "PT": "PT501964843", "RO": "RO18547290", "SE": "SE123456789701",
    "SI": "SI50223054", "SK": "SK2022749619", "XI": "XI432525179",
}  # fmt: skip
"""A number of each member state."""


@pytest.mark.parametrize(("text", "country", "found"), VAT_NUMBERS)
def test_vat_numbers_are_of_the_country_that_they_begin_with(text: str, country: str | None, found: Formed) -> None:
    assert formed(Form.VAT_NUMBER, text, country) == found


def test_every_member_state_has_a_pattern() -> None:
    assert set(EUROPEAN) == MEMBER_STATES
    countries = {letters: country for country, letters in PREFIXES.items() if country != "MC"}
    for letters, number in EUROPEAN.items():
        assert formed(Form.VAT_NUMBER, number, countries.get(letters, letters)) == number
        assert formed(Form.VAT_NUMBER, number[:3], countries.get(letters, letters)) is FORMAT


@pytest.mark.parametrize(("form", "text", "found"), [*RIGHT, *WRONG])
def test_forms_take_what_people_type_and_say_what_is_wrong(form: Form, text: str, found: Formed) -> None:
    assert formed(form, text) == found


def test_every_form_has_a_right_and_a_wrong_value() -> None:
    by_country = {Form.VAT_NUMBER, Form.POSTCODE}
    assert {form for form, _, _ in RIGHT} | by_country == {*Form} == set(FORMS)
    assert {form for form, _, _ in WRONG} | by_country == {*Form}


@pytest.mark.parametrize(("text", "country", "found"), POSTCODES)
def test_postcodes_are_of_a_country(text: str, country: str, found: Formed) -> None:
    assert formed(Form.POSTCODE, text, country) == found


@pytest.mark.parametrize("form", Form)
def test_a_blank_text_is_none(form: Form) -> None:
    assert {formed(form, blank) for blank in ("", " ", "\u00a0\t", "\u2800")} == {None}


@pytest.mark.parametrize("form", Form)
@given(
    text=st.text(max_size=60) | st.text("0123456789BEFR:.- ", max_size=30),
    country=st.sampled_from([None, "BE", "FR", "US"]),
)
def test_a_normal_form_is_its_own_normal_form(form: Form, text: str, country: str | None) -> None:
    found = formed(form, text, country)
    if isinstance(found, str):
        assert formed(form, found, country) == found
        assert len(found) <= LONGEST[form] + len("https://")
        assert found == found.strip() != ""


@given(text=st.text())
def test_texts_are_composed_and_have_nothing_that_the_database_refuses(text: str) -> None:
    for of in (line, note):
        found = of(text)
        if isinstance(found, str):
            assert of(found) == found
            assert "\0" not in found
            assert found.encode()


@given(first=st.integers(0, 19_999_999), bank=st.integers(0, 999), account=st.integers(0, 9_999_999))
def test_what_is_made_with_check_digits_is_right_and_another_digit_is_not(first: int, bank: int, account: int) -> None:
    enterprise = f"{first:08d}{97 - first % 97:02d}"
    number, other = iban(bank, account), f"{first:08d}{(97 - first % 97) % 97 + 1:02d}"
    assert formed(Form.VAT_NUMBER, enterprise) == vat_number(enterprise)
    assert formed(Form.VAT_NUMBER, other) is CHECK
    assert formed(Form.IBAN, number) == number
    assert formed(Form.IBAN, f"{number[:-1]}{(int(number[-1]) + 1) % 10}") is CHECK


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  two\nlines ", "two lines"),
        ("e\u0301", "é"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u202eb", FORMAT),
        ("a\x07", FORMAT),
        ("\ud800", FORMAT),
        ("x" * (LINE + 1), Reason.TOO_LONG),
        ("x" * LINE, "x" * LINE),
    ],
)
def test_a_line(text: str, found: Formed) -> None:
    assert line(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" two \r\n\r\n  lines\t ok \n\n", "two\n\n  lines\t ok"),
        ("a\u2028b\x0bc", "a\nb\nc"),
        ("a\u00a0b\x1fc", "a b c"),
        ("a\x07", FORMAT),
        ("x" * (NOTE + 1), Reason.TOO_LONG),
        ("x" * NOTE, "x" * NOTE),
        ("\n \n", None),
    ],
)
def test_a_note(text: str, found: Formed) -> None:
    assert note(text) == found


def test_the_lists_are_whole() -> None:
    assert len(COUNTRIES) == 249
    assert len(unit_codes()) == 2161
    assert not unit_codes() & {"ZZ", "PCE"}
    assert unit_codes() >= {"C62", "H87", "HUR", "DAY", "MON", "KGM", "MTR", "MTK", "MTQ", "LTR", "LS", "XCR", "XKG"}


@given(st.from_regex(USUAL, fullmatch=True), st.integers(0, LINE))
def test_a_usual_text_is_stored_as_any_text_is(text: str, longest: int) -> None:
    """The short way and the long one agree."""
    assert line(text, longest) == (
        Reason.TOO_LONG if len(text) > longest else composed(text, LINE * len(text), _single)
    )


def test_every_usual_character_is_stored_as_it_is() -> None:
    usual = [character for character in map(chr, range(0x10000)) if USUAL.fullmatch(character)]
    assert len(usual) > 300
    assert [character for character in usual if composed(character, 1, _single) != character] == []
    assert [
        one + other for one in usual for other in "\u00a8e~" if composed(one + other, 2, _single) != one + other
    ] == []


@given(st.from_regex(USUAL_EMAIL, fullmatch=True))
def test_a_usual_address_is_checked_as_any_is(text: str) -> None:
    assert normal_email(text) == checked_email(text)


@pytest.mark.parametrize("end", ["local", "localhost", "invalid", "onion", "arpa", "test", "be"])
def test_a_usual_address_of_a_special_domain_is_checked_as_any_is(end: str) -> None:
    for text in (f"info@example.{end}", f"info@{end}"):
        assert normal_email(text) == checked_email(text)


@given(st.integers(0, 19_999_999), st.integers(0, 99))
def test_a_usual_vat_number_is_checked_as_any_is(first: int, check: int) -> None:
    digits = f"{first:08d}{check:02d}"
    assert vat_form(f"BE{digits}", "BE") == vat_form(f"be {digits}", "BE")


def _single(text: str) -> str:
    return SPACES.sub(" ", text)
