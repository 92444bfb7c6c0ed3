"""The state that the scenes of the demo work on: one company with its rows so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from db.demo.chance import stream, uuid7
from db.demo.rows import Record, Rows


@dataclass(frozen=True, slots=True)
class Scene:
    """One company of the demo while its rows are made.

    `index` is 0 for the installer, 1 for the wholesaler, and from 2 on for the accountant's clients. `features` are the
    apps that the company works with; of all others it keeps a few rows from its trial of 14 days. `cast` holds the
    accounts by name.
    """

    company_id: UUID
    index: int
    name: str
    language: str
    created: datetime
    today: date
    features: frozenset[str]
    cast: Mapping[str, UUID]
    owner: str
    rows: Rows

    def has(self, app: str) -> bool:
        """True when the company works with an app."""
        return app in self.features

    def chance(self, name: str) -> Random:
        """A repeatable random stream of this company, a different one for each `name`."""
        return stream(name, str(self.index))

    def add(self, table: str, at: datetime, chance: Random, /, **columns: Any) -> UUID:
        """Append a row of this company, with a key of the moment `at`; returns the key."""
        key = uuid7(at, chance)
        self.rows.write(table, company_id=self.company_id, id=key, **columns)
        return key

    def change(self, record: Record, **columns: Any) -> None:
        """Change columns of a row."""
        record.update(columns)

    def all(self, table: str, **where: object) -> list[Record]:
        """The rows of a table so far whose columns have these values, in the order of creation."""
        return [
            record
            for record in self.rows.tables[table]
            if all(record.get(column) == value for column, value in where.items())
        ]

    def member(self, who: str) -> Record:
        """The newest membership of a person of the cast."""
        return self.all("membership", account_id=self.cast[who])[-1]

    @property
    def members(self) -> list[Record]:
        """The memberships of all current users of the company, owners first."""
        inside = [row for row in self.all("membership", external=False, removed_at=None) if row["accepted_at"]]
        return sorted(inside, key=lambda row: row["role"] != "OWNER")
