"""The inputs of declared mutations, of one row and of a list: their parameters, their problems and their payloads."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.user_problems import UserProblem, problems_json
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.given import Given
from resolvers.writing.judging import bindings_of
from resolvers.writing.list_outcome import ListAnswer
from resolvers.writing.list_reading import GivenList, ListInputReader
from resolvers.writing.outcome import SHOWN, Outcome, Reader, Refusal, problems_of, warnings_of
from schema.declarations.writing import WriteAction


@dataclass(frozen=True, slots=True)
class EntityIntent:
    """The input of a mutation of one row."""

    write: EntityWrite
    reader: Reader
    input: Mapping[str, Any]
    given: Given

    def written(self, outcome: Outcome) -> int:
        """The number of rows that were written."""
        return self.given.rows if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return bindings_of(self.given, spent)

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of a refusal."""
        return problems_of(outcome, self.write, self.reader, self.input, self.given)

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's values: after a refusal those that the caller may see, and none of a deleted row."""
        write, was_done = self.write, outcome.refused in (None, Refusal.REPLAYED)
        is_gone = was_done and write.action is WriteAction.DELETE
        values: dict[str, object] = {
            **shared_values(outcome),
            "warnings": problems_json(warnings_of(outcome, write), outcome.language),
            write.member: outcome.row if outcome.refused in SHOWN and not is_gone else None,
        }
        if write.whole is not None:
            values[write.whole.member] = outcome.whole
        if is_gone and outcome.row is not None:
            values["deletedId"] = f"{write.prefix}_{outcome.row.hex}"
        return values


@dataclass(frozen=True, slots=True)
class ListIntent:
    """The input of a list verb."""

    write: EntityWrite
    reader: ListInputReader
    input: Mapping[str, Any]
    given: GivenList

    def written(self, outcome: Outcome) -> int:
        """The number of rows that were written."""
        if outcome.refused is Refusal.PARTLY:
            return sum(
                given.rows for given, item in zip(self.given.items, outcome.items, strict=True) if item.refused is None
            )
        return self.given.rows if outcome.refused is None else 0

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters."""
        return bindings_of(self.given, spent)

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of the whole list."""
        return self._answer(outcome).problems()

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's values: a result for each item."""
        answer = self._answer(outcome)
        warnings = problems_json(answer.warnings(), outcome.language)
        return {**shared_values(outcome), "results": answer.results(), "warnings": warnings}

    def _answer(self, outcome: Outcome) -> ListAnswer:
        return ListAnswer(outcome, self.write, self.reader, self.input, self.given)


def shared_values(outcome: Outcome) -> dict[str, object]:
    """The values in the payloads of all declared mutations."""
    return {"company": outcome.company, "replayed": outcome.refused is Refusal.REPLAYED}
