"""The rows of a database in memory, and the rights of a viewer in a company, by the rules."""

import datetime
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from db.connection import Connection
from db.tables import metadata
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate, Standing

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """Rows by table."""

    tables: Mapping[str, list[Record]]

    @classmethod
    async def load(cls, connection: Connection) -> "World":
        """Load all rows of the database."""
        tables = {name: await connection.fetch(f"select * from {name}") for name in metadata.tables}
        return cls({name: [dict(row) for row in rows] for name, rows in tables.items()})

    def rows(self, table: str, **columns: object) -> Iterator[Record]:
        """The rows of a table with these values."""
        for row in self.tables[table]:
            if all(row[name] == value for name, value in columns.items()):
                yield row

    def one(self, table: str, **columns: object) -> Record | None:
        """The row of a table with these values."""
        return next(self.rows(table, **columns), None)

    def credential(self, token: str | None) -> Record | None:
        """The session behind a token."""
        if token is None:
            return None
        return self.one("credential", token_hash=hashlib.sha256(token.encode()).digest())

    def scopes(self, account: uuid.UUID) -> Iterator["Scope"]:
        """The companies that an account may enter now."""
        for membership in self.rows("membership", account_id=account, removed_at=None):
            company = self.one("company", id=membership["company_id"])
            if company is not None and has_begun(membership):
                yield Scope(company, membership)


def has_begun(membership: Record, at: datetime.datetime | None = None) -> bool:
    """Whether a membership is accepted and has not ended, at a moment or now."""
    until = membership["until"]
    return membership["accepted_at"] is not None and (
        until is None or until > (at or datetime.datetime.now(datetime.UTC))
    )


def is_awake(company: Record, app: App) -> bool:
    """Whether an app is active and awake: in the plan, or during the trial; `awake` is the mask of a past moment."""
    if "awake" in company:
        return has_bit(company["awake"], app)
    ends = company["trial_ends_at"]
    in_trial = ends is not None and ends > datetime.datetime.now(datetime.UTC)
    return has_bit(company["mask"], app) and (in_trial or affords(company["plan"], app))


def affords(plan: str, app: App) -> bool:
    """Whether a plan has an app."""
    plans = ("FREE", "PRO", "PREMIUM")
    return plans.index(CATALOGUE[app].plan.name) <= plans.index(plan)


def has_bit(mask: Any, app: App) -> bool:
    """Whether an app is on in a permission mask."""
    byte, bit = divmod(CATALOGUE[app].position, 8)
    return mask.bytes[byte] & (0x80 >> bit) != 0


def is_on(member: Record, app: App) -> bool:
    """Whether an employee's app is switched on, and its time is not over."""
    ends = member["lent_until"]
    is_over = ends is not None and ends <= datetime.datetime.now(datetime.UTC) and has_bit(member["lent"], app)
    return has_bit(member["toggles"], app) and not is_over


@dataclass(frozen=True, slots=True)
class Scope:
    """A company, and the viewer's membership there."""

    company: Record
    membership: Record

    def reaches(self, app: App) -> bool:
        """Whether the viewer holds an app: it is awake, and always visible, or on, or they are owner or external."""
        member = self.membership
        free = member["role"] == "OWNER" or member["external"] or CATALOGUE[app].always_visible
        return is_awake(self.company, app) and (free or is_on(member, app))

    def holds(self, gate: Gate) -> bool:
        """Whether the viewer passes a gate."""
        if isinstance(gate, App):
            return self.reaches(gate)
        stands_in = gate is Standing.OWNER and self.membership["stands_in"]
        return self.membership["role"] == gate.value or stands_in


def apps_where(test: Callable[[App], bool]) -> list[str]:
    """The apps that pass a test, in the order of the catalogue."""
    return [app.value for app in App if test(app)]
