"""Converters from a client's coerced values to a statement's parameters.

They raise RequestError (BAD_USER_INPUT) for values that PostgreSQL cannot take or that are too large.
"""

import datetime
import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from db.text.folding import fold
from resolvers.global_ids import Key
from resolvers.request import bad_input
from resolvers.request_limits import LIST_ITEMS, LONGEST_CRITERION, LONGEST_SOUGHT, MOST_MONTHS, SHORTEST_SOUGHT

WILD = re.compile(r"[\\%_]")


def text(value: Any) -> str | None:
    """A text; NUL, which PostgreSQL lacks, and lone surrogates are refused."""
    if value is None:
        return None
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise bad_input("A text holds a character that is not allowed.")
    return value


def criterion(value: Any) -> str | None:
    """A text to compare with, of at most `LONGEST_CRITERION` characters."""
    if value is not None and len(value) > LONGEST_CRITERION:
        raise bad_input(f"A text to look for has more than {LONGEST_CRITERION} characters.")
    return text(value)


def criteria(value: Any) -> list[str | None]:
    """A list of at most `MANY` texts to compare with."""
    return [criterion(item) for item in bounded(value)]


def search_text(value: Any) -> str:
    """A text to search for, of at most `LONGEST_SOUGHT` characters."""
    found = text(value) or ""
    if len(found.strip()) > LONGEST_SOUGHT:
        raise bad_input(f'The argument "text" has more than {LONGEST_SOUGHT} characters.')
    return found


def first_day(value: Any) -> datetime.date:
    """The first day of a period, which may not end before it begins nor touch more than `MOST_MONTHS` months."""
    return _period(value)[0]


def last_day(value: Any) -> datetime.date:
    """The last day of a period, with the same checks as `first_day`."""
    return _period(value)[1]


def _period(value: Any) -> tuple[datetime.date, datetime.date]:
    first, last = value["from"], value["until"]
    if last < first:
        raise bad_input('The argument "period" ends before it begins.')
    if (last.year - first.year) * 12 + last.month - first.month >= MOST_MONTHS:
        raise bad_input(f'The argument "period" lies in more than {MOST_MONTHS} months.')
    return first, last


def enum_name(value: Any) -> str | None:
    """The name of an enum value."""
    return value.value if isinstance(value, Enum) else value


def enum_names(value: Any) -> list[str | None]:
    """The names of a list of enum values."""
    return [enum_name(item) for item in value or ()]


def bounded(value: Any) -> list[Any]:
    """A list of at most `LIST_ITEMS` items."""
    items: list[Any] = list(value or ())
    if len(items) > LIST_ITEMS:
        raise bad_input(f"A list has more than {LIST_ITEMS} items.")
    return items


def unchanged(value: Any) -> Any:
    """The value itself, which its scalar has already checked."""
    return value


@dataclass(frozen=True, slots=True)
class Keys:
    """Reads the keys of a list of at most `LIST_ITEMS` global ids; `prefixes` as in `global_ids.Key`."""

    prefixes: tuple[str, ...] = ()

    def __call__(self, value: Any) -> list[str | None]:
        """The keys in a list of ids."""
        return [Key(self.prefixes)(item) for item in bounded(value)]


def fingerprint_of_search(value: Any) -> str:
    """The fingerprint of a text to search for in its folded form; all texts that are too short have one."""
    folded = fold(search_text(value))
    return _fingerprint(folded if len(folded) >= SHORTEST_SOUGHT else "")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A fingerprint of a list of enum values or ids, which depends on the argument's name but not on the order."""

    name: str

    def __call__(self, value: Any) -> str:
        """The fingerprint of the list."""
        return _fingerprint("\n".join([self.name, *sorted({str(enum_name(item)) for item in value or ()})]))


def _fingerprint(said: str) -> str:
    """16 hexadecimal digits that differ with the text."""
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]
