"""The sets of apps that the owners of the two large companies give to their users."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from asyncpg import BitString

from db.demo.apps import Apps
from db.demo.chance import uuid7
from db.demo.changes import note
from db.demo.rows import Record, Rows

SETS: Final[Mapping[int, Mapping[str, str]]] = {
    0: {
        "Technicien": "WORK_ORDERS TIME_TRACKING AGENDA TASKS",
        "Vendeur": "QUOTES INVOICES DISCOUNTS DELIVERY_DATE ORDER_REFERENCE EMAIL_SENDING",
        "Secrétariat": "QUOTES INVOICES CREDIT_NOTES PAYMENTS EMAIL_SENDING REMINDERS AGENDA",
    },
    1: {
        "Magasinier": "STOCK EMPTY_GOODS DELIVERY_NOTES BARCODE_SCANNER",
        "Représentant": "QUOTES INVOICES ORDER_CONFIRMATIONS PRICE_TIERS DISCOUNTS",
    },
}
"""By the index of a company: the names of its sets, and their apps."""

DELETED: Final[Mapping[int, tuple[str, str]]] = {0: ("Stagiaire", "AGENDA TASKS")}
"""By the index of a company: a set that its owner deleted again, and its apps."""

KEPT: Final = timedelta(days=95)
"""Time between the making and the deletion of a set that was deleted."""


def add_presets(
    rows: Rows, company_id: UUID, index: int, made: tuple[datetime, UUID], apps: Apps, chance: Random
) -> None:
    """Add the sets of a company; `made` is when the first one was made, and by whom."""
    at, owner = made
    for name, listed in SETS.get(index, {}).items():
        at += timedelta(minutes=chance.randint(1, 5))
        _write(rows, company_id, (at, owner), (name, apps.mask(listed.split())), chance)
    if index in DELETED:
        name, listed = DELETED[index]
        at += timedelta(minutes=chance.randint(1, 5))
        preset, gone = _write(rows, company_id, (at, owner), (name, apps.mask(listed.split())), chance), at + KEPT
        preset |= {"version": 2, "updated_at": gone, "deleted_at": gone}
        note(rows, "AccessPreset", "DELETED", preset, chance)


def _write(
    rows: Rows, company_id: UUID, made: tuple[datetime, UUID], preset: tuple[str, BitString], chance: Random
) -> Record:
    """Add a set, its name and apps, and the change that made it; returns its row."""
    (at, owner), (name, mask) = made, preset
    rows.write(
        "access_preset", company_id=company_id, id=uuid7(at, chance), name=name, apps=mask, version=1,
        updated_at=at, created_by=owner, updated_by=owner,
    )  # fmt: skip
    row = rows.tables["access_preset"][-1]
    note(rows, "AccessPreset", "CREATED", row, chance)
    return row
