"""What the only writer of a company knows of its toggles: takes its writes and their answers, checks the database.

A write is acknowledged, or in doubt when no answer came; whatever was read is compared with what stood there at that
version.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from db.connection import Connection
from tests.support.company import ALWAYS, Firm, replay

APPS: Final = ("QUOTES", "INVOICES", "CREDIT_NOTES", "DISCOUNTS", "PURCHASES", "NUMBERING")
PEOPLE: Final = ("anna", "bram", "clara")

Cell = tuple[str, str]
"""A person's global id and an app."""

State = frozenset[Cell]
"""The toggles that are on."""

Change = frozenset[tuple[Cell, bool]]
"""What one write sets."""


def after(state: State, change: Change) -> State:
    """The toggles once a change is made."""
    return (state - {cell for cell, _ in change}) | {cell for cell, granted in change if granted}


@dataclass(slots=True)
class Ledger:
    """One company: its first version, the changes since then, the toggles after each, and what is in doubt."""

    firm: Firm
    first: int = 1
    changes: list[Change] = field(default_factory=list[Change])
    states: list[State] = field(default_factory=lambda: [frozenset[Cell]()])
    acknowledged: set[int] = field(default_factory=set[int])
    doubts: list[Change] = field(default_factory=list[Change])
    unanswered: int = 0
    observed: set[tuple[int, State]] = field(default_factory=set[tuple[int, State]])

    @property
    def cells(self) -> list[Cell]:
        """All toggles that are played with."""
        return [(self.firm[name].id, app) for name in PEOPLE for app in APPS]

    @property
    def version(self) -> int:
        """The version as far as is known; a write in doubt may have made one more."""
        return self.first + len(self.changes)

    def acknowledge(self, change: Change, version: int) -> None:
        """A write was answered with its new version; so none of the same old version can have been made."""
        assert version == self.version + 1, f"version {version} was answered instead of {self.version + 1}"
        self.acknowledged.add(len(self.changes))
        self._made(change)

    def doubt(self, change: Change) -> None:
        """A write was not answered: it may be made or not, now or in a moment."""
        self.doubts.append(change)
        self.unanswered += 1

    def settle(self, version: int, state: State) -> None:
        """The toggles were read: they are as before, or as one of the writes in doubt left them."""
        if (version, state) == (self.version, self.states[-1]):
            return
        made = [change for change in self.doubts if after(self.states[-1], change) == state]
        assert made, "what was read is what no write left"
        assert version == self.version + 1, f"version {version} was read instead of {self.version + 1}"
        self._made(made[0])

    def observe(self, since: int, version: int, state: State) -> None:
        """Somebody else read the toggles, when version `since` had been acknowledged."""
        assert version >= since, f"version {version} was read after {since} was acknowledged"
        self.observed.add((version, state))

    def _made(self, change: Change) -> None:
        self.states.append(after(self.states[-1], change))
        self.changes.append(change)
        self.doubts.clear()

    async def check(self, connection: Connection) -> int:
        """Compare the database, and what was observed, with what is known; gives how many acknowledged writes it found.

        AssertionError when one is lost, half there, there twice, or nobody's.
        """
        firm = replace(self.firm, connection=connection)
        found = await _written(firm)
        lost = [n for n in self.acknowledged if n >= len(found) or found[n] != self.changes[n]]
        assert not lost, f"acknowledged, and not found: {lost}"
        assert found == self.changes, "the history is another one than that of the writes"
        assert await firm.version() == self.version, "the version does not fit the history"
        trail = await firm.trail()
        for name in PEOPLE:
            person = firm[name]
            known = ALWAYS | {app for id_, app in self.states[-1] if id_ == person.id}
            assert await firm.toggles(name) == known, "the mask does not fit the history"
            assert await firm.grants(name) == known, "the validity periods do not fit the history"
            assert replay(trail, person.membership) == known
        assert self.observed <= set(self._known()), "somebody read what never was"
        return len(self.acknowledged)

    def _known(self) -> Iterator[tuple[int, State]]:
        return ((self.first + n, state) for n, state in enumerate(self.states))


async def _written(firm: Firm) -> list[Change]:
    """The changes that the audit trail tells of: the rows of one moment are those of one write."""
    rows = [row for row in await firm.trail() if row["kind"] == "TOGGLE"]
    return [
        frozenset(((f"usr_{row['membership_id'].hex}", row["app_id"]), row["after"]) for row in of)
        for _, of in groupby(rows, key=lambda row: row["at"])
    ]
