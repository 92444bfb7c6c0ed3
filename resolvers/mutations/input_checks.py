"""Checks of the texts in a mutation's input. All problems are collected, so that a form can show them at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from resolvers.email_address import EMAIL, is_broken, normal_email
from resolvers.forms.texts import LINE, line
from resolvers.mutations.context import UserErrors
from resolvers.user_problems import UserProblem, invalid
from schema.errors import GUESSABLE, TOO_MANY, TOO_SHORT, UserErrorCode
from schema.errors import ValidationReason as Reason

NAME, PASSWORD = 100, 1_024
"""Maximum lengths in characters."""

SHORTEST_PASSWORD: Final = 10


@dataclass(slots=True)
class InputChecks:
    """The checks of one input; each adds its problem, `refuse` raises them all."""

    problems: list[UserProblem] = field(default_factory=list[UserProblem])

    def name(self, member: str, value: str, longest: int = NAME) -> str:
        """A name: one line that is not blank."""
        return self._line(member, value, longest, blank=False)

    def line(self, member: str, value: str | None) -> str | None:
        """One line; None for a blank one."""
        return (self._line(member, value, LINE, blank=True) or None) if value is not None else None

    def email(self, member: str, value: str) -> str:
        """An e-mail address as it is stored: normal form, lower case."""
        address = normal_email(value)
        if address is None:
            self._refuse_email(member, value)
        return address or ""

    def _refuse_email(self, member: str, value: str) -> None:
        if len(value) > EMAIL:
            self.add(member, Reason.TOO_LONG, most=EMAIL)
        else:
            self.add(member, Reason.FORMAT if value.strip() else Reason.REQUIRED)

    def emails(self, member: str, value: str | None, most: int) -> list[str]:
        """E-mail addresses separated by commas, each once, `most` at most. A blank text is an empty list."""
        parts = value.split(",", most) if value is not None and value.strip() else []
        addresses = [normal_email(part) for part in parts[:most]]
        if len(parts) > most:
            self.add(member, Reason.TOO_LONG, TOO_MANY, most=most)
            return []
        if None in addresses:
            self.add(member)
            return []
        return list(dict.fromkeys(address for address in addresses if address is not None))

    def password(self, member: str, value: str, *never: str) -> str:
        """A new password: long enough, and not a text that is easy to guess, such as those in `never`."""
        guessable = value.lower() in {text.lower() for text in never} or len(set(value)) < 4
        if len(value) < SHORTEST_PASSWORD:
            self.add(member, Reason.RANGE, TOO_SHORT, least=SHORTEST_PASSWORD)
        elif len(value) > PASSWORD:
            self.add(member, Reason.TOO_LONG, most=PASSWORD)
        elif guessable:
            self.add(member, Reason.NOT_ALLOWED, GUESSABLE)
        elif is_broken(value):
            self.add(member)
        return value

    def add(self, member: str, reason: Reason = Reason.FORMAT, text: str | None = None, /, **values: object) -> None:
        """Add a problem with the value of a member of the input; `values` are those of its message."""
        self.problems.append(invalid((member,), reason, text, **values))

    def taken(self, member: str) -> None:
        """Add the problem of an e-mail address that is in use."""
        self.problems.append(UserProblem(UserErrorCode.EMAIL_TAKEN, (member,)))

    def refuse(self, values: Mapping[str, object] | None = None) -> None:
        """Raise UserErrors when there is a problem; the payload shows `values` all the same."""
        if self.problems:
            raise UserErrors(*self.problems, values=values)

    def _line(self, member: str, value: str, longest: int, *, blank: bool) -> str:
        text = line(value, longest)
        if isinstance(text, Reason):
            self.add(member, text, most=longest)
        elif not (text or blank):
            self.add(member, Reason.REQUIRED)
        return text if isinstance(text, str) else ""
