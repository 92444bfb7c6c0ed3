"""The toggles that the write operation sets: the next change for each connection.

It goes through all cells of the matrix: on, off, and the other way round in the next pass.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import cycle, product
from typing import Final

from schema.apps import CATALOGUE, App
from tests.bench.data import dataset
from tests.bench.loads.writes import Write

VERSION: Final = re.compile(rb'"version" ?: ?(\d+)')
TOGGLES: Final = tuple(app for app in App if not CATALOGUE[app].always_visible)


class Toggles:
    """Sets toggles in these companies, a connection in each."""

    def __init__(self, companies: Sequence[int]) -> None:
        self._changes = [_changes(company) for company in companies]
        self._versions = [0] * len(companies)

    def next(self, connection: int) -> Write:
        """The next change in a connection's company."""
        self._versions[connection] += 1
        return next(self._changes[connection])

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether the answer has the version after the connection's last change."""
        found = VERSION.search(body)
        return found is not None and int(found[1]) == self._versions[connection] + 1


def _changes(company: int) -> Iterator[Write]:
    on = {(member, app) for member in range(1, dataset.MEMBERS) for app in dataset.granted(company, member)}
    cells = cycle(product(range(1, dataset.MEMBERS), TOGGLES))
    for version, cell in enumerate(cells, 1):
        on ^= {cell}
        yield _write(company, version, *cell, granted=cell in on)


def _write(company: int, version: int, member: int, app: App, *, granted: bool) -> Write:
    """The write of one toggle; `version` is that of the matrix before it."""
    change = {"userId": dataset.global_id("usr", "membership", company, member), "app": app.name, "granted": granted}
    given = {
        "companyId": dataset.global_id("com", "company", company),
        "expectedVersion": version,
        "changes": [change],
    }
    derived = {
        "company": dataset.key("company", company),
        "version": version,
        "membership": dataset.key("membership", company, member),
        "app": app.name,
        "granted": granted,
    }
    return Write(company, given, derived)
