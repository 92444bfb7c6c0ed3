"""The form of the benchmark's writes, and the companies in which they happen.

Every contender writes in companies of its own, one for each connection, so that all start from the same rows, nobody
waits for another, and each answer is known beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from tests.bench.data import dataset
from tests.bench.loads.operations import COMPANY, CONNECTIONS

COMPANIES: Final = tuple(n for n in range(dataset.CLIENTS, dataset.COMPANIES) if n != COMPANY)
"""The companies that are written to: no accountant's clients, and not that of the reads."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write by a member of a company, by default its owner.

    `input` is that of the mutation, `derived` are the variables for the schema that PostGraphile derives. `own` names
    what is in the answer because of the company: its texts, each with what it is.
    """

    company: int
    input: Mapping[str, object]
    derived: Mapping[str, object]
    own: Mapping[str, str] = field(default_factory=dict[str, str])
    member: int = 0

    @property
    def token(self) -> str:
        """The token of the member."""
        if self.member:
            return dataset.token("employee", self.company * dataset.MEMBERS + self.member)
        return dataset.token("owner", self.company)


class Writes(Protocol):
    """The writes of one operation by one contender, which are right as long as nothing else writes to its companies."""

    def next(self, connection: int) -> Write:
        """The next write of a connection."""
        ...

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether an answer confirms the connection's last write."""
        ...


def companies(contender: int) -> tuple[int, ...]:
    """The companies of a contender, one for each connection."""
    return COMPANIES[contender * CONNECTIONS : (contender + 1) * CONNECTIONS]
