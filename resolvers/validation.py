"""What a mutation accepts of texts that people type: collects every problem, so that a form can show all at once."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from email_validator import EmailNotValidError, validate_email

from resolvers.writing import Problem, Refused
from schema.errors import UserErrorCode

NAME, LINE, EMAIL, PASSWORD = 100, 200, 254, 1_024
"""The longest values, in characters."""

DECOMPOSED: Final = 4
"""A text of n characters is typed with so many times n at most; the time to put them together grows by the square."""

SHORTEST_PASSWORD: Final = 10
INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that no line of text holds: controls, formats, private use, surrogates, separators of lines."""

SEEN: Final = frozenset("LNPS")
BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""What is seen has one of these Unicode categories, but for the letters and the symbol that are blank."""

SPACES: Final = re.compile(r"\s+")


@dataclass(slots=True)
class Checks:
    """The checks of one input; `refuse` ends them."""

    problems: list[Problem] = field(default_factory=list[Problem])

    def name(self, member: str, value: str, longest: int = NAME) -> str:
        """A name: one line that is not blank."""
        return self._line(member, value, longest, blank=False)

    def line(self, member: str, value: str | None) -> str | None:
        """One line, or nothing; what is blank counts as nothing."""
        return (self._line(member, value, LINE, blank=True) or None) if value is not None else None

    def email(self, member: str, value: str) -> str:
        """An e-mail address as it is stored: normal form, lower case."""
        address = normal_email(value)
        if address is None:
            self.add(member)
        return address or ""

    def emails(self, member: str, value: str | None, most: int) -> list[str]:
        """E-mail addresses with commas between them, each once, at most so many; what is blank counts as none."""
        parts = value.split(",", most) if value is not None and value.strip() else []
        addresses = [normal_email(part) for part in parts[:most]]
        if len(parts) > most or None in addresses:
            self.add(member)
            return []
        return list(dict.fromkeys(address for address in addresses if address is not None))

    def password(self, member: str, value: str, *never: str) -> str:
        """A new password: long enough, and none of the texts that everybody could guess."""
        guessable = value.lower() in {text.lower() for text in never} or len(set(value)) < 4
        if not SHORTEST_PASSWORD <= len(value) <= PASSWORD or guessable or _is_broken(value):
            self.add(member)
        return value

    def add(self, member: str, code: UserErrorCode = UserErrorCode.VALIDATION) -> None:
        """A member of the input is not as it should be."""
        self.problems.append(Problem(code, (member,), lambda language: {"field": member}))

    def refuse(self, values: Mapping[str, object] | None = None) -> None:
        """Raise Refused when there is a problem; `values` are what the payload shows all the same."""
        if self.problems:
            raise Refused(*self.problems, values=values)

    def _line(self, member: str, value: str, longest: int, *, blank: bool) -> str:
        if len(value) > DECOMPOSED * longest or _is_broken_line(value):
            self.add(member)
            return ""
        text = SPACES.sub(" ", unicodedata.normalize("NFC", value)).strip()
        if not _is_seen(text):
            text = ""
        if len(text) > longest or not (text or blank):
            self.add(member)
        return text


def is_plain(value: str) -> bool:
    """Whether it has nothing but what a text is made of: no controls, nothing that PostgreSQL or UTF-8 cannot hold."""
    return not _is_broken(value) and not _is_broken_line(value)


def normal_email(value: str) -> str | None:
    """An address as it is stored and looked up; None for what is none."""
    if len(value) > EMAIL or _is_broken(value):
        return None
    try:
        address = validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None
    return unicodedata.normalize("NFC", address.lower())  # J̌ is two characters, ǰ is one


def _is_broken_line(value: str) -> bool:
    """Whether it has characters that no line of text holds."""
    return any(unicodedata.category(character) in INVISIBLE for character in value if not character.isspace())


def _is_seen(text: str) -> bool:
    """Whether there is anything to be seen."""
    return any(unicodedata.category(character)[0] in SEEN and character not in BLANK for character in text)


def _is_broken(value: str) -> bool:
    """Whether it has characters that PostgreSQL or UTF-8 cannot hold."""
    return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)
