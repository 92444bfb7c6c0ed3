"""The members of an input that write columns of one row without a version, and the read input."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from db.declarations import Column
from resolvers.forms.registry import NATIONAL
from resolvers.user_problems import UserProblem, invalid
from resolvers.writing.declaration import WriteColumn
from resolvers.writing.judging import REFUSED, SPENT
from resolvers.writing.outcome import Outcome, Refusal, found_problem
from resolvers.writing.value_reading import Read, Wrong, reader_of
from schema.declarations.writing import WriteRule
from schema.errors import UserErrorCode
from schema.errors import ValidationReason as Reason

BELGIUM: Final = "BE"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an input: the column that it writes, the reader of its values, and the value in place of null.

    `required`: null is refused.
    """

    name: str
    column: str
    read: Read
    required: bool = False
    empty: object = None

    @classmethod
    def of(cls, name: str, column: Column, rule: WriteRule) -> "Member":
        """The member of a column by the rule for its values."""
        read = reader_of(WriteColumn(name, rule, column, ()))
        if rule.form in NATIONAL:
            read = partial(_at_home, read)
        return cls(name, column.name, read, rule.required)

    def value(self, given: Any) -> object:
        """The value to write, or its problem; a blank text counts as null."""
        found = self.read(given) if given is not None else self.empty
        return Wrong(Reason.REQUIRED) if self.required and found is None else found


def _at_home(read: Read, value: str) -> object:
    """A text in the form of Belgium, or one that itself names its country."""
    return read(value, BELGIUM)


def read_members(
    members: Iterable[Member], given: Mapping[str, Any]
) -> tuple[dict[str, object], tuple[UserProblem, ...]]:
    """The values by column, and the problems, in the order of the members; one that is left out has no value."""
    values: dict[str, object] = {}
    problems: list[UserProblem] = []
    for member in members:
        if member.name in given:
            value = member.value(given[member.name])
            if isinstance(value, Wrong):
                problems.append(invalid((member.name,), value.reason, value.text, **value.values))
            else:
                values[member.column] = value
    return values, tuple(problems)


@dataclass(frozen=True, slots=True)
class UnversionedIntent:
    """A read input: the values of the statement's own parameters, and the problems that need no database."""

    bound: Mapping[str, object]
    refusals: tuple[UserProblem, ...]

    def written(self, outcome: Outcome) -> int:
        """The number of rows that were written: one at most."""
        return 1 if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return {**self.bound, SPENT: spent, REFUSED: bool(self.refusals)}

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of a refusal."""
        match outcome.refused:
            case Refusal.NOT_FOUND:
                return (UserProblem(UserErrorCode.NOT_FOUND, ("companyId",)),)
            case Refusal.PROBLEMS:
                return self.refusals
            case Refusal.FOUND:
                return map(found_problem, outcome.found)
            case _:
                return ()

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's object: the company, if one was changed."""
        return {"company": outcome.company}
