"""The marks of writing: authors of the rows of a company, deleted rows, the changes, the counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.demo.chance import happens, uuid7
from db.demo.changes import note
from db.demo.rows import Record, Rows

EDITED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "contact": ("Customer", ("phone", "email", "note", "paymentTermDays")),
    "contact_person": ("ContactPerson", ("phone", "jobTitle")),
    "contact_address": ("Address", ("phone", "name")),
    "product_group": ("ProductGroup", ("name",)),
    "product": ("Product", ("price", "text", "note")),
    "price_tier": ("PriceTier", ("name",)),
    "unit": ("Unit", ("symbol",)),
}
"""By table: its type, and the fields that people change later."""

COUNTED: Final = {"CUSTOMER": "contact", "PRODUCT": "product"}

FOUNDING: Final = timedelta(days=3)
"""The rows of a company's first days were imported: they have no author, but the id of another system."""

IMPORTED: Final = 0.15
"""The share of later rows that were imported."""


@dataclass(frozen=True, slots=True)
class Writers:
    """A company and the days since which its accounts write."""

    company_id: UUID
    created: datetime
    since: Sequence[tuple[date, UUID]]
    today: date

    def at(self, moment: datetime, chance: Random) -> UUID | None:
        """The author of something written at a moment; None for an import."""
        known = [account for day, account in self.since if day < moment.date()]
        imported = moment < self.created + FOUNDING or happens(chance, IMPORTED)
        return chance.choice(known) if known and not imported else None


def add_writing(rows: Rows, writers: Writers, chance: Random) -> None:
    """Add authors, versions and changes to the rows that people write, and a row of each table that was deleted."""
    for table in EDITED:
        written = [row for row in rows.tables[table] if row.get("is_customer", True)]
        if written:
            written.append(_double(table, rows, written, chance))
        for row in rows.tables[table]:
            row |= {"updated_at": _made(row)}
        for row in written:
            _write(table, row, rows, writers, chance)
    for kind, table in COUNTED.items():
        last = max((row["sequence_number"] for row in rows.tables[table]), default=0)
        rows.write("counter", company_id=writers.company_id, kind=kind, next=last + 1)


def _double(table: str, rows: Rows, written: Sequence[Record], chance: Random) -> Record:
    """Add the newest row once more, deleted a little later: it was entered twice."""
    original = max(written, key=lambda row: row["id"])
    at = _made(original) + timedelta(minutes=2)
    double = {**original, "id": uuid7(at, chance), "deleted_at": at + timedelta(minutes=3)}
    if "number" in original:
        number = max(row["sequence_number"] for row in rows.tables[table]) + 1
        double |= {
            "sequence_number": number,
            "number": f"{original['number'][0]}{number:0{len(original['number']) - 1}d}",
            "created_at": at,
        }
    rows.tables[table].append(double)
    return double


def _made(row: Record) -> datetime:
    """The moment that a key tells."""
    return row.get("created_at") or datetime.fromtimestamp((row["id"].int >> 80) / 1000, UTC)


def _write(table: str, row: Record, rows: Rows, writers: Writers, chance: Random) -> None:
    """Add the author of a row, the last who changed it, and the changes."""
    at = _made(row)
    author = writers.at(at, chance)
    row |= {"version": 1, "created_by": author, "updated_by": author}
    type_, edited = EDITED[table]
    note(rows, type_, "CREATED", row, chance)
    if author is None and table in COUNTED.values() and happens(chance, 0.6):
        row["external_id"] = f"{row['number'][0]}{1000 + row['sequence_number']}"
    later = row.get("deleted_at") or at + timedelta(days=chance.randint(1, 90), minutes=chance.randint(1, 400))
    if later.date() < writers.today and (row.get("deleted_at") or happens(chance, 0.25)):
        editor = writers.at(later, chance)
        row |= {"version": 2, "updated_by": editor or author, "updated_at": later}
        note(rows, type_, "DELETED" if row.get("deleted_at") else "CHANGED", row, chance, edited)
