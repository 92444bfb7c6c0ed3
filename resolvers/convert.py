"""From a client's coerced values to what a statement's parameters take; refuses what PostgreSQL could not take."""

import datetime
import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from resolvers.inputs import bad_input

GLOBAL_ID = re.compile(r"([a-z]{3})_([0-9a-f]{32})")

MANY = 100
"""How long a list in a filter, or of ids, may be."""

SHORTEST_SOUGHT, LONGEST_SOUGHT = 2, 100
"""The characters of a text that is searched for."""

LONGEST_CRITERION = 200
"""The characters of a text in a filter."""

WILD = re.compile(r"[\\%_]")

MOST_MONTHS = 120
"""How many months a period may lie in."""


def text(value: Any) -> str | None:
    """A text; PostgreSQL has no NUL, and a lone surrogate is no text."""
    if value is None:
        return None
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise bad_input("A text holds a character that is not allowed.")
    return value


def criterion(value: Any) -> str | None:
    """A text to compare with, at most `LONGEST_CRITERION` characters."""
    if value is not None and len(value) > LONGEST_CRITERION:
        raise bad_input(f"A text to look for has more than {LONGEST_CRITERION} characters.")
    return text(value)


def texts(value: Any) -> list[str | None]:
    """A list of such texts, at most `MANY`."""
    return [criterion(item) for item in bounded(value)]


def sought(value: Any) -> str | None:
    """A text to search for without the space around it; None, which finds nothing, for one that is too short."""
    found = (text(value) or "").strip()
    if len(found) > LONGEST_SOUGHT:
        raise bad_input(f'The argument "text" has more than {LONGEST_SOUGHT} characters.')
    return found if len(found) >= SHORTEST_SOUGHT else None


def pattern(value: Any) -> str | None:
    """The pattern of LIKE for whatever has such a text in it."""
    found = sought(value)
    return None if found is None else f"%{WILD.sub(_escaped, found)}%"


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def first_day(value: Any) -> datetime.date:
    """The first day of a period in the right order and not too long."""
    return _period(value)[0]


def last_day(value: Any) -> datetime.date:
    """The last day of such a period."""
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
    """A list that is not too long."""
    items: list[Any] = list(value or ())
    if len(items) > MANY:
        raise bad_input(f"A list has more than {MANY} items.")
    return items


def same(value: Any) -> Any:
    """A value that its scalar has already checked."""
    return value


def prefix(value: Any) -> str | None:
    """The prefix of a global id, which names its type; None for what is no global id."""
    found = GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class KnownPrefix:
    """The view of a global id that names its type; None for what is no id of the schema."""

    known: frozenset[str]

    def __call__(self, value: Any) -> str | None:
        """The id's prefix."""
        found = prefix(value)
        return found if found in self.known else None


@dataclass(frozen=True, slots=True)
class Key:
    """The key in a global id of one of the types with these prefixes, or of any type when none is named.

    None, which equals no key, for anything else.
    """

    prefixes: tuple[str, ...] = ()

    def __call__(self, value: Any) -> str | None:
        """The key in an id, as 32 digits: what the driver takes for a uuid without another object."""
        found = GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
        meant = found is not None and (not self.prefixes or found[1] in self.prefixes)
        return found[2] if found and meant else None


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in a list of such ids, at most `MANY`."""

    prefixes: tuple[str, ...] = ()

    def __call__(self, value: Any) -> list[str | None]:
        """The keys in ids."""
        return [Key(self.prefixes)(item) for item in bounded(value)]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells a list of enum values or ids from other lists of that name, whatever their order."""

    name: str

    def __call__(self, value: Any) -> str:
        """16 hexadecimal digits."""
        said = "\n".join([self.name, *sorted({str(enum_name(item)) for item in value or ()})])
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:16]
