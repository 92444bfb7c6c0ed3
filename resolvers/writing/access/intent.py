"""The input of a change of access: the parameters of its statement, and the payload by the statement's outcome."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from resolvers.global_ids import Key
from resolvers.user_problems import UserProblem
from resolvers.writing.judging import REFUSED, ROW, SPENT, VERSION
from resolvers.writing.outcome import Outcome, Refusal
from resolvers.writing.value_reading import NO_ROW
from schema.errors import UserErrorCode

Arrays: TypeAlias = Mapping[str, Sequence[object]]
"""The asked changes, by the parameters in `Input.columns` of `statement.py`; the n-th items belong together."""

COMPANY = Key(("com",))


@dataclass(frozen=True, slots=True)
class AccessIntent:
    """The changes that an owner asks for.

    `refusals` are the problems that need no database; `explain` makes problems from those that the statement found.
    `shown` is in the payload once the changes are made.
    """

    input: Mapping[str, Any]
    arrays: Arrays
    explain: Callable[[Sequence[str]], Iterable[UserProblem]]
    refusals: tuple[UserProblem, ...] = ()
    shown: Mapping[str, object] = field(default_factory=dict[str, object])

    def written(self, outcome: Outcome) -> int:
        """The number of rights that were granted; withdrawn ones are not counted."""
        return outcome.total or 0 if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return {
            **self.shown,
            **self.arrays,
            ROW: COMPANY(self.input["companyId"]) or NO_ROW,
            VERSION: self.input.get("expectedVersion"),
            SPENT: spent,
            REFUSED: bool(self.refusals),
        }

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of a refusal."""
        match outcome.refused:
            case Refusal.NOT_FOUND:
                return (UserProblem(UserErrorCode.NOT_FOUND, ("companyId",)),)
            case Refusal.VERSION_CONFLICT:
                return (UserProblem(UserErrorCode.VERSION_CONFLICT, ("expectedVersion",)),)
            case Refusal.PROBLEMS:
                return self.refusals
            case Refusal.FOUND:
                return self.explain(outcome.found)
            case _:
                return ()

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's objects: the company, and `shown` if it was changed or already is as asked."""
        is_so = outcome.refused in (None, Refusal.UNCHANGED)
        return {"company": outcome.company, **(self.shown if is_so else {})}
