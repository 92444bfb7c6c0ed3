"""The rule behind `db/text/folding.json`: from Python's Unicode tables to the folded form of each character.

`python -m tests.db.text.unicode` writes the file anew. Unicode never changes these properties of a character that it
has, so a newer Python only adds characters; a file with more of them needs a migration that replaces the functions and
rebuilds their indexes.
"""

import json
import sys
import unicodedata
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parents[3] / "db" / "text" / "folding.json"
HANGUL: Final = range(0xAC00, 0xD7A4)
SURROGATES: Final = range(0xD800, 0xE000)
LONGEST: Final = 4
"""Maximum length of a folded character; a few squared words and ligatures of whole sentences stay as they are."""

LETTERS: Final = {"æ": "ae", "œ": "oe", "þ": "th", "ƒ": "f", "ĸ": "k", "ŋ": "n"} | dict(
    zip("øłđðıħŧƀɨ", "olddihtbi", strict=True)
)
"""Letters that Unicode does not decompose, as people type them on a plain keyboard."""

APOSTROPHES: Final = "`\u00b4\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2032\u2035"
QUOTES: Final = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e"
DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043"
SLASHES: Final = "\u2044\u2215"
MARKS: Final = {
    mark: key for marks, key in zip((APOSTROPHES, QUOTES, DASHES, SLASHES), "'\"-/", strict=True) for mark in marks
}
"""Marks as the keyboard has them."""

FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
SELECTORS: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
"""Invisible characters outside the category of formats."""


def is_dust(character: str) -> bool:
    """True for controls, formats, invisible characters and marks that combine with the letter before."""
    if unicodedata.category(character) in {"Cc", "Cf"} or unicodedata.combining(character):
        return True
    return character in FILLERS or ord(character) in SELECTORS or is_noncharacter(ord(character))


def is_noncharacter(code: int) -> bool:
    """True for the codes that will never be characters; the last one ends the range of what begins with a text."""
    return code in range(0xFDD0, 0xFDF0) or code & 0xFFFE == 0xFFFE


def _step(character: str) -> str:
    known = LETTERS.get(character) or MARKS.get(character)
    if known is not None:
        return known
    if character.isspace():
        return " "
    if is_dust(character):
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())


def folded(character: str) -> str:
    """The folded form of one character, which folds to itself."""
    before, after = "", character
    while before != after:
        before, after = after, "".join(map(_step, after))
    return after if len(after) <= LONGEST else character


def table() -> dict[str, str]:
    """Each character that does not fold to itself; Hangul, which is computed, and NUL, which no text holds, apart."""
    codes = (code for code in range(1, sys.maxunicode + 1) if code not in HANGUL and code not in SURROGATES)
    return {character: to for character in map(chr, codes) if (to := folded(character)) != character}


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), ensure_ascii=False, separators=(",", ":"), indent=0) + "\n", encoding="utf-8")
