"""Texts as they are compared and sorted: the SQL of a column, and the converters of what it is compared with.

A text is compared by its folded form (`db/text`), a number of a kind such as an IBAN without punctuation as well, and
sorted by its reading key. The indexes in `db/tables` are on the same expressions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from db.declarations import Column, Text
from db.sql import Rows, Sql, number, sql
from db.text.folding import LONGEST_START, bare_number, fold, written_forms
from db.text.numbers import normal_form
from resolvers.compilation.parameters import WILD, bounded, criterion, search_text
from resolvers.request_limits import LONGEST_CRITERION, SHORTEST_SOUGHT

LAST: Final = "\U0010ffff"
"""The last code, which no folded text has: whatever begins with a text comes before the text and this one."""

SHORT: Final = re.compile(r"[^\W_](?:[^\W_]|[\W_]*)")
"""Two letters or digits, or one and any marks: no index of trigrams finds what has such a text inside a word."""

MARKS: Final = re.compile(r"[\W_]+")
"""No letter and no digit: an index of trigrams has nothing of it."""

LETTER: Final = re.compile(r"[^\W_]")

BEFORE_WORDS: Final = r"(^|[ -/:-@[-`{-~])"
"""The regular expression of what stands before a word: nothing, or a blank or a mark of the keyboard."""

MARK: Final = re.compile(r"[!-/:-@\[-`{-~]")


def is_text(column: Column) -> bool:
    """True for a column of texts."""
    return isinstance(column.type, Text)


def sorted_value(rows: Rows, column: str) -> Sql:
    """The value of a column by which rows are sorted: of a text its reading key."""
    if not is_text(rows.table.columns[column]):
        return rows[column]
    stored = f"{column}_key"  # of a copied column it is copied, too
    if stored in (rows.copies if column in rows.copies else rows.table.columns):
        return rows[stored]
    return sql('reading_key({}) collate "C"', rows[column])


def compared(column: Sql, kind: str | None) -> Sql:
    """The value of a text column, with numbers of this kind, that is compared."""
    return sql('bare_number({}) collate "C"' if kind else 'folded({}) collate "C"', column)


def start_of(column: Sql, kind: str | None) -> Sql:
    """The beginning of the value that is compared: what an index has of it."""
    form = sql("bare_number({})" if kind else "folded({})", column)
    return sql('left({}, {}) collate "C"', form, number(LONGEST_START))


def equal(column: Sql, kind: str | None, sought: Callable[["Shape"], Sql]) -> Sql:
    """The condition that a text column is a text, of which `sought` makes parameters; any index of it serves."""
    return sql("({} = {} and {} = {})", start_of(column, kind), sought(start), compared(column, kind), sought(whole))


def begins(column: Sql, kind: str | None, sought: Callable[["Shape"], Sql]) -> Sql:
    """The condition that a text column begins with a text: by the order of an index, and by trigrams."""
    value = start_of(column, kind)
    ordered = sql("{} >= {} and {} < {}", value, sought(start), value, sought(past))
    return sql("({} and {} like {})", ordered, compared(column, kind), sought(ahead))


def stands_in(column: Sql, kind: str | None, sought: Callable[["Shape"], Sql], part: "Part") -> Sql:
    """The condition that a text column has a text in it, which is this part of it.

    For marks all rows are read, so only texts that have the first mark in one of its written forms are folded.
    """
    value = compared(column, kind)
    match part:
        case "word":
            return sql("{} ~ {}", value, sought(at_word))
        case "marks":
            written = sql('({}) collate "C" ~ {}', column, sought(first_mark))
            return sql("({} and strpos({}, {}) > 0)", written, value, sought(whole))
        case "any":
            return sql("{} like {}", value, sought(anywhere))


Part: TypeAlias = Literal["word", "marks", "any"]
"""The sort of a sought text: the beginning of a word (`SHORT`), marks alone, or anything else."""


Shape: TypeAlias = Callable[[str], str]
"""From a text in its compared form to the parameter of a comparison."""


def whole(text: str) -> str:
    """The text itself."""
    return text


def start(text: str) -> str:
    """The beginning that an index has of a text."""
    return text[:LONGEST_START]


def anywhere(text: str) -> str:
    """The LIKE pattern of texts that contain this one."""
    return f"%{WILD.sub(_escaped, text)}%"


def at_word(text: str) -> str:
    """The regular expression of texts of which a word begins with this one."""
    return BEFORE_WORDS + MARK.sub(_escaped, text)


def first_mark(text: str) -> str:
    """The regular expression of texts that have the first of these marks in one of its written forms."""
    return "|".join(MARK.sub(_escaped, form) for form in written_forms(text[0]))


def ahead(text: str) -> str:
    """The LIKE pattern of texts that begin with this one."""
    return f"{WILD.sub(_escaped, text)}%"


def past(text: str) -> str:
    """The end of the texts that begin with this one."""
    return start(text) + LAST


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def is_served(column: Column | None, operator: str) -> bool:
    """True if an index finds the texts of a column that meet an operator; marks alone are found by none."""
    if column is None or operator == "ne":
        return False
    finds = "parts" if operator == "contains" else "texts"
    return any(column.name in index.info.get(finds, ()) for index in column.table.indexes)


@dataclass(frozen=True, slots=True)
class PartOf:
    """The probe for a text that is sought in a column with numbers of this kind."""

    kind: str | None

    def __call__(self, value: Any) -> Part:
        """The sort of the text in its compared form; "any" also for what is no text, or refused as too long."""
        if not isinstance(value, str) or len(value.strip()) > LONGEST_CRITERION:
            return "any"
        text = comparable(self.kind, value)
        return "word" if SHORT.fullmatch(text) else "marks" if MARKS.fullmatch(text) else "any"


@dataclass(frozen=True, slots=True)
class Sought:
    """Converts a client's text to what a column with numbers of this kind is compared with."""

    kind: str | None
    shape: Shape = whole

    def __call__(self, value: Any) -> str | None:
        """The text in its compared form, shaped. Raises RequestError (BAD_USER_INPUT) for one that is too long."""
        text = criterion(value)
        return None if text is None else self.shape(comparable(self.kind, text))


@dataclass(frozen=True, slots=True)
class SearchedFor:
    """Converts the text of a search likewise; one that is too short, or has no letter, becomes None, for nothing."""

    kind: str | None
    shape: Shape = whole

    def __call__(self, value: Any) -> str | None:
        """The text in its compared form, shaped. Raises RequestError (BAD_USER_INPUT) for one that is too long."""
        text = comparable(self.kind, search_text(value))
        return self.shape(text) if len(text) >= SHORTEST_SOUGHT and LETTER.search(text) else None


@dataclass(frozen=True, slots=True)
class SoughtAny:
    """Converts a client's list of texts likewise."""

    kind: str | None
    shape: Shape = whole

    def __call__(self, value: Any) -> list[str | None]:
        """The texts in their compared form, shaped."""
        return [Sought(self.kind, self.shape)(item) for item in bounded(value)]


def comparable(kind: str | None, text: str) -> str:
    """The form of a text to be compared with a column of this kind: a whole number first gets its normal form."""
    return fold(text) if kind is None else bare_number(normal_form(kind, text))
