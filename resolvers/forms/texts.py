"""Texts of one line or more: composed characters, no blanks around, nothing invisible that nobody typed."""

import re
import unicodedata
from collections.abc import Callable, Set
from functools import partial
from itertools import groupby
from typing import Final, TypeAlias

from resolvers.email_address import is_broken
from schema.errors import ValidationReason as Reason

Formed: TypeAlias = str | Reason | None
"""A normal form, what is wrong, or None for a blank text."""

LINE: Final = 200
NOTE: Final = 4_000
"""Maximum lengths in characters."""

DECOMPOSED: Final = 4
"""Maximum number of typed characters for each composed one."""

MARKS: Final = 30
"""Maximum number of combining marks on one character (Unicode's Stream-Safe Text Format).

The time to sort them grows by the square.
"""

INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories not allowed in a line: controls, formats, private use, surrogates, separators of lines."""

FORMAT: Final = "Cf"
JOINERS: Final = frozenset("\u200c\u200d") | frozenset(map(chr, range(0xE0020, 0xE0080)))
"""Formats that letters and emoji need: they join them, keep them apart, or name a flag."""

OVERRIDES: Final = frozenset("\u202d\u202e")
"""Formats that show a text in another order than it is: they are refused, all others but `JOINERS` are dropped."""

SEEN: Final = frozenset("LNPS")
BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Unicode categories of visible characters, and the characters in them that are blank all the same."""

USUAL: Final = re.compile("[!-~\u00a1-\u00ac\u00ae-\u017e]+(?: [!-~\u00a1-\u00ac\u00ae-\u017e]+)*")
"""Visible letters of Western and Central Europe with single spaces between: texts that are stored as they are."""

SPACES: Final = re.compile(r"\s+")
SPACES_IN_LINE: Final = re.compile(r"[^\S\n\t]")


def line(text: str, longest: int = LINE) -> Formed:
    """One line, each run of blanks as one space."""
    if len(text) <= longest and USUAL.fullmatch(text):
        return text
    return _text(text, longest, lambda kept: SPACES.sub(" ", kept))


def note(text: str, longest: int = NOTE) -> Formed:
    """A text of several lines, with spaces and tabs as they were typed; no blanks at the ends of lines."""
    if len(text) <= longest and USUAL.fullmatch(text):
        return text
    return _text(text, longest, _lines)


def is_plain(value: str) -> bool:
    """True for a text without control characters, which PostgreSQL and UTF-8 can hold."""
    return not is_broken(value) and not is_broken_line(value)


def is_broken_line(value: str, allowed: Set[str] = frozenset()) -> bool:
    """True for a text with characters that are not allowed in a line, those in `allowed` apart."""
    seen = (character for character in value if not character.isspace() and character not in allowed)
    return any(unicodedata.category(character) in INVISIBLE for character in seen)


def _text(text: str, longest: int, blanks: Callable[[str], str]) -> Formed:
    if len(text) > DECOMPOSED * longest:
        return Reason.TOO_LONG
    return composed(text, longest, blanks)


def composed(text: str, longest: int, blanks: Callable[[str], str]) -> Formed:
    """Any text, character by character."""
    kept = _without_dust(text)
    if is_broken_line(kept, JOINERS) or _is_heaped(kept):
        return Reason.FORMAT
    found = blanks(unicodedata.normalize("NFC", kept)).strip()
    if not _is_seen(found):
        return None
    return found if len(found) <= longest else Reason.TOO_LONG


def _lines(text: str) -> str:
    return "\n".join(map(partial(SPACES_IN_LINE.sub, " "), map(str.rstrip, text.splitlines())))


def _without_dust(value: str) -> str:
    """A text without formats that nobody sees or types: soft hyphens of a PDF, marks of direction and order."""
    kept = JOINERS | OVERRIDES
    return "".join(character for character in value if character in kept or unicodedata.category(character) != FORMAT)


def _is_heaped(text: str) -> bool:
    """True for a text with more marks on one character than are sorted in a moment."""
    runs = groupby(text, lambda character: unicodedata.combining(character) > 0)
    return any(marks and sum(1 for _ in run) > MARKS for marks, run in runs)


def _is_seen(text: str) -> bool:
    """True for a text with at least one visible character."""
    return any(unicodedata.category(character)[0] in SEEN and character not in BLANK for character in text)
