"""The interface of mutations in one statement to their runner: declared writes of entities, and changes of access."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from resolvers.compilation.compiler import RootFieldWriter
from resolvers.gates.needs import Need
from resolvers.user_problems import UserProblem
from resolvers.writing.outcome import Outcome


class Intent(Protocol):
    """A read input."""

    def written(self, outcome: Outcome) -> int:
        """The number of rows that were written, which count for the quota of the writer."""
        ...

    def bindings(self, spent: list[uuid.UUID]) -> dict[str, object]:
        """The values of the statement's parameters; `spent` are the accounts and companies that may write no more."""
        ...

    def problems(self, outcome: Outcome) -> Iterable[UserProblem]:
        """The problems of a refusal, for `errors`; no problems without a refusal."""
        ...

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The values of the payload that is read after the statement, by its fields; an object as its key."""
        ...


class StatementWriter(RootFieldWriter, Protocol):
    """A root field of Mutation that writes by one statement.

    `for_sessions`: API keys may not use it. `changes_access`: it changes the access of users, is counted apart from
    business data, and waits for other such changes. `takes_key`: it takes an idempotency key; one that does not has no
    version either, and is run again until no other write overtakes it. `has_trial`: a trial finds the value that
    another write took; otherwise the statement always looks for it. `takes_list`: it may write some rows of the input
    and refuse others.
    """

    changes_access: ClassVar[bool]
    has_trial: ClassVar[bool]
    takes_list: ClassVar[bool]
    takes_key: ClassVar[bool]

    @property
    def for_sessions(self) -> bool:
        """True if API keys may not write it at all."""
        ...

    @property
    def need(self) -> Need:
        """The gates that the statement judges itself."""
        ...

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The approximate number of rows that an input writes."""
        ...

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input; `key` is the idempotency key that came beside it."""
        ...


@dataclass(frozen=True, slots=True)
class SessionWriter:
    """The common part of mutations that API keys may not use: no gates, trials, lists or idempotency keys."""

    has_trial: ClassVar[bool] = False  # nothing that it writes can be taken
    takes_list: ClassVar[bool] = False
    takes_key: ClassVar[bool] = False

    @property
    def for_sessions(self) -> bool:
        """True."""
        return True

    @property
    def need(self) -> Need:
        """No gates: the statement judges the caller's role in the company, or only that the caller is signed in."""
        return ()
