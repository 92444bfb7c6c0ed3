"""The folded form of texts, by which they are compared, and their reading key, by which they are sorted.

PostgreSQL computes the same (`functions.py`): both read `folding.json`, so neither its locale nor the versions of
Unicode in PostgreSQL and Python make a difference.
"""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

FOLDING: Final = Path(__file__).with_name("folding.json")
HANGUL: Final = range(0xAC00, 0xD7A4)

LONGEST_KEY: Final = 200
"""Number of characters of a text that decide its place, and maximum length of its key."""

LONGEST_START: Final = 600
"""Number of characters of a compared text in an index: at most 2,400 bytes, where a B-tree takes some 2,700."""

LENGTHS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The character before a number in a key: its number of digits, at most 35. A folded text has no upper case."""

NUMBER: Final = re.compile("[0-9]+")

PUNCTUATION: Final = " .-/+*,:_()"
"""The marks that people write between the digits of a number."""

_BARE: Final = str.maketrans("", "", PUNCTUATION)


class _Folding(dict[int, str]):
    """The folded form of each character, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        return unicodedata.normalize("NFD", character) if code in HANGUL else character


@cache
def _folding() -> _Folding:
    table: dict[str, str] = json.loads(FOLDING.read_text(encoding="utf-8"))
    return _Folding({ord(character): to for character, to in table.items()})


@cache
def written_forms(folded: str) -> tuple[str, ...]:
    """The characters with this one in their folded form, in their order: of `&` also that of full width."""
    return tuple(sorted({folded, *(chr(code) for code, to in _folding().items() if folded in to)}))


def fold(text: str) -> str:
    """A text without case, accents, ligatures, invisible characters and needless blanks, with a keyboard's marks."""
    return " ".join(text.translate(_folding()).split())


def bare_number(text: str) -> str:
    """The folded form of a number, without blanks and punctuation."""
    return fold(text).translate(_BARE)


def reading_key(text: str) -> str:
    """The key of a text in the order of its code points: folded, with each number after its number of digits."""
    return NUMBER.sub(_with_length, fold(text[:LONGEST_KEY]))[:LONGEST_KEY]


def _with_length(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0")
    return LENGTHS[min(len(digits), len(LENGTHS) - 1)] + digits
