"""Texts are folded and sorted alike in Python and in PostgreSQL, by a table that is Unicode's."""

import json
import sys
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.database import Database
from db.text.folding import bare_number, fold, reading_key
from tests.db.text import unicode

BLOCK = 64
CODES = [code for code in range(1, sys.maxunicode + 1) if code not in unicode.SURROGATES]
SAME = "select array_agg(folded(t)), array_agg(reading_key(t)), array_agg(bare_number(t)) from unnest($1::text[]) t"

ALIKE = [
    (
        "Éric",
        "eric",
        "ÉRIC",
        "E\u0301ric",
        "\uff45\uff52\uff49\uff43",
        "e\u00adric",
        "\ufefferic",
        "e\u200dric",
        "er\u200bic",
    ),
    ("Œuvre", "oeuvre", "ŒUVRE"),
    ("Straße", "STRASSE", "strasse"),
    ("Ærø", "aero", "AERO"),
    ("Łódź", "lodz"),
    ("Þór Đorđe", "thor dorde"),
    ("Ĳsselmeer", "IJsselmeer", "ijsselmeer"),
    ("l’ancienne", "l'ancienne", "L\u02bcAncienne", "l`ancienne", "l\u00b4ancienne", "l\u2018ancienne"),
    ("« Le Coq »", '" le coq "', "“ Le Coq ”"),
    ("Jean–Marie", "jean-marie", "Jean\u2011Marie", "jean\u2212marie"),
    ("van\u00a0den \u2009 Berg", "van den berg", "  Van Den\tBerg "),
    ("سلام", "سَلَام"),
    ("한국", unicodedata.normalize("NFD", "한국")),
]
IN_ORDER = [
    "",
    "  (sans nom)",
    "7 Nains",
    "10 Downing",
    "100 %",
    "eBay",
    "Éclair 9",
    "éclair 10",
    "Eclair 010 bis",
    "F2026-9",
    "F2026-10",
    "F2026-0011",
    "F02026-12",
    "van den Berg",
    "Vandenberg",
    "Zèbre",
]


def test_the_table_is_the_rule_of_unicode() -> None:
    written = json.loads(unicode.TABLE.read_text(encoding="utf-8"))
    assert {one: unicode.folded(one) for one in written} == written
    newer = unicode.table().keys() - written.keys()
    assert not newer if unicodedata.unidata_version == "14.0.0" else all(ord(one) > BLOCK for one in newer)


async def test_both_fold_every_character_alike(database: Database) -> None:
    texts = ["x".join(map(chr, CODES[n : n + BLOCK])) for n in range(0, len(CODES), BLOCK)]
    texts += list(json.loads(unicode.TABLE.read_text(encoding="utf-8")))
    for part in (texts[n : n + 2_000] for n in range(0, len(texts), 2_000)):
        (folded,) = await database.read("select array_agg(folded(t)) from unnest($1::text[]) t", [part])
        assert folded == [*map(fold, part)]


@pytest.mark.parametrize("length", range(247, 253))
async def test_both_fold_long_texts_alike(database: Database, length: int) -> None:
    """PostgreSQL folds a text in pieces of 500 characters."""
    texts = [("é" + "a" * length + "bcdefgh") * 3, "\ufdfa" * 600, "é" * 500 + "œ", "7é" * 400]
    folded, keys, bare = await database.read(SAME, [texts])
    assert folded == [*map(fold, texts)]
    assert keys == [*map(reading_key, texts)]
    assert bare == [*map(bare_number, texts)]


TEXTS = st.lists(
    st.text(max_size=40)
    | st.sampled_from(
        ["É", "e\u0301", "œ", "’", " ", "\u00a0", "0", "007", "9" * 40, "2026", "\u200d", "한", "ß", "a", "B", "-"]
    ),
    max_size=30,
).map("".join)


@given(texts=st.lists(TEXTS.filter(lambda text: "\0" not in text), min_size=50, max_size=100))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_both_fold_any_text_alike(database: Database, texts: list[str]) -> None:
    folded, keys, bare = await database.read(SAME, [texts])
    assert folded == [*map(fold, texts)]
    assert keys == [*map(reading_key, texts)]
    assert bare == [*map(bare_number, texts)]


@given(text=TEXTS)
def test_a_folded_text_is_folded(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(text=TEXTS)
def test_how_a_text_is_composed_makes_no_difference(text: str) -> None:
    assert len({fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} | {fold(text)}) == 1


@pytest.mark.parametrize("alike", ALIKE, ids=lambda alike: alike[0])
def test_what_people_type_for_the_same_is_the_same(alike: tuple[str, ...]) -> None:
    assert {fold(text) for text in alike} == {fold(alike[0])}


def test_other_letters_differ() -> None:
    assert len({*map(fold, ("cote", "cotes", "code", "côtelé", "", "x", "1", "²1"))}) == 8


def test_texts_are_sorted_as_people_read() -> None:
    assert [*map(reading_key, IN_ORDER)] == sorted(map(reading_key, IN_ORDER))


def test_a_key_is_bounded() -> None:
    assert len(reading_key("\ufdfa1" * 10_000)) == 200
