"""Changes of rows that people wrote, as the gateway records them."""

from collections.abc import Sequence
from random import Random

from db.demo.chance import uuid7
from db.demo.rows import Record, Rows

VERBS = {"CREATED": "create", "CHANGED": "update", "DELETED": "delete"}


def note(rows: Rows, type_: str, kind: str, row: Record, chance: Random, edited: Sequence[str] = ()) -> None:
    """Add a change by who wrote the row of a type last; an import is nobody's. One of `edited` has CHANGED."""
    rows.write(
        "change",
        company_id=row["company_id"],
        id=uuid7(row["updated_at"], chance),
        at=row["updated_at"],
        actor_id=row["updated_by"],
        entity=type_,
        key=row["id"],
        kind=kind,
        fields=[chance.choice(edited)] if kind == "CHANGED" else [],
        operation=f"{VERBS[kind]}{type_}" if row["updated_by"] else "startImport",
    )
