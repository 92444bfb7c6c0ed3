"""The payload of a list verb: the problems of the list, and the results of its items.

A list that is written whole or not at all has all problems in `errors`, with their paths in the input, and no results
where there are any. Else each item has its own, with paths within the item.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from resolvers.user_problems import UserProblem, problems_json
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.list_reading import GivenList, ListInputReader, items_of
from resolvers.writing.outcome import (
    WARNED,
    ItemOutcome,
    Outcome,
    Refusal,
    conflict,
    found_problem,
    missing_app_problem,
    missing_bits,
    problems_of,
    warning,
)
from schema.errors import NOT_WRITTEN, UserErrorCode

ANSWERED: Final = frozenset({None, Refusal.PARTLY, Refusal.REPLAYED, Refusal.VALID})
"""The outcomes of a list whose items have results of their own."""

WRITTEN: Final = frozenset({None, Refusal.PARTLY})
"""The outcomes of a list whose good items were written."""


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """The outcome of a list verb with the input that it is about."""

    outcome: Outcome
    write: EntityWrite
    reader: ListInputReader
    input: Mapping[str, Any]
    given: GivenList

    def problems(self) -> Iterable[UserProblem]:
        """The problems of the whole list."""
        if self.outcome.refused is not Refusal.FOUND:
            return problems_of(self.outcome, self.write, self.reader, self.input, self.given)
        return (
            replace(problem, field=("items", str(n), *(problem.field or ())))
            for n in range(len(self.outcome.items))
            for problem in self._of_item(n)
        )

    def warnings(self) -> Iterator[UserProblem]:
        """The warnings for rows that are or would be as asked, with their paths in the input."""
        if self.outcome.refused in ANSWERED:
            for n, item in enumerate(self.outcome.items):
                for found in item.warnings if item.refused in WARNED else ():
                    problem = warning(self.write, found)
                    yield replace(problem, field=("items", str(n), *(problem.field or ())))

    def results(self) -> str:
        """The `results` as JSON: the key of each item's row, and its problems."""
        if self.outcome.refused not in ANSWERED:
            return "[]"
        return orjson.dumps(
            [
                {
                    "key": item.row if self._is_shown(item) else None,
                    "errors": orjson.Fragment(problems_json(self._of_item(n), self.outcome.language)),
                }
                for n, item in enumerate(self.outcome.items)
            ]
        ).decode()

    def _is_shown(self, item: ItemOutcome) -> bool:
        """True if the row is there: a new one that was written, or one that an item names; a trial shows none."""
        if item.refused in (None, Refusal.UNCHANGED) and self.outcome.refused is Refusal.VALID:
            return False
        if not self.write.creates or item.refused is Refusal.REPLAYED:
            return True
        return item.refused is None and self.outcome.refused in WRITTEN

    def _of_item(self, n: int) -> Iterator[UserProblem]:
        """The problems of an item, with paths within it."""
        item = self.outcome.items[n]
        match item.refused:
            case Refusal.NOT_FOUND:
                yield UserProblem(UserErrorCode.NOT_FOUND, (self.write.row,))
            case Refusal.GATES:
                lacking = self.reader.lacking_in(items_of(self.input)[n], missing_bits(self.outcome))
                yield from map(missing_app_problem, lacking)
            case Refusal.PROBLEMS:
                yield from self.given.items[n].problems
            case Refusal.FOUND:
                yield from map(found_problem, item.found)
            case Refusal.VERSION_CONFLICT:
                yield conflict(("expectedVersion",))
            case Refusal.NOT_WRITTEN:
                yield UserProblem(UserErrorCode.KEY_REUSED, text=NOT_WRITTEN)
            case _:
                pass
