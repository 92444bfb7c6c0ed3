"""Global ids: `<prefix>_<key in hexadecimal>`; the prefix names the type."""

import re
from dataclasses import dataclass
from typing import Any

GLOBAL_ID = re.compile(r"([a-z]{3})_([0-9a-f]{32})")


def prefix(value: Any) -> str | None:
    """The prefix of a global id; None for any other value."""
    found = GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class KnownPrefix:
    """The probe that reads the prefix of a global id; None for a value that is not an id of the schema."""

    known: frozenset[str]

    def __call__(self, value: Any) -> str | None:
        """The id's prefix, if it is a known one."""
        found = prefix(value)
        return found if found in self.known else None


@dataclass(frozen=True, slots=True)
class Key:
    """Reads the key of a global id whose prefix is one of `prefixes`, or any prefix where `prefixes` is empty.

    Any other value becomes None, which equals no key.
    """

    prefixes: tuple[str, ...] = ()

    def __call__(self, value: Any) -> str | None:
        """The key in an id as 32 hexadecimal digits, which the driver takes for a uuid without another object."""
        found = GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
        meant = found is not None and (not self.prefixes or found[1] in self.prefixes)
        return found[2] if found and meant else None
