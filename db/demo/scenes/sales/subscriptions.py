"""Subscriptions: those behind repeated invoices, or one of the trial that was given up."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from db.demo.chance import uuid7
from db.demo.rows import Record
from db.demo.scene import Scene
from db.demo.trade.repetition import MONTHS, frequency_of, later

TAKEN_OVER = ("product_id", "name", "text", "quantity", "price", "vat_rate")
"""The columns that a subscription's lines share with those of its invoices."""


def play(scene: Scene) -> None:
    """Add the subscriptions of the invoices that have one; without any, one of the trial."""
    chance = scene.chance("subscriptions")
    made: dict[UUID, list[Record]] = defaultdict(list)
    for invoice in scene.all("document", kind="INVOICE"):
        if invoice.get("subscription_id"):
            made[invoice["subscription_id"]].append(invoice)
    lines: dict[UUID, list[Record]] = defaultdict(list)
    for line in scene.all("document_line"):
        if line.get("type") != "SECTION":
            lines[line["document_id"]].append(line)
    for number, (key, invoices) in enumerate(made.items()):
        _running(scene, chance, key, invoices, lines[invoices[0]["id"]], ends=number == 0)
    if not made:
        _tried(scene, chance)


def _running(
    scene: Scene, chance: Random, key: UUID, invoices: list[Record], lines: list[Record], *, ends: bool
) -> None:
    """Add the subscription of these invoices; with `ends` it has an end date, five years after its start."""
    days = [invoice["date"] for invoice in invoices]
    frequency = frequency_of(days)
    start = days[0]
    scene.rows.write(
        "subscription",
        company_id=scene.company_id,
        id=key,
        customer_id=invoices[0]["customer_id"],
        start_date=start,
        end_date=start.replace(year=start.year + 5) if ends else None,
        creation_hour=invoices[0]["created_at"].hour,
        frequency=frequency,
        active=True,
        next_run=later(days[-1], MONTHS[frequency]),
        vat_type=invoices[0]["vat_type"],
    )
    _lines(scene, chance, key, invoices[0]["created_at"], lines)


def _tried(scene: Scene, chance: Random) -> None:
    """Add the subscription of the trial: it was switched off before its first day, so it has no invoices."""
    customer = min(scene.all("contact", is_customer=True), key=lambda row: row["created_at"])
    product = scene.all("product")[0]
    at = customer["created_at"] + timedelta(hours=1)
    start = at.date() + timedelta(days=14)
    key = scene.add(
        "subscription",
        at,
        chance,
        customer_id=customer["id"],
        start_date=start,
        end_date=start + timedelta(days=90),
        creation_hour=8,
        frequency=("WEEKLY", "MONTHLY", "BIENNIAL")[scene.index % 3],
        active=False,
        next_run=None,
        vat_type=product["vat_type"],
    )
    line = {"quantity": 1, **{name: product[name] for name in ("name", "text", "price", "vat_rate")}}
    _lines(scene, chance, key, at, [{**line, "product_id": None if scene.index % 4 == 3 else product["id"]}])


def _lines(scene: Scene, chance: Random, key: UUID, at: datetime, lines: list[Record]) -> None:
    for position, line in enumerate(lines, start=1):
        scene.rows.write(
            "subscription_line",
            company_id=scene.company_id,
            id=uuid7(at + timedelta(microseconds=position), chance),
            subscription_id=key,
            position=position,
            **{name: line[name] for name in TAKEN_OVER},
        )
