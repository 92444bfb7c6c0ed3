"""The texts of letters: each kind in each language, and names of strangers that stay harmless."""

import unicodedata
from datetime import timedelta
from typing import get_args

import pytest

from db.outbox import LIVES, Kind
from schema.localization.emails import LETTERS, LONGEST_NAME, STARTS_EMPTY, Facts, Written, plain, write_letter
from schema.localization.language import Language
from schema.localization.translate import translate

LINK = "https://enfact.test/invitation#token=enm_x"
OTHER_LINK = "https://enfact.test/not-me#token=enm_x"
KINDS = sorted(LETTERS)
FORMAL = {"FR": ("vous", "tu "), "NL": (" u", " je "), "DE": ("Sie", " du ")}


def written(kind: str, language: Language | str, *, name: str = "Anna", company: str | None = "Lambert") -> Written:
    facts = Facts(company, LIVES.get(kind), other_link=OTHER_LINK if kind == "CONFIRMATION" else None)
    return write_letter(kind, language, link=LINK, name=name, facts=facts)


def test_there_is_a_text_for_each_letter_of_the_outbox() -> None:
    assert set(LETTERS) == set(get_args(Kind))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_greets_says_what_to_do_and_what_if_it_was_not_expected(kind: str, language: Language) -> None:
    letter = written(kind, language)
    greeting, request, *validity, otherwise, signature = letter.body.split("\n\n")
    assert "Anna" in greeting
    assert request.splitlines()[1] == LINK
    assert request.splitlines()[0].endswith(":")
    assert len(validity) == (0 if kind == "ACCESS_NOTICE" else 1)
    if kind == "CONFIRMATION":
        assert otherwise.splitlines()[0].endswith(":")
        assert otherwise.splitlines()[1:] == [OTHER_LINK]
    else:
        assert otherwise.endswith(".")
    assert signature == "enFact\n"
    assert "{" not in letter.subject + letter.body
    assert "<" not in letter.body
    assert len(letter.subject) <= 60
    assert ("Lambert" in letter.subject) is (kind in ("INVITATION", "ACCESS_NOTICE"))


@pytest.mark.parametrize("language", list(Language))
def test_the_owner_whom_an_accountant_invites_reads_who_that_is_and_for_which_company(language: Language) -> None:
    facts = Facts("Lambert", LIVES["INVITATION"], "Nihant")
    letter = write_letter("INVITATION", language, link=LINK, name="Anna", facts=facts)
    _, request, _, otherwise, _ = letter.body.split("\n\n")
    assert "Nihant" in letter.subject
    assert "Nihant" in request
    assert "Lambert" in request
    assert "Nihant" in otherwise
    formal, familiar = FORMAL.get(language.name, ("you", "\0"))
    assert formal in letter.body
    assert familiar not in letter.body.lower().replace(LINK, "")
    assert letter.body != written("INVITATION", language).body


def test_an_office_with_a_hostile_name_brings_no_link() -> None:
    hostile = "https://evil.example\r\n\u2028{link}" + "y" * 500
    letter = write_letter("INVITATION", "EN", link=LINK, name="A", facts=Facts("B", accountant=hostile))
    assert letter.body.count("://") == 1
    assert "\n" not in letter.subject
    assert len(letter.subject) <= LONGEST_NAME + 40


@pytest.mark.parametrize("kind", KINDS)
def test_each_language_has_its_own_words_and_is_polite(kind: str) -> None:
    letters = {language.name: written(kind, language) for language in Language}
    assert len({letter.subject for letter in letters.values()}) == len(Language)
    for language, (formal, familiar) in FORMAL.items():
        assert formal in letters[language].body
        assert familiar not in letters[language].body.lower().replace(LINK, "")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", ["INVITATION", "PASSWORD_RESET"])
def test_a_letter_says_that_the_account_of_its_reader_starts_empty(kind: str, language: Language) -> None:
    facts = Facts("Lambert", LIVES[kind], starts_empty=True)
    letter = write_letter(kind, language, link=LINK, name="Anna", facts=facts)
    warned, usual = letter.body.split("\n\n"), written(kind, language).body.split("\n\n")
    (warning,) = [paragraph for paragraph in warned if paragraph not in usual]
    assert warned.index(warning) == 3
    assert warning == translate(language, "letter", STARTS_EMPTY)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("INVITATION", "valable 14 jours"), ("CONFIRMATION", "valable 7 jours"), ("PASSWORD_RESET", "valable 60 minutes")],
)
def test_a_letter_says_how_long_its_link_works(kind: str, words: str) -> None:
    assert words in written(kind, "FR").body


def test_two_days_are_told_in_days() -> None:
    letter = write_letter("CONFIRMATION", "EN", link=LINK, name="", facts=Facts(lives=timedelta(days=2)))
    assert "works for 2 days" in letter.body


def test_a_reader_without_a_name_is_greeted_without_one() -> None:
    assert [written("INVITATION", language, name=" ").body.split("\n")[0] for language in Language] == [
        "Bonjour,",
        "Goedendag,",
        "Hello,",
        "Guten Tag,",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Chauffage Lambert S.A.", "Chauffage Lambert S.A."),
        ("Bières & Cie (Liège)", "Bières & Cie (Liège)"),
        ("O'Neill-Dupont", "O'Neill-Dupont"),
        ("Lambert\r\nBcc: all@firm.test", "Lambert Bcc all firm. test"),
        ("Pay at https://evil.example/pay", "Pay at https evil. example pay"),
        ("evil\u3002example", "evil\u3002 example"),
        ("www.evil.example", "www. evil. example"),
        ("\u202egnitset\u2028\u200b\x07", "gnitset"),
        ("<b>Lambert</b>", "b Lambert b"),
        ("{company.__class__}", "{company. __class__}"),
        ("\ud800", ""),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
        ("y" * 10_000, "y" * (LONGEST_NAME - 1) + "…"),
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode(),
)
def test_a_name_is_one_short_line_without_links(name: str, shown: str) -> None:
    assert plain(name) == shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_changes_neither_lines_nor_links_of_a_letter(kind: str) -> None:
    hostile = "A\r\n\r\nhttps://evil.example/{link}\u2028{name}\x00" + "y" * 500
    usual, attacked = written(kind, "EN"), written(kind, "EN", name=hostile, company=hostile)
    assert "\n" not in attacked.subject
    assert len(attacked.subject) <= LONGEST_NAME + 40
    assert attacked.body.count("\n") == usual.body.count("\n")
    assert attacked.body.count("://") == usual.body.count("://") == (2 if kind == "CONFIRMATION" else 1)
    assert not [c for c in attacked.subject + attacked.body.replace("\n", "") if unicodedata.category(c)[0] == "C"]


def test_an_unknown_kind_or_language_is_refused() -> None:
    with pytest.raises(KeyError):
        written("ADVERT", "FR")
    with pytest.raises(ValueError, match="is not a valid Language"):
        written("INVITATION", "IT")
