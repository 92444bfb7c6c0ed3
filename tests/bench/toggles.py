"""The toggles that the write operation sets: takes a connection's number, gives the next change of its company.

Every connection writes to a company of its own, so that they do not wait for each other, and goes through all cells
of its matrix: on, off, and the other way round in the next pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, product
from typing import Final

from schema.apps import CATALOGUE, App
from tests.bench import dataset

FIRST_COMPANY: Final = 100
VERSION: Final = re.compile(rb'"version" ?: ?(\d+)')
TOGGLES: Final = tuple(app for app in App if not CATALOGUE[app].always_visible)


@dataclass(frozen=True, slots=True)
class Change:
    """One toggle to set; `version` is the matrix's before it."""

    company: int
    version: int
    member: int
    app: App
    granted: bool

    @property
    def input(self) -> dict[str, object]:
        """What setAppAccess takes."""
        user = dataset.global_id("usr", "membership", self.company, self.member)
        change: dict[str, object] = {"userId": user, "app": self.app.name, "granted": self.granted}
        return {
            "companyId": dataset.global_id("com", "company", self.company),
            "expectedVersion": self.version,
            "changes": [change],
        }

    @property
    def token(self) -> str:
        """The owner's."""
        return dataset.token("owner", self.company)


class Toggles:
    """Which toggle comes next; it knows what the database holds as long as nobody else writes there."""

    def __init__(self) -> None:
        self._companies: dict[int, Iterator[Change]] = {}
        self._last: dict[int, Change] = {}

    def next(self, connection: int) -> Change:
        """The next change of a connection's company."""
        company = FIRST_COMPANY + connection
        if company not in self._companies:
            self._companies[company] = _changes(company)
        self._last[connection] = change = next(self._companies[company])
        return change

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether an answer says that the connection's last change was made."""
        found = VERSION.search(body)
        return found is not None and int(found[1]) == self._last[connection].version + 1


def _changes(company: int) -> Iterator[Change]:
    held = {(member, app) for member in range(1, dataset.MEMBERS) for app in dataset.granted(company, member)}
    cells = cycle(product(range(1, dataset.MEMBERS), TOGGLES))
    for version, cell in enumerate(cells, 1):
        held ^= {cell}
        yield Change(company, version, *cell, cell in held)
