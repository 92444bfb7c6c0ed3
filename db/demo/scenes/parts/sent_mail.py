"""Sent e-mail and letters, and what is left to pay letters with."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from db.demo.chance import happens
from db.demo.filling import Filling, mailbox
from db.demo.people.people import slug

BILL: Final = {"FR": "Facture", "NL": "Factuur"}

SINCE: Final = timedelta(days=90)
"""The age up to which sent mail is kept."""


def set_balance(company: Filling) -> None:
    """Set what is left to pay letters with."""
    company.scene.change(company.settings, postal_balance=Decimal(company.chance.randint(0, 4000)) / 100)


def send(company: Filling) -> None:
    """Send the newest invoices, some by letter."""
    recent = [row for row in company.invoices if row["date"] >= company.scene.today - SINCE] or company.invoices[-2:]
    for row in recent:
        at = row["created_at"] + timedelta(minutes=5)
        copied = happens(company.chance, 0.2)
        company.add(
            "sent_email", at, document_id=row["id"], document_kind=row["kind"],
            to=mailbox(row),
            cc=f"compta-{mailbox(row)}" if copied else None,
            bcc=company.settings.get("bcc") if happens(company.chance, 0.5) else None,
            subject=f"{BILL[company.language]} {row['number']}", at=at,
        )  # fmt: skip
    company.add(
        "sent_email", company.begin, document_id=None, document_kind=None,
        to=f"info@{slug(company.scene.name)}.test", cc=None, bcc="test@mail.test",
        subject="Test", at=company.begin,
    )  # fmt: skip
    for row in [*recent[:1], *company.invoices[-25:-20]]:
        at = row["created_at"] + timedelta(days=1)
        urgent = happens(company.chance, 0.3)
        company.add(
            "postal_letter", at, document_id=row["id"], document_kind=row["kind"],
            priority=urgent, double_sided=happens(company.chance, 0.5),
            price=Decimal("2.35") if urgent else Decimal("1.92"), at=at,
        )  # fmt: skip
    company.add(
        "postal_letter", company.begin, document_id=None, document_kind=None,
        priority=False, double_sided=True, price=Decimal("1.92"),
        at=company.begin,
    )  # fmt: skip
