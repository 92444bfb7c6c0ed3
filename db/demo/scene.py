"""What a scene of the demo plays in: one company with the rows it has so far."""

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

    `index` is 0 for the installer, 1 for the wholesaler, from 2 for the accountant's clients. `features` are the apps
    that the company works with; of all others it keeps a few rows from the fourteen days of its trial. `cast` has the
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
        """Whether the company works with an app."""
        return app in self.features

    def chance(self, name: str) -> Random:
        """Repeatable chance of this company, apart for each `name`."""
        return stream(name, str(self.index))

    def add(self, table: str, at: datetime, chance: Random, /, **columns: Any) -> UUID:
        """Append a row of this company, whose key is of the moment `at`; gives the key."""
        key = uuid7(at, chance)
        self.rows.write(table, company_id=self.company_id, id=key, **columns)
        return key

    def change(self, record: Record, **columns: Any) -> None:
        """Give other values to a row that is there."""
        record.update(columns)

    def all(self, table: str, **where: object) -> list[Record]:
        """The rows so far of a table whose columns have these values, in the order in which they were made."""
        return [
            record
            for record in self.rows.tables[table]
            if all(record.get(column) == value for column, value in where.items())
        ]

    def member(self, who: str) -> Record:
        """The membership of somebody of the cast, the newest one."""
        return self.all("membership", account_id=self.cast[who])[-1]

    @property
    def members(self) -> list[Record]:
        """Everybody who works in the company now, owners first."""
        inside = [row for row in self.all("membership", external=False, removed_at=None) if row["accepted_at"]]
        return sorted(inside, key=lambda row: row["role"] != "OWNER")
