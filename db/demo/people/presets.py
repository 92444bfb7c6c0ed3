"""The sets of apps that the owners of the two large companies give to their users."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.demo.apps import Apps
from db.demo.chance import uuid7
from db.demo.rows import Rows

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


def add_presets(
    rows: Rows, company_id: UUID, index: int, made: tuple[datetime, UUID], apps: Apps, chance: Random
) -> None:
    """Add the sets of a company; `made` is when the first one was made, and by whom."""
    at, owner = made
    for name, listed in SETS.get(index, {}).items():
        at += timedelta(minutes=chance.randint(1, 5))
        key = uuid7(at, chance)
        rows.write(
            "access_preset", company_id=company_id, id=key, name=name, apps=apps.mask(listed.split()), version=1,
            updated_at=at, created_by=owner, updated_by=owner,
        )  # fmt: skip
        rows.write(
            "change", company_id=company_id, id=uuid7(at, chance), at=at, actor_id=owner, key=key,
            entity="AccessPreset", kind="CREATED", fields=[], operation="createAccessPreset",
        )  # fmt: skip
